# SPDX-License-Identifier: MPL-2.0
"""What real servers put into the journal, and that nothing which happens to it disturbs an answer."""

import json
import shutil
import time

import pytest

from clients import MAC, UUID, Machine, boot_file_of
from conftest import SITE
from lib import dhcp, kea, owners, targets
from lib.netbootd import Netbootd

FILES = {4: "ipxe.efi", 6: "http://[2001:db8::1]/ipxe.efi"}


def log(store, *words):
    return json.loads(store.ctl("log", "--json", *words).stdout)


def wait_log(store, count, *words, seconds=20):
    """The entries, once there are so many: netbootd writes them."""
    end = time.monotonic() + seconds
    while len(entries := log(store, *words)) < count:
        assert time.monotonic() < end, f"{len(entries)} entries, wanted {count}: {entries}"
        time.sleep(0.02)
    return entries


@pytest.fixture
def store(tmp_path):
    return targets.Store(tmp_path / "store").init().set_up([SITE])


@pytest.fixture
def netbootd(store):
    with Netbootd(store.directory) as made:
        yield made


@pytest.mark.parametrize("family", (4, 6))
def test_what_was_answered_is_in_the_journal(link, clients, store, netbootd, family):
    store.ctl(f"host set {MAC} --name web1")
    with kea.Kea(link, family, {"database": store.directory}) as server:
        netbootd.wait_servers(f"kea-dhcp{family}")
        assert clients.boot_file(family) == FILES[family]
        entry, = wait_log(store, 1, "web1")
        clients.ask(family, Machine(mac="52:54:00:77:00:09", boots=False))
        assert clients.boot_file(family, Machine(mac="52:54:00:77:00:08")) == FILES[family]
        assert [one["mac"] for one in wait_log(store, 2)] == [MAC, "52:54:00:77:00:08"]
        assert server.statistic("netboot.journal-dropped") == 0
        answer = server.command("netboot-status")["arguments"]["journal"]
        assert (answer["entries"], answer["machines"], answer["dropped"]) == (2, 2, 0)
    assert (entry["server"], entry["family"], entry["host"]) == (f"kea-dhcp{family}", family, "web1")
    assert (entry["outcome"], entry["boot_file"], entry["mac"]) == ("answered", FILES[family], MAC)
    assert entry["last_reply"] == {4: "OFFER", 6: "ADVERTISE"}[family]
    assert entry["address"].startswith({4: "192.0.2.", 6: "2001:db8::1:"}[family])


def test_without(link, clients, store, netbootd):
    with kea.Kea(link, 4, {"database": store.directory, "journal": False}) as server:
        netbootd.wait_servers("kea-dhcp4")
        assert clients.boot_file(4) == FILES[4]
        assert server.statistic("netboot.journal-dropped") == 0
    netbootd.wait_servers()
    assert log(store) == []


def test_over_reloads_and_the_end(link, clients, store, netbootd):
    """What waits in the ring when the hook is unloaded is written."""
    with kea.Kea(link, 4, {"database": store.directory}) as server:
        for number in range(3):
            netbootd.wait_servers("kea-dhcp4")
            assert clients.boot_file(4, Machine(mac=f"52:54:00:77:01:{number:02}")) == FILES[4]
            server.command("config-reload")
        netbootd.wait_servers("kea-dhcp4")
        assert clients.boot_file(4) == FILES[4]
    netbootd.wait_servers()
    assert len(log(store)) == 4


def lose(journal):
    shutil.rmtree(journal)


def replace_with_something_else(journal):
    journal.rename(journal.with_name("old"))
    journal.mkdir()
    (journal / "known").write_text("not a journal\n" * 1000)


@pytest.mark.parametrize("break_it", [lose, replace_with_something_else])
def test_a_journal_that_is_lost_is_made_anew(link, clients, store, netbootd, break_it):
    """Meanwhile and later, each answer is as ever; machines that come then are in the new one."""
    with kea.Kea(link, 4, {"database": store.directory}) as server:
        netbootd.wait_servers("kea-dhcp4")
        assert clients.boot_file(4) == FILES[4]
        wait_log(store, 1)
        break_it(store.directory / "journal")
        after = Machine(mac="52:54:00:77:00:08")
        end = time.monotonic() + 20
        while True:
            assert clients.boot_file(4, after) == FILES[4]
            # Until it is made anew the tool says what is wrong with it.
            found = store.ctl("log", "--json", check=False)
            if found.returncode == 0 and [one["mac"] for one in json.loads(found.stdout)][-1:] == [after.mac]:
                break
            assert time.monotonic() < end, found
        assert server.statistic("netboot.store-error") == server.statistic("netboot.journal-dropped") == 0


def test_a_parameter_of_before(link, store):
    """The size is netbootd's."""
    server = kea.Kea(link, 4, {"database": store.directory, "journal-size": 16})
    server.start(wait=False)
    try:
        server.wait_log("journal-size")
        line, = [line for line in server.log() if "journal-size" in line][:1]
        assert line.startswith("ERROR")
    finally:
        server.stop(check=False)


def test_status_of_a_server_that_may_not_read_it(link, clients, store):
    """netbootd tells it how much there is. Without netbootd it says so, and nothing waits for long."""
    owners.open_way(store.directory)
    owners.share(store.directory, group="_kea")
    with Netbootd(store.directory) as netbootd, kea.Kea(link, 4, {"database": store.directory}, user="_kea") as server:
        netbootd.wait_servers("kea-dhcp4")
        assert clients.boot_file(4) == FILES[4]
        wait_log(store, 1)
        told = server.command("netboot-status")["arguments"]["journal"]
        assert (told["entries"], told["machines"], told["written"]) == (1, 1, 1) and told["limit"] == 256 << 20
        for end, text in ((netbootd.pause, "netbootd does not answer"), (netbootd.kill, "netbootd does not run")):
            end()
            begun = time.monotonic()
            told = server.command("netboot-status")["arguments"]["journal"]
            assert "entries" not in told and text in told["problem"]
            assert time.monotonic() - begun < 2
            assert clients.boot_file(4) == FILES[4]


# ---- without netbootd, or faster than it

def ask_until(server, clients, text):
    """Asks until the server's log says so; how often it was asked, each time by another machine."""
    count, end = 0, time.monotonic() + 20
    while not any(text in line for line in server.log()):
        assert time.monotonic() < end, f"{text}: never"
        assert clients.boot_file(4, Machine(mac=f"52:54:00:78:{count >> 8:02x}:{count & 255:02x}")) == FILES[4]
        count += 1
    return count


def test_what_a_dead_netbootd_had_in_its_ring_is_counted(link, clients, store, netbootd):
    """What is answered when it is known to be gone is not: no journal is kept then, and the log says so."""
    with kea.Kea(link, 4, {"database": store.directory}) as server:
        netbootd.wait_servers("kea-dhcp4")
        netbootd.kill()
        asked = ask_until(server, clients, "NETBOOT_DAEMON_MISSING")
        for number in range(3):
            assert clients.boot_file(4, Machine(mac=f"52:54:00:77:01:{number:02}")) == FILES[4]
        dropped = server.statistic("netboot.journal-dropped")
        assert 0 < dropped <= asked
        netbootd.start()
        netbootd.wait_servers("kea-dhcp4")
        assert clients.boot_file(4) == FILES[4]
        assert server.statistic("netboot.journal-dropped") == dropped
        assert [one["mac"] for one in wait_log(store, 1)] == [MAC]
        line, = [line for line in server.log() if "NETBOOT_DAEMON_MISSING" in line]
        assert line.startswith("WARN") and "no journal is kept" in line


def ask_by_uuid(clients):
    """iPXE over DHCPv6 that shows its UUID and no MAC: the boot file, and that alone."""
    options = [(1, dhcp.duid_uuid(UUID)), dhcp.ia_na(), (6, dhcp.u16(59, 16, 23)), (61, dhcp.u16(7)),
               (15, dhcp.u16(4) + b"iPXE")]
    message = dhcp.Message6(type=dhcp.SOLICIT, xid=clients.wire.xid(), options=options)
    return boot_file_of(6, clients.wire.ask6(message, MAC, "fe80::5", seconds=5))


@pytest.mark.parametrize("join, forged, expected", [
    (True, False, "http://[2001:db8::1]/install.ipxe"),
    (False, False, "http://[2001:db8::1]/script.ipxe"),
    (True, True, "http://[2001:db8::1]/script.ipxe"),
])
def test_identifiers_are_joined_where_that_is_on(link, clients, store, netbootd, join, forged, expected):
    """A MAC that DHCPv4 has shown with a UUID names the client of DHCPv6; not once another MAC has come with it."""
    store.ctl("target set install --script install.ipxe")
    store.ctl("target set format --script format.ipxe")
    store.ctl(f"host set {MAC} --name web1 --target install")
    with kea.Kea(link, 4, {"database": store.directory}):
        netbootd.wait_servers("kea-dhcp4")
        clients.boot_file(4)
        if forged:
            clients.boot_file(4, Machine(mac="52:54:00:66:66:66"))
        wait_log(store, 2 if forged else 1)
    store.ctl("host set web1 --once format")  # which is never for a client that is only taken for it
    with kea.Kea(link, 6, {"database": store.directory, "join-identifiers": join}) as server:
        netbootd.wait_servers("kea-dhcp6")
        assert ask_by_uuid(clients) == expected
        entry = wait_log(store, 3 if forged else 2)[-1]
        assert entry["host"] == ("web1" if join and not forged else None)
        assert server.statistic("netboot.host-found") == (1 if join and not forged else 0)
    assert json.loads(store.ctl("host", "show", "web1", "--json").stdout)["once"]["state"] == "armed"
