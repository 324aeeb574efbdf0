# SPDX-License-Identifier: MPL-2.0
"""Help, exit codes, output that cannot be written."""

import json
import os
import pty
import re
import subprocess

import pytest

COMMANDS = ["init", "site set", "site show", "site list", "site delete", "loader set", "loader list", "loader delete",
            "target set", "target show", "target list", "target delete", "host set", "host show", "host list",
            "host delete", "explain", "import", "export", "status", "help", "completion"]
# What scripts may rely on: of each command the options.
OPTIONS = {
    "site set": "prefix tftp4 tftp6 http4 http6",
    "target set": "script file kind local silent ignore description",
    "target delete": "force",
    "host set": "name mac uuid duid target loader label note no-target no-loader no-label no-note no-id",
    "host list": "label target json",
    "explain": "family mac uuid arch vendor-class user-class address requested json",
    "import": "format replace dry-run",
    "export": "format",
}


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_every_command(bare, command):
    helped = bare.ok("help", *command.split())
    assert helped.startswith(f"netbootctl {command}")
    assert bare.ok(*command.split(), "--help") == helped
    assert bare.ok(*command.split(), "-h") == helped
    assert bare.ok("--help", *command.split()) == helped
    assert max(map(len, helped.splitlines())) <= 120
    assert f"  {command} " in bare.ok("help") or f"  {command}\n" in bare.ok("help")
    for option in OPTIONS.get(command, "").split():
        assert f"--{option}" in helped


@pytest.mark.parametrize("group", ["site", "loader", "target", "host"])
def test_help_of_a_group(bare, group):
    helped = bare.ok("help", group)
    for command in COMMANDS:
        if command.startswith(group + " "):
            assert f"netbootctl {command}" in helped
    assert bare.ok(group, "--help") == helped


@pytest.mark.parametrize("command", ["site", "target", "loader", "host"])
def test_changes_have_a_dry_run_and_lists_json(bare, command):
    assert "--dry-run" in bare.ok("help", command, "set") and "--dry-run" in bare.ok("help", command, "delete")
    assert "--json" in bare.ok("help", command, "list")


@pytest.mark.parametrize("topic, part", [("json", "prefixes"), ("platforms", "x64-uefi"), ("csv", "name,mac,uuid")])
def test_help_topics(bare, topic, part):
    assert part in bare.ok("help", topic)
    assert f"  {topic} " in bare.ok("help")


def test_platforms_are_all_there(bare):
    rows = [re.match(r" *(\d+)  (\S+)", line) for line in bare.ok("help", "platforms").splitlines()]
    assert [int(row[1]) for row in rows if row] == list(range(42))


def test_version(bare):
    assert re.fullmatch(r"netbootctl \d+\.\d+\.\d+\n", bare.ok("--version"))
    assert bare.ok("-V") == bare.ok("host", "list", "--version")


@pytest.mark.parametrize("words, told", [
    ([], "netbootctl help"),
    (["hosts"], "did you mean `host`"),
    (["improt"], "did you mean `import`"),
    (["xyzzy"], "netbootctl help"),
    (["host"], "set, show, list, delete"),
    (["host", "lst"], "did you mean `list`"),
    (["host", "add"], "set, show, list, delete"),
    (["host", "--json"], "`host --json`"),
    (["loader", "show"], "set, list, delete"),
    (["--jsn"], "`--jsn`"),
    (["-d"], "--directory DIR"),
    (["-d", "/tmp"], "netbootctl help"),
    (["--directory=", "status"], "--directory has an empty value"),
    (["host", "list", "--from-file="], "--from-file has an empty value"),
    (["status", "now"], "`now`"),
    (["status", "--jsno"], "did you mean `--json`"),
    (["init", "--json"], "`--json`"),
    (["site", "show"], "NAME"),
    (["site", "show", "a", "b"], "`b`"),
    (["help", "hosst"], "did you mean `host`"),
    (["help", "host", "sett"], "did you mean `set`"),
    (["completion"], "bash"),
    (["completion", "zsh"], "bash"),
    (["help", "-"], "`-`"),
], ids=" ".join)
def test_used_wrongly(bare, words, told):
    if words == []:
        words = [[]]
    assert told in bare.wrong(2, *[word for word in words if word])


def test_words_after_two_dashes_are_no_options(ctl):
    assert "`--note`" in ctl.wrong(2, "host", "set", "--", "--note")
    ctl.ok("host", "set", "--note", "x", "--", "52:54:00:00:00:01")


def test_options_anywhere(ctl):
    ctl.ok("host", "set", "--note", "x", "52:54:00:00:00:01", "--label=a=b", "--name=web1")
    assert ctl.json("host", "show", "web1")["labels"] == {"a": "b"}


OUTPUT = {
    "list": ["host", "list"],
    "list as json": ["host", "list", "--json"],
    "show": ["host", "show", "web1"],
    "export": ["export"],
    "status": ["status"],
    "help": ["help"],
    "explain": ["explain", "--family", "4"],
    "completion": ["completion", "bash"],
    "set": ["host", "set", "web1", "--note", "seen"],
}


@pytest.mark.parametrize("words", OUTPUT.values(), ids=OUTPUT)
def test_output_that_cannot_be_written_is_a_failure(ctl, words):
    ctl.ok("host", "set", "52:54:00:00:00:01", "--name", "web1")
    with open("/dev/full", "w") as full:
        done = ctl(*words, stdout=full)
    assert done.returncode == 1
    assert "standard output" in done.err and "No space left" in done.err and done.err.count("\n") == 1


def test_much_output_that_cannot_be_written(ctl):
    ctl.ok("host", "set", *[f"52:54:00:00:{n >> 8:02x}:{n & 255:02x}" for n in range(5000)])
    for words in (["host", "list"], ["host", "list", "--json"], ["export"], ["export", "--format", "csv"]):
        with open("/dev/full", "w") as full:
            done = ctl(*words, stdout=full)
        assert done.returncode == 1 and "standard output" in done.err


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)], ids=str)
@pytest.mark.parametrize("words, code", [(["host", "set", "web1", "--note", "seen"], 0), (["host", "set", "nope"], 1),
                                         (["host", "list", "--from-file", "-"], 1), (["log"], 0)])  # fmt: skip
def test_the_store_is_never_taken_for_a_standard_file(ctl, words, code, closed):
    """Its files would be opened in the place of those that are closed, and what is said be written into them."""
    ctl.ok("host", "set", "52:54:00:00:00:01", "--name", "web1")
    files = [ctl.directory / "targets" / "data.mdb"]
    locks = {path: path.stat().st_size for path in ctl.directory.glob("*/lock.mdb")}
    before = [path.read_bytes() for path in files]
    program = [ctl.program, *words]
    done = subprocess.run(["sh", "-c", f'"$@" {" ".join(f"{number}>&-" for number in closed)}', "sh", *program],
                          env=ctl.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=60, check=False)
    assert done.returncode == (1 if 1 in closed and words[1:2] == ["set"] else code)
    if words[-1] == "seen":
        assert ctl.json("host", "show", "web1")["note"] == "seen"
        assert (b"the change was made" in done.stderr) == (1 in closed and 2 not in closed)
    else:
        assert [path.read_bytes() for path in files] == before
    assert {path: path.stat().st_size for path in locks} == locks
    assert b"netbootctl" not in b"".join(path.read_bytes() for path in [*files, *locks])


def test_standard_output_that_is_closed(ctl):
    done = ctl("status", stdout=None, preexec_fn=lambda: os.close(1))
    assert done.returncode == 1 and "standard output" in done.err


def test_control_characters_are_not_sent_to_a_terminal(ctl):
    message = ctl.wrong(2, "host", "set", "52:54:00:00:00:01", "--mac", "\x1b[31mred\x9b31m\n")
    assert "\x1b" not in message and "\\x1b[31mred" in message


def test_json_is_one_document(ctl):
    ctl.ok("host", "set", "52:54:00:00:00:01", "52:54:00:00:00:02")
    for words in (["host", "list"], ["site", "list"], ["target", "list"], ["loader", "list"], ["status"],
                  ["host", "show", "52:54:00:00:00:01"], ["site", "show", "default"], ["target", "show", "default"],
                  ["explain", "--family", "4"]):
        assert isinstance(json.loads(ctl.ok(*words, "--json")), list if words[-1] == "list" else dict)


def test_more_hosts_than_widths_are_taken_from(ctl):
    """Beyond the first rows columns keep their widths, and every row is there."""
    ctl.ok("host", "set", *[f"52:54:00:00:{n >> 8:02x}:{n & 255:02x}" for n in range(2500)])
    ctl.ok("host", "set", "52:54:00:00:09:00", "--name", "a-name-that-is-longer-than-any-before-it")
    out = ctl.ok("host", "list").splitlines()
    assert len(out) == 2501 and all(re.search(r"(^|  )52:54:00:00:0\d:[0-9a-f]{2}  ", line) for line in out[1:])


def test_help_is_not_bound_to_a_terminal(ctl):
    master, slave = pty.openpty()
    done = ctl("help", stdout=slave)
    os.close(slave)
    shown = os.read(master, 65536)
    os.close(master)
    assert done.returncode == 0 and b"netbootctl" in shown and b"\x1b" not in shown
