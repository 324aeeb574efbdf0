# SPDX-License-Identifier: MPL-2.0
"""The hook's counters in Kea's statistics."""

import pytest

from clients import Machine
from lib import kea

NAMES = {f"netboot.{name}" for name in ("answered", "host-found", "journal-dropped", "no-boot-file", "not-ours",
                                           "store-error")}
KNOWN = Machine(mac="52:54:00:77:00:03")
PLAIN = Machine(mac="52:54:00:77:00:04", boots=False)
STRANGE = Machine(mac="52:54:00:77:00:05", arch=11)


def counters(server):
    found = server.command("statistic-get-all")["arguments"]
    return {name: samples[0][0] for name, samples in found.items() if name.startswith("netboot.")}


@pytest.mark.parametrize("family", (4, 6))
def test_counters_are_there_from_the_start_and_go_with_the_hook(link, store, family):
    with kea.Kea(link, family, {"database": store.directory}) as server:
        assert counters(server) == dict.fromkeys(NAMES, 0)
        for name in NAMES:
            assert server.statistic(name) == 0
        config = server.config()
        config[f"Dhcp{family}"]["hooks-libraries"] = []
        server.command("config-set", config)
        assert counters(server) == {}


def test_each_reply_is_counted(link, clients, store):
    store.ctl(f"host set {KNOWN.mac} --name known --label rack=12")
    with kea.Kea(link, 4, {"database": store.directory}) as server:
        for machine, times in ((Machine(), 1), (KNOWN, 2), (PLAIN, 3), (STRANGE, 4)):
            for _ in range(times):
                clients.ask(4, machine)
        expected = {"answered": 3, "host-found": 2, "not-ours": 3, "no-boot-file": 4, "store-error": 0,
                    "journal-dropped": 0}
        assert counters(server) == {f"netboot.{name}": value for name, value in expected.items()}


def test_each_reply_is_counted_over_ipv6(link, clients, store):
    store.ctl(f"host set {KNOWN.mac} --name known --label rack=12")
    with kea.Kea(link, 6, {"database": store.directory}) as server:
        for machine, times in ((Machine(), 1), (KNOWN, 2), (PLAIN, 3)):
            for _ in range(times):
                clients.ask(6, machine)
        expected = {"answered": 3, "host-found": 2, "not-ours": 3, "no-boot-file": 0, "store-error": 0,
                    "journal-dropped": 0}
        assert counters(server) == {f"netboot.{name}": value for name, value in expected.items()}


def test_counters_survive_being_removed(link, clients, store):
    with kea.Kea(link, 4, {"database": store.directory}) as server:
        server.command("statistic-remove", {"name": "netboot.answered"})
        clients.ask(4)
        assert server.statistic("netboot.answered") == 1
        server.command("statistic-reset", {"name": "netboot.answered"})
        assert server.statistic("netboot.answered") == 0
