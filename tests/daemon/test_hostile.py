# SPDX-License-Identifier: MPL-2.0
"""Peers of netbootd's that mean it harm. Needs root."""

import subprocess
from errno import EACCES

import pytest

from conftest import MAC
from hostile import EXIT, OPERATOR, OPERATORS, RESULT, Peer
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
