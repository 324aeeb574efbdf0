# SPDX-License-Identifier: MPL-2.0
"""Kea with multi-threading on, many machines at once, and a store that changes meanwhile."""

import re
import shutil

import pytest

from clients import Replies
from lib import dhcp, kea, net

EXCHANGES = 3000
CLIENT4, CLIENT6 = "192.0.2.2", "fe80::2"
THREADS = {"multi-threading": {"enable-multi-threading": True, "thread-pool-size": 4, "packet-queue-size": 256}}
# Room for every machine that perfdhcp makes up.
SUBNETS = {
    4: [{"subnet": "192.0.0.0/8", "pools": [{"pool": "192.16.0.0 - 192.200.255.255"}]}],
    6: [{"subnet": "2001:db8::/32", "pools": [{"pool": "2001:db8:8::/64"}], "interface": net.INTERFACE}],
}
# As perfdhcp takes options: code, octets.
BOOT = {
    4: {93: dhcp.u16(7), 60: b"PXEClient:Arch:00007:UNDI:003000"},
    6: {61: dhcp.u16(7), 16: bytes.fromhex("00000157") + dhcp.u16(32) + b"PXEClient:Arch:00007:UNDI:003000"},
}
FILES = {4: {"ipxe.efi", "other.efi"}, 6: {f"tftp://[2001:db8::1]/{name}" for name in ("ipxe.efi", "other.efi")}}


@pytest.fixture(scope="module")
def busy_link():
    """One whose client has addresses, for perfdhcp works through the system's own sockets."""
    with net.Link() as link:
        link.client.ip("address", "add", f"{CLIENT4}/24", "dev", net.INTERFACE)
        link.client.sysctl(f"net.ipv6.conf.{net.INTERFACE}.disable_ipv6", 0)
        link.client.ip("address", "replace", f"{CLIENT6}/64", "dev", net.INTERFACE, "nodad")
        yield link


def perfdhcp(link, family):
    program = shutil.which("perfdhcp", path="/usr/sbin:/usr/bin")
    assert program, "perfdhcp is not installed: apt-get install kea-admin"
    options = [part for code, data in BOOT[family].items() for part in ("-o", f"{code},{data.hex()}")]
    return link.client.start(
        *(program, f"-{family}", "-l", net.INTERFACE, "-r", 600, "-n", EXCHANGES, "-R", EXCHANGES, "-W", 2000000),
        *options,
        stdout=-1,
        stderr=-2,
        text=True,
    )


def change_until(process, store):
    """Changes what every machine boots for as long as the process runs; how often."""
    changes = 0
    while process.poll() is None:
        store.ctl(f"loader set x64-uefi {('other.efi', 'ipxe.efi')[changes % 2]}")
        changes += 1
    return changes


@pytest.mark.parametrize("family", (4, 6))
def test_many_machines_while_the_store_changes(busy_link, store, family):
    with kea.Kea(busy_link, family, {"database": store.directory}, THREADS, SUBNETS[family]) as server:
        replies = Replies(busy_link, family)
        try:
            process = perfdhcp(busy_link, family)
            changes = change_until(process, store)
            story = process.communicate()[0]
        finally:
            files = replies.stop()
        received = [int(number) for number in re.findall(r"received packets: (\d+)", story)]
        assert len(received) == 2 and min(received) > EXCHANGES * 0.95, story
        assert changes > 1
        assert set(files) == FILES[family], "every reply has a whole boot file, the old one or the new one"
        assert server.statistic("netboot.answered") >= sum(received)
        assert server.statistic("netboot.store-error") == 0
        assert server.statistic("netboot.not-ours") == 0
        server.check()
