# SPDX-License-Identifier: MPL-2.0
"""Who changed what, going back, and backups."""

import json
import os
import pwd
import resource
import signal
import stat
import subprocess

import pytest


@pytest.fixture
def web(ctl):
    ctl.ok("target", "set", "rescue", "--script", "rescue.ipxe")
    ctl.ok("host", "set", "52:54:00:00:00:01", "--name", "web1", "--target", "rescue")
    return ctl


def by_generation(ctl):
    return {entry["generation"]: entry for entry in ctl.json("history")}


# ---- history


def test_history(web):
    web.ok("host", "set", "web1", "--label", "rack=12", "--note", "two words")
    entries = web.json("history")
    assert [entry["generation"] for entry in entries] == [5, 4, 3, 2]
    assert entries[0] | {"when": ""} == {
        "generation": 5, "when": "", "by": pwd.getpwuid(os.getuid()).pw_name, "hosts": 1, "others": 0, "kept": True,
        "revertible": True, "what": "host set web1 --label rack=12 --note two words"}
    assert [entry["what"] for entry in entries[1:]] == [
        "host set 52:54:00:00:00:01 --name web1 --target rescue", "target set rescue --script rescue.ipxe", "init"]
    assert [entry["generation"] for entry in web.json("history", "--last", "2")] == [5, 4]
    assert web.ok("history").splitlines()[0].split() == [
        "GENERATION", "WHEN", "BY", "HOSTS", "OTHERS", "REVERT", "WHAT"]


@pytest.mark.parametrize("last", ["0", "x", "-1", ""])
def test_last_that_is_wrong(web, last):
    assert "--last" in web.wrong(2, "history", "--last", last)


def test_by_sudo(web):
    web.ok("host", "set", "web1", "--note", "x", env=dict(web.environment, SUDO_USER="anna"))
    assert web.json("history")[0]["by"] == "anna"


def test_controls_do_not_reach_the_terminal(web):
    web.ok("host", "set", "web1", "--note", "\u202ex")
    assert "\u202e" not in web.ok("history") and "\\u{202e}" in web.ok("history")


def test_many_words_are_cut(web):
    web.ok("host", "set", *(f"52:54:00:00:01:{n:02x}" for n in range(90)), "--note", "n" * 300)
    what = web.json("history")[0]["what"]
    assert "(and 85 more)" in what and len(what) == 255


def test_what_changes_nothing_has_no_entry(web):
    before = web.json("history")
    web.ok("host", "set", "web1", "--target", "rescue")
    web.ok("host", "set", "web1", "--note", "x", "--dry-run")
    web.wrong(1, "host", "set", "nobody", "--note", "x")
    assert web.json("history") == before


# ---- revert


def test_revert(web):
    before, generation = web.export(), web.generation()
    web.ok("host", "set", "web1", "--target", "default")
    web.ok("host", "set", "52:54:00:00:00:02", "--name", "web2")
    web.ok("target", "delete", "rescue")
    after = web.export()
    shown = web.ok("revert", generation, "--dry-run").splitlines()
    assert sorted(shown) == ["would add target rescue: kind boot, script rescue.ipxe",
                             "would change host web1: target default -> rescue", "would delete host web2"]
    assert web.export() == after
    told = web.ok("revert", generation).splitlines()
    assert told[-1] == (f"reverted to generation {generation}, as generation {generation + 4}; "
                        f"netbootctl revert {generation + 3} undoes that")
    assert web.export() == before
    web.ok("revert", generation + 3)
    assert web.export() == after
    assert web.json("history")[0]["what"] == f"revert {generation + 3}"


def test_revert_of_a_first_card_is_a_change_of_the_host(web):
    mac, = web.json("host", "show", "web1")["mac"]
    generation = web.generation()
    web.ok("host", "set", "web1", "--mac", "52:54:00:00:00:aa")
    shown = web.ok("revert", generation, "--dry-run")
    assert shown == f"would change host web1: mac 52:54:00:00:00:aa -> {mac}\n"
    web.ok("revert", generation)
    assert web.json("history")[0]["hosts"] == 1 and web.json("host", "show", "web1")["mac"] == [mac]


def test_revert_to_the_same(web):
    same = False
    while not same:  # in the time of its change, too, which is in whole seconds
        changed = web.json("host", "show", "web1")["changed"]
        web.ok("host", "set", "web1", "--note", "x")
        web.ok("host", "set", "web1", "--no-note")
        same = web.json("host", "show", "web1")["changed"] == changed
    before = web.generation()
    assert "nothing was changed" in web.ok("revert", before - 2)
    assert web.generation() == before


@pytest.mark.parametrize("word", ["0", "4", "99", "x", "", "18446744073709551616"])
def test_revert_to_no_generation(web, word):
    web.wrong(2, "revert", word)


def test_revert_past_what_is_not_kept(web):
    """An import that is too large is in the history, and names the way out."""
    note = "n" * 1000
    lines = [f'{{"mac": "52:54:00:01:{n >> 8:02x}:{n & 255:02x}", "note": "{note}"}}' for n in range(9000)]
    web.ok("import", "-", stdin="\n".join(lines))
    web.ok("import", "-", stdin="\n".join(lines).replace("nnn", "mmm"))
    generation = web.generation()
    web.ok("host", "set", "web1", "--note", "x")
    entries = by_generation(web)
    assert not entries[generation]["kept"] and entries[generation]["revertible"]
    assert entries[generation]["hosts"] == 9000
    assert not entries[generation - 1]["revertible"]
    assert "there is no generation 0" in web.wrong(2, "revert", 0, "--yes")
    assert "backup" in web.wrong(1, "revert", generation - 1, "--yes")
    web.ok("revert", generation)


def test_revert_of_many_asks(web):
    generation = web.generation()
    web.ok("import", "-", stdin="\n".join(f'{{"mac": "52:54:00:01:00:{n:02x}"}}' for n in range(101)))
    assert "changes 101 hosts" in web.wrong(2, "revert", generation)
    web.ok("revert", generation, "--yes")
    assert web.json("status")["hosts"] == 1


def test_revert_arms_nobody(web):
    web.ok("host", "set", "web1", "--once", "rescue")
    generation = web.generation()
    web.ok("host", "delete", "web1")
    web.ok("revert", generation)
    assert "once" not in web.json("host", "show", "web1") and "once" not in web.json("status")


@pytest.mark.parametrize("other", [True, False])
def test_revert_arms_no_other_machine(web, other):
    """A host that was split, and of whose machines one was armed since: the other one was not."""
    web.ok("host", "set", "52:54:00:00:00:02", "--mac", "52:54:00:00:00:02", "--mac", "52:54:00:00:00:03")
    generation = web.generation()
    web.ok("host", "set", "52:54:00:00:00:02", "--mac", "52:54:00:00:00:02")
    if other:
        web.ok("host", "set", "52:54:00:00:00:03")
    web.ok("host", "set", "52:54:00:00:00:02", "--once", "rescue")
    web.ok("revert", generation)
    assert web.json("host", "show", "52:54:00:00:00:03")["mac"] == ["52:54:00:00:00:02", "52:54:00:00:00:03"]
    assert "once" not in web.json("host", "show", "52:54:00:00:00:03")


def test_revert_keeps_what_is_armed(web):
    generation = web.generation()
    web.ok("host", "set", "web1", "--note", "x", "--uuid", "11223344-5566-7788-99aa-bbccddeeff01")
    web.ok("host", "set", "web1", "--once", "rescue")
    web.ok("revert", generation)
    assert web.json("host", "show", "web1")["once"]["state"] == "armed"


# ---- backup, restore


def test_backup_and_restore(web, tmp_path):
    file = tmp_path / "backup"
    before = web.export()
    assert web.ok("backup", file).startswith(f"{file}: generation 4 of ")
    assert stat.S_IMODE(file.stat().st_mode) == 0o640 and os.listdir(tmp_path).count("backup") == 1
    web.ok("host", "delete", "web1")
    web.ok("target", "set", "other", "--local")
    assert "would restore" in web.ok("restore", file, "--dry-run") and web.export() != before
    web.ok("restore", file)
    assert web.export() == before
    assert web.json("history")[0]["what"] == f"restore {file}"


def test_backup_through_pipes(web, tmp_path):
    before = web.export()
    octets = subprocess.run([web.program, "backup", "-"], env=web.environment, stdout=subprocess.PIPE,
                            check=True).stdout
    web.ok("host", "delete", "web1")
    web.ok("restore", "-", stdin=octets)
    assert web.export() == before


def test_restore_where_the_store_was_lost(web, bare, tmp_path):
    file = tmp_path / "backup"
    web.ok("backup", file)
    before = web.export()
    subprocess.run(["rm", "-r", str(web.directory)], check=True)
    assert "init" in web.wrong(1, "restore", file)
    web.ok("init")
    web.ok("restore", file)
    assert web.export() == before


def test_damaged_backup(web, tmp_path):
    file = tmp_path / "backup"
    web.ok("backup", file)
    octets, before = file.read_bytes(), web.export()
    for spoilt in (octets[:-1], octets + b"\0", octets[:50] + b"?" + octets[51:], b"", b"nonsense",
                   octets[:19] + b"\x02" + octets[20:]):
        assert "nothing was changed" in web.wrong(1, "restore", "-", stdin=spoilt)
    assert web.export() == before and web.json("history")[0]["generation"] == 4


def test_backup_to_no_file(web, tmp_path):
    assert "is not a file" in web.wrong(2, "backup", "/dev/null")
    assert "cannot write" in web.wrong(1, "backup", tmp_path / "none" / "backup")
    assert "cannot read" in web.wrong(1, "restore", tmp_path / "none")


def test_backup_to_full_disk(web):
    done = web("backup", "-", stdout=open("/dev/full", "wb"))
    assert done.returncode == 1 and "No space left" in done.err


def test_failed_backup_leaves_the_old_one(web, tmp_path):
    """A limit on the size of files is as a full disk."""
    file = tmp_path / "backup"
    file.write_bytes(b"old")
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20, 20))

    assert "File too large" in web.wrong(1, "backup", file, preexec_fn=limit)
    assert file.read_bytes() == b"old" and [path.name for path in tmp_path.iterdir() if path.is_file()] == ["backup"]


def test_restore_disarms(web, tmp_path):
    file = tmp_path / "backup"
    web.ok("host", "set", "web1", "--once", "rescue")
    web.ok("backup", file)
    assert "all hosts disarmed" in web.ok("restore", file)
    assert "once" not in web.json("host", "show", "web1")
    web.ok("revert", 4)
    assert "once" not in web.json("host", "show", "web1")


def test_restore_of_many_asks(web, tmp_path):
    file = tmp_path / "backup"
    web.ok("import", "-", stdin="\n".join(f'{{"mac": "52:54:00:01:00:{n:02x}"}}' for n in range(100)))
    web.ok("backup", file)
    before = web.generation()
    assert "replaces 101 hosts with 101" in web.wrong(2, "restore", file)
    assert web.generation() == before
    web.ok("restore", file, "--yes")


def test_restore_under_readers(web, tmp_path):
    """They see the old state or the new one: name and note are of the same backup."""
    files = []
    for word in ("one", "two"):
        web.ok("host", "set", "52:54:00:00:00:01", "--name", word, "--note", word)
        files.append(tmp_path / word)
        web.ok("backup", files[-1])
    program = f'for n in $(seq 100); do "{web.program}" restore {files[0]}; "{web.program}" restore {files[1]}; done'
    with subprocess.Popen(["sh", "-c", program], env=web.environment, stdout=subprocess.DEVNULL) as restoring:
        seen = set()
        while len(seen) < 2:
            host = web.json("host", "show", "52:54:00:00:00:01")
            assert host["name"] == host["note"]
            seen.add(host["name"])
            assert restoring.poll() is None, "not both states were seen"
        restoring.kill()


def test_backup_while_others_write(web, tmp_path):
    """One state: the label and the note are of the same change."""
    file = tmp_path / "backup"
    program = (f'for n in $(seq 200); do "{web.program}" host set web1 --note "n $n" --label n=$n >/dev/null; done')
    web.ok("host", "set", "web1", "--note", "n 0", "--label", "n=0")
    with subprocess.Popen(["sh", "-c", program], env=web.environment) as writer:
        for number in range(20):
            web.ok("backup", file)
            other = web.__class__(tmp_path / f"other{number}")
            other.ok("init")
            other.ok("restore", file)
            host = json.loads(other("host", "show", "web1", "--json").out)
            assert host["note"] == f"n {host['labels']['n']}"
        writer.kill()
    assert json.loads(web.ok("status", "--json"))["hosts"] == 1
