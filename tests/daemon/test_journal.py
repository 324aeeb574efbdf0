# SPDX-License-Identifier: MPL-2.0
"""
Whatever becomes of the journal, or of netbootd while it writes it: each packet gets its reply, boot once goes on, and
what can be kept is kept. Needs root.
"""

import json
import os
import random
import shutil
import subprocess
import time

import pytest

from clients import Machine
from conftest import MAC
from lib import owners, paths
from lib.netbootd import Netbootd
from test_harm import LASTING, ONCE, World, clients, eventually_once, kind  # noqa: F401

RING_SLOTS = 2048
KILLS = int(os.environ.get("NETBOOT_JOURNAL_KILLS", 5))
LOST_SECONDS = 1  # what came in these before a kill -9 may be lost


def machine(number):
    return Machine(mac=f"52:54:01:{number >> 16 & 255:02x}:{number >> 8 & 255:02x}:{number & 255:02x}")


def log(store):
    done = store.ctl("log", "--json", check=False)
    return json.loads(done.stdout) if done.returncode == 0 else []


def macs(store):
    return {entry["mac"] for entry in log(store)}


def status(store):
    return json.loads(store.ctl("status --json").stdout)


def eventually(condition, seconds=20):
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "never"
        time.sleep(0.02)
    return found


def connected(netbootd, world):
    netbootd.wait_servers("dhcpd" if "dhcpd" in world.server.name else world.server.name)


# ---- netbootd dies, or does not come to it

def test_killed_in_the_middle_of_traffic(link, store, clients):  # noqa: F811
    """All of the time in which it ran is there, but for the last second. Each record of that time is there, or counted."""
    world, number, without, wanted, dice = World(link, store, 4, "kea"), 0, 0, set(), random.Random(1)
    with Netbootd(store.directory) as netbootd, world:
        for _ in range(KILLS):
            connected(netbootd, world)
            asked, end = [], time.monotonic() + LOST_SECONDS + dice.uniform(0.2, 0.8)
            while time.monotonic() < end:
                number += 1
                world.ask(clients, machine(number))
                asked.append((time.monotonic(), machine(number).mac))
            killed = time.monotonic()
            netbootd.kill()
            wanted |= {mac for when, mac in asked if when < killed - LOST_SECONDS}
            assert wanted <= macs(store)  # it can be read meanwhile
            for _ in range(dice.randrange(20)):
                number, without = number + 1, without + 1
                world.ask(clients, machine(number))
            netbootd.start()
        connected(netbootd, world)
        world.ask(clients, machine(number + 1))
        eventually(lambda: machine(number + 1).mac in macs(store))
        here, lost = len(macs(store)), world.server.statistic("netboot.journal-dropped")
    assert wanted and wanted <= macs(store)
    assert number + 1 - KILLS - without <= here + lost <= number + 1, "one may have been on its way, each time"
    assert status(store)["journal"]["entries"] == here


def test_stopped_for_a_while(link, store, clients):  # noqa: F811
    """What the ring has no room for is counted, what it has is written later. No reply waits."""
    world, more = World(link, store, 4, "kea"), 300
    with Netbootd(store.directory) as netbootd, world:
        connected(netbootd, world)
        world.ask(clients, machine(0))
        eventually(lambda: macs(store) == {machine(0).mac})
        netbootd.pause()
        begun = time.monotonic()
        for number in range(1, RING_SLOTS + more + 1):
            world.ask(clients, machine(number))  # which looks how long it took
        took = time.monotonic() - begun
        assert world.server.statistic("netboot.journal-dropped") == more
        assert world.server.log()[-1].count("records of the journal were lost") <= 1
        netbootd.go_on()
        eventually(lambda: len(log(store)) == RING_SLOTS + 1)
        assert macs(store) == {machine(number).mac for number in range(RING_SLOTS + 1)}
        assert world.server.statistic("netboot.journal-dropped") == more
    print(f"{RING_SLOTS + more} answers in {took:.1f} s")


def test_one_netbootd_for_each_directory(link, store, clients):  # noqa: F811
    world = World(link, store, 4, "kea")
    with Netbootd(store.directory) as netbootd, world:
        connected(netbootd, world)
        for _ in range(3):
            done = subprocess.run([paths.netbootd(), "-d", store.directory], capture_output=True, text=True, timeout=60)
            assert (done.returncode, done.stdout) == (1, "")
            assert "runs already" in done.stderr or "another netbootd" in done.stderr, done.stderr
        world.ask(clients, machine(1))
        eventually(lambda: macs(store) == {machine(1).mac})
        assert netbootd.servers() == ["kea-dhcp4"]


# ---- its files

FILES = ("known", "strangers")


def overwrite(size):
    def harm(journal):
        for name in FILES:
            with open(journal / name, "r+b") as file:
                file.write(random.Random(1).randbytes(size))
    return harm


def cut(size):
    def harm(journal):
        for name in FILES:
            os.truncate(journal / name, size)
    return harm


def each(make):
    """Something else in the place of both."""
    def harm(journal):
        for name in FILES:
            (journal / name).unlink()
            make(journal / name)
    return harm


def heal_each(journal):
    for name in FILES:
        (journal / name).rmdir() if (journal / name).is_dir() else (journal / name).unlink()


def put_a_file(journal):
    shutil.rmtree(journal)
    journal.write_text("in the way")


def fill_disk(journal):
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24k,mode=0700", "tmpfs", journal], check=True)


def empty_disk(journal):
    subprocess.run(["umount", "--lazy", journal], check=True)


def elsewhere(path):
    (path.parent.parent / "elsewhere").write_text("not netbootd's")
    path.symlink_to(path.parent.parent / "elsewhere")


def nothing(_journal):
    pass


# What is done, and what has to be done so that it is kept again.
HARMS = {
    "removed": (shutil.rmtree, nothing),
    "emptied": (cut(0), nothing),
    "cut within the header": (cut(100), nothing),
    "cut behind the header": (cut(9000), nothing),
    "noise in the header": (overwrite(8192), nothing),
    "noise": (overwrite(200000), nothing),
    "directories": (each(lambda path: path.mkdir()), heal_each),
    "pipes": (each(os.mkfifo), heal_each),
    "links": (each(elsewhere), heal_each),
    "a file": (put_a_file, lambda journal: journal.unlink()),
    "a full disk": (fill_disk, empty_disk),
}


@pytest.mark.parametrize("harm", HARMS)
def test_harm_to_its_files(harm, kind, link, store, clients):  # noqa: F811
    """Each reply is what it was, and so is boot once; then it is kept again. Neither process ends."""
    world, journal = World(link, store, 4, kind), store.directory / "journal"
    with Netbootd(store.directory) as netbootd, world:
        connected(netbootd, world)
        for number in range(1, 20):
            world.ask(clients, machine(number))
        eventually(lambda: len(log(store)) == 19)
        store.ctl("host set web1 --once install")
        eventually_once(world, clients)
        HARMS[harm][0](journal)
        try:
            for number in range(20, 80):
                assert world.ask(clients, machine(number)) not in (LASTING, ONCE)
            assert world.ask_often(clients) == {ONCE}
        finally:
            HARMS[harm][1](journal)
        store.ctl("host set web1 --no-once")
        eventually(lambda: world.ask(clients) == LASTING)
        end = time.monotonic() + 20
        while machine(80).mac not in macs(store):
            assert time.monotonic() < end, status(store)
            world.ask(clients, machine(80))
        assert "journal_trouble" not in status(store)
        connected(netbootd, world)
        world.server.check()
        if harm == "links":
            assert (store.directory / "elsewhere").read_text() == "not netbootd's"


def test_files_that_it_may_not_write(kind, link, store, clients):  # noqa: F811
    """From its start on; once it may, it does."""
    world, journal = World(link, store, 4, kind), store.directory / "journal"
    owners.open_way(store.directory)
    owners.share(store.directory)
    journal.mkdir(exist_ok=True)
    os.chown(journal, 0, 0)
    journal.chmod(0o755)
    with Netbootd(store.directory) as netbootd, world:
        connected(netbootd, world)
        store.ctl("host set web1 --once install")
        eventually_once(world, clients)
        assert world.ask_often(clients) == {ONCE}
        assert log(store) == [] and list(journal.iterdir()) == []
        os.chown(journal, owners.OWNER, owners.GROUP)
        eventually((journal / "known").exists)
        world.ask(clients, Machine(mac=MAC))
        eventually(lambda: MAC in macs(store))
        assert netbootd.process.poll() is None
