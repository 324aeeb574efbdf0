# SPDX-License-Identifier: MPL-2.0
"""
A store of 265 MB is replaced again and again under a Kea that answers all the while, with views held. No packet is
lost, and none waits for it: in no netboot_serve() does the thread sleep, or take a millisecond of the processor's time.

NETBOOT_REPLACEMENTS=1000 for another number than 20.
"""

import os
import random
import shutil
import struct
import threading
import time

import pytest

from clients import Clients, Machine, boot_file_of
from lib import kea, paths, targets, wire

REPLACEMENTS = int(os.environ.get("NETBOOT_REPLACEMENTS", 20))
HOSTS, OCTETS = 1_000_000, 265_000_000
CLIENTS, SECONDS = 4, 60
COUNTERS = ("calls", "failed", "strangers", "slept", "faulted", "over", "most_cpu", "most_wall", "replacements", "views",
            "damaged")
FILES = ("one.efi", "other.efi")
THREADS = {"multi-threading": {"enable-multi-threading": True, "thread-pool-size": 4, "packet-queue-size": 256}}
SUBNETS = [{"subnet": "192.0.0.0/8", "pools": [{"pool": "192.16.0.0 - 192.200.255.255"}]}]


def mac_of(number):
    return f"52:54:{number >> 24 & 255:02x}:{number >> 16 & 255:02x}:{number >> 8 & 255:02x}:{number & 255:02x}"


def make_store(store, directory):
    """A store of a million hosts, and a copy of it that has another boot file."""
    hosts = directory / "hosts.jsonl"
    with hosts.open("w") as file:
        for number in range(HOSTS):
            uuid = f"{number:08x}-0000-4000-8000-000000000001"
            file.write(f'{{"type":"host","name":"host{number}","mac":["{mac_of(number)}"],"uuid":["{uuid}"],'
                       f'"note":"{"row 7, rack 12, unit 3; bought for the weather; leaves in autumn":88}"}}\n')
    store.ctl("import", hosts, seconds=300)
    hosts.unlink()
    assert (store.directory / "targets" / "data.mdb").stat().st_size >= OCTETS
    other = store.copy(directory / "other")
    for each, file in zip((store, other), FILES):
        each.ctl(f"loader set x64-uefi {file}")
    return other


class Counters:
    """What the measured hook counts."""

    def __init__(self, path):
        self.path = path
        path.write_bytes(bytes(8 * len(COUNTERS)))

    def __getitem__(self, name):
        return self.all()[name]

    def all(self):
        return dict(zip(COUNTERS, struct.unpack(f"={len(COUNTERS)}Q", self.path.read_bytes())))


class Machines:
    """Hosts of the store that boot, one after the other, on a wire of their own; each waits for its answer."""

    def __init__(self, link, seed):
        self.files, self.lost = dict.fromkeys(FILES, 0), []
        self._link, self._random, self._stop = link, random.Random(seed), threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._first_xid = seed * 0x200000
        self._thread.start()

    def _run(self):
        with wire.Wire(self._link, self._first_xid) as own:
            clients = Clients(own)
            while not self._stop.is_set():
                machine = Machine(mac=mac_of(self._random.randrange(HOSTS)))
                reply = clients.discover(machine, seconds=SECONDS)
                file = boot_file_of(4, reply) if reply else None
                if file in self.files:
                    self.files[file] += 1
                else:
                    self.lost.append((machine.mac, file))

    def stop(self):
        self._stop.set()
        self._thread.join()


def replace(store, other):
    """Another store in place of the one there, as an operator would: in two steps."""
    here, there = store.directory / "targets", other.directory / "targets"
    away = store.directory / "away"
    here.rename(away)
    there.rename(here)
    away.rename(there)


def wait_for(counters, replacements):
    deadline = time.monotonic() + SECONDS
    while counters["replacements"] < replacements:
        assert time.monotonic() < deadline, counters.all()
        time.sleep(0.005)


@pytest.fixture
def measured(tmp_path, monkeypatch):
    counters = Counters(tmp_path / "measured")
    monkeypatch.setenv("NETBOOT_MEASURED", str(counters.path))
    return counters


def test_a_large_store_is_replaced_under_load(link, store, tmp_path, measured):
    other = make_store(store, tmp_path)
    hook = paths.build() / "tests" / "kea" / "measured" / "libdhcp_netboot.so"
    with kea.Kea(link, 4, {"database": store.directory}, THREADS, SUBNETS, hook=hook) as server:
        wait_for(measured, 0)
        machines = [Machines(link, seed) for seed in range(1, CLIENTS + 1)]
        try:
            for number in range(1, REPLACEMENTS + 1):
                replace(store, other)
                wait_for(measured, number)
        finally:
            for each in machines:
                each.stop()
        server.check()
        counted = measured.all()
        answers = [sum(each.files[file] for each in machines) for file in FILES]
        print(f"{REPLACEMENTS} replacements; answers {answers}; {counted}")
        assert [each.lost for each in machines] == [[]] * CLIENTS
        assert min(answers) > 0 and sum(answers) == counted["calls"]
        assert server.statistic("netboot.store-error") == 0
        assert not [line for line in server.log() if "NETBOOT_STORE" in line and "NETBOOT_STORE_OPENED" not in line]
    assert (counted["failed"], counted["strangers"], counted["damaged"]) == (0, 0, 0)
    assert (counted["slept"], counted["over"]) == (0, 0), counted
    shutil.rmtree(other.directory)
