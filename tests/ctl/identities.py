# SPDX-License-Identifier: MPL-2.0
"""Stores of several owners, and netbootctl where there is a user netboot. Needs root."""

import contextlib
import subprocess
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from conftest import Ctl  # noqa: E402
from lib import owners, paths  # noqa: E402
from lib.netbootd import Netbootd  # noqa: E402
from lib.owners import GROUP, OWNER  # noqa: E402

MAC = "52:54:00:00:00:01"
NETBOOT = ([OWNER] * 4, [GROUP] * 4, [GROUP], 0)


class Wrapped(Ctl):
    """netbootctl behind another command line."""

    def __init__(self, directory, before):
        super().__init__(directory)
        self.before = before

    def __call__(self, *words, **options):
        program, self.program = self.program, self.before[0]
        try:
            return super().__call__(*self.before[1:], program, *words, **options)
        finally:
            self.program = program


@pytest.fixture
def bare(open_path):
    return Ctl(open_path / "store")


@pytest.fixture
def ctl(bare):
    """A store of another user, who has no name here, with its netbootd."""
    bare.ok("init")
    owners.share(bare.directory)
    with Netbootd(bare.directory) as bare.netbootd:
        yield bare


@contextlib.contextmanager
def stuck(*command, **options):
    """netbootctl with a store in memory: nobody reads what it has to say of many hosts."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, pipesize=4096, **options)
    try:
        until(lambda: owners.maps(process.pid))
        yield process
    finally:
        process.kill()
        process.communicate()


def fill(ctl):
    """Hosts, more than a pipe takes the list of."""
    ctl.ok("import", "-", stdin="".join('{"mac":"52:54:00:01:%02x:%02x","name":"%s%d"}\n' %
                                        (n >> 8, n & 255, "n" * 50, n) for n in range(2000)))
    return ctl


@pytest.fixture
def netboot(open_path):
    """Where there is a user netboot."""
    return Wrapped(open_path / "store", owners.as_netboot(open_path))


@pytest.fixture
def closed(tmp_path):
    """A directory of root's."""
    place = tmp_path / "closed"
    place.mkdir(mode=0o700)
    return place


def until(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(0.005)


def owners_of(directory):
    return {(path.stat().st_uid, path.stat().st_gid) for path in (directory, *directory.rglob("*"))}


def snapshot(directory):
    return sorted((str(path), path.lstat().st_uid, path.lstat().st_gid, path.lstat().st_mode)
                  for path in (directory, *directory.rglob("*")))
