# SPDX-License-Identifier: MPL-2.0
"""A store with a host to be armed, netbootd, and two servers on it."""

import json
import time

from lib.netbootd import Netbootd
from lib.targets import Store
from machine import Engine, Exchange

MAC, MACS = "52:54:00:00:00:01", [f"52:54:00:00:00:0{card}" for card in range(1, 5)]
SET_UP = [
    "site set default --tftp4 192.0.2.1 --tftp6 2001:db8::1 --http4 http://192.0.2.1/ --http6 http://[2001:db8::1]/",
    "target set install --script install.ipxe",
    "target set direct --file x64-uefi=direct.efi",
    "target set own-ipxe --file x64-uefi=own.efi --script own.ipxe",
    "target set own-kernel --file x64-uefi=own.efi --kernel vmlinuz",
    "target set own-disk --local --file x64-uefi=own.efi",
    "target set disk --local",
    f"host set {MAC} {' '.join('--mac ' + mac for mac in MACS)} --name web1 --target disk",
]


class Site:
    """A store and the two servers on it."""

    def __init__(self, directory):
        self.store = Store(directory).init().set_up(SET_UP)
        self.netbootd = Netbootd(directory)
        self.servers = {family: Engine(directory) for family in (4, 6)}
        self.eventually(lambda: self.connected() == 2)

    def close(self):
        for server in self.servers.values():
            server.kill()
        self.netbootd.kill()

    def restart(self, family):
        self.servers[family].kill()
        self.replace(family, Engine(self.store.directory))

    def replace(self, family, server):
        self.servers[family] = server
        if not self.netbootd.paused:
            self.eventually(lambda: self.connected() == 2)

    def ask(self, family, query):
        answer = self.servers[family].ask(query)
        assert answer is None or answer["status"] == 0, answer
        return answer and answer["decision"]["target"]

    def begin(self, exchange, **more):
        return self.ask(exchange.family, exchange.begin(**more))

    def request(self, exchange, **more):
        return self.ask(exchange.family, exchange.request(**more))

    def both(self, exchange):
        """The targets of offer and final reply, which are one."""
        targets = {self.begin(exchange), self.request(exchange)}
        assert len(targets) == 1, targets
        return targets.pop()

    def boot4(self, mac=MAC, rom=False):
        """Firmware and iPXE over IPv4: what iPXE got."""
        if not rom:
            self.both(Exchange("PXE", 4, mac))
        return self.both(Exchange("iPXE", 4, mac, None if rom else 0xFFB53E3E))

    def arm(self, words="--once install", host="web1"):
        self.store.ctl(f"host set {host} {words}")

    def once(self, host="web1"):
        return json.loads(self.store.ctl(f"host show {host} --json").stdout).get("once")

    def state(self):
        return (self.once() or {}).get("state")

    def connected(self):
        """How many servers netbootd has."""
        return len(json.loads(self.store.ctl("status --json").stdout).get("servers", []))

    def restart_netbootd(self):
        self.netbootd.restart()
        self.eventually(lambda: self.connected() == len(self.servers))

    def eventually(self, condition):
        deadline = time.monotonic() + 20
        while not condition():
            assert time.monotonic() < deadline, "never"
            time.sleep(0.05)


class Stopped:
    """netbootd is stopped meanwhile, and does not answer."""

    def __init__(self, site):
        self.netbootd = site.netbootd

    def __enter__(self):
        self.netbootd.pause()
        return self

    def __exit__(self, *_):
        self.netbootd.go_on()
