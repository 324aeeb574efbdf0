# SPDX-License-Identifier: MPL-2.0
"""
A client that is only joined: over DHCPv6 it shows a UUID alone, which the journal has seen with the MAC of a host. It
gets what is lasting for that host; whatever it does, it gets no boot-once and uses none up. Needs root.
"""

import pytest
from machine import INFORMATION_REQUEST, RENEW6, REPLY, REQUEST6, SOLICIT, Engine, Exchange
from sites import MAC, Stopped

LASTING = "disk"


class Joined(Exchange):
    """Over DHCPv6, from an address that tells no MAC."""

    def __init__(self, stage="iPXE", **more):
        super().__init__(stage, 6, MAC, **more)

    def query(self, message, reply, **more):
        return super().query(message, reply, **{"peer_address": "fe80" + "00" * 13 + "05", **more})


@pytest.fixture
def joining(site):
    """Both servers join identifiers, and one boot over DHCPv4 has shown which belong together."""
    for family in (4, 6):
        site.servers[family].kill()
        site.replace(family, Engine(site.store.directory, "join"))
    assert site.begin(Joined()) == "default"
    assert site.boot4() == LASTING
    site.eventually(lambda: site.begin(Joined()) == LASTING)
    return site


def everything(site):
    """What a client that is joined gets, by all that it can send."""
    return {site.both(Joined(stage)) for stage in ("PXE", "HTTP", "iPXE")} | {
        site.ask(6, Joined().query(message, reply))
        for message, reply in ((SOLICIT, REPLY), (INFORMATION_REQUEST, REPLY), (RENEW6, REPLY), (REQUEST6, REPLY))}


@pytest.mark.parametrize("words", ["--once install", "--once direct", "--once own-ipxe", "--until-done install"])
def test_never_granted_and_never_used_up(joining, words):
    target = words.split()[1]
    joining.arm(words)
    before = joining.once()
    for _ in range(3):
        assert everything(joining) == {LASTING}
    assert joining.once() == before and before["state"] == "armed"
    assert joining.both(Exchange("PXE", 4, MAC)) == target


def test_in_the_middle_of_a_boot(joining):
    """It does not go on with the boot of the machine that it is taken for, nor end it, nor begin one."""
    joining.arm()
    firmware, script = Exchange("PXE", 4, MAC), Exchange("iPXE", 4, MAC)
    steps = [lambda: joining.both(firmware), lambda: joining.begin(script), lambda: joining.request(script)]
    got = []
    for step in steps:
        got.append(step())
        assert everything(joining) == {LASTING}
    assert got[1:] == ["install", "install"] and joining.state() == "used"
    assert joining.request(script) == "install", "sent again: it is still the same boot"
    assert joining.boot4() == LASTING


def test_a_joined_client_alone_keeps_it_armed_over_restarts(joining):
    joining.arm()
    for _ in range(3):
        assert everything(joining) == {LASTING}
        joining.restart_netbootd()
        joining.eventually(lambda: joining.begin(Joined()) == LASTING)
    assert joining.state() == "armed"
    assert joining.boot4() == "install"


def test_without_an_answer(joining):
    """While netbootd is stopped."""
    joining.arm()
    with Stopped(joining):
        assert everything(joining) == {LASTING}
    assert joining.state() == "armed"
    assert joining.boot4() == "install"


def test_with_a_mac_it_is_no_joined_client(joining):
    joining.arm()
    assert joining.both(Exchange("iPXE", 6, MAC)) == "install"
    assert joining.state() == "used"


def test_a_host_with_that_uuid_is_no_joined_client(joining):
    """An operator has said that it is this machine: then it gets its boot-once."""
    joining.store.ctl("host set web1 --uuid 11223344-5566-7788-99aa-bbccddeeff01")
    joining.arm()
    joining.eventually(lambda: joining.begin(Joined()) == "install")
    assert joining.request(Joined()) == "install"
    assert joining.state() == "used"
