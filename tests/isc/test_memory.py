# SPDX-License-Identifier: MPL-2.0
"""
Memory that runs out while an answer is carried out: the reply has all of netboot's boot fields or, as dhcpd made it,
none of them. Each allocation fails in a dhcpd of its own, which ends at some that are its own, and after ten of any.
"""

import itertools

import pytest

from cases import firmware
from exchange import boot_fields
from lib import paths
from server import Server, ask, statements

# Some of what an answer sets is there already, some not.
OWN = {4: ["next-server 192.0.2.9;", 'server-name "own";', 'option bootfile-name "own.0";'], 6: []}
FAILS = "an allocation fails"


@pytest.fixture(scope="module")
def failing_malloc():
    return paths.build() / "tests" / "isc" / "libfailing_malloc.so"


def first_reply(link, client, family, lines, environment=()):
    """Boot fields of the first reply of a new server, None: no reply. With an environment, one allocation fails."""
    server = Server(link, family, lines, wrapper=["env", *environment]).start()
    try:
        reply = ask(client, family, firmware(family, "HTTP", 16))[0]
        if environment:
            server.wait_log(FAILS)
        return reply and boot_fields(reply)
    finally:
        server.stop(check=False)


@pytest.mark.parametrize("family", (4, 6))
def test_edits_are_all_or_nothing(family, link, client, store, failing_malloc):
    lines = statements(family, store.directory, *OWN[family])
    before = first_reply(link, client, family, ["netboot off;", *lines])
    after = first_reply(link, client, family, lines)
    assert before != after
    for number in itertools.count():
        environment = [f"LD_PRELOAD={failing_malloc}", f"FAIL_AT={number}"]
        fields = first_reply(link, client, family, lines, environment)
        if fields != before:
            break
    # From here on it is dhcpd's own allocation that fails, which may cost it the reply.
    assert fields in (after, None)
    assert number >= 3, "allocations of an answer"
