# SPDX-License-Identifier: MPL-2.0
"""What netbootctl asks netbootd, who may ask for what, and what is there without it. Needs root."""

import grp
import json
import os
import pwd
import subprocess
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from conftest import Ctl  # noqa: E402
from lib import owners, paths  # noqa: E402
from lib.netbootd import Netbootd  # noqa: E402
from lib.owners import GROUP  # noqa: E402
from identities import Wrapped  # noqa: E402

MAC = "52:54:00:00:00:01"
NOT_THERE = "netbootd does not run for "
ONLY_OPERATORS = "only root and members of the group netboot-operator may change what is armed"


@pytest.fixture
def web(ctl):
    ctl.ok("target", "set", "install", "--script", "install.ipxe")
    ctl.ok("host", "set", MAC, "--name", "web1", "--target", "default")
    return ctl


def armed(ctl, name="web1"):
    return ctl.json("host", "show", name).get("once", {}).get("target")


def eventually(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(0.02)


class Server:
    """A DHCP server of that name on a store."""

    def __init__(self, ctl):
        self.process = subprocess.Popen([paths.engine(), ctl.directory, "follow"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)

    def end(self):
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def server(web):
    server = Server(web)
    yield server
    server.end()


# ---- without netbootd


@pytest.mark.parametrize("words", [["--once", "install"], ["--until-done", "install"], ["--no-once"]], ids=" ".join)
def test_nothing_is_armed_without_it(web, words):
    web.ok("host", "set", "web1", "--once", "default")
    web.netbootd.stop()
    before, generation = web.export(), web.generation()
    assert web.wrong(1, "host", "set", "web1", *words).startswith(NOT_THERE)
    assert web.wrong(1, "host", "set", "web1", "--note", "x", *words).startswith(NOT_THERE)
    assert web.wrong(1, "host", "set", "52:54:00:00:00:02", "--once", "install").startswith(NOT_THERE)
    assert (web.export(), web.generation()) == (before, generation)
    web.netbootd.start()
    assert armed(web) == "default"


def test_neither_target_nor_arming_without_it(web):
    web.netbootd.stop()
    assert web.wrong(1, "host", "set", "web1", "--target", "install", "--once", "install").startswith(NOT_THERE)
    assert json.loads(web("host", "show", "web1", "--json").out)["target"] == "default"
    web.netbootd.start()
    assert armed(web) is None and web.json("host", "show", "web1")["target"] == "default"


def test_done_without_it(web):
    web.ok("host", "set", "web1", "--until-done", "install")
    web.netbootd.stop()
    assert NOT_THERE in web("host", "done", "web1").err
    web.netbootd.start()
    assert armed(web) == "install"


def test_where_it_never_ran(alone):
    """Not known is not the same as not armed."""
    alone.ok("host", "set", MAC, "--name", "web1")
    assert json.loads(alone("host", "show", "web1", "--json").out)["once"] == {"state": "?"}
    assert NOT_THERE in alone.wrong(1, "host", "set", "web1", "--no-once")
    assert alone.json("status")["netbootd"].startswith(NOT_THERE)


def test_all_else_works_without_it(web):
    web.netbootd.stop()
    web.ok("host", "set", "web1", "--note", "x")
    web.ok("target", "set", "disk", "--local")
    assert json.loads(web("host", "list", "--json").out)[0]["note"] == "x"
    web.ok("status", "--check")
    done = web("history")
    assert done.returncode == 0 and "host set web1 --note x" in done.out
    assert done.err.startswith("netbootctl: armings are not shown: " + NOT_THERE)


def test_one_that_does_not_answer(web):
    web.netbootd.pause()
    begun = time.monotonic()
    done = web("host", "show", "web1")
    web.netbootd.go_on()
    assert done.returncode == 0 and "netbootd does not answer" in done.err
    assert time.monotonic() - begun < 30


def test_of_two_one_runs(web):
    second = subprocess.run([paths.netbootd(), "-d", web.directory], capture_output=True, text=True, timeout=60)
    assert second.returncode == 1 and "netbootd" in second.stderr
    web.ok("host", "set", "web1", "--once", "install")
    assert armed(web) == "install"


# ---- status


def test_status(web, server):
    assert web.json("status")["netbootd"] == "runs"
    eventually(lambda: [one["generation"] for one in web.json("status")["servers"]] == [web.generation()])
    (one,) = web.json("status")["servers"]
    assert (one["name"], one["pid"]) == ("engine", server.process.pid) and one["since"].endswith("Z")
    assert f"engine ({server.process.pid}), generation {web.generation()}" in web.ok("status")
    server.end()
    eventually(lambda: web.json("status")["servers"] == [])


def test_expected_servers(web, server):
    eventually(lambda: web.json("status")["servers"])
    web.ok("status", "--expect", "engine")
    missing = "is not connected: see whether it runs, and its log"
    for words, said in ((["--expect", "kea-dhcp4"], ["kea-dhcp4"]), (["--expect", "engine,kea-dhcp6"], ["kea-dhcp6"]),
                        (["--expect", "kea-dhcp4,engine", "--expect", "dhcpd"], ["kea-dhcp4", "dhcpd"])):
        done = web("status", *words)
        assert done.returncode == 1
        assert done.err.splitlines() == [f"netbootctl: {name} {missing}" for name in said]
        assert "netbootd" in done.out, "and what there is is shown"
    web.netbootd.stop()
    assert web("status").returncode == 0
    done = web("status", "--expect", "engine")
    assert done.returncode == 1 and NOT_THERE in done.err


def test_states_are_counted(web):
    web.ok("host", "set", "52:54:00:00:00:02", "--name", "web2")
    assert "once" not in web.json("status")
    web.ok("host", "set", "web1", "web2", "--once", "install")
    assert web.json("status")["once"] == {"armed": 2}
    web.ok("host", "done", "web1")
    assert web.json("status")["once"] == {"armed": 1, "done": 1}


# ---- history


def acts(ctl):
    return [(one["by"], one["hosts"], one["what"]) for one in ctl.json("history") if one["generation"] is None]


def test_who_armed(web):
    web.ok("host", "set", "52:54:00:00:00:02", "--name", "web2")
    web.ok("host", "set", "web1", "--until-done", "install")
    web.environment |= {"SUDO_USER": "alice"}
    web.ok("host", "set", "web1", "web2", "--once", "install")
    web.ok("host", "set", "web1", "--note", "x", "--once", "default")
    web.environment |= {"SUDO_USER": "bob"}
    web.ok("host", "done", "web1")
    web.ok("host", "set", "web1", "--no-once")
    assert acts(web) == [
        ("bob", 1, "disarm: web1"), ("bob", 1, "done: web1"), ("alice", 1, "arm default: web1"),
        ("alice", 2, "arm install: web1 and 1 more"), ("root", 1, "arm install: web1")]
    (row,) = [line for line in web.ok("history").splitlines() if "arm default" in line]
    assert row.split()[0] == "-" and "alice" in row
    web.netbootd.restart()
    assert acts(web)[0] == ("bob", 1, "disarm: web1")
    assert len(web.json("history", "--last", "2")) == 2


def test_they_are_in_the_order_of_time(web):
    web.ok("host", "set", "web1", "--once", "install")
    web.ok("host", "set", "web1", "--note", "later")
    time_of = [one["when"] for one in web.json("history")]
    assert time_of == sorted(time_of, reverse=True)


# ---- rights


@pytest.fixture
def shared(open_path):
    """The store of a user of its own, with its netbootd; the operators are a group that there is."""
    ctl = Ctl(open_path / "store")
    ctl.ok("init")
    ctl.ok("target", "set", "install", "--script", "install.ipxe")
    ctl.ok("host", "set", MAC, "--name", "web1")
    owners.share(ctl.directory)
    with Netbootd(ctl.directory, "--operators", "games") as ctl.netbootd:
        yield ctl


OPERATORS = grp.getgrnam("games").gr_gid
NOBODY = pwd.getpwnam("nobody")


def as_nobody(ctl, *groups, own=None):
    """netbootctl of a user who owns nothing, in these groups."""
    rest = ["--groups", ",".join(map(str, groups))] if groups else ["--clear-groups"]
    return Wrapped(ctl.directory, ["setpriv", "--reuid", str(NOBODY.pw_uid), "--regid",
                                   str(NOBODY.pw_gid if own is None else own), *rest])


def test_netbootd_is_the_owner_of_the_store(shared):
    assert owners.ids(shared.netbootd.pid) == ([owners.OWNER] * 4, [GROUP] * 4, [GROUP], 0)
    state = shared.directory / "state"
    assert (state.stat().st_uid, state.stat().st_mode & 0o777) == (owners.OWNER, 0o700)
    sockets = {path.name: path.stat() for path in (shared.directory / "run").iterdir() if path.is_socket()}
    assert {name: (one.st_uid, one.st_gid, one.st_mode & 0o777) for name, one in sockets.items()} == {
        "servers": (owners.OWNER, GROUP, 0o660), "control": (owners.OWNER, GROUP, 0o666)}


@pytest.mark.parametrize("groups, own", [((GROUP, OPERATORS), None), ((GROUP,), OPERATORS), ((OPERATORS,), GROUP)])
def test_an_operator_arms_without_root(shared, groups, own):
    operator = as_nobody(shared, *groups, own=own)
    assert operator.ok("host", "set", "web1", "--until-done", "install").startswith("armed host web1: install until done")
    assert armed(shared) == armed(operator) == "install"
    assert operator.ok("host", "done", "web1") == "done: host web1\n"
    assert operator.ok("host", "set", "web1", "--no-once") == "disarmed host web1\n"
    assert operator.ok("host", "set", "web1", "--no-once") == "unchanged: nothing was armed\n"
    assert acts(shared) == [("nobody", 1, "disarm: web1"), ("nobody", 1, "done: web1"), ("nobody", 1, "arm install: web1")]
    assert "there is no target gone" in operator.wrong(1, "host", "set", "web1", "--once", "gone")
    assert armed(shared) is None


def test_an_operator_changes_hosts_without_root(shared):
    """netbootd does it, in that person's name."""
    operator = as_nobody(shared, GROUP, OPERATORS)
    assert operator.ok("host", "set", "web1", "--note", "x", "--once", "install").startswith("changed host web1: note")
    assert armed(shared) == "install" and shared.json("host", "show", "web1")["note"] == "x"
    assert [(one["by"], one["what"]) for one in shared.json("history") if one["generation"]][0] == (
        "nobody", "host set web1 --note x --once install")
    assert operator.ok("host", "set", "web1", "--note", "y", "--dry-run") == "would change host web1: note x -> y\n"
    assert "deleted host web1" in operator.ok("host", "delete", "web1")
    assert "there is no host web1" in operator.wrong(1, "host", "delete", "web1")


def test_an_operator_changes_nothing_else(shared, open_path):
    operator = as_nobody(shared, GROUP, OPERATORS)
    before = shared.export()
    for words in (["target", "set", "x", "--local"], ["site", "set", "default", "--tftp4", "192.0.2.1"],
                  ["import", "-"], ["revert", "2"]):
        assert operator(*words, stdin="").returncode != 0
    (open_path / "list").write_text("web1\n")
    assert "--from-file cannot be used by operators" in operator.wrong(
        1, "host", "set", "--from-file", open_path / "list", "--note", "x")
    shared.netbootd.stop()
    assert NOT_THERE in operator.wrong(1, "host", "set", "web1", "--note", "x")
    assert shared.export() == before
    shared.netbootd.start()


def test_an_operator_cannot_be_somebody_else(shared):
    operator = as_nobody(shared, GROUP, OPERATORS)
    operator.environment |= {"SUDO_USER": "alice"}
    operator.ok("host", "set", "web1", "--once", "install")
    assert acts(shared)[0][0] == "nobody"


def test_a_member_of_the_stores_group_only_looks(shared):
    shared.ok("host", "set", "web1", "--once", "install")
    member = as_nobody(shared, GROUP)
    for words in (["host", "set", "web1", "--once", "default"], ["host", "set", "web1", "--no-once"],
                  ["host", "done", "web1"], ["host", "set", "web1", "--note", "x"], ["host", "delete", "web1"]):
        assert member.wrong(1, *words) == ONLY_OPERATORS
    assert armed(member) == "install"
    assert member.json("status")["netbootd"] == "runs" and member.json("status")["once"] == {"armed": 1}
    assert acts(member) == [("root", 1, "arm install: web1")]
    assert member.json("host", "list")[0]["once"]["state"] == "armed"


@pytest.mark.parametrize("groups", [(), (OPERATORS,)])
def test_nobody_else_sees_the_store(shared, groups):
    other = as_nobody(shared, *groups)
    for words in (["status"], ["host", "list"], ["host", "set", "web1", "--once", "install"], ["host", "done", "web1"]):
        assert "no permission for " in other.wrong(1, *words)
    assert armed(shared) is None


def test_nobody_else_is_answered(shared):
    """Where the store itself is open to everybody."""
    shared.directory.chmod(0o755)
    for path in (shared.directory / "targets", *(shared.directory / "targets").iterdir()):
        path.chmod(0o755 if path.is_dir() else 0o666)
    other = as_nobody(shared)
    only = "netbootd answers root and members of the groups netboot and netboot-operator"
    assert only in other.wrong(1, "host", "set", "web1", "--once", "install")
    assert other.json("status")["netbootd"] == only
    assert only in other("host", "list").err
    as_nobody(shared, OPERATORS).ok("host", "set", "web1", "--once", "install")
    assert armed(shared) == "install"


def test_a_group_that_there_is_not(shared):
    shared.netbootd.stop()
    with Netbootd(shared.directory) as shared.netbootd:  # of operators; one that is named has to be there
        assert as_nobody(shared, GROUP, OPERATORS).wrong(1, "host", "set", "web1", "--once", "install") == ONLY_OPERATORS
        shared.ok("host", "set", "web1", "--once", "install")


def test_a_socket_of_another_user(shared):
    """Whoever may write the directory of the sockets, and is not the store's owner, is asked nothing."""
    shared.netbootd.stop()
    run = shared.directory / "run"
    (run / "control").unlink()
    script = ("import socket, sys; s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); s.bind(sys.argv[1]); "
              "s.listen(); print('on', flush=True); s.accept(); print('asked', flush=True); input()")
    run.chmod(0o777)
    impostor = subprocess.Popen(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", sys.executable, "-c",
                                 script, run / "control"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        shared.directory.chmod(0o755)
        assert impostor.stdout.readline() == "on\n"
        os.chmod(run / "control", 0o666)
        assert "is not of the user that owns" in shared.wrong(1, "host", "set", "web1", "--once", "install")
    finally:
        impostor.kill()
        impostor.communicate()
        shared.netbootd.start()
