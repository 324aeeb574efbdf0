# SPDX-License-Identifier: MPL-2.0
"""
The lab's networks: the servers in one namespace, a switch with the machine's tap device in another.

    Network          server (eth0) ---- port1 [bridge br0] tap0 ---- machine
    RelayedNetwork   server (eth0) ---- eth0 (relay) eth1 ---- port1 [bridge br0] tap0 ---- machine
"""

import contextlib
import signal

from lib import daemon, net
from lib.closing import Closing

SERVER4 = "10.77.0.1"
SERVER6 = "2001:db8:77::1"
RELAY4 = "10.78.0.1"
RELAY6 = "2001:db8:78::1"
TAP = "tap0"

# The subnets in Kea's words: of the server's own link, and of the one behind the relay.
SUBNETS = {
    4: {"subnet": "10.77.0.0/24", "pools": [{"pool": "10.77.0.100 - 10.77.0.200"}], "interface": net.INTERFACE},
    6: {"subnet": "2001:db8:77::/64", "pools": [{"pool": "2001:db8:77::1:0/112"}], "interface": net.INTERFACE},
}
RELAYED_SUBNETS = {
    4: {
        "subnet": "10.78.0.0/24",
        "pools": [{"pool": "10.78.0.100 - 10.78.0.200"}],
        "option-data": [{"name": "routers", "data": RELAY4}],
    },
    6: {"subnet": "2001:db8:78::/64", "pools": [{"pool": "2001:db8:78::1:0/112"}]},
}


class Network(Closing):
    """
    Namespaces that are removed when the `with` ends. `router` and `router_interface` are where routers are advertised,
    `subnets` those of the machine's link, `kea_settings` what Kea needs to be told beside.
    """

    subnets = SUBNETS
    kea_settings = {4: {}, 6: {}}
    router_interface = net.INTERFACE

    def __init__(self):
        self._stack = contextlib.ExitStack()
        try:
            self.server = self._namespace("server")
            self.switch = self._namespace("switch")
            self._build_switch()
            self._build_server()
        except BaseException:
            self.close()
            raise

    def _namespace(self, label):
        return self._stack.enter_context(net.Namespace(label))

    def relays(self, _):
        """The relays of a family, to be entered."""
        return ()

    def _build_switch(self):
        switch = self.switch
        switch.sysctl("net.ipv6.conf.default.disable_ipv6", 1)
        # A bridge that forwards from the first frame on and floods multicast as a plain switch does.
        switch.ip("link", "add", "br0", "type", "bridge", "stp_state", "0", "forward_delay", "0", "mcast_snooping", "0")
        switch.ip("tuntap", "add", TAP, "mode", "tap")
        for port in ("br0", TAP):
            switch.ip("link", "set", port, "up")
        switch.ip("link", "set", TAP, "master", "br0")

    def _build_server(self):
        self.router = self.server
        net.join(self.server, self.switch, other_interface="port1")
        self.switch.ip("link", "set", "port1", "master", "br0")
        self._address_server()

    def _address_server(self):
        self.server.sysctl("net.ipv6.conf.all.forwarding", 1)  # radvd wants a router
        self.server.ip("address", "add", f"{SERVER4}/24", "dev", net.INTERFACE)
        self.server.ip("address", "add", f"{SERVER6}/64", "dev", net.INTERFACE, "nodad")

    def close(self):
        self._stack.close()


class Relay(daemon.Daemon):
    """ISC's dhcrelay of one family, from eth1 to the server beyond eth0."""

    clean_exits = (0, -signal.SIGTERM)

    def __init__(self, namespace, family):
        super().__init__(namespace, f"dhcrelay{family}")
        self._arguments = {
            4: ("-4", "-iu", net.INTERFACE, "-id", "eth1", SERVER4),
            6: ("-6", "-l", "eth1", "-u", f"{SERVER6}%{net.INTERFACE}"),
        }[family]

    def start(self):
        self.run(daemon.find("dhcrelay", "isc-dhcp-relay"), "-d", "--no-pid", *self._arguments)
        self.wait_log("Sending on", daemon.START_SECONDS)
        return self


class RelayedNetwork(Network):
    """The machine on another link than the servers, behind a router that relays."""

    subnets = RELAYED_SUBNETS
    # Relays send to the server's own address, where Kea listens over IPv6 only if told.
    kea_settings = {4: {}, 6: {"interfaces-config": {"interfaces": [net.INTERFACE, f"{net.INTERFACE}/{SERVER6}"]}}}
    router_interface = "eth1"

    def _build_server(self):
        self.router = self._namespace("relay")
        net.join(self.server, self.router)
        net.join(self.router, self.switch, one_interface="eth1", other_interface="port1")
        self.switch.ip("link", "set", "port1", "master", "br0")
        self._address_server()
        for interface, address4, address6 in (("eth0", "10.77.0.2", "2001:db8:77::2"), ("eth1", RELAY4, RELAY6)):
            self.router.ip("address", "add", f"{address4}/24", "dev", interface)
            self.router.ip("address", "add", f"{address6}/64", "dev", interface, "nodad")
        self.router.sysctl("net.ipv4.ip_forward", 1)
        self.router.sysctl("net.ipv6.conf.all.forwarding", 1)
        self.server.ip("route", "add", RELAYED_SUBNETS[4]["subnet"], "via", "10.77.0.2")
        self.server.ip("route", "add", RELAYED_SUBNETS[6]["subnet"], "via", "2001:db8:77::2")

    def relays(self, family):
        return (Relay(self.router, family),)
