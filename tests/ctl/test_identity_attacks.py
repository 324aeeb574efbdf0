# SPDX-License-Identifier: MPL-2.0
"""Attacks on root's netbootctl: by a process that has a server's group, and by who owns what root is led to. Needs root."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from conftest import Ctl  # noqa: E402
from lib import owners  # noqa: E402
from lib.owners import GROUP, OWNER  # noqa: E402
from identities import *  # noqa: F403

# ---- by a process that has a server's group

MUTEXES = """
import mmap, os, random, struct, sys
file = os.open(sys.argv[1], os.O_RDWR)
page = mmap.mmap(file, 8192)
print("on", flush=True)
canary = 0x414141414000
while True:
    at = random.randrange(0, 64) * 8          # the headers of LMDB, with its two mutexes and their robust lists
    page[at:at + 8] = random.choice((os.urandom(8), struct.pack("<Q", canary), struct.pack("<Q", 0)))
    at = random.choice((64, 128, 192)) + 24   # the list of a mutex: next and previous
    page[at:at + 16] = struct.pack("<QQ", canary, canary + 8)
"""

SECONDS = 4


class Watcher:
    """Calls netbootctl as root again and again, and looks whose the process is whenever it has a store in memory."""

    def __init__(self, ctl, canary):
        self.ctl, self.canary = ctl, canary
        self.seen = 0

    def call(self, *words):
        process = subprocess.Popen([self.ctl.program, *words], env=self.ctl.environment, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 2  # a mutex of the attacker's may never be free
        while process.poll() is None and time.monotonic() < deadline:
            if not owners.maps(process.pid):
                continue
            try:
                user, group, groups, capabilities = owners.ids(process.pid)
            except (OSError, KeyError):
                continue  # it has ended
            assert (user, group, groups, capabilities) == NETBOOT, "root has a store in memory"
            self.seen += 1
        process.kill()
        process.wait()

    def run(self, script, file, *commands):
        attacker = subprocess.Popen(
            ["setpriv", "--reuid", "65534", "--regid", str(GROUP), "--clear-groups", "--pdeathsig", "KILL",
             sys.executable, "-c", script, file], stdout=subprocess.PIPE)
        assert attacker.stdout.readline() == b"on\n"
        try:
            end = time.monotonic() + SECONDS
            while time.monotonic() < end or self.seen < 10:
                for words in commands:
                    self.call(*words)
            assert attacker.poll() is None
        finally:
            attacker.kill()
            attacker.communicate()
        assert (self.canary.read_text(), self.canary.stat().st_uid, self.canary.stat().st_mode & 0o777) == (
            "of root's\n", 0, 0o600)


@pytest.fixture
def watcher(ctl, closed):
    canary = closed / "canary"
    canary.write_text("of root's\n")
    canary.chmod(0o600)
    ctl.ok("host", "set", MAC, "--once", "default")
    yield Watcher(ctl, canary)
    ctl.netbootd.kill()  # it may wait for a mutex of the attacker's


def test_forged_mutexes_reach_the_owner_at_worst(watcher, ctl):
    watcher.run(MUTEXES, ctl.directory / "targets" / "lock.mdb", ["host", "set", MAC, "--note", "x"],
                ["host", "set", MAC, "--note", "y"])


def test_what_a_server_may_write(ctl):
    """Its locks, and the socket that it asks at: nothing else that there is of a store."""
    ctl.ok("host", "set", MAC, "--once", "default")
    script = ("import os, sys\nfor name in sys.argv[1:]:\n    if os.access(name, os.W_OK): print(name)\n")
    names = [str(path) for path in (ctl.directory, *ctl.directory.rglob("*"))]
    done = subprocess.run(["setpriv", "--reuid", "65534", "--regid", str(GROUP), "--clear-groups", sys.executable, "-c",
                           script, *names], stdout=subprocess.PIPE, text=True, check=True)
    found = {str(Path(name).relative_to(ctl.directory)) for name in done.stdout.split()}
    assert {name for name in found if ".old/" not in name} == {  # what was put aside nobody reads
        "targets/lock.mdb", "targets/write.lock", "run/servers", "run/control"}


# ---- what was tried to lead root elsewhere

def test_targets_that_lead_to_another_user_s(ctl, open_path):
    """The owner of the directory can put anything there: root becomes nobody else for that."""
    other = OWNER + 7
    theirs = open_path / "theirs"
    shutil.copytree(ctl.directory / "targets", theirs)
    for path in (theirs, *theirs.rglob("*")):
        os.chown(path, other, other)
    (ctl.directory / "targets").rename(ctl.directory / "away")
    (ctl.directory / "targets").symlink_to(theirs)
    assert "targets is a symbolic link: root does not use that store" in ctl.wrong(1, "status")
    (ctl.directory / "targets").unlink()
    shutil.move(theirs, ctl.directory / "targets")
    assert f"belongs to user {OWNER}, but targets in it to user {other}" in ctl.wrong(1, "status")


def test_a_way_that_others_can_change(bare, open_path):
    """Also behind a link of root's own: the store that was looked at is the one that is used."""
    bare.ok("init")
    fill(bare)
    turn = open_path / "turn"
    turn.mkdir()
    (turn / "here").symlink_to(bare.directory.parent)
    link = open_path / "link"
    link.symlink_to(turn / "here" / bare.directory.name)
    os.chown(turn, OWNER, GROUP)
    with stuck(bare.program, "-d", link, "host", "list", env=bare.environment) as process:
        mapped = [line.split()[-1] for line in Path(f"/proc/{process.pid}/maps").read_text().splitlines() if ".mdb" in line]
        assert mapped and all(name.startswith(f"{bare.directory}/") for name in mapped)


def test_init_gives_no_directory_of_root_s_on_a_way_of_others(netboot, open_path):
    theirs, system = open_path / "theirs", open_path / "system"
    theirs.mkdir()
    (system / "lib").mkdir(parents=True)
    (theirs / "way").symlink_to(system)
    os.chown(theirs, OWNER, GROUP)
    before = snapshot(system)
    told = netboot.wrong(1, "-d", theirs / "way" / "lib", "init")
    assert "is root's, and others than root can change the way to it: nothing was changed" in told
    assert snapshot(system) == before


def test_init_gives_no_file_of_root_s_in_a_directory_of_others(netboot):
    netboot.ok("init")
    state = netboot.directory / "state"
    state.mkdir()
    os.chown(state, OWNER, GROUP)
    lock = state / "once"
    lock.write_text("root's secret")
    lock.chmod(0o600)
    assert "once belongs to root, in a directory that does not" in netboot.wrong(1, "init")
    assert (lock.stat().st_uid, lock.stat().st_mode & 0o777) == (0, 0o600)


def test_backup_replaces_no_link(ctl, tmp_path):
    link = tmp_path / "link"
    link.symlink_to("/proc/self/fd/1")
    with open(tmp_path / "out", "wb") as out:
        done = ctl("backup", link, stdout=out)
    assert done.returncode == 2 and "is a symbolic link: give the path of the file itself" in done.err
    assert link.is_symlink() and (tmp_path / "out").stat().st_size == 0


def test_menu_follows_no_link_of_another_s(ctl, open_path, closed):
    root = open_path / "root"
    root.mkdir()
    (root / "targets").symlink_to(closed)
    ctl.ok("target", "set", "debian", "--kernel", "vmlinuz", "--order", "1")
    assert ctl("menu", "--output", root).returncode == 1
    assert not list(closed.iterdir()) and closed.stat().st_mode & 0o777 == 0o700


def test_init_below_a_directory_that_its_user_cannot_enter(bare, netboot, closed):
    own = Ctl(closed / "store")
    own.ok("init")
    before = snapshot(closed)
    same = Wrapped(closed / "store", netboot.before)
    assert "cannot enter a directory on the way" in same.wrong(1, "init")
    assert snapshot(closed) == before
    own.ok("status")
    assert "nothing was changed" in Wrapped(closed / "new", netboot.before).wrong(1, "init")
    assert not (closed / "new").exists()
