# SPDX-License-Identifier: MPL-2.0
"""
The lab's network: the servers in one namespace, a switch with the machine's tap device in another.

    server (eth0: SERVER4, SERVER6) ---- port1 [bridge br0] tap0 ---- machine
"""

import contextlib

from lib import net

SERVER4 = "10.77.0.1"
SUBNET4 = "10.77.0.0/24"
POOL4 = "10.77.0.100 - 10.77.0.200"
SERVER6 = "2001:db8:77::1"
SUBNET6 = "2001:db8:77::/64"
POOL6 = "2001:db8:77::1000 - 2001:db8:77::1fff"
TAP = "tap0"


class Network:
    """Both namespaces, removed when the `with` ends."""

    def __init__(self):
        with contextlib.ExitStack() as stack:
            self.server = stack.enter_context(net.Namespace("server"))
            self.switch = stack.enter_context(net.Namespace("switch"))
            self._build_switch()
            self._build_server()
            self._stack = stack.pop_all()

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
        net.join(self.server, self.switch, other_interface="port1")
        self.switch.ip("link", "set", "port1", "master", "br0")
        self.server.sysctl("net.ipv6.conf.all.forwarding", 1)  # radvd wants a router
        self.server.ip("address", "add", f"{SERVER4}/24", "dev", net.INTERFACE)
        self.server.ip("address", "add", f"{SERVER6}/64", "dev", net.INTERFACE, "nodad")

    def close(self):
        self._stack.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
