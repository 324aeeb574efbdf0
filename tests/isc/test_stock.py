# SPDX-License-Identifier: MPL-2.0
"""
With `netboot off`, and without any statement of ours, the patched dhcpd is the stock one: every client of the table
gets the same octets from both. (Empty and unusable stores and ordinary clients: test_do_no_harm.py of the servers.)
"""

import pytest

from cases import NO_REPLY, table
from exchange import run
from lib import net, paths, wire
from plugins import PLUGINS
from runner import OnTheWire
from server import STOCK

FIRST_XID = 0x300000
SETTINGS = {4: ("plain", "own", "own-bootp"), 6: ("plain", "own")}


def conversation(family, settings, store, binary, more):
    """The octets of every reply, from a server with fresh leases: {client: [reply, ...]}."""
    rows = [row for row in table() if row["family"] == family]
    if "bootp" not in settings:
        rows = [row for row in rows if row["exchange"] != "bootp"]
    replies = {}
    with net.Link() as link, wire.Wire(link, FIRST_XID) as client:
        server = PLUGINS["dhcpd"](link, family, settings, store)
        server._server._binary = str(binary)
        server._server._lines += more
        server.start()
        for row in rows:
            asked = OnTheWire(client, server, {**row, "settings": settings})
            for message, reply, _ in run(row, client.xid, asked.ask):
                # No difference of the two is what a busy machine lost.
                awaited = row["servers"].get("dhcpd", row["expect"]) != NO_REPLY
                assert reply or not awaited, f"{row['name']}: no reply to {message.type}\n{server._server.story()}"
            replies[row["name"]] = asked.packets
        server.stop()
    return replies


@pytest.fixture(scope="module")
def stock():
    known = {}

    def answer(family, settings):
        key = family, settings
        if key not in known:
            known[key] = conversation(family, settings, None, STOCK, ())
        return known[key]

    return answer


def differences(one, other):
    """The octets of both where they are not the same."""
    assert one.keys() == other.keys() and any(one.values())
    return [
        (name, [packet.hex() for packet in one[name]], [packet.hex() for packet in other[name]])
        for name in one
        if one[name] != other[name]
    ]


ROWS = [(family, settings) for family in (4, 6) for settings in SETTINGS[family]]


@pytest.mark.parametrize("family, settings", ROWS)
def test_off(family, settings, store, stock):
    more = ["netboot off;"]
    off = conversation(family, settings, store.directory, paths.dhcpd(), more)
    assert differences(stock(family, settings), off) == []


@pytest.mark.parametrize("family, settings", ROWS)
def test_no_statement(family, settings, stock):
    none = conversation(family, settings, None, paths.dhcpd(), ())
    assert differences(stock(family, settings), none) == []


@pytest.mark.parametrize("family", (4, 6))
def test_comparison_can_fail(family, store, stock):
    on = conversation(family, "plain", store.directory, paths.dhcpd(), ())
    assert len(differences(stock(family, "plain"), on)) > 100
