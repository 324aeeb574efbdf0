# SPDX-License-Identifier: MPL-2.0
"""
Network namespaces joined by veth pairs.

    with net.Link() as link:            # client <-> server, the server with 192.0.2.1/24 and 2001:db8::1/64
        link.server.run("ip", "address")
        frames = link.client.packet_socket()

Names hold the process id, so that runs side by side do not meet. Everything is removed when the `with` ends, and at
exit; what a killed run left behind is removed by the next one.
"""

import atexit
import contextlib
import ctypes
import itertools
import os
import re
import socket
import subprocess
import threading

from .closing import Closing

ADDRESS4 = "192.0.2.1"
ADDRESS6 = "2001:db8::1"
INTERFACE = "eth0"
SERVER_MAC = "02:00:00:00:00:01"
ROUTER4 = "192.0.2.254"  # the server's way to other networks; the test answers for it

_CLONE_NEWNET = 0x40000000
_ETH_P_ALL = 3
_NAMES = itertools.count()
_LIBC = ctypes.CDLL(None, use_errno=True)


def _ip(*arguments):
    done = subprocess.run(("ip", *arguments), capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"ip {' '.join(arguments)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def _remove_left_behind():
    """Removes the namespaces of runs that are no more."""
    for name in re.findall(r"^(netboot-(?:\d+)-\S+)", _ip("netns", "list"), re.MULTILINE):
        if not os.path.exists(f"/proc/{name.split('-')[1]}"):
            with contextlib.suppress(RuntimeError):  # another run may be removing it just now
                _ip("netns", "delete", name)


class Namespace(Closing):
    """A network namespace with lo up. `label` is part of its name."""

    def __init__(self, label):
        if os.geteuid() != 0:
            raise PermissionError("network namespaces need root: run the tests as root")
        self.name = f"netboot-{os.getpid()}-{next(_NAMES)}-{label}"
        if self.name.split("-")[2] == "0":
            _remove_left_behind()
        _ip("netns", "add", self.name)
        atexit.register(self.close)
        self.ip("link", "set", "lo", "up")

    def close(self):
        atexit.unregister(self.close)
        if os.path.exists(f"/run/netns/{self.name}"):
            _ip("netns", "delete", self.name)

    def ip(self, *arguments):
        return _ip("-n", self.name, *arguments)

    def command(self, *command):
        """The command line that runs `command` here and ends it when the test dies."""
        return ["ip", "netns", "exec", self.name, "setpriv", "--pdeathsig", "KILL", *map(str, command)]

    def run(self, *command, **options):
        options = {"check": True, "capture_output": True, "text": True, **options}
        return subprocess.run(self.command(*command), **options)

    def start(self, *command, **options):
        return subprocess.Popen(self.command(*command), **options)

    def sysctl(self, key, value):
        self.run("sysctl", "-q", "-w", f"{key}={value}")

    @contextlib.contextmanager
    def entered(self):
        """This thread in the namespace; sockets made meanwhile stay there."""
        with open(f"/proc/self/task/{threading.get_native_id()}/ns/net") as home, open(
            f"/run/netns/{self.name}"
        ) as here:
            _setns(here)
            try:
                yield
            finally:
                _setns(home)

    def socket(self, *arguments):
        with self.entered():
            return socket.socket(*arguments)

    def packet_socket(self, interface=INTERFACE):
        """A socket that sends and receives whole Ethernet frames."""
        with self.entered():
            frames = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            frames.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
            frames.bind((interface, _ETH_P_ALL))
            return frames

    def mac(self, interface=INTERFACE):
        return re.search(r"link/ether (\S+)", self.ip("link", "show", interface)).group(1)


def _setns(namespace):
    if _LIBC.setns(namespace.fileno(), _CLONE_NEWNET):
        error = ctypes.get_errno()
        raise OSError(error, f"setns: {os.strerror(error)}")


def join(one, other, one_interface=INTERFACE, other_interface=INTERFACE, other_mac=None):
    """A veth pair, up at both ends, with checksums computed and addresses usable at once."""
    address = ("address", other_mac) if other_mac else ()
    one.ip(
        *("link", "add", one_interface, "type", "veth"),
        *("peer", "name", other_interface, *address, "netns", other.name),
    )
    for namespace, interface in ((one, one_interface), (other, other_interface)):
        namespace.sysctl(f"net.ipv6.conf.{interface}.accept_dad", 0)
        namespace.run("ethtool", "-K", interface, "tx", "off")
        namespace.ip("link", "set", interface, "up")


class Link(Closing):
    """A client and a server on one wire. The client's end has no addresses: the test itself is the host there."""

    def __init__(self):
        with contextlib.ExitStack() as stack:
            self.client = stack.enter_context(Namespace("client"))
            self.server = stack.enter_context(Namespace("server"))
            self.client.sysctl("net.ipv6.conf.default.disable_ipv6", 1)
            join(self.client, self.server, other_mac=SERVER_MAC)
            self.server.ip("address", "add", f"{ADDRESS4}/24", "dev", INTERFACE)
            self.server.ip("address", "add", f"{ADDRESS6}/64", "dev", INTERFACE, "nodad")
            self.server.ip("route", "add", "default", "via", ROUTER4)
            self._stack = stack.pop_all()

    def close(self):
        self._stack.close()
