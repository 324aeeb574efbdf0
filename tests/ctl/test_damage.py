# SPDX-License-Identifier: MPL-2.0
"""What is damaged, cut off or cannot be told: it is named, and can be mended."""

import json
import os
import resource
import signal
import subprocess
import time

import pytest
from lib.netbootd import Netbootd


@pytest.fixture
def spoilt(ctl):
    """web1 to web3, of which the record of web2 cannot be read."""
    ctl.ok("target", "set", "rescue", "--script", "rescue.ipxe")
    for number in (1, 2, 3):
        ctl.ok("host", "set", f"52:54:00:00:00:0{number}", "--name", f"web{number}", "--label", "rack=1")
    file = ctl.directory / "targets" / "data.mdb"
    octets = file.read_bytes()
    record = b"\x01\x01\x00\x04web2"
    assert record in octets
    with file.open("r+b") as opened:
        opened.write(octets.replace(record, b"\x09\x01\x00\x04web2"))
    return ctl


ADVICE = "host 52:54:00:00:00:02 is damaged and left out: run netbootctl host delete 52:54:00:00:00:02"


@pytest.mark.parametrize("words", [["host", "list"], ["export"], ["host", "list", "--label", "rack=1"],
                                   ["export", "--format", "csv"], ["host", "list", "--json"]])
def test_the_rest_is_seen(spoilt, words):
    done = spoilt(*words)
    assert done.returncode == 1 and ADVICE in done.err
    assert "web1" in done.out and "web3" in done.out and "web2" not in done.out
    if "--json" in words:
        assert len(json.loads(done.out)) == 2


@pytest.mark.parametrize("name", ["52:54:00:00:00:02", "web2"])
def test_deleted(spoilt, name):
    assert "damaged" in spoilt.wrong(1, "host", "show", name)
    assert spoilt.ok("host", "delete", name) == f"deleted host {name}\n"
    assert [host["name"] for host in spoilt.json("host", "list")] == ["web1", "web3"]
    assert spoilt.json("status")["hosts"] == 2
    spoilt.ok("host", "set", "52:54:00:00:00:02", "--name", "web2")


def test_a_set_leaves_it_out(spoilt):
    done = spoilt("host", "set", "--with-label", "rack=1", "--note", "x")
    assert (done.returncode, done.out.splitlines()[-1]) == (0, "2 hosts: 0 added, 2 changed, 0 unchanged")
    assert ADVICE in done.err


def test_target_delete(spoilt):
    done = spoilt("target", "delete", "rescue")
    assert done.returncode == 1 and ADVICE in done.err and "--force" in done.err
    spoilt.ok("target", "delete", "rescue", "--force")


def test_import(spoilt, tmp_path):
    line = '{"mac": "52:54:00:00:00:02", "name": "web2", "note": "new"}'
    done = spoilt("import", "-", stdin=line)
    assert done.returncode == 1 and "netbootctl host delete 52:54:00:00:00:02" in done.err
    spoilt.ok("import", "--replace", "-", stdin=line)
    assert [host["note"] for host in spoilt.json("host", "list")] == ["new"]


def test_backup(spoilt, tmp_path):
    file = tmp_path / "backup"
    done = spoilt("backup", file)
    assert done.returncode == 1 and "host 52:54:00:00:00:02 is damaged: it is not in the backup" in done.err
    spoilt.ok("restore", file)
    assert [host["name"] for host in spoilt.json("host", "list")] == ["web1", "web3"]


# ---- A store that is no store


def test_targets_store(alone, tmp_path):
    """What the message says to do works."""
    alone.ok("host", "set", "52:54:00:00:00:01", "--name", "web1")
    alone.ok("backup", tmp_path / "backup")
    (alone.directory / "targets" / "data.mdb").write_text("junk\n")
    reason = alone.wrong(1, "status")
    assert reason.endswith(f"move the directory {alone.directory}/targets away, run 'netbootctl -d {alone.directory} init',"
                           f" then 'netbootctl -d {alone.directory} restore BACKUP'")
    (alone.directory / "targets").rename(alone.directory / "away")
    alone.ok("init")
    alone.ok("restore", tmp_path / "backup")
    with Netbootd(alone.directory):
        assert [host["name"] for host in alone.json("host", "list")] == ["web1"]


# ---- Pages of LMDB's that cannot be trusted


def hosts(ctl, count):
    lines = (f'{{"mac": "52:54:00:{number >> 16:02x}:{number >> 8 & 255:02x}:{number & 255:02x}", "name": "h{number}"}}'
             for number in range(count))
    ctl.ok("import", "-", stdin="\n".join(lines))


def zero_page(file, text):
    """Its number."""
    octets = file.read_bytes()
    page = octets.rindex(text) // 4096
    with file.open("r+b") as opened:
        opened.seek(4096 * page)
        opened.write(bytes(4096))
    return page


def test_page(ctl):
    """Whatever the command, it says so before it looks at anything."""
    hosts(ctl, 1000)
    assert "checked" in ctl.ok("status", "--check") and ctl.json("status", "--check")["checked"] is True
    page = zero_page(ctl.directory / "targets" / "data.mdb", b"\1\0\4h777")
    for words in (["status"], ["host", "list"], ["host", "show", "h1"], ["host", "set", "h1", "--note", "x"],
                  ["backup", "-"], ["status", "--check"]):
        assert f"is damaged, page {page} at octet {4096 * page} has zeros" in ctl.wrong(1, *words)
    assert f"is damaged, page {page} at " in ctl.wrong(2, "lint")


def test_page_of_a_large_store(ctl):
    """What reads little of it does not look at all of it first; then it may be ended by what it finds."""
    hosts(ctl, 160_000)
    file = ctl.directory / "targets" / "data.mdb"
    assert file.stat().st_size > 16 << 20
    page = zero_page(file, b"\1\0\6h77777")
    assert "h1" in ctl.ok("host", "show", "h1")
    done = ctl("host", "list")
    assert (done.returncode, done.err.splitlines()[-1]) == (
        -signal.SIGABRT, "netbootctl: internal error of netbootctl, or damaged store: run "
                         "`netbootctl status --check`")
    for words in (["status", "--check"], ["backup", "-"], ["export"], ["import", "-"]):
        assert f"is damaged, page {page} at octet {4096 * page} has zeros" in ctl.wrong(1, *words, stdin='{"mac": "a"}')
    assert f"is damaged, page {page} at " in ctl.wrong(2, "lint")


# ---- init


def cut_off(ctl):
    """An init that is killed as soon as the store has its name. Whether it came no further than that."""
    subprocess.run(["rm", "-rf", str(ctl.directory)], check=True)
    there = ctl.directory / "targets" / "data.mdb"
    with subprocess.Popen([ctl.program, "init"], env=ctl.environment, stdout=subprocess.DEVNULL) as process:
        while not there.exists() and process.poll() is None:
            pass
        process.kill()
    return ctl.json("status")["generation"] == 1


def test_init_that_was_killed(bare):
    """The next one completes what it left."""
    whole = bare.__class__(bare.directory.parent / "whole")
    whole.ok("init")
    deadline = time.monotonic() + 60
    while not cut_off(bare):
        assert time.monotonic() < deadline, "an init is never caught between the store and its first records"
    assert bare.json("loader", "list") == []
    assert "created" in bare.ok("init")
    assert bare.export() == whole.export()
    assert "stays as it is" in bare.ok("init")


# ---- import


def test_slow_pipe_keeps_nobody_waiting(ctl):
    with subprocess.Popen([ctl.program, "import", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          env=ctl.environment) as slow:
        slow.stdin.write(b'{"mac": "52:54:00:00:00:01"}\n')
        slow.stdin.flush()
        deadline = time.monotonic() + 60
        while not os.listdir(f"/proc/{slow.pid}/fd") or "deleted" not in " ".join(
                os.readlink(f"/proc/{slow.pid}/fd/{fd}") for fd in os.listdir(f"/proc/{slow.pid}/fd")):
            assert time.monotonic() < deadline
        for number in range(2, 5):
            ctl.ok("host", "set", f"52:54:00:00:00:0{number}")
        out, _ = slow.communicate(b'{"mac": "52:54:00:00:00:09"}\n', timeout=60)
    assert slow.returncode == 0 and b"hosts: 2 added" in out
    assert ctl.json("status")["hosts"] == 5


@pytest.mark.parametrize("text", ["", "\n\n", " "])
def test_empty_import(ctl, text):
    before = ctl.generation()
    done = ctl("import", "-", stdin=text)
    assert (done.returncode, done.out, ctl.generation()) == (0, "", before)
    assert done.err == "netbootctl: standard input has no records: nothing was changed\n"


VALUES = ["x;y", ";", "a;", "\\", "\\;", "a\\;b", "c:\\dir\\", "two words", " lead", "a;b c", "", "\"q\";,", "=", "\\\\"]


def test_csv_round_trip(ctl):
    labels = {f"k{number}": value for number, value in enumerate(VALUES)}
    hosts = [{"mac": "52:54:00:00:01:00", "labels": labels, "note": "a;b\\"}]
    hosts += [{"mac": f"52:54:00:00:00:{number:02x}", "labels": {"k": value}} for number, value in enumerate(VALUES)]
    ctl.ok("import", "-", stdin="\n".join(map(json.dumps, hosts)))
    strip = [{key: host[key] for key in ("mac", "labels", "note")} for host in ctl.json("host", "list")]
    table = ctl("export", "--format", "csv").out
    ctl.ok("host", "delete", "--from-file", "-", stdin="\n".join(host["mac"][0] for host in strip))
    ctl.ok("import", "--format", "csv", "-", stdin=table)
    assert [{key: host[key] for key in ("mac", "labels", "note")} for host in ctl.json("host", "list")] == strip


# ---- What is shown


def test_json_is_utf8_whatever_is_typed(ctl, tmp_path):
    done = ctl("explain", "--family", "4", "--mac", "52:54:00:12:34:56", "--arch", "7", "--json",
               b"--user-class=a\xffb".decode(errors="surrogateescape"))
    assert json.loads(done.stdout.decode())["sent_user_class"] == "a\ufffdb"
    directory = os.fsencode(tmp_path) + b"/\xc3\x28"
    subprocess.run([ctl.program, "-d", directory, "init"], check=True, capture_output=True)
    shown = subprocess.run([ctl.program, "-d", directory, "status", "--json"], check=True, capture_output=True)
    assert json.loads(shown.stdout.decode())["store"] == f"{tmp_path}/\ufffd("


@pytest.mark.parametrize("character", ["\u202e", "\u2066", "\u200f", "\u2028", "\u200b", "\ufeff", "\U000e0041"])
def test_hidden_characters(ctl, character):
    note = f"a{character}b"
    ctl.ok("host", "set", "52:54:00:00:00:01", "--note", note)
    for words in (["host", "list"], ["host", "show", "52:54:00:00:00:01"], ["host", "list", "--json"], ["export"],
                  ["history"]):
        assert character not in ctl.ok(*words), words
    assert ctl.json("host", "list")[0]["note"] == note
    assert character not in ctl("host", "show", note).err


def test_columns_fit_what_is_shown(ctl):
    ctl.ok("host", "set", "52:54:00:00:00:01", "--label", "a=\u202e", "--note", "end")
    ctl.ok("host", "set", "52:54:00:00:00:02", "--note", "end")
    lines = ctl.ok("host", "list").splitlines()
    assert len({line.index("end") for line in lines[1:]} | {lines[0].index("NOTE")}) == 1


def test_label_without_a_value(ctl):
    ctl.ok("host", "set", "52:54:00:00:00:01", "--label", "spare=")
    assert "labels   spare=\n" in ctl.ok("host", "show", "52:54:00:00:00:01")


@pytest.mark.parametrize("words", [["target", "set", "n" * 128], ["host", "show", "n" * 128],
                                   ["host", "set", "52:54:00:00:00:01", "--name", "n" * 128],
                                   ["host", "set", "52:54:00:00:00:01", "--label", "k" * 128 + "=x"],
                                   ["site", "set", "n" * 128]])
def test_names_that_are_too_long(ctl, words):
    assert "127" in ctl.wrong(2, *words)


def test_prefix_of_two_sites(ctl):
    ctl.ok("site", "set", "a", "--prefix", "192.0.2.0/24")
    reason = ctl.wrong(1, "site", "set", "b", "--prefix", "192.0.2.0/24")
    assert "site a" in reason and "--no-prefix" in reason and "host" not in reason


@pytest.mark.parametrize("words", [["host", "set", "52:54:00:00:00:01"], ["init"], ["import", "-"]])
def test_change_that_cannot_be_told(bare, words):
    if words != ["init"]:
        bare.ok("init")
    with open("/dev/full", "wb") as full:
        done = bare(*words, stdout=full, stdin='{"mac": "52:54:00:00:00:01"}')
    assert done.returncode == 1 and done.err.count("\n") == 1
    assert "the change was made" in done.err and "No space left" in done.err
    assert bare.json("status")["hosts"] == (0 if words == ["init"] else 1)


@pytest.mark.parametrize("words, told", [
    (["--once", "default", "--until-done", "default"], "--once and --until-done exclude each other"),
    (["--once", "default", "--tries", "3"], "--tries needs --until-done")])
def test_options_have_their_dashes(ctl, words, told):
    assert told in ctl.wrong(2, "host", "set", "52:54:00:00:00:01", *words)


def test_option_of_a_list(ctl):
    assert ctl.wrong(2, "site", "set", "a", "--prefix", "192.0.2.1/24").startswith("--prefix: `192.0.2.1/24`")


def test_backup_that_may_not_grow(ctl, tmp_path):
    """It is named, and nothing of it stays."""
    place = tmp_path / "kept"
    place.mkdir()
    done = ctl("backup", place / "backup", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10)))
    assert done.returncode == 1 and f"{place}/backup" in done.err and "File too large" in done.err
    assert list(place.iterdir()) == []
