# SPDX-License-Identifier: MPL-2.0
"""Peers of netbootd's that mean it harm. Needs root."""

import contextlib
import os
import platform
import struct
import subprocess
import time
from errno import E2BIG, EACCES, EAGAIN, ETIMEDOUT

import pytest

from conftest import MAC
from hostile import (ARM, EXIT, HOSTS, NOBODY, OPERATOR, OPERATORS, RESULT, RUN, SERVERS, Lingering, Peer, hello)
from lib import paths
from lib.netbootd import Netbootd


@pytest.fixture
def group(tmp_path, monkeypatch):
    """The name of a group of operators, for processes that are started from here on."""
    file = tmp_path / "group"
    file.write_text(f"{open('/etc/group').read()}hostile:x:{OPERATORS}:\n")
    program = tmp_path / "netbootd"
    program.write_text(f"#!/bin/sh\nexec unshare --mount sh -c 'mount --bind {file} /etc/group && exec \"$@\"' sh "
                       f"{paths.netbootd()} \"$@\"\n")
    program.chmod(0o755)
    return program


@pytest.fixture
def netbootd(store, group):
    with Netbootd(store.directory, "--operators", "hostile", program=group) as netbootd:
        yield netbootd


def answers(store, seconds=5):
    """How long it takes to answer root."""
    begun = time.monotonic()
    with Peer(store, seconds=seconds) as peer:
        assert peer.ask()[:2] == (RESULT, 0)
    return time.monotonic() - begun


# ---- Commands


@pytest.mark.parametrize("words", [
    ["command", "-d", "{0}", "netboot-host-list", "{{}}"], ["command", "netboot-host-list", "-d{0}"],
    ["command", "netboot-host-list", "{{}}", "-d", "{0}"], ["command", "netboot-host-list", "{{}}", "--directory={0}"],
    ["command", "--directory={0}", "netboot-host-list", "{{}}"], ["command", "--help"], ["command"], ["host"],
    ["-d", "{0}", "host", "set", MAC], ["host", "-d", "{0}", "set", MAC], ["host", "set", MAC, "-d", "{0}"],
    ["host", "set", MAC, "-d{0}"], ["host", "set", MAC, "--directory", "{0}"], ["host", "set", MAC, "--directory={0}"],
    ["", "host", "set"], ["site", "set"],
], ids=" ".join)
def test_a_command_for_another_store(store, netbootd, words, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    with Peer(store, OPERATOR) as peer:
        kind, code, *_ = peer.command(*[word.format(tmp_path / "evil") for word in words])
    assert (kind, code) == (RESULT, -EACCES)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_command_for_this_store(store, netbootd):
    with Peer(store, OPERATOR) as peer:
        assert peer.command("host", "set", "web1", "--note", "x")[:2] == (EXIT, 0)
        kind, code, _, said = peer.command("command", "netboot-status", "null")
    assert (kind, code) == (EXIT, 0) and said


@pytest.mark.parametrize("words", [["-d", "{0}", "host", "list"], ["host", "list", "-d", "{0}"],
                                   ["host", "list", "--directory={0}"]], ids=" ".join)
def test_the_tool_refuses_another_store_as_well(store, words):
    done = subprocess.run([paths.netbootctl(), *[word.format(store.directory) for word in words]], text=True,
                          env={"NETBOOT_PERSON": "somebody"}, capture_output=True, timeout=60)
    assert done.returncode == 1 and "for its own store only" in done.stderr


# ---- Files

REFUSES = tuple(int(part) for part in platform.release().split(".")[:2]) >= (6, 16)  # SO_PASSRIGHTS


@pytest.mark.parametrize("user,name", [(NOBODY, "control"), (OPERATOR, "control"), (OPERATOR, "servers")])
@pytest.mark.parametrize("accepted", [False, True])
def test_a_file_whose_close_waits(store, netbootd, user, name, accepted):
    if user == NOBODY and accepted:
        pytest.skip("it is hung up on at once")
    if name == "servers":
        (store.directory / "run" / name).chmod(0o666)
    file = Lingering()
    if not accepted:
        netbootd.pause()
    with Peer(store, user, name) as peer:
        if accepted and name == "control":
            peer.ask()
        netbootd.pause()
        taken = file.pass_on(peer, b"x" * 100)
        netbootd.go_on()
        assert answers(store) < 5
    assert answers(store) < 5
    file.end()
    assert taken == (accepted and name == "control") or not REFUSES


# ---- Many clients


def operator(number):
    return 64920 + number, OPERATORS


def test_nobody_takes_a_place(store, netbootd):
    with contextlib.ExitStack() as stack:
        for _ in range(130):
            peer = stack.enter_context(Peer(store, NOBODY))
            kind, code, text = peer.hear()
            assert (kind, code, peer.hear()) == (RESULT, -EACCES, None) and "netbootd answers root" in text
        assert answers(store) < 5


def test_operators_leave_places(store, netbootd):
    with contextlib.ExitStack() as stack:
        for number in range(3):
            peers = [stack.enter_context(Peer(store, operator(number))) for _ in range(33)]
            assert all(peer.ask()[:2] == (RESULT, 0) for peer in peers[:32])
            assert peers[32].hear()[:2] == (RESULT, -EAGAIN)
        last = [stack.enter_context(Peer(store, operator(3))) for _ in range(17)]
        assert last[15].ask()[:2] == (RESULT, 0) and last[16].hear()[:2] == (RESULT, -EAGAIN)
        assert answers(store) < 5


def test_a_client_that_asks_nothing(store, netbootd):
    with Peer(store, OPERATOR, seconds=60) as peer:
        assert peer.hear()[:2] == (RESULT, -ETIMEDOUT) and peer.hear() is None


HOST = struct.pack("=QQQB6s", 0, 0, 7, 1, b"\2\0\0\0\0\1").ljust(160, b"\0")


def test_too_many_hosts_of_an_operator(store, netbootd):
    hosts = b"\0" * 4 + HOST * 300
    with Peer(store, OPERATOR) as peer:
        peer.say(ARM, b"\0" * 220)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for _ in range(100000 // 300 + 2):
                peer.say(HOSTS, hosts, 300)
        assert peer.hear()[:2] == (RESULT, -E2BIG)


# ---- Children


@pytest.fixture
def slow(store, group, tmp_path, monkeypatch):
    """netbootd, whose commands end by a signal only."""
    tool = tmp_path / "tool"
    tool.write_text("#!/bin/sh\nexec sleep 600\n")
    tool.chmod(0o755)
    monkeypatch.setenv("NETBOOT_CTL", str(tool))
    with Netbootd(store.directory, "--operators", "hostile", program=group) as netbootd:
        yield netbootd


def children(netbootd):
    return open(f"/proc/{netbootd.pid}/task/{netbootd.pid}/children").read().split()


def until(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.02)


def run_for(stack, store, user=OPERATOR):
    peer = stack.enter_context(Peer(store, user))
    peer.ask()
    words = b"host\0set\0"
    with open(os.devnull, "w") as null:
        peer.say(RUN, words, len(words), [null.fileno()] * 2)
    return peer


def test_children_end_with_their_client(store, slow):
    with contextlib.ExitStack() as stack:
        for _ in range(4):
            run_for(stack, store)
        until(lambda: len(children(slow)) == 4)
    until(lambda: children(slow) == [])


def test_a_number_of_children(store, slow):
    with contextlib.ExitStack() as stack:
        for _ in range(16):
            run_for(stack, store)
        until(lambda: len(children(slow)) == 16)
        with Peer(store, OPERATOR) as peer:
            assert peer.ask()[:2] == (RESULT, -EAGAIN) and peer.hear() is None
        assert len(children(slow)) == 16
    until(lambda: answers(store) < 5)


def test_one_list_at_a_time(store, netbootd):
    with Peer(store) as peer:
        for _ in range(8):
            peer.say(SERVERS)
        assert [peer.hear()[:2] for _ in range(8)] == [(RESULT, 0)] * 8


# ---- The log


def meet(store, name=b"evil"):
    """A server that connects, and is gone."""
    with Peer(store, name="servers") as peer:
        peer.socket.send(hello(name))
        assert peer.socket.recv(100)


def test_nobody_reads_the_log(store, netbootd):
    end = os.open(f"/proc/{netbootd.pid}/fd/2", os.O_WRONLY | os.O_NONBLOCK)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(end, b"x" * 4096)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(end, b"x")
    os.close(end)
    for _ in range(3):
        meet(store)
    assert answers(store) < 5
    for part in iter(lambda: os.read(netbootd.process.stderr.fileno(), 65536), b""):
        if b" lines were not logged\n" in part:
            break


def test_the_reader_of_the_log_is_gone(store, group):
    netbootd = Netbootd(store.directory, program=group)
    netbootd.process.stderr.close()
    try:
        meet(store)
        assert answers(store) < 5
    finally:
        netbootd.process.kill()
        netbootd.process.wait()


def test_lines_that_are_left_out_are_counted(store, netbootd):
    for number in range(30):
        meet(store, b"evil%d" % number)
    for line in netbootd.process.stderr:
        if line.startswith("netbootd: ") and line.endswith(" lines were not logged\n"):
            assert int(line.split()[1]) >= 1
            return
    pytest.fail("they are not told")


# ---- Servers


def test_servers_of_one_process(store, netbootd):
    with contextlib.ExitStack() as stack:
        for number in range(9):
            peer = stack.enter_context(Peer(store, name="servers"))
            peer.socket.send(hello(journal=1))
            assert bool(peer.socket.recv(100)) == (number < 8)
    meet(store)


@pytest.mark.parametrize("journal,join", [(2, 0), (255, 1), (1, 2), (0, 255)])
def test_a_hello_that_is_none(store, netbootd, journal, join):
    with Peer(store, name="servers") as peer:
        peer.socket.send(hello(journal=journal, join=join))
        assert not peer.socket.recv(100)


def test_what_is_between_members_is_not_shown(store, netbootd):
    with Peer(store, name="servers") as peer:
        peer.socket.send(hello())
        assert peer.socket.recv(100)[12:16] == b"\0" * 4


# ---- What it needs


@pytest.mark.parametrize("below", ["run/servers", "run/control", "run"])
@pytest.mark.parametrize("again", [False, True])
def test_what_it_listens_on_is_removed(store, group, below, again):
    with Netbootd(store.directory, program=group) as netbootd:
        path = store.directory / below
        path.rename(store.directory / "away")
        if again:
            (path.mkdir if below == "run" else path.touch)()
        assert netbootd.process.wait(20) == 1
        netbootd.kill()
    assert "was removed while netbootd listens there" in netbootd.log


def refused(*words):
    done = subprocess.run([paths.netbootd(), *words], text=True, capture_output=True, timeout=60)
    assert done.returncode != 0
    return done.stderr


def test_no_store(tmp_path):
    assert f"there is no store in {tmp_path}: run netbootctl -d {tmp_path} init" in refused("-d", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_options_that_cannot_be(store):
    assert "there is no group nosuchgroup" in refused("-d", store.directory, "--operators", "nosuchgroup")
    assert "cannot be run: No such file" in refused("-d", store.directory, "--tool", "/nonexistent/tool")
    assert "cannot be run: Permission denied" in refused("-d", store.directory, "--tool", "/etc/passwd")
