# SPDX-License-Identifier: MPL-2.0
"""import of lines that are wrong: each is named, and nothing changes."""


import pytest
from importing import *  # noqa: F403

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
