# SPDX-License-Identifier: MPL-2.0
"""netbootctl explain --chain: every file that a machine loads, one after the other."""

import json
import shlex

import pytest

from linting import boot, place

MAC = "52:54:00:00:00:01"
SITE = ("site set default --tftp4 192.0.2.1 --http4 http://192.0.2.1/ --tftp6 2001:db8::1"
        " --http6 http://[2001:db8::1]/")
KEYS = ["what", "script", "line", "depth", "file", "url", "path", "state", "size", "problem", "fix"]
WAYS4, WAYS6 = ["IPv4 PXE", "IPv4 HTTP", "IPv4 iPXE"], ["IPv6 PXE", "IPv6 HTTP", "IPv6 iPXE"]


def chain(ctl, *words, code=0):
    """{(platform, way): [step]}"""
    done = ctl("explain", "--chain", "--json", *words)
    assert (done.returncode, done.err) == (code, ""), done.err or done.out
    ways = json.loads(done.out)["ways"]
    assert all(list(step) == KEYS for way in ways for step in way["steps"])
    return {(way["platform"], way["way"]): way["steps"] for way in ways}


def short(steps):
    return [(step["what"], step["url"], step["state"]) for step in steps]


@pytest.fixture
def root(open_path, ctl):
    """A data root with the loaders of a new store, and a script that names nothing."""
    ctl.ok(*SITE.split())
    path = open_path / "root"
    path.mkdir(mode=0o755)
    path.chmod(0o755)
    for name in ("undionly.kpxe", "ipxe32.efi", "ipxe.efi", "script.ipxe"):
        place(path, name)
    return path


def test_every_way_of_every_platform_with_a_loader(ctl):
    ctl.ok(*SITE.split())
    found = chain(ctl, MAC)
    assert list(found) == [("x86-bios", "IPv4 PXE"), ("x86-bios", "IPv4 iPXE"),
                           *(("x86-uefi", way) for way in WAYS4 + WAYS6), *(("x64-uefi", way) for way in WAYS4 + WAYS6)]
    assert {way: short(steps) for (platform, way), steps in found.items() if platform == "x64-uefi"} == {
        "IPv4 PXE": [("loader", "tftp://192.0.2.1/ipxe.efi", "unchecked")],
        "IPv4 HTTP": [("loader", "http://192.0.2.1/ipxe.efi", "unchecked")],
        "IPv4 iPXE": [("script", "http://192.0.2.1/script.ipxe", "unchecked")],
        "IPv6 PXE": [("loader", "tftp://[2001:db8::1]/ipxe.efi", "unchecked")],
        "IPv6 HTTP": [("loader", "http://[2001:db8::1]/ipxe.efi", "unchecked")],
        "IPv6 iPXE": [("script", "http://[2001:db8::1]/script.ipxe", "unchecked")],
    }


def test_family_and_platform(ctl):
    ctl.ok(*SITE.split())
    assert [way for _, way in chain(ctl, MAC, "--platform", "x64-uefi", "--family", "6")] == WAYS6
    assert [way for _, way in chain(ctl, MAC, "--platform", "7", "--platform", "x64-uefi", "--family", "4")] == WAYS4


# What the store is told; the way; its steps; the exit status.
STORES = {
    "the target's file": (
        [SITE, f"target set t --file x64-uefi=grub.efi", f"host set {MAC} --target t"], "IPv4 PXE",
        [("file", "tftp://192.0.2.1/grub.efi", "unchecked")], 0),
    "iPXE does not come after it": (
        [SITE, f"target set t --file x64-uefi=grub.efi", f"host set {MAC} --target t"], "IPv4 iPXE", None, 0),
    "the host's loader": (
        [SITE, f"host set {MAC} --loader x64-uefi=snponly.efi"], "IPv6 HTTP",
        [("loader", "http://[2001:db8::1]/snponly.efi", "unchecked")], 0),
    "a shim": (
        [SITE, "loader set x64-uefi debian/shimx64.efi"], "IPv4 HTTP",
        [("loader", "http://192.0.2.1/debian/shimx64.efi", "unchecked"),
         ("after shim", "http://192.0.2.1/debian/grubx64.efi", "unchecked")], 0),
    "a kernel": (
        [SITE, f"target set t --kernel a/{{mac-hyphen}}/vmlinuz --initrd a/initrd --initrd http://192.0.2.9/b",
         f"host set {MAC} --target t"], "IPv4 iPXE",
        [("script", "http://192.0.2.1/targets/t.ipxe", "unchecked"),
         ("kernel", "http://192.0.2.1/a/52-54-00-00-00-01/vmlinuz", "unchecked"),
         ("initrd", "http://192.0.2.1/a/initrd", "unchecked"), ("initrd", "http://192.0.2.9/b", "unchecked")], 0),
    "no server at all": ([], "IPv4 PXE", [("boot file", None, "none")], 1),
    "a server for one way of four": (["site set default --tftp6 2001:db8::1"], "IPv4 PXE",
                                     [("boot file", None, "none")], 0),
    "no loader": ([SITE, "loader delete x64-uefi"], "IPv4 PXE", [("boot file", None, "none")], 1),
    "no target": ([SITE, "target delete --force default"], "IPv4 PXE", [("boot file", None, "none")], 1),
    "a target that is missing": (
        [SITE, "target set t --script a", f"host set {MAC} --target t", "target delete --force t"], "IPv4 PXE",
        [("target", None, "missing"), ("loader", "tftp://192.0.2.1/ipxe.efi", "unchecked")], 1),
    "a target without a script": (
        [SITE, "target set default --no-script --file x86-uefi=a"], "IPv4 iPXE", [("boot file", None, "none")], 1),
    "silent": ([SITE, "target set default --silent"], "IPv4 PXE", [("boot file", None, "as-is")], 0),
    "ignore": ([SITE, "target set default --ignore"], "IPv4 PXE", [("boot file", None, "as-is")], 0),
    "a URL elsewhere": ([SITE, "target set default --script nfs://192.0.2.1/a.ipxe"], "IPv4 iPXE",
                        [("script", "nfs://192.0.2.1/a.ipxe", "unchecked")], 0),
    "http for PXE": ([SITE, "loader set x64-uefi http://192.0.2.1/ipxe.efi"], "IPv4 PXE",
                     [("boot file", None, "none")], 1),
}


@pytest.mark.parametrize("case", STORES)
def test_what_the_store_says(ctl, case):
    lines, way, steps, code = STORES[case]
    for line in lines:
        done = ctl(*shlex.split(line))
        assert done.returncode == 0, done.err
    found = chain(ctl, MAC, "--platform", "x64-uefi", code=code)
    assert (short(found["x64-uefi", way]) if ("x64-uefi", way) in found else None) == steps


# Why there is no file, and what to do.
@pytest.mark.parametrize("lines, way, problem, fix", [
    ([], "IPv6 PXE", "has no IPv6 TFTP server", "netbootctl site set default --tftp6 ADDRESS"),
    ([], "IPv4 HTTP", "has no IPv4 HTTP base URL", "netbootctl site set default --http4 URL"),
    ([SITE, "loader delete x64-uefi"], "IPv4 PXE", "there is none for x64-uefi", "netbootctl loader set x64-uefi FILE"),
    ([SITE, "target delete --force default"], "IPv4 PXE", "there is no target 'default'",
     "netbootctl target set default --script FILE"),
    ([SITE, "loader set x64-uefi http://192.0.2.1/a"], "IPv6 PXE", "cannot load a URL of this scheme",
     "use a path, which each client can load: netbootctl loader set x64-uefi FILE"),
    ([SITE, "target set t --script a", f"host set {MAC} --name web1 --target t", "target delete --force t"], "IPv4 PXE",
     "the host names it, but it does not exist",
     "netbootctl target set t --script FILE, or netbootctl host set web1 --target TARGET"),
])
def test_what_to_do(ctl, lines, way, problem, fix):
    for line in lines:
        ctl(*shlex.split(line))
    step = chain(ctl, MAC, "--platform", "x64-uefi", code=1)["x64-uefi", way][0]
    assert problem in step["problem"] and step["fix"] == fix
    done = ctl("explain", "--chain", MAC, "--platform", "x64-uefi")
    assert f"-> {fix}\n" in done.out


def test_a_loader_that_is_no_ipxe_by_its_name(ctl):
    ctl.ok(*SITE.split())
    ctl.ok("loader", "set", "x64-uefi", "bootx64.efi")
    ctl.ok("target", "set", "default", "--no-script", "--file", "x86-bios=a")
    done = ctl("explain", "--chain", MAC, "--platform", "x64-uefi")
    assert done.returncode == 0  # it may never come to iPXE
    assert "x64-uefi, IPv4 iPXE: target default, site default; if the loader is iPXE, though its name does not say so\n" \
        in done.out


# ---- below the data root

def test_all_there(ctl, root):
    place(root, "t/vmlinuz")
    place(root, "script.ipxe", "#!ipxe\nkernel t/vmlinuz x\nchain own-${mac:hexhyp} ||\n")
    found = chain(ctl, MAC, "--root", root, "--platform", "x64-uefi")
    assert {step["state"] for steps in found.values() for step in steps} == {"there", "optional"}
    kernel = found["x64-uefi", "IPv4 iPXE"][1]
    assert kernel == {
        "what": "kernel", "script": "http://192.0.2.1/script.ipxe", "line": 2, "depth": 1, "file": "t/vmlinuz",
        "url": "http://192.0.2.1/t/vmlinuz", "path": "t/vmlinuz", "state": "there", "size": 7, "problem": None,
        "fix": None}


@pytest.mark.parametrize("file, url, name, code", [
    ("tftp://192.0.2.1/a%20b.efi", "tftp://192.0.2.1/a%20b.efi", "a b.efi", 0),
    ("a%20b#c?d.efi", "tftp://192.0.2.1/a%2520b%23c%3Fd.efi", "a%20b#c?d.efi", 1),  # not over HTTP
])
def test_names_with_escapes(ctl, root, file, url, name, code):
    """What firmware of DHCPv4 is told is a name as it is."""
    place(root, name)
    ctl.ok("target", "set", "default", "--no-script", "--file", f"x64-uefi={file}")
    found = chain(ctl, MAC, "--root", root, "--platform", "x64-uefi", "--family", "4", code=code)
    (step,) = found["x64-uefi", "IPv4 PXE"]
    assert (step["url"], step["path"], step["state"]) == (url, name, "there")


# A line of a script; how its file is found.
@pytest.mark.parametrize("line, url, state", [
    ("kernel a || goto x", "http://192.0.2.1/s/a", "missing"),
    ("kernel ../b/there", "http://192.0.2.1/b/there", "there"),
    ("kernel /b/there", "http://192.0.2.1/b/there", "there"),
    ("kernel tftp://${next-server}/b/there", "tftp://192.0.2.1/b/there", "there"),
    ("kernel ../b/${mac:hexhyp}", "http://192.0.2.1/b/52-54-00-00-00-01", "missing"),
    ("kernel ../b/${netX/mac:hexraw}", "http://192.0.2.1/b/525400000001", "missing"),
    ("kernel ../b/${platform}-${buildarch}", "http://192.0.2.1/b/efi-x86_64", "missing"),
    ("kernel ../b/${netboot-platform}", "http://192.0.2.1/b/x64-uefi", "missing"),
    ("kernel ../b/${hostname}", None, "unknown"),
    ("kernel http://192.0.2.99/a", "http://192.0.2.99/a", "unknown"),
    ("chain a ||", "http://192.0.2.1/s/a", "optional"),
    ("imgargs x fetch=${http}/b/there", "http://192.0.2.1/b/there", "there"),
    ("kernel ../b/empty", "http://192.0.2.1/b/empty", "missing"),
    ("kernel ../b/closed", "http://192.0.2.1/b/closed", "missing"),
    ("sanboot iscsi:192.0.2.1::::iqn.x", "iscsi:192.0.2.1::::iqn.x", "unknown"),
])
def test_lines_of_scripts(ctl, root, line, url, state):
    place(root, "b/there")
    place(root, "b/empty", "")
    place(root, "b/closed").chmod(0o640)
    place(root, "s/s.ipxe", f"#!ipxe\n{line}\n")
    ctl.ok("target", "set", "default", "--script", "s/s.ipxe")
    steps = chain(ctl, MAC, "--root", root, "--platform", "x64-uefi", "--family", "4", code=state == "missing")
    (_, step) = steps["x64-uefi", "IPv4 iPXE"]
    assert (step["url"], step["state"], step["line"]) == (url, state, 2)
    assert (step["problem"] is None) == (state == "there")


def test_scripts_that_chain_scripts(ctl, root):
    place(root, "script.ipxe", "#!ipxe\nchain a.ipxe\n")
    place(root, "a.ipxe", "#!ipxe\nchain script.ipxe\nchain a.ipxe\ninitrd b\n")
    steps = chain(ctl, MAC, "--root", root, "--platform", "x64-uefi", "--family", "4", code=1)["x64-uefi", "IPv4 iPXE"]
    assert [(step["depth"], step["line"], step["file"], step["state"]) for step in steps] == [
        (0, None, "http://192.0.2.1/script.ipxe", "there"), (1, 2, "a.ipxe", "there"),
        (2, 2, "script.ipxe", "there"), (2, 3, "a.ipxe", "there"), (2, 4, "b", "missing")]


def test_text(ctl, root):
    place(root, "script.ipxe", "#!ipxe\nkernel a\nchain local-${buildarch}.efi ||\n")
    (root / "ipxe.efi").chmod(0o600)
    done = ctl("explain", "--chain", MAC, "--root", root, "--platform", "x64-uefi")
    assert (done.returncode, done.err) == (1, "")
    assert done.out == f"""\
x64-uefi, IPv4 PXE: target default, site default
  loader              tftp://192.0.2.1/ipxe.efi  MISSING: tftp and www-data may not read {root}/ipxe.efi
                        -> chmod o+r {root}/ipxe.efi
x64-uefi, IPv4 HTTP: target default, site default
  loader              http://192.0.2.1/ipxe.efi  MISSING: tftp and www-data may not read {root}/ipxe.efi
                        -> chmod o+r {root}/ipxe.efi
x64-uefi, IPv4 iPXE: target default, site default
  script              http://192.0.2.1/script.ipxe  there, {(root / "script.ipxe").stat().st_size} octets
    line 2 kernel       http://192.0.2.1/a  MISSING: does not exist
                        -> put it at {root}/a
    line 3 chain        http://192.0.2.1/local-x86_64.efi  missing, which the script allows
x64-uefi, IPv6 PXE: target default, site default
  loader              tftp://[2001:db8::1]/ipxe.efi  MISSING: tftp and www-data may not read {root}/ipxe.efi
                        -> chmod o+r {root}/ipxe.efi
x64-uefi, IPv6 HTTP: target default, site default
  loader              http://[2001:db8::1]/ipxe.efi  MISSING: tftp and www-data may not read {root}/ipxe.efi
                        -> chmod o+r {root}/ipxe.efi
x64-uefi, IPv6 iPXE: target default, site default
  script              http://[2001:db8::1]/script.ipxe  there, {(root / "script.ipxe").stat().st_size} octets
    and 2 as above
"""


def test_the_site_is_where_the_machine_is(ctl):
    ctl.ok(*SITE.split())
    ctl.ok("site", "set", "b", "--prefix", "198.51.100.0/24", "--tftp4", "198.51.100.1")
    found = chain(ctl, MAC, "--platform", "x64-uefi", "--address", "198.51.100.7")
    assert short(found["x64-uefi", "IPv4 PXE"]) == [("loader", "tftp://198.51.100.1/ipxe.efi", "unchecked")]
    assert short(found["x64-uefi", "IPv6 PXE"]) == [("loader", "tftp://[2001:db8::1]/ipxe.efi", "unchecked")]


def test_the_journal_knows_platform_and_place(ctl):
    ctl.ok(*SITE.split())
    ctl.ok("site", "set", "b", "--prefix", "198.51.100.0/24", "--tftp4", "198.51.100.1")
    ctl.ok("loader", "set", "arm64-uefi", "ipxe-arm64.efi")
    boot(ctl, (4, "PXE", 1, 11))
    found = chain(ctl, MAC, "--family", "4")
    assert list(found) == [("arm64-uefi", way) for way in WAYS4]
    assert short(found["arm64-uefi", "IPv4 PXE"]) == [("loader", "tftp://198.51.100.1/ipxe-arm64.efi", "unchecked")]


@pytest.mark.parametrize("words, told", [
    (["--root", "/nowhere/at/all"], "/nowhere/at/all"),
    (["--root", "/", "--fetch"], "--root and --fetch exclude each other"),
    (["--timeout", "3"], "--fetch"),
    (["--fetch", "--timeout", "0"], "--timeout"),
    (["--platform", "vax"], "vax"),
    (["--arch", "7"], "--platform"),
    (["--family", "5"], "--family"),
    (["--address", "x"], "--address"),
])
def test_trouble(ctl, words, told):
    assert told in ctl.wrong(2, "explain", "--chain", MAC, *words)


def test_options_of_the_chain_need_it(ctl):
    assert "--chain" in ctl.wrong(2, "explain", MAC, "--root", "/")


def test_no_such_host(ctl):
    assert "no host web1" in ctl.wrong(2, "explain", "--chain", "web1")
