# SPDX-License-Identifier: MPL-2.0
"""
Whatever becomes of netbootd: every packet gets its reply, and an armed host its lasting target. Needs root.

NETBOOT_KILLS=1000 for another number than 50.
"""

import os
import subprocess
import threading
import time

import pytest

import fake
from clients import Clients, Machine
from conftest import MAC
from lib import dhcpd, kea, owners, paths, wire
from lib.netbootd import Netbootd

KILLS = int(os.environ.get("NETBOOT_KILLS", 50))
LATE_SECONDS = 1  # ten deadlines: no packet waits for anything else
LASTING, ONCE = "disk.efi", "install.efi"
FAMILIES = pytest.mark.parametrize("family", (4, 6))


def v6(file):
    return f"http://[2001:db8::1]/{file}"


class World:
    """A DHCP server, machines that ask it, and what they were told."""

    def __init__(self, link, store, family, kind):
        self.store, self.family, self.server = store, family, None
        self._make = {
            "kea": lambda: kea.Kea(link, family, {"database": store.directory}),
            "dhcpd": lambda: dhcpd.Dhcpd(link, family, [f'netboot-database "{store.directory}";']),
        }[kind]
        self.names = {file: file if family == 4 else v6(file) for file in (LASTING, ONCE)}

    def __enter__(self):
        self.server = self._make().start()
        return self

    def __exit__(self, kind, *_):
        self.server.stop(check=kind is None)

    def ask(self, clients, machine=Machine(mac=MAC)):
        """The file that the machine is told, by the name that the target has."""
        begun = time.monotonic()
        octets = clients.ask(self.family, machine, seconds=5)
        took = time.monotonic() - begun
        assert octets is not None, "no reply"
        assert took < LATE_SECONDS, took
        from clients import boot_file_of
        got = boot_file_of(self.family, octets)
        return {name: file for file, name in self.names.items()}.get(got, got)

    def ask_often(self, clients, count=30):
        return {self.ask(clients) for _ in range(count)}

    def arm(self):
        with Netbootd(self.store.directory):
            self.store.ctl("host set web1 --once install")


@pytest.fixture(params=["kea", "dhcpd"])
def kind(request, monkeypatch):
    if request.param == "dhcpd":
        monkeypatch.setenv("NETBOOT_DHCPD", str(paths.dhcpd()))
    return request.param


@pytest.fixture
def clients(link):
    with wire.Wire(link) as own:
        yield Clients(own)


def eventually_once(world, clients):
    deadline = time.monotonic() + 10
    while world.ask(clients) != ONCE:
        assert time.monotonic() < deadline, "never armed"
        time.sleep(0.02)


@FAMILIES
def test_absent_and_back(kind, family, link, store, clients):
    world = World(link, store, family, kind)
    world.arm()
    with world:
        assert world.ask_often(clients) == {LASTING}
        with Netbootd(store.directory):
            eventually_once(world, clients)
            assert world.ask(clients, Machine(mac="52:54:00:77:00:99")) not in (LASTING, ONCE)
        assert world.ask_often(clients) == {LASTING}


@FAMILIES
def test_stopped(kind, family, link, store, clients):
    world = World(link, store, family, kind)
    world.arm()
    with Netbootd(store.directory) as netbootd, world:
        eventually_once(world, clients)
        netbootd.pause()
        assert world.ask_often(clients) == {LASTING}
        netbootd.go_on()
        assert world.ask_often(clients, 5) <= {LASTING, ONCE}


@FAMILIES
def test_slow(family, link, store, clients):
    """Stopped for 60 ms of each 80: some answers come in time, some do not."""
    world, stop = World(link, store, family, "kea"), threading.Event()
    world.arm()

    def hinder(netbootd):
        while not stop.is_set():
            netbootd.pause()
            stop.wait(0.06)
            netbootd.go_on()
            stop.wait(0.02)

    with Netbootd(store.directory) as netbootd, world:
        eventually_once(world, clients)
        thread = threading.Thread(target=hinder, args=(netbootd,))
        thread.start()
        try:
            assert world.ask_often(clients, 100) <= {LASTING, ONCE}
        finally:
            stop.set()
            thread.join()


@pytest.mark.parametrize("name", fake.BEHAVIOURS)
def test_something_else_in_its_place(name, kind, link, store, clients):
    world = World(link, store, 4, kind)
    world.arm()
    with fake.Fake(store.directory, fake.BEHAVIOURS[name]) as other, world:
        assert world.ask_often(clients) == {LASTING}
        assert other.met > 0
    with world, Netbootd(store.directory):
        eventually_once(world, clients)


def test_another_users_process_in_its_place(kind, link, store, clients):
    world = World(link, store, 4, kind)
    world.arm()
    owners.open_way(store.directory)
    store.directory.chmod(0o755)
    process = fake.other_users(store.directory, 65534)
    try:
        with world:
            assert world.ask_often(clients) == {LASTING}
            time.sleep(0.6)  # two attempts to connect
    finally:
        process.kill()
        said = process.communicate()[0]
    assert "told" not in said and "nothing" in said, said
    (store.directory / "run").chmod(0o755)
    with world, Netbootd(store.directory):
        eventually_once(world, clients)


@pytest.mark.parametrize("how", ["missing", "a dangling link", "full", "a file"])
def test_the_run_directory(how, kind, link, store, clients, tmp_path):
    world, run = World(link, store, 4, kind), store.directory / "run"
    world.arm()
    for name in run.iterdir():
        name.unlink()
    run.rmdir()
    if how == "a dangling link":
        run.symlink_to("/nowhere/netboot")
    elif how == "a file":
        run.write_text("")
    elif how == "full":
        run.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k,nr_inodes=2", "tmpfs", run], check=True)
        (run / "filler").write_text("")
    try:
        if how != "missing":
            with pytest.raises(RuntimeError, match="netbootd did not start"):
                Netbootd(store.directory)
        with world:
            assert world.ask_often(clients) == {LASTING}
    finally:
        if how == "full":
            subprocess.run(["umount", run], check=True)


class Killer:
    """Kills netbootd again and again, after a random moment, and starts it anew."""

    def __init__(self, netbootd, count, dice):
        self.netbootd, self.left, self.dice = netbootd, count, dice
        self.thread = threading.Thread(target=self._run)

    def _run(self):
        while self.left > 0:
            time.sleep(self.dice.uniform(0, 0.3))
            self.netbootd.kill()
            time.sleep(self.dice.uniform(0, 0.1))
            self.netbootd.start()
            self.left -= 1

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.thread.join()


@FAMILIES
def test_killed_under_traffic(kind, family, link, store, clients):
    """Offers alone use nothing up: the host stays armed, whatever happens in between."""
    import random

    world, told = World(link, store, family, kind), {}
    world.arm()
    with Netbootd(store.directory) as netbootd, world:
        eventually_once(world, clients)
        with Killer(netbootd, KILLS, random.Random(family)) as killer:
            while killer.left > 0:
                got = world.ask(clients)
                told[got] = told.get(got, 0) + 1
        world.server.check()
        assert set(told) == {LASTING, ONCE}, told
        print(f"{KILLS} kills, {told}")
