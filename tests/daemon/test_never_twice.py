# SPDX-License-Identifier: MPL-2.0
"""
A host that is armed once is served once, whatever dies in between: servers and netbootd are killed at random points,
packets are lost and doubled, replies do not leave. The servers are the library in processes of their own.

NETBOOT_ARMINGS=10000 for another number than 300; NETBOOT_SEED for other dice.
"""

import os
import random
import sys

from sites import MAC, MACS, Site
from machine import Engine, Exchange

ARMINGS = int(os.environ.get("NETBOOT_ARMINGS", 300))
SEED = int(os.environ.get("NETBOOT_SEED", 1))


class Disturbed:
    """Boots of a host of four cards, with everything that can go wrong."""

    def __init__(self, site, dice):
        self.site, self.dice = site, dice
        self.deaths = {"netbootd": 0, "server": 0}

    def kill_netbootd(self):
        self.deaths["netbootd"] += 1
        self.site.netbootd.restart()
        if self.dice.random() < 0.7:
            self.site.eventually(lambda: self.site.connected() == 2)

    def kill_server(self, family):
        self.deaths["server"] += 1
        self.site.servers[family].kill()
        self.site.servers[family] = Engine(self.site.store.directory)
        if self.dice.random() < 0.5:
            self.site.eventually(lambda: self.site.connected() == 2)

    def disturb(self):
        if self.dice.random() < 0.02:
            self.kill_netbootd()
        if self.dice.random() < 0.01:
            self.kill_server(self.dice.choice([4, 6]))

    def ask(self, exchange, final):
        """What came back; None where nothing did."""
        self.disturb()
        if self.dice.random() < 0.08:
            return None
        got = None
        for _ in range(2 if self.dice.random() < 0.1 else 1):
            die, sent = self.dice.random() < 0.03, self.dice.random() >= 0.03
            more = {"die": True} if die else {} if sent else {"sent": False}
            answer = self.site.ask(exchange.family, (exchange.request if final else exchange.begin)(**more))
            if answer is None:
                self.kill_server(exchange.family)
            elif sent:
                got = answer
        return got

    def boot(self, rom, both, mac):
        """Whether a final reply of iPXE carried the target."""
        if not rom:
            firmware = Exchange("PXE", self.dice.choice([4, 6]), mac)
            self.site.begin(firmware)  # without it there is no chained iPXE
            self.site.request(firmware)
        four = Exchange("iPXE", 4, mac, None if rom else 0xFFB53E3E)
        six = Exchange("iPXE", 6, mac, None if rom else 0x5C141C)
        steps = [[(four, False), (four, False), (four, True)]] + ([[(six, False), (six, True)]] if both else [])
        served = False
        while any(steps):
            steps = [step for step in steps if step]
            exchange, final = self.dice.choice(steps).pop(0)
            served |= self.ask(exchange, final) == "install" and final
            if self.dice.random() < 0.04:
                break  # reset
        return served


def test_never_twice(tmp_path):
    site, dice = Site(tmp_path / "store"), random.Random(SEED)
    world, counts = Disturbed(site, dice), {0: 0, 1: 0}
    try:
        for number in range(ARMINGS):
            site.eventually(lambda: site.connected() == 2)
            site.arm()
            rom, both = dice.random() < 0.5, dice.random() < 0.7
            served = sum(world.boot(rom, both, dice.choice(MACS)) for _ in range(4))
            assert served <= 1, f"arming {number} of seed {SEED} was served {served} times"
            counts[served] += 1
    finally:
        site.close()
    print(f"{ARMINGS} armings, served never or once: {counts}; deaths: {world.deaths}", file=sys.stderr)
    assert counts[1] > ARMINGS / 2, counts
    assert min(world.deaths.values()) > 0 or ARMINGS < 50
