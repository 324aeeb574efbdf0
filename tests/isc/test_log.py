# SPDX-License-Identifier: MPL-2.0
"""What dhcpd says of single answers: in Kea's words, ten times a minute at most."""

import re
import time

import pytest

from cases import firmware, ipxe
from lib import dhcp, lmdb, paths
from server import OWN_FILE, Server, boot_file, boot_files, statements

FAMILIES = pytest.mark.parametrize("family", (4, 6))
MESSAGES = paths.SOURCE / "kea-hook" / "netboot_messages.mes"
LOG_SOURCE = paths.dhcpd().parent / "tree" / "server" / "netbootlog.c"
MAC = "52:54:00:00:99:06"
PER_MINUTE = 10


def lines_about(server, what):
    return [line for line in server.log() if f"netboot: {MAC}: {what}" in line]


def check_rate(server, what, asked):
    """`asked` replies of a kind were made, perhaps in more than one minute."""
    lines = lines_about(server, what)
    assert PER_MINUTE <= len(lines) <= 2 * PER_MINUTE < asked, lines
    assert "(0 more not logged)" in lines[0]


@FAMILIES
def test_nothing_to_boot(family, link, client, store):
    store.ctl("site set default --no-tftp4 --no-tftp6")
    what = firmware(family, "PXE", 7, mac=MAC)
    with Server(link, family, statements(family, store.directory)) as server:
        for _ in range(20):
            assert boot_file(client, family, what) == OWN_FILE[family]
        check_rate(server, "there is no boot file that this client can load", 40)
        assert f"site 'default' has no IPv{family} TFTP server" in lines_about(server, "there is no boot file")[0]


@FAMILIES
def test_damaged_record(family, link, client, store):
    """One host's record, in a store that is fit for use."""
    lmdb.put(store.directory / "targets", "host", b"M" + dhcp.mac_octets(MAC), b"\x01\xff")
    with Server(link, family, statements(family, store.directory)) as server:
        for _ in range(20):
            assert boot_file(client, family, firmware(family, "PXE", 7, mac=MAC)) == OWN_FILE[family]
        assert boot_file(client, family) != OWN_FILE[family]
        check_rate(server, "cannot read the targets store", 40)
        assert lines_about(server, "cannot read the targets store")[0].endswith(": a record is damaged")


@FAMILIES
def test_unmarked_boot_once(family, link, client, store):
    """netbootd does not answer: the regular target, within the deadline."""
    store.ctl("target set install --script install.ipxe")
    store.ctl("target set later --script later.ipxe")
    store.ctl(f"host set {MAC} --name once --target later --once install")
    with Server(link, family, statements(family, store.directory, "netboot-question-deadline 50;")) as server:
        server.wait_log("netbootd of .* is connected")
        store.netbootd.pause()
        for _ in range(PER_MINUTE):
            assert boot_files(client, family, ipxe(family, 7, mac=MAC))[-1].endswith("later.ipxe")
        store.netbootd.go_on()
        line = lines_about(server, "armed to boot once but gets its regular target")[0]
        assert line.endswith(f"in {store.directory}: host once"), line


@FAMILIES
def test_netbootd_that_comes_and_goes(family, link, client, store):
    """Told once each time; an armed host boots its regular target meanwhile."""
    store.ctl("target set install --script install.ipxe")
    store.ctl("target set later --script later.ipxe")
    store.ctl(f"host set {MAC} --name once --target later --once install")
    store.netbootd.stop()
    with Server(link, family, statements(family, store.directory)) as server:
        server.wait_log("netbootd is not connected: netbootd does not run for")
        assert boot_file(client, family, ipxe(family, 7, mac=MAC)).endswith("later.ipxe")
        store.netbootd.start()
        deadline = time.monotonic() + 20
        while not boot_files(client, family, ipxe(family, 7, mac=MAC))[-1].endswith("install.ipxe"):
            assert time.monotonic() < deadline
        server.wait_log("netbootd of .* is connected")
        assert len([line for line in server.log() if "netbootd" in line and "connected" in line]) == 2


def test_words_are_those_of_kea():
    """A message of the catalogue that an operator knows is found by its words in dhcpd's log."""
    source = re.sub(r'"\s*"', "", LOG_SOURCE.read_text())
    known = dict(re.findall(r"^% (NETBOOT_\w+) (.*)$", MESSAGES.read_text(), re.MULTILINE))
    for name in ("NOTHING_TO_BOOT", "ONCE_UNMARKED", "STORE_READ_FAILED"):
        words = re.split(r"%\d", known[f"NETBOOT_{name}"])
        assert re.search("%.".join(map(re.escape, words)), source), name
