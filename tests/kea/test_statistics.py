# SPDX-License-Identifier: MPL-2.0
"""The hook's counters in Kea's statistics."""

import pytest

from clients import Machine
from lib import dhcp, kea

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


@pytest.mark.parametrize("family, strange", ((4, 4), (6, 0)))
def test_each_reply_is_counted(link, clients, store, family, strange):
    store.ctl(f"host set {KNOWN.mac} --name known --label rack=12")
    with kea.Kea(link, family, {"database": store.directory}) as server:
        for machine, times in ((Machine(), 1), (KNOWN, 2), (PLAIN, 3), (STRANGE, strange)):
            for _ in range(times):
                clients.ask(family, machine)
        expected = {"answered": 3, "host-found": 2, "not-ours": 3, "no-boot-file": strange, "store-error": 0,
                    "journal-dropped": 0}
        assert counters(server) == {f"netboot.{name}": value for name, value in expected.items()}


def test_a_refusal_is_looked_up_for_nobody(link, clients, store):
    """A NAK carries no boot fields: that the host's record is damaged is no matter there."""
    store.ctl(f"host set {KNOWN.mac} --name known")
    file = store.directory / "targets" / "data.mdb"
    octets, name = file.read_bytes(), b"\0\5known"
    assert b"\x01\x01" + name in octets
    file.write_bytes(octets.replace(b"\x01\x01" + name, b"\x09\x01" + name))
    request = dhcp.Message4(
        type=dhcp.REQUEST,
        hardware_address=dhcp.mac_octets(KNOWN.mac),
        xid=clients.wire.xid(),
        flags=dhcp.BROADCAST_FLAG,
        options=[*KNOWN.options4(), (50, dhcp.address_octets("203.0.113.1"))],
    )
    with kea.Kea(link, 4, {"database": store.directory}) as server:
        clients.ask(4, KNOWN)
        assert counters(server)["netboot.store-error"] == 1
        assert dhcp.parse4(clients.wire.ask4(request, KNOWN.mac)).type == dhcp.NAK
        assert (counters(server)["netboot.store-error"], counters(server)["netboot.not-ours"]) == (1, 1)


def test_counters_survive_being_removed(link, clients, store):
    with kea.Kea(link, 4, {"database": store.directory}) as server:
        server.command("statistic-remove", {"name": "netboot.answered"})
        clients.ask(4)
        assert server.statistic("netboot.answered") == 1
        server.command("statistic-reset", {"name": "netboot.answered"})
        assert server.statistic("netboot.answered") == 0
