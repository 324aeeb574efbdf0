# SPDX-License-Identifier: MPL-2.0
"""
Kea and dhcpd side by side: each case of the table is asked of both, and the boot fields of their replies are compared
field by field. Where they may differ is in the table's `servers` with the reason, and otherwise only in UNASKED.
"""

import pytest

from cases import table
from lib import net, wire
from plugins import PLUGINS
from runner import OnTheWire
from settings import SETTINGS

# dhcpd sends all its own options to a client without a list of requests, and Kea none: the ones that the configuration
# of a case holds, where netboot leaves them as they are.
UNASKED = (16, 59, 60, 66, 67)


class Pair:
    """A server of each kind, on wires of their own; others are started when a case wants other settings or stores."""

    def __init__(self, shelf):
        self._shelf = shelf
        self._links = {(name, family): net.Link() for name in ("kea", "dhcpd") for family in (4, 6)}
        self._wires = {key: wire.Wire(link) for key, link in self._links.items()}
        self._running = {}

    def replies(self, name, case):
        key = name, case["family"]
        wanted = case["settings"], case["store"]
        had, server = self._running.get(key, (None, None))
        if had != wanted:
            if server:
                del self._running[key]
                server.stop()
            directory = self._shelf[f"{case['store']}"].directory
            server = PLUGINS[name](self._links[key], case["family"], case["settings"], directory).start()
            self._running[key] = wanted, server
        return [(message.type, fields) for message, fields, _ in OnTheWire(self._wires[key], server, case).replies()]

    def close(self):
        for _, server in self._running.values():
            server.stop()
        for each in (*self._wires.values(), *self._links.values()):
            each.close()


@pytest.fixture(scope="module")
def pair(shelf):
    made = Pair(shelf)
    yield made
    made.close()


def unasked(case):
    """The options that dhcpd alone may send in this case."""
    if case["client"].get("requested") is not None or not SETTINGS[case["settings"]].get("own"):
        return ()
    return UNASKED


@pytest.mark.parametrize("case", table(), ids=lambda case: case["name"])
def test_same_answer(case, pair):
    kea, dhcpd = pair.replies("kea", case), pair.replies("dhcpd", case)
    if case["servers"]:
        assert case["why"] and kea != dhcpd, "they do not differ: the row's `servers` is not needed"
        return
    own = unasked(case)
    dhcpd = [(kind, {name: value for name, value in fields.items() if name not in own or name in mate})
             for (kind, fields), (_, mate) in zip(dhcpd, kea)] if own else dhcpd
    assert kea == dhcpd


def test_most_cases_are_the_same_for_both():
    rows = table()
    assert sum(bool(row["servers"]) for row in rows) < len(rows) // 50
