# SPDX-License-Identifier: MPL-2.0
"""Commands that ask before they change much: while the question stands, others go on, and what they do is not lost."""

import json
import os
import pty
import subprocess

import pytest

HOSTS = 150


def mac(number):
    return f"52:54:00:00:00:{number:02x}"


class Asked:
    """A command on a terminal."""

    def __init__(self, ctl, *words):
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen([ctl.program, *map(str, words)], stdin=slave, stderr=slave,
                                        stdout=subprocess.PIPE, env=ctl.environment)
        os.close(slave)

    def question(self):
        """What is shown up to the next question."""
        shown = b""
        while not shown.endswith(b"[y/N] "):
            shown += os.read(self.master, 1024)
        return shown.decode()

    def answer(self, text):
        os.write(self.master, text.encode() + b"\n")

    def end(self):
        out, _ = self.process.communicate(timeout=60)
        os.close(self.master)
        return self.process.returncode, out.decode()


@pytest.fixture
def ask(ctl, tmp_path):
    """The command, by name, that would take away all hosts but the first two, or all that were there."""
    running = []
    empty = ctl.generation()
    hosts = [{"mac": mac(number), "labels": {"rack": "1"}} for number in range(HOSTS)]
    lines = [json.dumps(host) + "\n" for host in hosts]
    (tmp_path / "two").write_text("".join(lines[:2]))
    ctl.ok("backup", tmp_path / "empty")
    ctl.ok("import", "-", stdin="".join(lines))
    ctl.ok("host", "set", "--with-label", "rack", "--once", "default", "--yes")
    commands = {
        "import": ["import", "--replace", tmp_path / "two"],
        "revert": ["revert", empty],
        "restore": ["restore", tmp_path / "empty"],
        "host delete": ["host", "delete", "--label", "rack=1"],
        "host set": ["host", "set", "--with-label", "rack=1", "--note", "x"],
        "host done": ["host", "done", "--label", "rack=1"],
    }

    def start(name):
        running.append(Asked(ctl, *commands[name]))
        return running[-1]

    yield start
    for one in running:
        if one.process.poll() is None:
            one.process.kill()
            one.end()


ALL = ("import", "revert", "restore", "host delete", "host set", "host done")


@pytest.mark.parametrize("name", ALL)
def test_others_write_while_it_asks(ctl, ask, name):
    asked = ask(name)
    asked.question()
    ctl.ok("host", "set", mac(200), "--name", "other", timeout=30)
    asked.answer("n")
    assert asked.end()[0] == 1
    assert ctl.json("host", "show", "other")["mac"] == [mac(200)]
    assert ctl.json("status")["hosts"] == HOSTS + 1


@pytest.mark.parametrize("name, left", [("import", 2), ("revert", 0), ("restore", 0)])
def test_a_store_that_was_changed_meanwhile_is_asked_about_anew(ctl, ask, name, left):
    asked = ask(name)
    first = asked.question()
    ctl.ok("host", "set", mac(200), "--name", "other")
    generation = ctl.generation()
    asked.answer("y")
    second = asked.question()
    assert f"the store has changed since the question: it is now at generation {generation}, not {generation - 1}" in second
    assert str(HOSTS + 1 if name != "import" else HOSTS - 1) in second and first.split("netbootctl: ")[-1] not in second
    assert ctl.json("status")["hosts"] == HOSTS + 1 and ctl.generation() == generation
    asked.answer("y")
    assert asked.end()[0] == 0
    assert ctl.json("status")["hosts"] == left and ctl.generation() == generation + 1


@pytest.mark.parametrize("name", ("import", "revert", "restore"))
def test_a_second_no_leaves_what_others_did(ctl, ask, name):
    asked = ask(name)
    asked.question()
    ctl.ok("host", "set", mac(200), "--name", "other")
    before = ctl.export()
    asked.answer("y")
    asked.question()
    asked.answer("n")
    assert asked.end() == (1, "")
    assert ctl.export() == before


def test_an_import_is_asked_about_anew_when_its_file_was_changed(ctl, ask, tmp_path):
    asked = ask("import")
    assert f"removes {HOSTS - 2} of {HOSTS} hosts" in asked.question()
    (tmp_path / "two").write_text(json.dumps({"mac": mac(0)}) + "\n")
    asked.answer("y")
    second = asked.question()
    assert "the file has changed since the question" in second and f"removes {HOSTS - 1} of {HOSTS} hosts" in second
    asked.answer("y")
    code, out = asked.end()
    assert code == 0 and f"{HOSTS - 1} removed" in out
    assert ctl.json("status")["hosts"] == 1


@pytest.mark.parametrize("name, left", [("import", 2), ("revert", 0), ("restore", 0), ("host delete", 0)])
def test_one_question_where_nothing_happens(ctl, ask, name, left):
    asked = ask(name)
    asked.question()
    asked.answer("y")
    assert asked.end()[0] == 0
    assert ctl.json("status")["hosts"] == left


def test_what_is_shown_of_a_set_is_what_was_asked_about(ctl, ask):
    """A host that came meanwhile was not asked about; one that lost its label is not touched."""
    asked = ask("host delete")
    asked.question()
    ctl.ok("host", "set", mac(200), "--label", "rack=1")
    asked.answer("y")
    assert asked.end()[0] == 0
    assert [host["mac"] for host in ctl.json("host", "list")] == [[mac(200)]]


def test_a_host_that_is_another_one_meanwhile_stops_a_set(ctl, ask):
    asked = ask("host delete")
    asked.question()
    ctl.ok("host", "set", mac(5), "--label", "rack=2")
    asked.answer("y")
    assert asked.end() == (1, "")
    assert ctl.json("status")["hosts"] == HOSTS
