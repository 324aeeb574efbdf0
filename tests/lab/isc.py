# SPDX-License-Identifier: MPL-2.0
"""ISC dhcpd with netboot on the lab's networks, configured to mean what Kea's configuration there means."""

from lib import dhcpd, paths

from . import network


class Dhcpd(dhcpd.Dhcpd):
    """A server for the link's subnets of a family, with this store."""

    def __init__(self, link, family, database):
        super().__init__(link, family, [f'netboot-database "{database}";'])
        self._binary = str(paths.dhcpd())
        self._served = link.subnets[family]

    def config(self):
        lines = [*dhcpd.ALWAYS, *dhcpd.COMMON[self.family], *self._lines, self._declared(self._served)]
        own = network.SUBNETS[self.family]
        if own["subnet"] != self._served["subnet"]:
            # dhcpd wants to know of the link that it listens on, too.
            lines.append(self._declared({"subnet": own["subnet"]}))
        return "\n".join(lines) + "\n"

    def _declared(self, subnet):
        options = [f"option {row['name']} {row['data']};" for row in subnet.get("option-data", ())]
        ranges = [pool["pool"].replace(" - ", " ") for pool in subnet.get("pools", ())]
        keyword = "range" if self.family == 4 else "range6"
        inside = " ".join([*(f"{keyword} {addresses};" for addresses in ranges), *options])
        return f"{self._heading(subnet['subnet'])} {{ {inside} }}"

    def _heading(self, subnet):
        if self.family == 6:
            return f"subnet6 {subnet}"
        parsed = dhcpd.ipaddress.ip_network(subnet)
        return f"subnet {parsed.network_address} netmask {parsed.netmask}"
