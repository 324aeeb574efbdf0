# SPDX-License-Identifier: MPL-2.0
"""netbootctl migrate is another program: where it is found, what it is given, and what is said where there is none."""

import os
import shutil

import pytest

from conftest import Ctl

FAKE = '#!/bin/sh\nprintf "%s\\n" "$(dirname "$0")" "$@"\nexit 7\n'


def program(directory):
    directory.mkdir(exist_ok=True)
    path = directory / "netboot-migrate"
    path.write_text(FAKE)
    path.chmod(0o755)
    return str(directory)


@pytest.fixture
def tool(tmp_path):
    """netbootctl in a directory of its own, and its PATH another one."""
    ctl = Ctl(tmp_path / "store")
    (tmp_path / "sbin").mkdir()
    ctl.program = shutil.copy(ctl.program, tmp_path / "sbin")
    ctl.environment["PATH"] = f"{tmp_path / 'path'}:{os.environ['PATH']}"
    return ctl


def test_it_is_looked_for_beside_netbootctl_and_in_path(tool, tmp_path):
    in_path = program(tmp_path / "path")
    assert tool("migrate").out.splitlines() == [in_path]
    beside = program(tmp_path / "sbin")
    assert tool("migrate").out.splitlines() == [beside]


@pytest.mark.parametrize("words, given", [
    (["migrate"], []),
    (["migrate", "-4", "a b", "--json"], ["-4", "a b", "--json"]),
    (["migrate", "--help"], ["--help"]),
    (["migrate", "--version"], ["--version"]),
    (["migrate", "--nonsense", "", "--", "-x"], ["--nonsense", "", "--", "-x"]),
    (["-d", "/store", "migrate", "-4", "a"], ["--directory", "/store", "-4", "a"]),
    (["complete", "--", "migrate", "-4", "a", "--ver"], ["complete", "--", "-4", "a", "--ver"]),
    (["complete", "--", "-d", "/store", "migrate", ""], ["complete", "--", ""]),
])
def test_it_gets_the_arguments_and_its_exit_status_is_ours(tool, tmp_path, words, given):
    program(tmp_path / "sbin")
    done = tool(*words)
    assert (done.returncode, done.err) == (7, "")
    assert done.out.split("\n")[1:-1] == given


def test_where_it_is_not_installed(tool):
    told = tool.wrong(1, "migrate", "-4", "dhcpd.conf")
    assert told.startswith("netboot-migrate is neither beside netbootctl nor in PATH: ") and "NETBOOT_MIGRATE" in told


def test_one_that_cannot_be_run_is_named(tool, tmp_path):
    (tmp_path / "sbin" / "netboot-migrate").mkdir()
    assert tool.wrong(1, "migrate") == "cannot run netboot-migrate: Permission denied"


def test_help(tool):
    """What needs the other program no more than netbootctl does."""
    assert "  migrate [ARGUMENT]...      move from ISC dhcpd to Kea with netboot" in tool.ok("help")
    assert "netboot-migrate --help" in tool.ok("help", "migrate")
    assert tool.ok("--help", "migrate") == tool.ok("help", "migrate")
