# SPDX-License-Identifier: MPL-2.0
"""import and export."""

import csv
import io
import pty
import os
import resource
import subprocess

import pytest
from importing import *  # noqa: F403

# ---- identity


def test_hosts_come_out_as_they_went_in(full):
    assert [record for record in read(full.export()) if record["type"] == "host"] == HOSTS


def test_export_and_replace_is_an_identity(full):
    before, generation = full.export(), full.generation()
    out = full.ok("import", "--replace", "-", stdin=before)
    assert "hosts: 0 added, 0 changed, 0 removed, 3 unchanged" in out
    assert (full.export(), full.generation()) == (before, generation)


def test_replace_brings_everything_back(full):
    before = full.export()
    full.ok("host", "delete", "web1")
    full.ok("host", "set", "52:54:00:00:00:09")
    full.ok("host", "set", "web2", "--label", "other=1")
    full.ok("site", "set", "other")
    full.ok("site", "delete", "lab")
    full.ok("target", "set", "debian", "--ignore")
    full.ok("target", "set", "other")
    full.ok("loader", "set", "arm64-uefi", "a.efi")
    full.ok("loader", "set", "x64-uefi", "other.efi")
    full.ok("import", "--replace", "-", stdin=before)
    assert read(full.export()) == read(before)


def test_replace_into_another_store(full, tmp_path):
    other = type(full)(tmp_path / "other")
    other.ok("init")
    other.ok("host", "set", "52:54:00:00:00:09")
    other.ok("import", "--replace", "-", stdin=full.export())
    assert read(other.export()) == read(full.export())


def test_csv_round_trip(full):
    done = full("export", "--format", "csv")
    assert done.returncode == 0 and "CSV has only hosts" in done.err
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert rows[0]["note"] == "a \"b\", c" and rows[0]["mac"] == "52:54:00:00:00:01 52:54:00:00:00:02"
    before = full.export()
    full.ok("import", "--format", "csv", "--replace", "-", stdin=done.out)
    assert full.export() == before
    full.ok("host", "delete", "web1", "web2")
    full.ok("import", "--format", "csv", "--replace", "-", stdin=done.out)
    assert read(full.export()) == read(before)


def test_hosts_that_name_a_missing_target_can_be_exported_and_imported(full):
    full.ok("target", "delete", "debian", "--force")
    before = full.export()
    full.ok("import", "--replace", "-", stdin=before)
    assert full.export() == before
    full.ok("import", "-", stdin=before)
    assert full.export() == before


# ---- what a line does


def test_a_line_changes_what_it_names(full):
    full.ok("import", "-", stdin=lines({"mac": "52:54:00:00:00:01", "target": "disk", "note": None}))
    web1 = HOSTS[0] | {"target": "disk"}
    del web1["note"]
    assert [record for record in read(full.export()) if record.get("name") == "web1"] == [web1]


def test_the_identifiers_of_a_line_are_added(full):
    full.ok("import", "-", stdin=lines({"mac": ["52:54:00:00:00:02", "52-54-00-00-00-04"], "duid": None}))
    web1 = full.json("host", "show", "web1")
    assert web1["mac"] == ["52:54:00:00:00:01", "52:54:00:00:00:02", "52:54:00:00:00:04"]
    assert web1["duid"] == [] and web1["uuid"] == HOSTS[0]["uuid"]


def test_a_line_may_call_a_host_by_its_name(full):
    full.ok("import", "-", stdin=lines({"name": "web2", "labels": {"rack": 7}}))
    assert full.json("host", "show", "web2")["labels"] == {"rack": "7"}
    assert full.json("host", "show", "web2")["mac"] == ["52:54:00:00:00:03"]


def test_replace_takes_the_line_as_the_whole_record(full):
    full.ok("import", "--replace", "-", stdin=lines({"mac": "52:54:00:00:00:01", "target": "disk"}))
    hosts = full.json("host", "list")
    assert [(row["mac"], row["name"], row["target"], row["labels"]) for row in hosts] == [
        (["52:54:00:00:00:01"], None, "disk", {})]


def test_replace_with_hosts_alone_leaves_the_rest(full):
    rest = [record for record in read(full.export()) if record["type"] != "host"]
    full.ok("import", "--replace", "-", stdin=lines({"mac": "52:54:00:00:00:07"}))
    assert read(full.export()) == rest + [{"type": "host", "mac": ["52:54:00:00:00:07"]}]


def test_replace_lets_identifiers_move(full):
    moved = [dict(HOSTS[0], mac=["52:54:00:00:00:03"]), dict(HOSTS[1], mac=["52:54:00:00:00:01"], name="web1x"),
             dict(HOSTS[2], name="web2")]
    rest = [record for record in read(full.export()) if record["type"] != "host"]
    full.ok("import", "--replace", "-", stdin=lines(*rest, *moved))
    after = [record for record in read(full.export()) if record["type"] == "host"]
    assert sorted(after, key=str) == sorted(moved, key=str)


def test_targets_may_come_after_their_hosts(ctl):
    ctl.ok("import", "-", stdin=lines({"mac": "52:54:00:00:00:01", "target": "new"}, {"type": "target", "name": "new"}))
    assert ctl.json("host", "list")[0]["target"] == "new"


@pytest.mark.parametrize("text", [
    '{"mac":"52:54:00:00:00:01"}', '{"mac":["5254.0000.0001"]}\n', '\n  {"mac":"52-54-00-00-00-01"}  \r\n\n',
    '\ufeff{"type":"host","mac":"525400000001","name":"","target":null,"labels":{},"uuid":[]}\n',
    '{"mac":"52:54:00:00:00:01","changed":"2026-01-02T03:04:05Z"}\n',
])
def test_ways_to_write_a_line(ctl, text):
    ctl.ok("import", "-", stdin=text)
    assert [row["mac"] for row in ctl.json("host", "list")] == [["52:54:00:00:00:01"]]


def test_csv_columns_in_any_order(ctl, tmp_path):
    path = tmp_path / "hosts.csv"
    path.write_text("target,mac,labels,name,loader\r\n"
                    "default,52-54-00-00-00-01; 525400000002,rack=1;place=by the door,web1,7=a.efi x86-bios=b\r\n"
                    ",52:54:00:00:00:03,,,\r\n")
    ctl.ok("import", path)
    assert read(ctl.export())[-2:] == [
        {"type": "host", "name": "web1", "mac": ["52:54:00:00:00:01", "52:54:00:00:00:02"], "target": "default",
         "loader": {"x64-uefi": "a.efi", "x86-bios": "b"}, "labels": {"rack": "1", "place": "by the door"}},
        {"type": "host", "mac": ["52:54:00:00:00:03"]}]


def test_an_empty_field_of_csv_takes_away(full):
    full.ok("import", "--format", "csv", "-", stdin="mac,target\n52:54:00:00:00:01,\n")
    web1 = full.json("host", "show", "web1")
    assert web1["target"] is None and web1["labels"] == HOSTS[0]["labels"]


def test_an_empty_file(full):
    before = full.export()
    assert "no records" in full("import", "-", stdin="").err
    assert "no records" in full("import", "-", stdin="\n\n").err
    assert "empty" in full.wrong(1, "import", "--replace", "-", stdin="")
    assert full.export() == before


# ---- --dry-run


def test_dry_run_tells_and_changes_nothing(full):
    before, generation = full.export(), full.generation()
    new = lines({"mac": "52:54:00:00:00:01", "name": "web1", "target": "disk"}, {"mac": "52:54:00:00:00:0a", "name": "new"})
    out = full.ok("import", "--dry-run", "-", stdin=new)
    assert "would change host web1: target debian -> disk\n" in out
    assert "would add host new: mac 52:54:00:00:00:0a\n" in out
    assert "hosts: 1 added, 1 changed, 0 removed, 0 unchanged" in out
    out = full.ok("import", "--dry-run", "--replace", "-", stdin=new)
    assert "would remove host web2\n" in out and "hosts: 1 added, 1 changed, 2 removed, 0 unchanged" in out
    assert (full.export(), full.generation()) == (before, generation)


def test_dry_run_shows_few_on_a_terminal_and_all_in_a_pipe(ctl):
    hosts = "".join('{"mac":"52:54:00:01:00:%02x"}\n' % number for number in range(100))
    assert ctl.ok("import", "--dry-run", "-", stdin=hosts).count("would add host ") == 100
    master, slave = pty.openpty()
    process = subprocess.Popen([ctl.program, "import", "--dry-run", "-"], env=ctl.environment, stdin=subprocess.PIPE,
                               stdout=slave)
    os.close(slave)
    process.communicate(hosts.encode(), timeout=60)
    shown = os.read(master, 65536).decode()
    os.close(master)
    assert process.returncode == 0
    assert shown.count("would add host ") == 20 and "... and 80 more" in shown and "hosts: 100 added" in shown


def test_dry_run_says_what_is_wrong(full):
    done = full("import", "--dry-run", "-", stdin='{"mac":"x"}\n')
    assert done.returncode == 1 and "standard input:1: " in done.err


# ---- the command


@pytest.mark.parametrize("code, words, told", [
    (2, ["import"], "FILE|-"),
    (2, ["import", "-", "--format", "xml"], "`xml`"),
    (2, ["import", "-", "-"], "`-`"),
    (2, ["import", "-", "--relpace"], "did you mean `--replace`"),
    (1, ["import", "/nonexistent/file"], "/nonexistent/file"),
    (1, ["import", "/"], "directory"),
    (2, ["export", "--format", "xml"], "`xml`"),
    (2, ["export", "file"], "`file`"),
])
def test_used_wrongly(ctl, code, words, told):
    assert told in ctl.wrong(code, *words)


def test_progress_is_shown_on_a_terminal(ctl, tmp_path):
    path = tmp_path / "hosts.jsonl"
    with path.open("w") as file:
        for number in range(20000):
            file.write('{"mac":"52:54:00:01:%02x:%02x"}\n' % (number >> 8, number & 255))
    master, slave = pty.openpty()
    process = subprocess.Popen([ctl.program, "import", str(path)], env=ctl.environment, stdout=subprocess.PIPE,
                               stderr=slave)
    os.close(slave)
    shown = b""
    try:
        while chunk := os.read(master, 65536):
            shown += chunk
    except OSError:  # how Linux says that the other end is closed
        pass
    os.close(master)
    out = process.communicate(timeout=60)[0]
    assert process.returncode == 0 and b"20000 added" in out
    assert b"%" in shown and b"lines" in shown and shown.endswith(b"\x1b[K")


def test_few_wrong_lines_on_a_terminal(ctl):
    master, slave = pty.openpty()
    process = subprocess.Popen([ctl.program, "import", "-"], env=ctl.environment, stdin=subprocess.PIPE, stderr=slave)
    os.close(slave)
    process.communicate(b"x\n" * 100, timeout=60)
    shown = os.read(master, 65536).decode()
    os.close(master)
    assert process.returncode == 1
    assert shown.count("standard input:") == 21 and "80 more" in shown and "100 wrong lines" in shown


def test_100000_hosts(ctl, tmp_path):
    path = tmp_path / "hosts.jsonl"
    with path.open("w") as file:
        for n in range(100000):
            mac = "%02x:%02x:%02x" % (n >> 16, n >> 8 & 255, n & 255)
            file.write('{"name":"node%06d","mac":["52:54:00:%s","52:54:01:%s"],"uuid":"11223344-5566-7788-99aa-%012x",'
                       '"labels":{"rack":"%d"}}\n' % (n, mac, mac, n, n % 50))
    assert "100000 added" in ctl.ok("import", path)
    assert ctl.json("status")["hosts"] == 100000
    assert ctl.json("host", "show", "52:54:01:00:ff:ff")["name"] == "node065535"
    exported = ctl.export()
    generation = ctl.generation()
    assert "100000 unchanged" in ctl.ok("import", "--replace", "-", stdin=exported)
    assert ctl.generation() == generation and ctl.export() == exported
    assert len(ctl.json("host", "list")) == 100000
    out = ctl.ok("import", "--replace", "--yes", "-", stdin=lines({"mac": "52:54:00:00:00:05", "name": "node000005"}))
    assert "0 added, 1 changed, 99999 removed, 0 unchanged" in out
    assert ctl.json("status")["hosts"] == 1


def test_memory_does_not_grow_with_the_input(ctl):
    """Lines that are read and passed over: a quarter of a gigabyte of them through less memory."""

    def limit():
        resource.setrlimit(resource.RLIMIT_DATA, (64 << 20, 64 << 20))

    if "asan" in subprocess.run(["ldd", ctl.program], stdout=subprocess.PIPE, check=True).stdout.decode():
        limit = None  # a sanitizer needs its own
    process = subprocess.Popen([ctl.program, "import", "-"], env=ctl.environment, stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=limit)
    line = b'{"mac":"52:54:00:00:00:01","note":"' + b"x" * 1000 + b'",   "labels": {}, "target": "default", "uuid": []}'
    process.stdin.write(line + b"\n")
    blank = b" " * 1023 + b"\n"
    for _ in range(256):
        process.stdin.write(blank * 1024)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (0, b"") and b"1 added" in out


def test_replace_that_removes_much(ctl):
    """It asks, and without a terminal nothing is changed unless --yes says so."""
    hosts = [{"mac": f"52:54:00:00:00:{number:02x}"} for number in range(102)]
    ctl.ok("import", "-", stdin=lines(*hosts))
    reason = ctl.wrong(2, "import", "--replace", "-", stdin=lines(hosts[0]))
    assert "removes 101 of 102 hosts" in reason and "--yes to do it" in reason
    assert ctl.json("status")["hosts"] == 102
    ctl.ok("import", "--replace", "-", stdin=lines(*hosts[:2]))
    assert ctl.json("status")["hosts"] == 2
    ctl.ok("import", "-", stdin=lines(*hosts))
    ctl.ok("import", "--replace", "--yes", "-", stdin=lines(hosts[0]))
    assert ctl.json("status")["hosts"] == 1


def test_what_is_disarmed_is_told(ctl):
    ctl.ok("target", "set", "debian", "--script", "debian.ipxe")
    for number in range(1, 4):
        ctl.ok("host", "set", f"52:54:00:00:00:0{number}", "--name", f"web{number}", "--once", "debian")
    kept = '{"type":"host","name":"web2","mac":["52:54:00:00:00:02"]}\n'
    assert "disarm" not in ctl.ok("import", "-", stdin=kept)
    told = "disarm 2 hosts: deleted, or by another identifier than before\n"
    assert f"would {told}" in ctl.ok("import", "-", "--replace", "--dry-run", stdin=kept)
    assert ctl.ok("import", "-", "--replace", stdin=kept).endswith(told.replace("disarm", "disarmed"))
    assert [host["once"]["state"] for host in ctl.json("host", "list")] == ["armed"]
