# SPDX-License-Identifier: MPL-2.0
"""init, site, loader, target, status."""

import json
import subprocess

import pytest

from lib import paths

SITE_KEYS = ["name", "prefixes", "tftp4", "tftp6", "http4", "http6"]
STATUS_KEYS = ["store", "format", "generation", "changed", "hosts", "sites", "targets", "loaders", "size", "map_size",
               "readers", "used_by", "netbootd", "servers", "journal"]


# ---- init


def test_init_creates_what_it_says(ctl):
    assert ctl.json("site", "list") == [dict.fromkeys(SITE_KEYS) | {"name": "default", "prefixes": []}]
    assert {row["platform"]: row["file"] for row in ctl.json("loader", "list")} == {
        "x86-bios": "undionly.kpxe", "x86-uefi": "ipxe32.efi", "x64-uefi": "ipxe.efi"}
    assert ctl.json("target", "list") == [
        {"name": "default", "kind": "boot", "script": "script.ipxe", "files": {}, "description": None,
        "kernel": None, "initrds": [], "command_line": None, "order": None}]
    assert ctl.json("host", "list") == []


def test_init_leaves_a_store_as_it_is(ctl):
    ctl.ok("site", "set", "default", "--tftp4", "192.0.2.1")
    before = ctl.export()
    assert "already" in ctl.ok("init")
    assert ctl.export() == before


def test_init_where_it_cannot(bare):
    bare.directory.write_text("a file\n")
    assert str(bare.directory) in bare.wrong(1, "init")


@pytest.mark.parametrize("words", [["status"], ["host", "list"], ["host", "set", "52:54:00:00:00:01"], ["export"],
                                   ["explain", "--family", "4"], ["site", "show", "default"]])
def test_without_a_store(bare, words):
    message = bare.wrong(1, *words)
    assert f"netbootctl -d {bare.directory} init" in message


def test_directory_option_wins_over_environment(ctl, tmp_path):
    other = tmp_path / "other"
    ctl.ok("-d", other, "init")
    ctl.ok("-d", other, "host", "set", "52:54:00:00:00:01")
    for words in (["-d", other, "host", "list"], ["host", "list", "-d", other],
                  ["host", "list", f"--directory={other}"]):
        assert len(json.loads(ctl(*words, "--json").out)) == 1
    assert ctl.json("host", "list") == []


def test_a_foreign_store(alone):
    path = alone.directory / "targets" / "data.mdb"
    path.write_bytes(b"no database\n" * 1000)
    before = path.read_bytes()
    assert str(alone.directory) in alone.wrong(1, "host", "list")
    assert str(alone.directory) in alone.wrong(1, "host", "set", "52:54:00:00:00:01")
    assert path.read_bytes() == before


# ---- site


def test_site_set_changes_what_is_named(ctl):
    ctl.ok("site", "set", "lab", "--prefix", "192.0.2.0/24", "--prefix", "2001:db8::/32", "--tftp4", "192.0.2.1",
           "--http6", "http://[2001:db8::1]/boot/")
    assert ctl.json("site", "show", "lab") == {
        "name": "lab", "prefixes": ["192.0.2.0/24", "2001:db8::/32"], "tftp4": "192.0.2.1", "tftp6": None,
        "http4": None, "http6": "http://[2001:db8::1]/boot/"}
    ctl.ok("site", "set", "lab", "--tftp6", "2001:db8::1", "--http4", "http://192.0.2.1/")
    site = ctl.json("site", "show", "lab")
    assert (site["tftp4"], site["tftp6"], site["http4"]) == ("192.0.2.1", "2001:db8::1", "http://192.0.2.1/")
    ctl.ok("site", "set", "lab", "--prefix", "198.51.100.0/24")
    assert ctl.json("site", "show", "lab")["prefixes"] == ["198.51.100.0/24"]


@pytest.mark.parametrize("key", ["tftp4", "tftp6", "http4", "http6"])
def test_site_unset(ctl, key):
    ctl.ok("site", "set", "lab", "--prefix", "192.0.2.0/24", "--tftp4", "192.0.2.1", "--tftp6", "2001:db8::1",
           "--http4", "http://192.0.2.1/", "--http6", "http://[2001:db8::1]/")
    before = ctl.json("site", "show", "lab")
    ctl.ok("site", "set", "lab", f"--no-{key}")
    assert ctl.json("site", "show", "lab") == before | {key: None}


def test_site_unset_prefixes(ctl):
    ctl.ok("site", "set", "lab", "--prefix", "192.0.2.0/24")
    ctl.ok("site", "set", "lab", "--no-prefix")
    assert ctl.json("site", "show", "lab")["prefixes"] == []


def test_site_delete(ctl):
    ctl.ok("site", "set", "lab")
    assert ctl.ok("site", "delete", "lab", "--dry-run") == "would delete site lab\n"
    assert len(ctl.json("site", "list")) == 2
    assert ctl.ok("site", "delete", "lab") == "deleted site lab\n"
    assert [site["name"] for site in ctl.json("site", "list")] == ["default"]
    assert "did you mean `default`" in ctl.wrong(1, "site", "delete", "defalt")


@pytest.mark.parametrize("words, told", [
    (["lab", "--tftp4", "2001:db8::1"], ["2001:db8::1", "IPv4", "192.0.2.1"]),
    (["lab", "--tftp4", "192.0.2.256"], ["192.0.2.256"]),
    (["lab", "--tftp4", "0.0.0.0"], ["0.0.0.0"]),
    (["lab", "--tftp6", "192.0.2.1"], ["192.0.2.1", "IPv6"]),
    (["lab", "--http4", "192.0.2.1"], ["192.0.2.1", "http://"]),
    (["lab", "--http6", "ftp://[2001:db8::1]/"], ["ftp://"]),
    (["lab", "--prefix", "192.0.2.0/33"], ["192.0.2.0/33"]),
    (["lab", "--prefix", "192.0.2.1/24"], ["192.0.2.1/24", "192.0.2.0/24"]),
    (["lab", "--prefix", "2001:db8::1/64"], ["2001:db8::/64"]),
    (["lab", "--prefix", "lab"], ["`lab`"]),
    (["lab", "--prefix", "192.0.2.0/24", "--prefix", "192.0.2.0/24"], ["twice"]),
    (["-lab-"], ["-lab-"]),
    (["l a b"], ["l a b", "letters"]),
    (["lab", "--tftp4", ""], ["--no-tftp4"]),
    (["lab", "--tftp4", "192.0.2.1", "--no-tftp4"], ["--tftp4", "--no-tftp4"]),
    (["lab", "--tftp4", "192.0.2.1", "--tftp4", "192.0.2.2"], ["twice"]),
])
def test_site_wrong_values(ctl, words, told):
    before = ctl.export()
    message = ctl.wrong(2, "site", "set", *words)
    for part in told:
        assert part in message
    assert ctl.export() == before


# ---- loader


@pytest.mark.parametrize("platform, stored", [("arm64-uefi", "arm64-uefi"), ("11", "arm64-uefi"), ("x64-uefi", "x64-uefi"),
                                              ("9", "x64-uefi"), ("16", "x64-uefi"), ("riscv64-uefi", "riscv64-uefi")])
def test_loader_platforms(ctl, platform, stored):
    ctl.ok("loader", "set", platform, "some.efi")
    assert {"platform": stored, "file": "some.efi"} in ctl.json("loader", "list")
    ctl.ok("loader", "delete", platform)
    assert stored not in [row["platform"] for row in ctl.json("loader", "list")]


@pytest.mark.parametrize("code, words, told", [
    (2, ["set", "x64", "a.efi"], "did you mean `x64-uefi`"),
    (2, ["set", "x64-eufi", "a.efi"], "did you mean `x64-uefi`"),
    (2, ["set", "9999", "a.efi"], "help platforms"),
    (2, ["set", "x64-uefi"], "PLATFORM FILE"),
    (2, ["set", "x64-uefi", "a b.efi"], "file"),
    (2, ["set", "x64-uefi", "{nope}.efi"], "{"),
    (2, ["set", "x64-uefi", ""], "file"),
    (2, ["set", "x64-uefi", "a" * 1024], "1023"),
    (1, ["delete", "arm64-uefi"], "x64-uefi"),
    (2, ["delete", "arm64-efi"], "arm64-uefi"),
])
def test_loader_wrong(ctl, code, words, told):
    before = ctl.export()
    assert told in ctl.wrong(code, "loader", *words)
    assert ctl.export() == before


# ---- target


def test_target_set_changes_what_is_named(ctl):
    ctl.ok("target", "set", "debian", "--script", "debian.ipxe", "--file", "x64-uefi=grub.efi", "--file", "11=grub64.efi",
           "--description", "Debian 12, \"bookworm\"")
    assert ctl.json("target", "show", "debian") == {
        "name": "debian", "kind": "boot", "script": "debian.ipxe",
        "files": {"x64-uefi": "grub.efi", "arm64-uefi": "grub64.efi"}, "description": "Debian 12, \"bookworm\"",
        "kernel": None, "initrds": [], "command_line": None, "order": None}
    ctl.ok("target", "set", "debian", "--script", "http://192.0.2.1/{mac}.ipxe")
    target = ctl.json("target", "show", "debian")
    assert target["script"] == "http://192.0.2.1/{mac}.ipxe" and len(target["files"]) == 2
    ctl.ok("target", "set", "debian", "--file", "x86-bios=pxelinux.0")
    assert ctl.json("target", "show", "debian")["files"] == {"x86-bios": "pxelinux.0"}
    ctl.ok("target", "set", "debian", "--no-file", "x86-bios", "--no-script", "--no-description")
    assert ctl.json("target", "show", "debian") == {
        "name": "debian", "kind": "boot", "script": None, "files": {}, "description": None,
        "kernel": None, "initrds": [], "command_line": None, "order": None}


@pytest.mark.parametrize("kind", ["boot", "local", "silent", "ignore"])
def test_target_kinds(ctl, kind):
    ctl.ok("target", "set", "one", "--kind", kind)
    assert ctl.json("target", "show", "one")["kind"] == kind
    if kind != "boot":
        ctl.ok("target", "set", "two", f"--{kind}")
        assert ctl.json("target", "show", "two")["kind"] == kind
    ctl.ok("target", "set", "one", "--script", "a.ipxe")
    assert ctl.json("target", "show", "one")["kind"] == kind


@pytest.mark.parametrize("words, told", [
    (["x", "--kind", "locl"], "boot, local, silent or ignore"),
    (["x", "--kind", "local", "--silent"], "exclude each other"),
    (["x", "--local", "--ignore"], "exclude each other"),
    (["x", "--file", "x64-uefi"], "PLATFORM=FILE"),
    (["x", "--file", "=a"], "PLATFORM=FILE"),
    (["x", "--file", "x64=a"], "x64-uefi"),
    (["x", "--file", "7=a", "--file", "9=b"], "twice"),
    (["x", "--script", "a b"], "script"),
    (["x", "--scrpt", "a"], "did you mean `--script`"),
    (["x", "--description", "a\x07b"], "description"),
    (["x", "--description", b"\xff\xfe"], "description"),
    ([], "NAME"),
    (["x", "y"], "`y`"),
])
def test_target_wrong_values(ctl, words, told):
    before = ctl.export()
    words = [word if isinstance(word, str) else word.decode(errors="surrogateescape") for word in words]
    assert told in ctl.wrong(2, "target", "set", *words)
    assert ctl.export() == before


def test_target_in_use_is_not_deleted(ctl):
    ctl.ok("target", "set", "debian", "--script", "debian.ipxe")
    for number in range(8):
        ctl.ok("host", "set", f"52:54:00:00:00:0{number}", "--name", f"web{number}", "--target", "debian")
    before = ctl.export()
    message = ctl.wrong(1, "target", "delete", "debian")
    assert "8 hosts" in message and "web0" in message and "--force" in message
    assert ctl.export() == before
    out = ctl.ok("target", "delete", "debian", "--force", "--dry-run")
    assert ctl.export() == before
    assert all(f"host web{number} " in out for number in range(8))
    out = ctl.ok("target", "delete", "debian", "--force")
    assert all(f"host web{number} " in out for number in range(8))
    assert [target["name"] for target in ctl.json("target", "list")] == ["default"]
    assert ctl.json("host", "show", "web0")["target"] == "debian"


def test_target_not_in_use_is_deleted(ctl):
    ctl.ok("target", "set", "debian", "--script", "debian.ipxe")
    assert ctl.ok("target", "delete", "debian") == "deleted target debian\n"
    assert "--force" in ctl.wrong(1, "target", "delete", "default")
    assert "--force" in ctl.wrong(1, "site", "delete", "default")
    ctl.ok("target", "delete", "default", "--force")
    assert ctl.json("target", "list") == []


def test_a_target_that_a_host_is_armed_with_stays(ctl):
    ctl.ok("target", "set", "install", "--script", "install.ipxe")
    ctl.ok("host", "set", "52:54:00:00:00:01", "--name", "web1")
    ctl.ok("host", "set", "web1", "--once", "install")
    message = ctl.wrong(1, "target", "delete", "install")
    assert "1 host (web1)" in message and "--no-once" in message and "--force" in message
    assert "web1 uses it, and boots its regular target" in ctl.ok("target", "delete", "install", "--force", "--dry-run")
    ctl.ok("host", "done", "web1")
    ctl.ok("target", "delete", "install")


# ---- status


def test_status_tells_the_oldest_reader(ctl):
    """A program that looks at an old state keeps its pages from being used again: who it is, and how old."""
    agent = paths.build() / "tests/store/store_agent"
    with subprocess.Popen([agent, ctl.directory, "view"], stdout=subprocess.PIPE, text=True) as viewer:
        try:
            assert viewer.stdout.readline() == "viewing\n"
            assert list(ctl.json("status")) == STATUS_KEYS
            for number in range(3):
                ctl.ok("host", "set", f"52:54:00:00:00:0{number}")
            told = ctl.json("status")
            assert told["oldest_reader"] == {"program": "store_agent", "pid": viewer.pid, "behind": 3}
            assert f"store_agent ({viewer.pid}), 3 changes behind" in ctl.ok("status")
        finally:
            viewer.kill()
    assert list(ctl.json("status")) == STATUS_KEYS, "it is dead, and the next change clears its place"


def test_status(ctl):
    before = ctl.json("status")
    assert list(before) == STATUS_KEYS
    assert (before["store"], before["hosts"], before["sites"], before["targets"], before["loaders"]) == (
        str(ctl.directory), 0, 1, 1, 3)
    ctl.ok("host", "set", "52:54:00:00:00:01")
    after = ctl.json("status")
    netbootd = [{"program": "netbootd", "pid": ctl.netbootd.pid}]
    assert before["used_by"] == after["used_by"] == netbootd, "and not the command itself"
    assert after["generation"] == before["generation"] + 1 and after["hosts"] == 1
    assert 0 < after["size"] <= after["map_size"]
    assert after["changed"].endswith("Z") and after["changed"] >= before["changed"]


def test_status_as_text(ctl):
    out = ctl.ok("status")
    assert [line.split()[0] for line in out.splitlines()] == STATUS_KEYS
    assert "GiB" in out or "MiB" in out


# ---- all of them


def test_dry_run_changes_nothing(ctl):
    ctl.ok("host", "set", "52:54:00:00:00:01", "--name", "web1")
    before, generation = ctl.export(), ctl.generation()
    for words in (["site", "set", "default", "--tftp4", "192.0.2.1"], ["site", "set", "new"],
                  ["loader", "set", "x64-uefi", "b.efi"], ["loader", "delete", "x64-uefi"],
                  ["target", "set", "default", "--local"], ["target", "delete", "default", "--force"],
                  ["host", "set", "web1", "--note", "x"], ["host", "set", "52:54:00:00:00:02"],
                  ["host", "delete", "web1"], ["site", "delete", "default", "--force"]):
        assert ctl.ok(*words, "--dry-run").startswith("would ")
    assert (ctl.export(), ctl.generation()) == (before, generation)


def test_setting_what_is_set_changes_nothing(ctl):
    for words in (["site", "set", "default", "--tftp4", "192.0.2.1"], ["loader", "set", "x64-uefi", "b.efi"],
                  ["target", "set", "new", "--local"],
                  ["host", "set", "52:54:00:00:00:01", "--name", "web1", "--label", "a=b"]):
        ctl.ok(*words)
        generation = ctl.generation()
        assert ctl.ok(*words).startswith("unchanged: ")
        assert ctl.generation() == generation


def test_a_change_says_what_it_changed(ctl):
    assert ctl.ok("target", "set", "default", "--script", "menu.ipxe") == (
        "changed target default: script script.ipxe -> menu.ipxe\n")
    assert ctl.ok("loader", "set", "arm64-uefi", "a.efi") == "added loader arm64-uefi: file a.efi\n"


@pytest.mark.parametrize("table", ["site", "target", "loader", "host"])
def test_lists_as_text(ctl, table):
    ctl.ok("host", "set", "52:54:00:00:00:01", "--name", "web1")
    lines = ctl.ok(table, "list").splitlines()
    assert lines[0] == lines[0].upper()
    assert len(lines) == 1 + len(ctl.json(table, "list"))


def test_an_empty_list_says_so(ctl):
    done = ctl("host", "list")
    assert (done.returncode, done.out) == (0, "") and "no hosts" in done.err
    assert ctl.ok("host", "list", "--json") == "[]\n"
