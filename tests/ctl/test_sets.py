# SPDX-License-Identifier: MPL-2.0
"""Commands on sets of hosts: by label, by target, from a file or standard input."""

import os
import pty
import subprocess

import pytest


@pytest.fixture
def racks(ctl):
    """web1 to web6: rack 1 or 2 in turn, the first three with role=db, the last two with target rescue."""
    ctl.ok("target", "set", "rescue", "--script", "rescue.ipxe")
    for number in range(1, 7):
        words = ["--name", f"web{number}", "--label", f"rack={2 - number % 2}"]
        words += ["--label", "role=db"] if number < 4 else []
        words += ["--target", "rescue"] if number > 4 else []
        ctl.ok("host", "set", f"52:54:00:00:00:0{number}", *words)
    return ctl


def many(ctl, count):
    lines = [f'{{"mac": "52:54:00:00:{n >> 8:02x}:{n & 255:02x}", "labels": {{"rack": "1"}}}}' for n in range(count)]
    ctl.ok("import", "-", stdin="\n".join(lines))


def names(hosts):
    return [host["name"] for host in hosts]


SELECTIONS = [
    (["--label", "rack=1"], "135"),
    (["--label", "role"], "123"),
    (["--label", "rack=2", "--label", "role=db"], "2"),
    (["--target", "rescue"], "56"),
    (["--target", "rescue", "--label", "rack=1"], "5"),
]


@pytest.mark.parametrize("options, numbers", SELECTIONS)
def test_list_and_show(racks, options, numbers):
    wanted = [f"web{number}" for number in numbers]
    assert names(racks.json("host", "list", *options)) == wanted
    assert names(racks.json("host", "show", *options)) == wanted


@pytest.mark.parametrize("options, numbers", SELECTIONS)
def test_delete(racks, options, numbers):
    generation = racks.generation()
    told = racks.ok("host", "delete", *options)
    assert told == "".join(f"deleted host web{number}\n" for number in numbers) + (
        f"{len(numbers)} hosts: {len(numbers)} deleted\n")
    assert names(racks.json("host", "list")) == [f"web{n}" for n in "123456" if n not in numbers]
    assert racks.generation() == generation + 1


@pytest.mark.parametrize("options, numbers", SELECTIONS)
def test_set(racks, options, numbers):
    options = [word.replace("--label", "--with-label").replace("--target", "--with-target") for word in options]
    generation = racks.generation()
    told = racks.ok("host", "set", *options, "--note", "x")
    assert told.splitlines()[-1] == f"{len(numbers)} hosts: 0 added, {len(numbers)} changed, 0 unchanged"
    noted = [host["name"] for host in racks.json("host", "list") if host["note"] == "x"]
    assert noted == [f"web{number}" for number in numbers]
    assert racks.generation() == generation + 1


def test_words_and_a_label(racks):
    """Those of the named that have it."""
    assert names(racks.json("host", "show", "web1", "web2", "web3", "--label", "rack=1")) == ["web1", "web3"]


def test_set_gives_what_it_asks_for_another_value(racks):
    racks.ok("host", "set", "--with-label", "rack=1", "--label", "rack=9")
    assert names(racks.json("host", "list", "--label", "rack=9")) == ["web1", "web3", "web5"]


def test_from_file(racks, tmp_path):
    file = tmp_path / "ids"
    file.write_text("# retired\n\n  web1 \n52:54:00:00:00:01\n52-54-00-00-00-03\r\n")
    assert names(racks.json("host", "list", "--from-file", file)) == ["web1", "web3"]
    assert racks.ok("host", "delete", "--from-file", "-", stdin=file.read_text()).splitlines()[-1] == (
        "2 hosts: 2 deleted")


def test_set_from_file_creates(ctl):
    told = ctl.ok("host", "set", "--from-file", "-", "--note", "new", stdin="52:54:00:00:00:01\n52:54:00:00:00:02\n")
    assert told.splitlines()[-1] == "2 hosts: 2 added, 0 changed, 0 unchanged"


def test_wrong_lines_are_named(racks):
    before = racks.export()
    done = racks("host", "delete", "--from-file", "-", stdin="web1\nnone\n?\nweb2\n")
    assert (done.returncode, done.out) == (1, "")
    lines = done.err.splitlines()
    assert "standard input:2: there is no host none" in lines[0] and "standard input:3: `?` is not an ID of a host" in lines[1]
    assert lines[2].endswith("standard input: 2 wrong lines") and len(lines) == 3
    assert racks.export() == before


def test_missing_file(ctl):
    assert "/none" in ctl.wrong(1, "host", "list", "--from-file", "/none")


@pytest.mark.parametrize("words, why", [
    (["set", "--with-label", "rack=7", "--note", "x"], "no host has the label rack=7"),
    (["delete", "--label", "rack", "--label", "none"], "no host has the label none"),
    (["delete", "--label", "rack=1", "--label", "rack=2"], "no host has all of the labels and the target"),
    (["show", "web1", "--label", "rack=2"], "none of the named hosts has all of the labels and the target"),
    (["done", "--target", "nowhere"], "no host has the target nowhere"),
    (["show", "--from-file", "-"], "standard input names none"),
], ids=lambda one: " ".join(one) if isinstance(one, list) else "")
def test_nobody(racks, words, why):
    before = racks.export()
    assert racks.wrong(1, "host", *words, stdin="") == f"no hosts selected: {why}"
    assert racks.export() == before


@pytest.mark.parametrize("verb", ["set", "show", "delete", "done"])
def test_nothing_is_asked_for(racks, verb):
    assert "--from-file" in racks.wrong(2, "host", verb)


def test_label_to_give_without_hosts(racks):
    """An ID that came out empty does not make it a change of everything with that label."""
    before = racks.export()
    assert "--with-label" in racks.wrong(2, "host", "set", "--label", "rack=1", "--target", "rescue")
    assert racks.export() == before


def test_dry_run(racks):
    before = racks.export()
    assert racks.ok("host", "delete", "--label", "rack=1", "--dry-run") == (
        "would delete host web1\nwould delete host web3\nwould delete host web5\n"
        "3 hosts: 3 deleted (nothing was written: --dry-run)\n")
    assert "would change host web5: target rescue -> default" in racks.ok(
        "host", "set", "--with-target", "rescue", "--target", "default", "--dry-run")
    assert racks.export() == before


def test_one_host_named_twice(racks):
    assert racks.ok("host", "delete", "web1", "52:54:00:00:00:01") == "deleted host web1\n"
    assert racks.ok("host", "set", "web2", "52:54:00:00:00:02", "--note", "x").count("\n") == 1
    assert racks.ok("site", "set", "lab") and racks.ok("site", "delete", "lab", "lab") == "deleted site lab\n"
    assert racks.ok("target", "delete", "rescue", "rescue", "--force").count("deleted") == 1


def test_name_for_many(racks):
    assert "--name is for one host" in racks.wrong(2, "host", "set", "--with-label", "rack=1", "--name", "x")


# ---- Many


@pytest.mark.parametrize("words", [["delete", "--label", "rack=1"], ["set", "--with-label", "rack=1", "--note", "x"],
                                   ["done", "--label", "rack=1"]])
def test_many_without_a_terminal(ctl, words):
    many(ctl, 101)
    ctl.ok("host", "set", "--with-label", "rack=1", "--once", "default", "--yes")
    before = ctl.export()
    reason = ctl.wrong(2, "host", *words)
    assert "101 hosts" in reason and "--yes" in reason and "nothing was changed" in reason
    assert ctl.export() == before
    ctl.ok("host", *words, "--dry-run")
    assert ctl.export() == before
    ctl.ok("host", *words, "--yes")


def test_a_hundred_need_no_question(ctl):
    many(ctl, 100)
    assert ctl.ok("host", "delete", "--label", "rack=1").endswith("100 hosts: 100 deleted\n")


@pytest.mark.parametrize("answer, code, left", [("n\n", 1, 101), ("\n", 1, 101), ("y\n", 0, 0)])
def test_many_on_a_terminal(ctl, answer, code, left):
    many(ctl, 101)
    master, slave = pty.openpty()
    with subprocess.Popen([ctl.program, "host", "delete", "--label", "rack=1"], stdin=slave, stderr=slave,
                          stdout=subprocess.DEVNULL, env=ctl.environment) as process:
        os.close(slave)
        shown = b""
        while b"[y/N]" not in shown:
            shown += os.read(master, 1024)
        os.write(master, answer.encode())
        assert process.wait(60) == code
    os.close(master)
    assert b"101 hosts" in shown
    assert ctl.json("status")["hosts"] == left


# ---- Boot once


def test_arming_a_set(racks):
    told = racks.ok("host", "set", "--with-label", "rack=1", "--once", "rescue")
    assert told.count("armed host") == 3 and told.endswith("3 hosts\n")
    assert racks.json("status")["once"] == {"armed": 3}
    racks.ok("host", "done", "--label", "rack=1", "--label", "role=db", "--dry-run")
    assert racks.json("status")["once"] == {"armed": 3}
    racks.ok("host", "done", "--label", "role")  # of these, web2 is not armed
    assert racks.json("status")["once"] == {"armed": 1, "done": 2}
    racks.ok("host", "set", "--with-label", "rack", "--no-once")
    assert "once" not in racks.json("status")


def test_arming_a_set_is_all_or_nothing(racks):
    """One that is not there, and no one is armed."""
    racks.wrong(1, "host", "set", "web1", "web2", "nobody", "--once", "rescue")
    assert "once" not in racks.json("status")


def test_done_of_whoever_is_not_armed(racks):
    racks.ok("host", "set", "web1", "--once", "rescue")
    for words in (["web1", "web2"], ["web1", "web2", "--dry-run"]):
        assert "host web2 has nothing armed" in racks.wrong(1, "host", "done", *words)
    assert racks.json("status")["once"] == {"armed": 1}
    assert "none of those hosts" in racks.wrong(1, "host", "done", "--label", "rack=2")
