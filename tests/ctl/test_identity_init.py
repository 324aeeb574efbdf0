# SPDX-License-Identifier: MPL-2.0
"""init gives a store to user netboot, and nothing else. Needs root."""

import json
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from lib import owners, paths  # noqa: E402
from lib.owners import GROUP, OWNER  # noqa: E402
from identities import *  # noqa: F403

def test_init_makes_it_netboot_s(netboot):
    netboot.ok("init")
    assert owners_of(netboot.directory) == {(OWNER, GROUP)}
    modes = {str(path.relative_to(netboot.directory)): stat.S_IMODE(path.stat().st_mode)
             for path in (netboot.directory, *netboot.directory.rglob("*"))}
    assert modes["."] == modes["targets"] == 0o2750
    assert (modes["targets/data.mdb"], modes["targets/lock.mdb"]) == (0o640, 0o660)
    before = snapshot(netboot.directory)
    assert "already exists" in netboot.ok("init")
    assert snapshot(netboot.directory) == before
    assert json.loads(netboot("history", "--json").out)[0]["by"] == "root"


def make_netbootds(directory):
    """What netbootd leaves in a directory of root's, as modes let others at it."""
    (directory / "state").mkdir(mode=0o755)
    (directory / "state" / "once").write_text("armed")
    (directory / "run").mkdir(mode=0o700)
    server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    server.bind(str(directory / "run" / "servers"))
    server.close()


def test_init_gives_what_is_netbootd_s(bare, netboot):
    """To it alone, but for the way to the sockets, which it makes anew."""
    bare.ok("init")
    make_netbootds(bare.directory)
    netboot.ok("init")
    found = {str(path.relative_to(bare.directory)): (path.stat().st_uid, stat.S_IMODE(path.stat().st_mode))
             for path in bare.directory.rglob("*")}
    assert found["state"] == (OWNER, 0o700) and found["state/once"] == (OWNER, 0o600)
    assert found["run"] == (OWNER, 0o755)


def test_init_leaves_what_run_leads_to(bare, netboot, open_path):
    """As /run/netboot, which whoever starts netbootd makes."""
    place = open_path / "place"
    place.mkdir()
    bare.ok("init")
    (bare.directory / "run").symlink_to(place)
    netboot.ok("init")
    assert (place.stat().st_uid, (bare.directory / "run").lstat().st_uid) == (0, 0)


def test_init_gives_an_old_store_away(bare, netboot):
    """As they were made until now: root's, for the group; a server that has it open goes on."""
    bare.ok("init")
    bare.ok("host", "set", MAC, "--name", "web1")
    for name in ("state.damaged", "state", ".journal.new"):
        (bare.directory / name).mkdir(mode=0o750)
        (bare.directory / name / "lock.mdb").write_text("junk")
    owners.share(bare.directory, user=0)
    assert "can be written by group netboot" in netboot.wrong(1, "status")
    agent = paths.build() / "tests/store/store_agent"
    server = subprocess.Popen(["setpriv", "--regid", str(GROUP), "--reuid", "65534", "--clear-groups", agent,
                               bare.directory, "view"], stdout=subprocess.PIPE)
    try:
        assert server.stdout.readline() == b"viewing\n"
        assert "already exists" in netboot.ok("init")
        assert owners_of(bare.directory) == {(OWNER, GROUP)}
        netboot.ok("host", "set", MAC, "--note", "after")
        assert f"({server.pid})" in netboot.ok("status")
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
    (directory / "state").symlink_to(other)
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
    os.chown(directory / "targets" / "lock.mdb", 64999, 64999)
    return "targets/lock.mdb belongs to a user who is neither root nor netboot"


def make_pipe(directory, other):
    (directory / "state").mkdir()
    os.mkfifo(directory / "state" / "once")
    return "state/once is nothing that a store has"


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
