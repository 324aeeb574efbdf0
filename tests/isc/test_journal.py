# SPDX-License-Identifier: MPL-2.0
"""What dhcpd puts into the journal, and that nothing which happens to it disturbs an answer."""

import json
import shutil
import subprocess
import time

import pytest
from cases import firmware, ipxe
from lib import dhcp, paths
from lib.netbootd import Netbootd

from server import Server, boot_file, statements

UUID = "11223344-5566-7788-99aa-bbccddeeff06"
MAC, OTHER = "52:54:00:00:99:06", "52:54:00:00:99:07"
FAMILIES = pytest.mark.parametrize("family", (4, 6))


@pytest.fixture
def store(shelf, tmp_path):
    return shelf["full"].copy(tmp_path / "store")


@pytest.fixture
def netbootd(store):
    with Netbootd(store.directory) as made:
        yield made


def wait_log(store, count, *words, seconds=20):
    """The entries, once there are so many: netbootd writes them."""
    end = time.monotonic() + seconds
    while True:
        done = store.ctl("log", "--json", *words, check=False)
        entries = json.loads(done.stdout) if done.returncode == 0 else []
        if len(entries) >= count:
            return entries
        assert time.monotonic() < end, f"wanted {count}: {done}"
        time.sleep(0.02)


@FAMILIES
@pytest.mark.parametrize("daemonize", (False, True))
def test_what_was_answered_is_in_the_journal(family, daemonize, link, client, store, netbootd):
    """In the process that serves, whether or not it forks first."""
    store.ctl(f"host set {MAC} --name named")
    with Server(link, family, statements(family, store.directory), daemonize=daemonize):
        netbootd.wait_servers("dhcpd")
        file = boot_file(client, family, ipxe(family, 7, mac=MAC))
        entry, = wait_log(store, 1, "named")
    assert (entry["server"], entry["family"], entry["stage"], entry["host"]) == ("dhcpd", family, "iPXE", "named")
    assert (entry["outcome"], entry["boot_file"], entry["mac"]) == ("answered", file, MAC)


@FAMILIES
def test_transaction_is_the_number_that_the_client_sent(family, link, client, store, netbootd):
    with Server(link, family, statements(family, store.directory)):
        netbootd.wait_servers("dhcpd")
        boot_file(client, family, ipxe(family, 7, mac=MAC))
        wait_log(store, 1)
    tool = paths.build().joinpath("tests", "isc", "transactions")
    done = subprocess.run([tool, store.directory], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout) == client.xid() - 1  # the last packet's


@FAMILIES
def test_off(family, link, client, store, netbootd):
    with Server(link, family, statements(family, store.directory, "netboot-journal off;")):
        netbootd.wait_servers("dhcpd")
        assert boot_file(client, family, ipxe(family, 7, mac=MAC))
    netbootd.wait_servers()
    assert json.loads(store.ctl("log --json").stdout) == []


def test_a_lost_journal_is_made_anew(link, client, store, netbootd):
    with Server(link, 4, statements(4, store.directory)) as server:
        netbootd.wait_servers("dhcpd")
        file = boot_file(client, 4, ipxe(4, 7, mac=MAC))
        wait_log(store, 1)
        shutil.rmtree(store.directory / "journal")
        end = time.monotonic() + 20
        while not (store.directory / "journal/known").exists():
            assert time.monotonic() < end
            assert boot_file(client, 4, ipxe(4, 7, mac=MAC)) == file
        assert boot_file(client, 4, ipxe(4, 7, mac=MAC)) == file
        wait_log(store, 1)
        assert "were lost" not in "\n".join(server.log())


def test_without_netbootd(link, client, store, netbootd):
    """It is told of once, and each answer is as ever."""
    with Server(link, 4, statements(4, store.directory)) as server:
        netbootd.wait_servers("dhcpd")
        file = boot_file(client, 4, ipxe(4, 7, mac=MAC))
        wait_log(store, 1)
        netbootd.kill()
        end = time.monotonic() + 20
        while not any("no journal is kept" in line for line in server.log()):
            assert time.monotonic() < end
            assert boot_file(client, 4, ipxe(4, 7, mac=MAC)) == file
        for _ in range(3):
            assert boot_file(client, 4, ipxe(4, 7, mac=MAC)) == file
        netbootd.start()
        netbootd.wait_servers("dhcpd")
        assert boot_file(client, 4, ipxe(4, 7, mac=OTHER)) == file
        assert [one["mac"] for one in wait_log(store, 2)] == [MAC, OTHER]
        assert len([line for line in server.log() if "no journal is kept" in line]) == 1


def test_a_statement_of_before(link, store):
    """The size is netbootd's."""
    server = Server(link, 4, statements(4, store.directory, "netboot-journal-size 3;"))
    try:
        code, said = server.test()
    finally:
        server.stop(check=False)
    assert code == 1 and "netboot-journal-size" in said


@pytest.mark.parametrize("joined", (True, False))
def test_identifiers_are_joined_where_that_is_on(joined, link, client, store, netbootd):
    store.ctl("target set joined --script joined.ipxe")
    store.ctl(f"host set {MAC} --name named --target joined")
    lines = ["netboot-join-identifiers on;"] if joined else []
    with Server(link, 4, statements(4, store.directory)):
        netbootd.wait_servers("dhcpd")
        boot_file(client, 4, firmware(4, "PXE", 7, mac=MAC, uuid=b"\0" + dhcp.uuid_octets(UUID, little_endian=True)))
        wait_log(store, 1)
    with Server(link, 6, statements(6, store.directory, *lines)):
        netbootd.wait_servers("dhcpd")
        file = boot_file(client, 6, ipxe(6, 7, mac=MAC, source="fe80::5", duid=dhcp.duid_uuid(UUID)))
        assert file.endswith("/joined.ipxe") == joined
        assert [one["host"] for one in wait_log(store, 2)] == ["named", "named" if joined else None]
