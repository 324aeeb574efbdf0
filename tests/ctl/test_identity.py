# SPDX-License-Identifier: MPL-2.0
"""Whose netbootctl is while it has a store in memory: never root's, if anybody else may write a file of it. Needs root."""

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from conftest import Ctl  # noqa: E402
from lib import owners, paths  # noqa: E402
from lib.netbootd import Netbootd  # noqa: E402
from lib.owners import GROUP, OWNER  # noqa: E402
from identities import *  # noqa: F403

# ---- while it has the store

@pytest.fixture
def many(ctl):
    return fill(ctl)


@pytest.mark.parametrize("words", (["host", "list"], ["host", "list", "--json"], ["export"],
                                   ["complete", "--", "host", "show", ""]), ids=" ".join)
def test_it_is_the_owner_of_the_store(many, words):
    """In all its four ids, with no other group and no capability."""
    with stuck(many.program, *words, env=many.environment) as process:
        assert owners.ids(process.pid) == NETBOOT


def test_the_owner_s_groups(open_path, bare):
    """Those of the user database as well, where it knows the user."""
    bare.ok("init")
    fill(bare)
    owners.share(bare.directory)
    before = owners.as_netboot(open_path)
    with open(open_path / "group", "a") as group:
        group.write("others:x:64913:netboot\n")
    with stuck(*before, bare.program, "host", "list", "--json", env=bare.environment) as process:
        user, group, groups, capabilities = owners.ids(process.pid)
        assert (user, group, sorted(set(groups)), capabilities) == ([OWNER] * 4, [GROUP] * 4, [GROUP, 64913], 0)


def test_the_group_of_root_is_not_given(bare):
    """A directory's group may be one that its owner is not in."""
    bare.ok("init")
    fill(bare)
    owners.share(bare.directory, group=0)
    with stuck(bare.program, "host", "list", env=bare.environment) as process:
        user, group, groups, _ = owners.ids(process.pid)
        assert user == [OWNER] * 4 and 0 not in group + groups


def test_who_did_it_is_who_typed_it(ctl):
    ctl.environment |= {"SUDO_USER": "alice"}
    ctl.ok("host", "set", MAC)
    ctl.ok("host", "set", MAC, "--once", "default")
    assert [one["by"] for one in ctl.json("history")[:2]] == ["alice", "alice"]
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
    """Also what netbootd makes in it; its sockets ask who is there."""
    bare.ok("init")
    with Netbootd(bare.directory):
        bare.ok("host", "set", MAC, "--once", "default")
        assert owners_of(bare.directory) == {(0, 0)}
        for path in (bare.directory, *bare.directory.rglob("*")):
            wanted = {"run": 0o755, "control": 0o666, "servers": 0o660}.get(path.name, 0o700 if path.is_dir() else 0o600)
            assert stat.S_IMODE(path.lstat().st_mode) == wanted, path


@pytest.mark.parametrize("name, mode, who", [
    ("targets/lock.mdb", 0o660, "group 64912"), ("targets/data.mdb", 0o620, "group 64912"),
    ("targets/write.lock", 0o602, "everybody"), ("state", 0o770, "group 64912"),
    ("journal", 0o707, "everybody"), ("", 0o777, "everybody"),
    ("targets", 0o2770, "group 64912")])
def test_what_others_may_write_is_refused(bare, name, mode, who):
    bare.ok("init")
    path = bare.directory / name
    if not path.exists():
        path.mkdir(mode=0o700)
    os.chown(path, 0, GROUP)
    path.chmod(mode)
    for words in (["status"], ["host", "set", MAC], ["backup", "-"], ["init"]):
        assert bare.wrong(1, *words) == (
            f"{path} can be written by {who}, so root does not use this store of root's: run 'adduser --system "
            f"--group netboot', then run 'netbootctl -d {bare.directory} init', which gives the store to user netboot"
        ), words
    path.chmod(mode & ~0o022)
    assert bare("status").returncode == 0


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
    (bare.directory / "state").symlink_to(open_path)
    assert "can be written by whoever may write where it leads" in bare.wrong(1, "status")
