# SPDX-License-Identifier: MPL-2.0
"""Whose netbootctl is while it has a store in memory: never root's, if anybody else may write a file of it. Needs root."""

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from conftest import Ctl  # noqa: E402
from lib import owners, paths  # noqa: E402
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
    """A store of another user, who has no name here."""
    bare.ok("init")
    owners.share(bare.directory)
    return bare


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


# ---- while it has the store

@pytest.fixture
def many(ctl):
    ctl.ok("import", "-", stdin="".join('{"mac":"52:54:00:01:%02x:%02x","name":"%s%d"}\n' %
                                        (n >> 8, n & 255, "n" * 50, n) for n in range(2000)))
    return ctl


@pytest.mark.parametrize("words", (["host", "list"], ["host", "list", "--json"], ["export"], ["watch"]),
                         ids=" ".join)
def test_it_is_the_owner_of_the_store(many, words):
    """In all its four ids, with no other group and no capability, while nobody reads what it says."""
    process = subprocess.Popen([many.program, *words], env=many.environment, stdout=subprocess.PIPE)
    try:
        until(lambda: owners.maps(process.pid))
        assert owners.ids(process.pid) == NETBOOT
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()


def test_the_owner_s_groups(open_path, bare):
    """Those of the user database as well, where it knows the user."""
    bare.ok("init")
    bare.ok("import", "-", stdin="".join('{"mac":"52:54:00:01:%02x:%02x"}\n' % (n >> 8, n & 255) for n in range(3000)))
    owners.share(bare.directory)
    before = owners.as_netboot(open_path)
    with open(open_path / "group", "a") as group:
        group.write("others:x:64913:netboot\n")
    process = subprocess.Popen([*before, bare.program, "host", "list", "--json"], env=bare.environment,
                               stdout=subprocess.PIPE)
    try:
        until(lambda: owners.maps(process.pid))
        user, group, groups, capabilities = owners.ids(process.pid)
        assert (user, group, sorted(set(groups)), capabilities) == ([OWNER] * 4, [GROUP] * 4, [GROUP, 64913], 0)
    finally:
        process.kill()
        process.communicate()


def test_the_group_of_root_is_not_given(ctl):
    """A directory's group may be one that its owner is not in."""
    owners.share(ctl.directory, group=0)
    ctl.ok("host", "set", MAC)
    process = subprocess.Popen([ctl.program, "watch"], env=ctl.environment, stdout=subprocess.PIPE)
    try:
        until(lambda: owners.maps(process.pid))
        user, group, groups, _ = owners.ids(process.pid)
        assert user == [OWNER] * 4 and 0 not in group + groups
    finally:
        process.kill()
        process.communicate()


def test_completion_is_the_owner_too(many):
    process = subprocess.Popen([many.program, "complete", "--", "host", "show", ""], env=many.environment,
                               stdout=subprocess.PIPE, pipesize=4096)
    try:
        until(lambda: owners.maps(process.pid))
        assert owners.ids(process.pid) == NETBOOT
    finally:
        process.kill()
        process.communicate()


def test_who_did_it_is_who_typed_it(ctl):
    ctl.environment |= {"SUDO_USER": "alice"}
    ctl.ok("host", "set", MAC)
    assert ctl.json("history")[0]["by"] == "alice"
    assert owners_of(ctl.directory) == {(OWNER, GROUP)}


# ---- what the command line names

def test_files_that_only_root_may_read(ctl, closed):
    lines, backup = closed / "lines", closed / "backup"
    lines.write_text('{"mac":"52:54:00:00:00:01"}\n')
    lines.chmod(0o600)
    ctl.ok("import", lines)
    ctl.ok("backup", backup)
    ctl.ok("host", "delete", MAC)
    ctl.ok("restore", backup)
    lines.write_text(MAC + "\n")
    ctl.ok("host", "set", "--from-file", lines, "--note", "x", "--yes")
    assert [host["note"] for host in ctl.json("host", "list")] == ["x"]
    captures = sorted((paths.DATA / "captures").rglob("*.pcap*"))
    shutil.copy(captures[0], closed / "capture")
    (closed / "capture").chmod(0o600)
    assert ctl("replay", closed / "capture").returncode == 0


def test_pipes(ctl, closed):
    os.mkfifo(closed / "pipe", 0o600)
    process = subprocess.Popen([ctl.program, "import", closed / "pipe"], env=ctl.environment, stdout=subprocess.PIPE)
    (closed / "pipe").write_text('{"mac":"52:54:00:00:00:01"}\n')
    process.communicate(timeout=60)
    assert process.returncode == 0 and len(ctl.json("host", "list")) == 1


def test_a_data_root_that_the_owner_may_not_read(ctl, open_path):
    """What servers may read and the owner may not: it is told as whom it was looked for."""
    root = open_path / "root"
    (root / "b").mkdir(parents=True)
    (root / "b" / "script.ipxe").write_text("#!ipxe\n")
    shutil.chown(root / "b", 0, "www-data")
    (root / "b").chmod(0o750)
    ctl.ok("site", "set", "default", "--http4", "http://192.0.2.1/")
    ctl.ok("target", "set", "default", "--script", "b/script.ipxe")
    said = f"Permission denied (as user {OWNER}, whose the store is)"
    found = json.loads(ctl("lint", "--root", root, "--file-user", "www-data", "--json").out)
    assert [one["problem"] for one in found if one["file"] == "b/script.ipxe"] == [said]
    (root / "b").chmod(0o755)
    (root / "b" / "script.ipxe").chmod(0o640)
    shutil.chown(root / "b" / "script.ipxe", 0, "www-data")
    found = json.loads(ctl("lint", "--root", root, "--file-user", "www-data", "--json").out)
    assert [one["problem"] for one in found if one["file"] == "b/script.ipxe"] == [f"cannot be read: {said}"]


def test_a_store_that_the_owner_may_not_come_to(closed, bare):
    own = Ctl(closed / "store")
    own.ok("init")
    owners.share(own.directory)
    said = own.wrong(1, "status")
    assert "no permission" in said and f"(as user {OWNER}, whose the store is)" in said


# ---- what is written by name

def test_a_backup_into_a_directory_of_root_s(ctl, closed):
    ctl.ok("backup", closed / "backup")
    found = (closed / "backup").stat()
    assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (0, 0, 0o640)
    (closed / "backup").write_text("old")
    ctl.ok("backup", closed / "backup")
    assert (closed / "backup").read_bytes() != b"old" and os.listdir(closed) == ["backup"]


def test_a_backup_that_fails_leaves_nothing(ctl, closed):
    shutil.rmtree(ctl.directory / "targets")
    assert "init" in ctl.wrong(1, "backup", closed / "backup")
    assert os.listdir(closed) == []


@pytest.mark.parametrize("number", (signal.SIGKILL, signal.SIGTERM, signal.SIGINT))
def test_a_backup_that_is_killed_leaves_nothing(many, closed, number):
    """To the whole process group, as a terminal does it, but for the one that none can prevent."""
    many.ok("import", "-", stdin="".join('{"mac":"52:54:00:02:%02x:%02x"}\n' % (n >> 8, n & 255) for n in range(30000)))
    process = subprocess.Popen([many.program, "backup", closed / "backup"], env=many.environment,
                               stdout=subprocess.PIPE, process_group=0)
    until(lambda: os.listdir(closed) != [] or process.poll() is not None)
    if number == signal.SIGKILL:
        process.kill()
    else:
        os.killpg(process.pid, number)
    process.communicate()
    until(lambda: [name for name in os.listdir(closed) if name != "backup"] == [])


def test_a_menu_in_a_data_root_of_root_s(ctl, open_path):
    root = open_path / "root"
    root.mkdir(mode=0o755)
    (root / "vmlinuz").write_bytes(bytes(512))
    ctl.ok("target", "set", "debian", "--kernel", "vmlinuz", "--order", "10")
    assert ctl.ok("menu", "--output", root).splitlines() == [
        f"wrote {root}/targets/debian.ipxe", f"wrote {root}/menu.ipxe"]
    assert ctl.ok("menu", "--output", root).splitlines() == [
        f"unchanged: {root}/targets/debian.ipxe", f"unchanged: {root}/menu.ipxe"]
    assert {path.stat().st_uid for path in root.rglob("*")} == {0}
    assert sorted(path.name for path in root.rglob("*")) == ["debian.ipxe", "menu.ipxe", "targets", "vmlinuz"]
    (root / "vmlinuz").chmod(0o600)
    done = ctl("menu", "--output", root)
    assert done.returncode == 0
    assert f"vmlinuz cannot be read (as user {OWNER}, whose the store is): its target is shown everywhere" in done.err


# ---- a store of root's own

def test_a_new_store_is_root_s_own(bare):
    bare.ok("init")
    assert owners_of(bare.directory) == {(0, 0)}
    for path in (bare.directory, *bare.directory.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    bare.ok("host", "set", MAC, "--once", "default")
    for path in bare.directory.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


@pytest.mark.parametrize("name, mode, who", [
    ("targets/lock.mdb", 0o660, "group 64912"), ("targets/data.mdb", 0o620, "group 64912"),
    ("targets/write.lock", 0o602, "everybody"), ("state/data.mdb", 0o660, "group 64912"),
    ("journal/lock.mdb", 0o660, "group 64912"), ("journal", 0o770, "group 64912"), ("", 0o777, "everybody"),
    ("targets", 0o2770, "group 64912")])
def test_what_others_may_write_is_refused(bare, name, mode, who):
    bare.ok("init")
    path = bare.directory / name
    os.chown(path, 0, GROUP)
    path.chmod(mode)
    for words in (["status"], ["host", "set", MAC], ["backup", "-"], ["init"]):
        assert bare.wrong(1, *words) == (
            f"{path} can be written by {who}, so root does not use this store of root's: run 'adduser --system "
            f"--group netboot', then run 'netbootctl -d {bare.directory} init', which gives the store to user netboot"
        ), words
    path.chmod(mode & ~0o022)
    bare.ok("status")


def test_a_directory_of_another_user_is_refused(bare):
    bare.ok("init")
    os.chown(bare.directory, OWNER, GROUP)
    assert f"can be written by user {OWNER}" in bare.wrong(1, "status")


def test_a_way_that_others_may_change_is_refused(bare, open_path, tmp_path):
    """Also one that a link leads to, and a link that is another's. What is root's in a directory as /tmp is stays there."""
    bare.ok("init")
    place = open_path / "place"
    place.mkdir()
    bare.directory.rename(place / "store")
    own = Ctl(place / "store")
    own.ok("status")
    place.chmod(0o1777)
    own.ok("status")
    link = tmp_path / "link"
    link.symlink_to(place / "store")
    linked = Ctl(link)
    linked.ok("status")
    os.chown(link, OWNER, GROUP, follow_symlinks=False)
    assert f"{link} can be written by whoever may write where it leads" in linked.wrong(1, "status")
    os.chown(link, 0, 0, follow_symlinks=False)
    os.chown(place, OWNER, GROUP)
    for each in (own, linked):
        assert f"{place} can be written by user {OWNER}, so root" in each.wrong(1, "status")


def test_a_link_out_of_it_is_refused(bare, open_path):
    bare.ok("init")
    (bare.directory / "state").rename(open_path / "state")
    (bare.directory / "state").symlink_to(open_path / "state")
    assert "can be written by whoever may write where it leads" in bare.wrong(1, "status")


# ---- init gives it away

def test_init_makes_it_netboot_s(netboot):
    netboot.ok("init")
    assert owners_of(netboot.directory) == {(OWNER, GROUP)}
    modes = {str(path.relative_to(netboot.directory)): stat.S_IMODE(path.stat().st_mode)
             for path in (netboot.directory, *netboot.directory.rglob("*"))}
    assert modes["."] == modes["targets"] == modes["state"] == 0o2750
    assert (modes["targets/data.mdb"], modes["targets/lock.mdb"], modes["state/data.mdb"]) == (0o640, 0o660, 0o660)
    before = snapshot(netboot.directory)
    assert "already exists" in netboot.ok("init")
    assert snapshot(netboot.directory) == before
    assert netboot.json("history")[0]["by"] == "root"


def test_init_gives_an_old_store_away(bare, netboot):
    """As they were made until now: root's, for the group; a server that has it open goes on."""
    bare.ok("init")
    bare.ok("host", "set", MAC, "--name", "web1")
    (bare.directory / "state.damaged").mkdir(mode=0o750)
    (bare.directory / "state.damaged" / "data.mdb").write_text("junk")
    (bare.directory / ".journal.new").mkdir(mode=0o700)
    owners.share(bare.directory, user=0)
    assert "can be written by group netboot" in netboot.wrong(1, "status")
    server = subprocess.Popen(["setpriv", "--regid", str(GROUP), "--reuid", "65534", "--clear-groups", bare.program,
                               "watch"], env=bare.environment, stdout=subprocess.PIPE)
    try:
        until(lambda: owners.maps(server.pid))
        assert "already exists" in netboot.ok("init")
        assert owners_of(bare.directory) == {(OWNER, GROUP)}
        netboot.ok("host", "set", MAC, "--note", "after")
        assert "watch" in netboot.ok("status") or f"({server.pid})" in netboot.ok("status")
        assert server.poll() is None
    finally:
        server.kill()
        server.communicate()
    before = snapshot(bare.directory)
    netboot.ok("init")
    assert snapshot(bare.directory) == before


def test_init_gives_a_store_of_root_s_own_away(bare, netboot):
    """Made before there was a user netboot: then servers of the group may use it."""
    bare.ok("init")
    netboot.ok("init")
    assert owners_of(bare.directory) == {(OWNER, GROUP)}
    done = subprocess.run(["setpriv", "--regid", str(GROUP), "--reuid", "65534", "--clear-groups", bare.program,
                           "status"], env=bare.environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def link_symbolic(directory, other):
    (directory / "targets" / "lock.mdb").rename(other / "lock")
    (directory / "targets" / "lock.mdb").symlink_to(other / "lock")
    return "targets/lock.mdb is a symbolic link"


def link_directory(directory, other):
    (directory / "state").rename(other / "state")
    (directory / "state").symlink_to(other / "state")
    return "state is a symbolic link"


def link_hard(directory, other):
    (other / "data").hardlink_to(directory / "targets" / "data.mdb")
    return "targets/data.mdb has another name elsewhere (a hard link)"


def put_foreign(directory, other):
    (directory / "notes").write_text("mine")
    return "notes is nothing that a store has"


def put_foreign_below(directory, other):
    (directory / "targets" / "notes").write_text("mine")
    return "targets/notes is nothing that a store has"


def give_one(directory, other):
    os.chown(directory / "journal" / "data.mdb", 64999, 64999)
    return "journal/data.mdb belongs to a user who is neither root nor netboot"


def make_pipe(directory, other):
    (directory / "state" / "write.lock").unlink()
    os.mkfifo(directory / "state" / "write.lock")
    return "state/write.lock is nothing that a store has"


@pytest.mark.parametrize("spoil", (link_symbolic, link_directory, link_hard, put_foreign, put_foreign_below, give_one,
                                   make_pipe), ids=lambda spoil: spoil.__name__)
def test_init_gives_nothing_that_is_not_a_store_s(bare, netboot, closed, spoil):
    bare.ok("init")
    said = spoil(bare.directory, closed)
    before = snapshot(bare.directory) + snapshot(closed)
    assert netboot.wrong(1, "init") == (
        f"{bare.directory}/{said}: move it away, then run init again; nothing was changed")
    assert snapshot(bare.directory) + snapshot(closed) == before


def test_init_takes_no_directory_of_others(bare, netboot, open_path):
    """It belongs to whom the directory belongs."""
    bare.directory.mkdir()
    os.chown(bare.directory, 64999, 64998)
    netboot.ok("init")
    assert owners_of(bare.directory) == {(64999, 64998)}
    linked = Wrapped(open_path / "link", netboot.before)
    linked.directory.symlink_to(bare.directory)
    os.chown(bare.directory, 0, 0)
    assert "is a symbolic link" in linked.wrong(1, "init")


def test_init_takes_no_system_directory(netboot, open_path):
    etc = open_path / "etc"
    etc.mkdir()
    (etc / "passwd").write_text("root:x:0:0::/:\n")
    own = Wrapped(etc, netboot.before)
    before = snapshot(etc)
    assert "passwd is nothing that a store has" in own.wrong(1, "init")
    assert snapshot(etc) == before


# ---- attacks: by a process that has a server's group

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

CONTENTS = """
import os, random, sys
file = os.open(sys.argv[1], os.O_RDWR)
size = os.fstat(file).st_size
print("on", flush=True)
while True:
    at = random.randrange(0, size, 16)
    old = os.pread(file, 64, at)
    os.pwrite(file, os.urandom(64), at)
    os.pwrite(file, old, at)
    if random.randrange(20) == 0:
        os.truncate(file, random.choice((0, 4096, size)))
        os.truncate(file, size)
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
    return Watcher(ctl, canary)


def test_forged_mutexes_reach_the_owner_at_worst(watcher, ctl):
    watcher.run(MUTEXES, ctl.directory / "targets" / "lock.mdb", ["host", "set", MAC, "--note", "x"],
                ["host", "set", MAC, "--note", "y"])


@pytest.mark.parametrize("store", ("state", "journal"))
def test_contents_that_change_reach_the_owner_at_worst(watcher, ctl, store):
    watcher.run(CONTENTS, ctl.directory / store / "data.mdb", ["host", "list"], ["status"], ["host", "show", MAC])


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
    turn = open_path / "turn"
    turn.mkdir()
    (turn / "here").symlink_to(bare.directory.parent)
    link = open_path / "link"
    link.symlink_to(turn / "here" / bare.directory.name)
    os.chown(turn, OWNER, GROUP)
    process = subprocess.Popen([bare.program, "-d", link, "watch"], env=bare.environment, stdout=subprocess.PIPE)
    try:
        until(lambda: owners.maps(process.pid))
        mapped = [line.split()[-1] for line in Path(f"/proc/{process.pid}/maps").read_text().splitlines() if ".mdb" in line]
        assert mapped and all(name.startswith(f"{bare.directory}/") for name in mapped)
    finally:
        process.kill()
        process.communicate()


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
    lock = netboot.directory / "journal" / "write.lock"
    lock.write_text("root's secret")
    os.chown(lock, 0, 0)
    lock.chmod(0o600)
    assert "write.lock belongs to root, in a directory that does not" in netboot.wrong(1, "init")
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
