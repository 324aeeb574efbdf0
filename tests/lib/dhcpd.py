# SPDX-License-Identifier: MPL-2.0
"""
A real ISC dhcpd in a network namespace: Debian's, or the one that NETBOOT_DHCPD names, which has netboot built in.

    with dhcpd.Dhcpd(link, family=4, lines=['netboot-database "/store";']) as server:

It serves the same networks as kea.Kea. It runs as root, in a temporary directory of its own, without a pid file.
"""

import ipaddress
import os
import signal

from . import net
from .daemon import START_SECONDS, Daemon, find, unconfined

SUBNETS = {
    4: [("192.0.2.0/24", "192.0.2.64 192.0.2.250"), ("198.51.100.0/24", "198.51.100.64 198.51.100.250")],
    6: [("2001:db8::/64", "2001:db8::1:0/112"), ("2001:db8:1::/64", "2001:db8:1::1:0/112")],
}

ALWAYS = [
    "ddns-update-style none;",
    "default-lease-time 3600;",
    "max-lease-time 3600;",
    "dhcp-cache-threshold 0;",  # the same answer to the same question
]
COMMON = {
    4: ["authoritative;", "ping-check false;"],
    6: [f"server-duid LLT ethernet 1 {net.SERVER_MAC};"],
}


def binary():
    return os.environ.get("NETBOOT_DHCPD") or find("dhcpd", "isc-dhcp-server")


class Dhcpd(Daemon):
    """`lines` go to the global scope of dhcpd.conf, `pool` lines into each subnet; `bootp` serves BOOTP from ranges."""

    clean_exits = (0, -signal.SIGTERM)  # Debian's is built without an orderly end

    def __init__(self, link, family, lines=(), pool=(), bootp=False, stock=False):
        super().__init__(link.server, f"dhcpd{family}")
        self.family = family
        self._binary = unconfined(find("dhcpd", "isc-dhcp-server") if stock else binary(), self.directory)
        self._lines, self._pool, self._bootp = list(lines), list(pool), bootp

    def config(self):
        common = [*ALWAYS, *COMMON[self.family]]
        subnets = [self._subnet(*subnet) for subnet in SUBNETS[self.family]]
        return "\n".join([*common, *self._lines, *subnets]) + "\n"

    def _subnet(self, network, addresses):
        inside = " ".join(self._pool)
        if self.family == 6:
            return f"subnet6 {network} {{ range6 {addresses}; {inside} }}"
        parsed = ipaddress.ip_network(network)
        kind = "dynamic-bootp " if self._bootp else ""
        return f"subnet {parsed.network_address} netmask {parsed.netmask} {{ range {kind}{addresses}; {inside} }}"

    def start(self, wait=True):
        """Starts the server and waits until it serves. With wait=False the caller waits for what it expects."""
        config, leases = self.directory / "dhcpd.conf", self.directory / "leases"
        config.write_text(self.config())
        leases.touch()
        self.run(
            *(self._binary, f"-{self.family}", "-f", "-d", "--no-pid", "-cf", config, "-lf", leases, net.INTERFACE),
        )
        if wait:
            self.wait_log("Server starting service", START_SECONDS)
        return self
