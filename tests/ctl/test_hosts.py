# SPDX-License-Identifier: MPL-2.0
"""host set, show, list, delete."""

import json
import re

import pytest

KEYS = ["name", "mac", "uuid", "duid", "target", "loader", "labels", "note", "changed"]
M1, M2, M3, M4 = (f"52:54:00:12:34:5{digit}" for digit in "6789")
U1 = "11223344-5566-7788-99aa-bbccddeeff01"
D1 = "00:03:00:01:52:54:00:12:34:56"


@pytest.fixture
def web1(ctl):
    ctl.ok("target", "set", "debian", "--script", "debian.ipxe")
    ctl.ok("host", "set", M1, "--name", "web1", "--mac", M1, "--mac", M2, "--uuid", U1, "--duid", D1, "--target", "debian",
           "--loader", "x86-bios=ipxe.pxe", "--loader", "x64-uefi=snponly.efi", "--label", "rack=12", "--label", "role=db",
           "--note", "by the door")
    return ctl


def host(ctl, name="web1"):
    return {key: value for key, value in ctl.json("host", "show", name).items() if key != "changed"}


def test_show_has_all_keys(web1):
    shown = web1.json("host", "show", "web1")
    assert list(shown) == KEYS
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", shown.pop("changed"))
    assert shown == {"name": "web1", "mac": [M1, M2], "uuid": [U1], "duid": [D1], "target": "debian",
                     "loader": {"x86-bios": "ipxe.pxe", "x64-uefi": "snponly.efi"},
                     "labels": {"rack": "12", "role": "db"}, "note": "by the door"}


def test_keys_that_are_absent_are_there(ctl):
    ctl.ok("host", "set", M1)
    shown = ctl.json("host", "show", M1)
    assert list(shown) == KEYS
    assert shown | {"changed": None} == {"name": None, "mac": [M1], "uuid": [], "duid": [], "target": None, "loader": {},
                                        "labels": {}, "note": None, "changed": None}


@pytest.mark.parametrize("name", ["web1", M1, M2, M2.upper(), M2.replace(":", "-"), M2.replace(":", ""), "5254.0012.3457",
                                  U1, U1.upper(), U1.replace("-", ""), D1, D1.replace(":", "")])
def test_any_identifier_finds_the_host(web1, name):
    assert host(web1, name)["name"] == "web1"


@pytest.mark.parametrize("mac", ["52:54:00:AB:cd:01", "52-54-00-ab-cd-01", "5254.00ab.cd01", "525400ABCD01"])
def test_spellings_of_a_mac(ctl, mac):
    ctl.ok("host", "set", mac)
    assert ctl.json("host", "list")[0]["mac"] == ["52:54:00:ab:cd:01"]
    assert "52:54:00:ab:cd:01" in ctl.ok("host", "list")


@pytest.mark.parametrize("mac", ["52:54:00:ab:cd", "52:54:00:ab:cd:01:02", "52:54:00:ab:cd:0g", "52:54-00:ab:cd:01",
                                 "5254.00ab.cd0", "5:54:00:ab:cd:01", "52:54:00:ab:cd:01 "])
def test_what_is_no_mac(ctl, mac):
    assert f"`{mac}`" in ctl.wrong(2, "host", "set", "web1", "--mac", mac)
    assert ctl.json("host", "list") == []


# ---- what set names


@pytest.mark.parametrize("words, changed", [
    (["--name", "db1"], {"name": "db1"}),
    (["--mac", M3], {"mac": [M3]}),
    (["--mac", M3, "--mac", M1], {"mac": [M3, M1]}),
    (["--uuid", "aabbccddeeff00112233445566778899"], {"uuid": ["aabbccdd-eeff-0011-2233-445566778899"]}),
    (["--duid", "00:04:01:02:03:04:05:06"], {"duid": ["00:04:01:02:03:04:05:06"]}),
    (["--target", "default"], {"target": "default"}),
    (["--loader", "7=x.efi"], {"loader": {"x64-uefi": "x.efi"}}),
    (["--label", "rack=13"], {"labels": {"rack": "13"}}),
    (["--label", "rack=13", "--label", "u="], {"labels": {"rack": "13", "u": ""}}),
    (["--label", "x=a=b c"], {"labels": {"x": "a=b c"}}),
    (["--note", "-- moved --"], {"note": "-- moved --"}),
    (["--note=été"], {"note": "été"}),
    (["--no-target"], {"target": None}),
    (["--no-note"], {"note": None}),
    (["--no-name"], {"name": None}),
    (["--no-loader", "x86-bios"], {"loader": {"x64-uefi": "snponly.efi"}}),
    (["--no-loader", "0", "--no-loader", "9"], {"loader": {}}),
    (["--no-label", "rack"], {"labels": {"role": "db"}}),
    (["--no-label", "nope"], {}),
    (["--no-id", M1], {"mac": [M2]}),
    (["--no-id", M2.upper(), "--no-id", U1], {"mac": [M1], "uuid": []}),
    (["--no-id", "web1"], {"name": None}),
    (["--no-id", D1.replace(":", "")], {"duid": []}),
    ([], {}),
], ids=" ".join)
def test_set_changes_what_is_named(web1, words, changed):
    before = host(web1)
    out = web1.ok("host", "set", "web1", *words)
    assert out.startswith("changed host " if changed else "unchanged: host web1")
    after = [row for row in web1.json("host", "list")]
    assert len(after) == 1
    after[0].pop("changed")
    assert after[0] == before | changed


def test_a_list_of_labels_replaces_the_old_one(web1):
    web1.ok("host", "set", "web1", "--label", "a=1", "--label", "b=2")
    assert host(web1)["labels"] == {"a": "1", "b": "2"}


# ---- new hosts


def test_an_id_creates_a_host(ctl):
    for name in (M1, U1, D1):
        assert ctl.ok("host", "set", name).startswith("added host ")
    assert [(row["mac"], row["uuid"], row["duid"]) for row in ctl.json("host", "list")].count(([M1], [], [])) == 1
    assert len(ctl.json("host", "list")) == 3


def test_the_id_is_the_first_of_a_new_host(ctl):
    ctl.ok("host", "set", M1, "--mac", M2, "--mac", M3)
    assert ctl.json("host", "show", M2)["mac"] == [M1, M2, M3]


def test_the_same_command_twice_is_the_same_host(ctl):
    for words in ([M1, "--mac", M2, "--mac", M3, "--uuid", U1], [M1, "--mac", M1, "--mac", M2],
                  ["web1", "--mac", M4, "--uuid", "aabbccddeeff00112233445566778899"]):
        ctl.ok("host", "set", *words)
        before = ctl.export()
        assert ctl.ok("host", "set", *words).startswith("unchanged: ")
        assert ctl.export() == before


def test_a_name_creates_a_host_with_identifiers(ctl):
    ctl.ok("host", "set", "web1", "--mac", M1)
    ctl.ok("host", "set", "web2", "--uuid", U1, "--name", "web2")
    assert [ctl.json("host", "show", name)["name"] for name in ("web1", "web2")] == ["web1", "web2"]


@pytest.mark.parametrize("code, words, told", [
    (1, ["web9"], "--mac"),
    (1, ["web9", "--note", "x"], "--mac"),
    (1, ["web9", "--mac", M4, "--name", "web8"], "web9"),
    (2, ["web 9", "--mac", M4], "`web 9`"),
    (2, [M3, "--name", "52:54:00:00:00:09"], "name"),
    (2, [M3, "--name", "a/b"], "`a/b`"),
    (2, [M3, "--uuid", "1234"], "`1234`"),
    (2, [M3, "--duid", "xx"], "`xx`"),
    (2, [M3, "--uuid", "0" * 32], "zero"),
    (2, [M3, "--mac", "00:00:00:00:00:00"], "zero"),
    (2, [M3, "--mac", M4, "--mac", M4.upper()], "twice"),
    (2, [M3, "--label", "rack"], "KEY=VALUE"),
    (2, [M3, "--label", "=x"], "KEY=VALUE"),
    (2, [M3, "--label", "a b=x"], "`a b`"),
    (2, [M3, "--label", "a=1", "--label", "a=2"], "`a` twice"),
    (2, [M3, "--loader", "ipxe.efi"], "PLATFORM=FILE"),
    (2, [M3, "--loader", "amd64=ipxe.efi"], "`amd64`"),
    (2, [M3, "--no-loader", "amd64"], "`amd64`"),
    (2, [M3, "--no-id", "a b"], "`a b`"),
    (2, [M3, "--target", "a b"], "--target"),
    (2, [M3, "--target", ""], "--no-target"),
    (2, [M3, "--note", ""], "--no-note"),
    (2, [M3, "--note", "a\nb"], "note"),
    (2, [M3, "--target", "default", "--no-target"], "exclude each other"),
    (2, [M3, "--name", "a", "--name", "b"], "twice"),
    (2, [M3, "--lable", "rack=12"], "did you mean `--label`"),
    (2, [M3, "--targett=x"], "did you mean `--target`"),
    (2, [M3, "--targ", "default"], "did you mean `--target`"),
    (2, [M3, "--no-target=x"], "takes no value"),
    (2, [M3, "--target"], "--target NAME"),
    (2, [M3, "-x"], "`-x`"),
    (2, [M3, "--no-id", M3], "MAC, UUID or DUID"),
    (2, [], "ID..."),
    (1, [M3, "--target", "debain"], "did you mean `debian`"),
    (1, [M3, "--target", "windows"], "debian, default"),
    (1, [M3, "--name", "web1"], "web1"),
    (1, [M3, "--mac", M1], "--no-id"),
    (1, [M3, "--uuid", U1], "web1"),
], ids=lambda value: " ".join(value) if isinstance(value, list) else None)
def test_set_that_is_wrong(web1, code, words, told):
    before, generation = web1.export(), web1.generation()
    message = web1.wrong(code, "host", "set", *words)
    assert told in message
    assert (web1.export(), web1.generation()) == (before, generation)


def test_names_of_both_byte_orders_of_a_uuid_are_one_machine(web1):
    swapped = "44332211-6655-8877-99aa-bbccddeeff01"
    assert host(web1, swapped)["name"] == "web1"
    web1.wrong(1, "host", "set", M3, "--uuid", swapped)


# ---- several at once


def test_set_of_several_hosts(ctl):
    ctl.ok("host", "set", M1, M2, M3, "--label", "rack=12", "--target", "default")
    rows = ctl.json("host", "list")
    assert [row["mac"] for row in rows] == [[M1], [M2], [M3]]
    assert all(row["labels"] == {"rack": "12"} and row["target"] == "default" for row in rows)
    generation = ctl.generation()
    ctl.ok("host", "set", M1, M2, M3, "--no-target")
    assert ctl.generation() == generation + 1


def test_several_hosts_are_set_all_or_none(web1):
    before = web1.export()
    web1.wrong(1, "host", "set", M3, "nope", "--note", "x")
    web1.wrong(2, "host", "set", M3, "not a name", "--note", "x")
    assert web1.export() == before


@pytest.mark.parametrize("option", [["--name", "x"], ["--mac", M4], ["--uuid", U1], ["--duid", D1], ["--no-id", M1],
                                    ["--no-name"]])
def test_options_for_one_host(ctl, option):
    assert option[0] in ctl.wrong(2, "host", "set", M1, M2, *option)


def test_delete_of_several_hosts_is_all_or_none(web1):
    web1.ok("host", "set", M3, M4)
    before = web1.export()
    assert "nope" in web1.wrong(1, "host", "delete", M3, "nope")
    assert web1.export() == before
    assert web1.ok("host", "delete", M3, "web1") == f"deleted host {M3}\ndeleted host web1\n"
    assert [row["mac"] for row in web1.json("host", "list")] == [[M4]]
    for name in (M1, M2, U1, D1, "web1"):
        web1.wrong(1, "host", "show", name)


def test_identifiers_that_are_taken_away_are_free(web1):
    web1.ok("host", "set", "web1", "--no-id", M2)
    web1.ok("host", "set", M2, "--name", "web2")
    assert host(web1, M2)["name"] == "web2"
    web1.ok("host", "set", "web1", "--no-id", M1, "--mac", M3)
    assert host(web1)["mac"] == [M3]
    assert host(web1, U1)["name"] == "web1"
    web1.ok("host", "set", M1)


# ---- list


def test_list_filters(ctl):
    ctl.ok("target", "set", "debian")
    ctl.ok("host", "set", M1, "--name", "a", "--label", "rack=12", "--label", "role=db", "--target", "debian")
    ctl.ok("host", "set", M2, "--name", "b", "--label", "rack=12")
    ctl.ok("host", "set", M3, "--name", "c", "--label", "rack=13", "--target", "debian")

    def names(*words):
        return [row["name"] for row in ctl.json("host", "list", *words)]

    assert names() == ["a", "b", "c"]
    assert names("--label", "rack=12") == ["a", "b"]
    assert names("--label", "rack=1") == []
    assert names("--label", "rack") == ["a", "b", "c"]
    assert names("--label", "rack=12", "--label", "role=db") == ["a"]
    assert names("--target", "debian") == ["a", "c"]
    assert names("--target", "debian", "--label", "rack=13") == ["c"]
    assert names("--target", "debia") == []


def test_list_and_show_agree(web1):
    assert web1.json("host", "list") == [web1.json("host", "show", "web1")]
    row = web1.ok("host", "list").splitlines()[1].split("  ")
    assert [cell.strip() for cell in row if cell.strip()] == ["web1", f"{M1},{M2}", "debian", "-", "rack=12,role=db",
                                                             "by the door"]
    shown = web1.ok("host", "show", "web1")
    for part in (M1, M2, U1, D1, "debian", "x86-bios=ipxe.pxe", "rack=12", "role=db", "by the door"):
        assert part in shown


def test_show_of_what_is_not_there(web1):
    assert "host list" in web1.wrong(1, "host", "show", "web9")
    assert M3 in web1.wrong(1, "host", "show", M3)
    assert "`a b`" in web1.wrong(2, "host", "show", "a b")


def test_a_host_with_many_cards(ctl):
    macs = [f"52:54:00:00:01:{number:02x}" for number in range(40)]
    ctl.ok("host", "set", "big", *[word for mac in macs for word in ("--mac", mac)])
    assert all(ctl.json("host", "show", mac)["mac"] == macs for mac in (macs[0], macs[39]))
    macs = [f"52:54:00:00:02:{number:02x}" for number in range(65)]
    assert "64" in ctl.wrong(2, "host", "set", "huge", *[word for mac in macs for word in ("--mac", mac)])


# ---- what is armed, in lists


def test_list_shows_what_is_armed(web1):
    web1.ok("target", "set", "install", "--script", "install.ipxe")
    web1.ok("host", "set", M3, "--name", "web2", "--label", "rack=12")
    plain = web1.ok("host", "list")
    assert plain.split("\n")[0].split() == ["NAME", "ID", "TARGET", "ONCE", "LABELS", "NOTE"]
    assert [line.split()[3] for line in plain.splitlines()[1:]] == ["-", "-"]
    web1.ok("host", "set", "web1", "--once", "install")
    for words in (["--label", "rack=12"], ["--from-file", "-"]):
        rows = web1.ok("host", "list", *words, stdin="web1\nweb2\n").splitlines()
        assert "armed install" in rows[1] and "web1" in rows[1] and "armed" not in rows[2], rows
    web1.ok("host", "done", "web1")
    assert "done install" in web1.ok("host", "list")


def test_list_in_json_is_as_show(web1):
    web1.ok("target", "set", "install", "--script", "install.ipxe")
    web1.ok("host", "set", "web1", "--once", "install")
    assert web1.json("host", "list") == [web1.json("host", "show", "web1")]


def test_list_without_netbootd(web1):
    """Whether it is armed is not known, and it is said why."""
    web1.ok("host", "set", "web1", "--once", "debian")
    web1.netbootd.stop()
    for words in (["host", "list"], ["host", "show", "web1"]):
        done = web1(*words)
        assert done.returncode == 0 and "web1" in done.out
        assert done.err.startswith("netbootctl: cannot tell which hosts are armed: netbootd does not run for ")
    assert web1("host", "list").out.splitlines()[1].split()[3] == "?"
    for words in (["host", "list"], ["host", "show", "web1"]):
        shown = json.loads(web1(*words, "--json").out)
        assert (shown[0] if words[1] == "list" else shown)["once"] == {"state": "?"}
    web1.netbootd.start()
    assert host(web1)["once"]["target"] == "debian"


@pytest.mark.parametrize("words", [["web2", "--mac", M1], [U1.replace("01", "02"), "--mac", M1], ["web2", "--uuid", U1],
                                   ["web2", "--mac", M3, "--mac", M1]], ids=" ".join)
def test_a_new_host_takes_nobodys_place(web1, words):
    web1.ok("host", "set", "web1", "--once", "debian")
    before = host(web1)
    assert before["once"]["state"] == "armed"
    told = web1.wrong(1, "host", "set", *words)
    assert "already belongs to host web1: change that host instead" in told
    assert host(web1) == before and len(web1.json("host", "list")) == 1
    assert "would add" not in web1.wrong(1, "host", "set", *words, "--dry-run")


def test_a_host_that_goes_by_another_identifier_is_disarmed_and_told(web1):
    web1.ok("host", "set", "web1", "--once", "debian")
    told = "host web1: it goes by another identifier now; arm it again with --once or --until-done\n"
    assert f"would disarm {told}" in web1.ok("host", "set", "web1", "--mac", M3, "--dry-run")
    assert "disarm" not in web1.ok("host", "set", "web1", "--note", "x", "--mac", M1, "--mac", M3, "--dry-run")
    assert web1.ok("host", "set", "web1", "--mac", M3).endswith(f"disarmed {told}")
    assert "disarm" not in web1.ok("host", "set", "web1", "--mac", M2)  # it was not armed any more


def test_nothing_is_disarmed_where_nothing_is_armed(web1):
    assert web1.ok("host", "set", "web1", "--no-once") == "unchanged: nothing was armed\n"
    web1.ok("host", "set", "web1", "--once", "debian")
    assert web1.ok("host", "set", "web1", "--no-once") == "disarmed host web1\n"


@pytest.mark.parametrize("when", ["2027-02-31T12:00:00Z", "2027-04-31T00:00:00Z", "2027-02-29T00:00:00Z"])
def test_no_such_day(web1, when):
    assert f"--expires: `{when}` is not a time" in web1.wrong(2, "host", "set", "web1", "--once", "debian", "--expires", when)
    assert "once" not in host(web1)
