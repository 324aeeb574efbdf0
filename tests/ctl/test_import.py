# SPDX-License-Identifier: MPL-2.0
"""import and export."""

import csv
import io
import json
import pty
import os
import resource
import subprocess

import pytest

HOSTS = [
    {"type": "host", "name": "web1", "mac": ["52:54:00:00:00:01", "52:54:00:00:00:02"],
     "uuid": ["11223344-5566-7788-99aa-bbccddeeff01"], "duid": ["00:04:01:02:03:04:05:06"], "target": "debian",
     "loader": {"x86-bios": "ipxe.pxe"}, "labels": {"rack": "12", "place": "by the door, left"}, "note": "a \"b\", c"},
    {"type": "host", "name": "web2", "mac": ["52:54:00:00:00:03"], "labels": {"empty": ""}},
    {"type": "host", "uuid": ["aabbccdd-eeff-0011-2233-445566778899"], "note": "été"},
]


def lines(*records):
    return "".join(json.dumps(record) + "\n" for record in records)


def read(text):
    """Export as records, without the times that the store sets."""
    return [{key: value for key, value in json.loads(line).items() if key != "changed"} for line in text.splitlines()]


@pytest.fixture
def full(ctl):
    ctl.ok("site", "set", "lab", "--prefix", "192.0.2.0/24", "--prefix", "2001:db8::/32", "--tftp4", "192.0.2.1", "--http6",
           "http://[2001:db8::1]/")
    ctl.ok("target", "set", "debian", "--script", "debian.ipxe", "--file", "arm64-uefi=grub.efi", "--description", "x y")
    ctl.ok("target", "set", "disk", "--local")
    ctl.ok("import", "-", stdin=lines(*HOSTS))
    return ctl


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


# ---- wrong lines

WRONG = {
    "no json": ('{"mac":', "JSON"),
    "a word": ("web1", "JSON"),
    "a list": ('[{"mac":"52:54:00:00:00:01"}]', "one object a line"),
    "a string": ('"web1"', "object"),
    "two objects": ('{"mac":"52:54:00:00:00:01"} {}', "one JSON object a line"),
    "a mac": ('{"mac":"52:54:00:00:00"}', "`52:54:00:00:00`"),
    "a mac of a list": ('{"mac":["52:54:00:00:00:01","zz"]}', "`zz`"),
    "a mac that is a number": ('{"mac":525400000001}', "mac: give a list"),
    "a uuid": ('{"uuid":"1"}', "uuid: `1`"),
    "a duid": ('{"duid":"x"}', "duid: `x`"),
    "no identifier": ('{"target":"default"}', "needs a mac, uuid or duid"),
    "a new host by name": ('{"name":"web9"}', "web9"),
    "an unknown key": ('{"mac":"52:54:00:00:00:01","lables":{}}', "did you mean `labels`"),
    "a key twice": ('{"mac":"52:54:00:00:00:01","mac":"52:54:00:00:00:02"}', "`mac` is given twice"),
    "a label twice": ('{"mac":"52:54:00:00:00:01","labels":{"a":"1","a":"2"}}', "`a` is given twice"),
    "a label that is a list": ('{"mac":"52:54:00:00:00:01","labels":{"a":[]}}', "`a`"),
    "labels that are a list": ('{"mac":"52:54:00:00:00:01","labels":["a=b"]}', "labels: give an object"),
    "an unknown type": ('{"type":"hots","mac":"52:54:00:00:00:01"}', "did you mean `host`"),
    "a platform": ('{"type":"loader","platform":"x64","file":"a"}', "x64-uefi"),
    "a loader without its file": ('{"type":"loader","platform":"x64-uefi"}', "needs the key `file`"),
    "a site without a name": ('{"type":"site","tftp4":"192.0.2.1"}', "needs the key `name`"),
    "a prefix": ('{"type":"site","name":"a","prefixes":["192.0.2.1/24"]}', "192.0.2.0/24"),
    "an address": ('{"type":"site","name":"a","tftp4":"::1"}', "tftp4"),
    "a kind": ('{"type":"target","name":"a","kind":"lokal"}', "boot, local, silent or ignore"),
    "a target": ('{"mac":"52:54:00:00:00:01","target":"nope"}', "no target nope"),
    "a nul": ('{"mac":"52:54:00:00:00:01","note":"a\\u0000b"}', "NUL"),
    "a control character": ('{"mac":"52:54:00:00:00:01","note":"a\\u0007b"}', "note"),
    "no utf-8": (b'{"mac":"52:54:00:00:00:01","note":"\xff"}', "note"),
    "an object that is cut short": ('{"mac":"52:54:00:00:00:01"', "is the file cut short?"),
    "an object over several lines": ('{', "does not end on this line"),
    "a comma after an object": ('{"mac":"52:54:00:00:00:01"},', "`,` follows it"),
    "a long line": ('{"mac":"52:54:00:00:00:01","note":"' + "x" * 1100000 + '"}', "too long"),
    "a long note": ('{"mac":"52:54:00:00:00:01","note":"' + "x" * 100000 + '"}', "note"),
}


@pytest.mark.parametrize("line, told", WRONG.values(), ids=WRONG)
def test_a_wrong_line_is_named_and_nothing_changes(full, tmp_path, line, told):
    before, generation = full.export(), full.generation()
    line = line if isinstance(line, bytes) else line.encode()
    path = tmp_path / "hosts.jsonl"
    path.write_bytes(b'{"mac":"52:54:00:00:00:aa"}\n\n' + line + b'\n{"mac":"52:54:00:00:00:ab"}\n')
    done = full("import", path)
    assert (done.returncode, done.out) == (1, "")
    first, last = done.err.splitlines()
    assert first.startswith(f"{path}:3: ") and told in first
    assert "1 wrong line: nothing was changed" in last
    assert (full.export(), full.generation()) == (before, generation)


WRONG_CSV = {
    "an unknown column": ("name,mac,lable\n", 1, "did you mean `labels`"),
    "a column twice": ("mac,mac\n", 1, "twice"),
    "semicolons": ("name;mac\nweb9;52:54:00:00:00:0b\n", 1, "separate columns by commas, not by semicolons"),
    "tabs": ("name\tmac\nweb9\t52:54:00:00:00:0b\n", 1, "separate columns by commas, not by tabs"),
    "old line ends": ("name,mac\rweb9,52:54:00:00:00:0b\r", 1, "end with a carriage return only"),
    "UTF-16": ("\ufeffname,mac\n".encode("utf-16-le"), 1, "the file is UTF-16"),
    "no header": ("web1,52:54:00:00:00:01\n", 1, "unknown column `web1`"),
    "too few fields": ("name,mac\nweb9\n", 2, "1 fields"),
    "too many fields": ("name,mac\nweb9,52:54:00:00:00:01,x\n", 2, "3 fields"),
    "an open quote": ('name,mac,note\nweb9,52:54:00:00:00:0b,"x\n', 2, "quotation mark"),
    "a quote inside": ('name,mac,note\nweb9,52:54:00:00:00:0b,x"y\n', 2, "quotation mark"),
    "text after a quote": ('name,mac,note\nweb9,52:54:00:00:00:0b,"x"y\n', 2, "comma"),
    "a mac": ("name,mac\nweb8,52:54:00:00:00:0b\nweb9,zz\n", 3, "`zz`"),
    "a label": ("mac,labels\n52:54:00:00:00:0b,rack\n", 2, "KEY=VALUE"),
    "a label twice": ("mac,labels\n52:54:00:00:00:0b,a=1 a=2\n", 2, "`a` is given twice"),
}


@pytest.mark.parametrize("text, line, told", WRONG_CSV.values(), ids=WRONG_CSV)
def test_a_wrong_line_of_csv(full, tmp_path, text, line, told):
    before = full.export()
    path = tmp_path / "hosts.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    done = full("import", path)
    assert (done.returncode, done.out) == (1, "")
    assert done.err.startswith(f"{path}:{line}: ") and told in done.err.splitlines()[0]
    assert full.export() == before


def test_every_wrong_line_is_named(full):
    good, bad = '{"mac":"52:54:00:00:01:%02x"}', '{"mac":"52:54:00:00:01:x%x"}'
    text = "".join((bad if number % 3 == 0 else good) % number + "\n" for number in range(100))
    done = full("import", "-", stdin=text)
    named = [int(line.split(":")[1]) for line in done.err.splitlines() if line.startswith("standard input:")]
    assert named == [number + 1 for number in range(0, 100, 3)]
    assert "34 wrong lines" in done.err.splitlines()[-1]


@pytest.mark.parametrize("first, second, told", [
    ({"mac": "52:54:00:00:01:01"}, {"mac": "5254.0000.0101"}, "line 1"),
    ({"mac": ["52:54:00:00:01:01", "52:54:00:00:01:02"]}, {"mac": "52:54:00:00:01:02"}, "line 1"),
    ({"mac": "52:54:00:00:01:01"}, {"mac": ["52:54:00:00:01:02", "52:54:00:00:01:01"]}, "line 1"),
    ({"mac": "52:54:00:00:01:01", "name": "x"}, {"mac": "52:54:00:00:01:02", "name": "x"}, "line 1"),
    ({"mac": "52:54:00:00:01:01", "uuid": "aabbccdd-eeff-0011-2233-445566778890"},
     {"mac": "52:54:00:00:01:02", "uuid": "ddccbbaa-ffee-1100-2233-445566778890"}, "line 1"),
    ({"type": "target", "name": "x"}, {"type": "target", "name": "x", "kind": "local"}, "line 1"),
    ({"type": "site", "name": "x"}, {"type": "site", "name": "x"}, "line 1"),
    ({"type": "loader", "platform": "x64-uefi", "file": "a"}, {"type": "loader", "platform": "9", "file": "b"}, "line 1"),
])
@pytest.mark.parametrize("replace", [[], ["--replace"]], ids=["", "replace"])
def test_the_same_record_twice_names_both_lines(full, replace, first, second, told):
    before = full.export()
    done = full("import", *replace, "-", stdin=lines(first, second))
    assert done.returncode == 1 and done.err.startswith("standard input:2: ") and told in done.err.splitlines()[0]
    assert full.export() == before


def test_the_same_host_by_name_and_by_mac(full):
    done = full("import", "-", stdin=lines({"name": "web2", "note": "a"}, {"mac": "52:54:00:00:00:03", "note": "b"}))
    assert done.returncode == 1 and "line 1" in done.err


def test_what_another_host_of_the_store_has(full):
    before = full.export()
    done = full("import", "-", stdin=lines({"mac": "52:54:00:00:01:01", "name": "web1"}))
    assert done.returncode == 1 and "web1" in done.err
    done = full("import", "-", stdin=lines({"mac": ["52:54:00:00:01:01", "52:54:00:00:00:03"]}))
    assert done.returncode == 1 and "web2" in done.err
    assert full.export() == before


def test_force_takes_targets_that_are_missing(ctl):
    text = lines({"mac": "52:54:00:00:00:01", "target": "nope"}, {"mac": "52:54:00:00:00:02", "target": "nope"})
    done = ctl("import", "-", stdin=text)
    assert [line.split(":")[1] for line in done.err.splitlines()[:2]] == ["1", "2"] and done.returncode == 1
    ctl.ok("import", "--force", "-", stdin=text)
    assert [row["target"] for row in ctl.json("host", "list")] == ["nope", "nope"]


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
