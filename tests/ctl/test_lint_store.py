# SPDX-License-Identifier: MPL-2.0
"""netbootctl lint: what of the store itself will not work."""

import ipaddress
import json
import re
import shlex
import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from lib import owners, paths  # noqa: E402
from lib.netbootd import Netbootd  # noqa: E402
from conftest import Ctl  # noqa: E402
from linting import boot, codes, lint  # noqa: E402

UUID = "11223344-5566-7788-99aa-bbccddeeff00"
SWAPPED = "44332211-6655-8877-99aa-bbccddeeff00"
DUID = "00:04:" + ":".join(re.findall("..", UUID.replace("-", "")))
V4 = "site set default --tftp4 192.0.2.1"
V6 = "site set default --tftp6 2001:db8::1"
HTTP = "site set default --http4 http://192.0.2.1/"



def one_bit(length):
    """The IPv6 prefix of that length whose last bit alone is set."""
    return ipaddress.IPv6Network((1 << (128 - length), length))


# A store from `init`, and what is done to it; code, record and key of what is found.
CASES = {
    "a site with servers": ([V4, HTTP], []),
    "a new store": ([], [("no-base", "site default", None)]),
    "nothing relative": ([
        "loader delete x86-bios x86-uefi x64-uefi",
        "loader set x64-uefi http://192.0.2.1/ipxe.efi",
        "target set default --script http://192.0.2.1/script.ipxe",
    ], []),
    "a second site without what the first has": (
        [V4, "site set b --prefix 192.0.2.0/24 --http4 http://192.0.2.2/"],
        [("no-base", "site b", None), ("no-base", "site default", None)]),
    "a site of IPv6 needs nothing of IPv4": ([V4, V6, "site set b --prefix 2001:db8::/32 --tftp6 2001:db8::2"], []),
    "a site without a prefix": ([V4, "site set b --tftp4 192.0.2.2"], [("site-without-prefix", "site b", "prefixes")]),
    "prefixes of two sites, one in the other": (
        [V4, "site set b --tftp4 192.0.2.2 --prefix 10.0.0.0/8", "site set c --tftp4 192.0.2.2 --prefix 10.1.0.0/16"],
        []),
    "a prefix in one of the same site": (
        [V4, "site set b --tftp4 192.0.2.2 --prefix 10.0.0.0/8 --prefix 10.1.0.0/16"],
        [("prefix-without-effect", "site b", "prefix 10.1.0.0/16")]),
    "a prefix in one of the same site, another's between": (
        [V4, "site set b --tftp4 192.0.2.2 --prefix 10.0.0.0/8 --prefix 10.1.1.0/24",
         "site set c --tftp4 192.0.2.2 --prefix 10.1.0.0/16"], []),
    "a prefix that is all in longer ones": (
        [V4, "site set b --tftp4 192.0.2.2 --prefix 10.0.0.0/24",
         "site set c --tftp4 192.0.2.2 --prefix 10.0.0.0/25 --prefix 10.0.0.128/26 --prefix 10.0.0.192/26"],
        [("prefix-without-effect", "site b", "prefix 10.0.0.0/24")]),
    "a prefix that is nearly all in longer ones": (
        [V4, "site set b --tftp4 192.0.2.2 --prefix 10.0.0.0/24",
         "site set c --tftp4 192.0.2.2 --prefix 10.0.0.0/25 --prefix 10.0.0.128/26"], []),
    "all of IPv6 in longer prefixes": (
        [V6, "site set b --tftp6 2001:db8::2 --prefix ::/0",
         "site set c --tftp6 2001:db8::2 --prefix ::/1 --prefix 8000::/1"],
        [("prefix-without-effect", "site b", "prefix ::/0")]),
    "all of IPv6 in longer prefixes of 1 to 70 bits": (
        [V6, "site set b --tftp6 2001:db8::2 --prefix ::/0",
         "site set c --tftp6 2001:db8::2" + "".join(f" --prefix {one_bit(bits)}" for bits in range(1, 40)),
         "site set d --tftp6 2001:db8::2 --prefix ::/70"
         + "".join(f" --prefix {one_bit(bits)}" for bits in range(40, 71))],
        [("prefix-without-effect", "site b", "prefix ::/0")]),
    "http for PXE": ([V4, HTTP, "loader set x64-uefi http://192.0.2.1/ipxe.efi"],
                     [("wrong-scheme", "loader x64-uefi", "file")]),
    "http where nobody comes by TFTP": ([HTTP, "loader set x64-uefi http://192.0.2.1/ipxe.efi"], []),
    "http for PXE over IPv6": ([V6, "target set t --file x64-uefi=http://192.0.2.1/grub.efi"],
                               [("wrong-scheme", "target t", "file x64-uefi")]),
    "a TFTP name for HTTP": ([V4, HTTP, "host set 52:54:00:00:00:01 --loader x64-uefi=tftp://192.0.2.1/ipxe.efi"],
                             [("wrong-scheme", "host 52:54:00:00:00:01", "loader x64-uefi")]),
    "a script may be of any scheme": ([V4, HTTP, "target set t --script nfs://192.0.2.1/t.ipxe"], []),
    "an address of the other family": ([V4, V6, "loader set x64-uefi tftp://192.0.2.1/ipxe.efi"],
                                       [("wrong-family", "loader x64-uefi", "file")]),
    "a base of the other family": (
        [V4, "site set default --http4 http://[2001:db8::1]/boot --http6 http://user@192.0.2.1:80/"],
        [("wrong-family", "site default", "http4"), ("wrong-family", "site default", "http6")]),
    "a base with a name": ([V4, "site set default --http4 http://boot.example.org/ --http6 https://10.example.org/"], []),
    "a name is of both families": ([V4, V6, "loader set x64-uefi tftp://boot.example.org/ipxe.efi"], []),
    "TFTP with a port": ([V4, "loader set x64-uefi tftp://192.0.2.1:70/ipxe.efi"],
                         [("unusable-url", "loader x64-uefi", "file")]),
    "127 octets": ([V4, f"loader set x64-uefi {'a' * 127}"], []),
    "128 octets": ([V4, f"loader set x64-uefi {'a' * 128}"], [("name-long", "loader x64-uefi", "file")]),
    "128 octets with a MAC": ([V4, f"loader set x64-uefi {'a' * 111}{{mac}}"],
                              [("name-long", "loader x64-uefi", "file")]),
    "128 octets of a script, which is in option 67": ([V4, f"target set t --script {'a' * 128}"], []),
    "255 octets of a URL": ([V4, HTTP, f"target set t --script {'a' * 238}"], []),
    "256 octets of a URL": ([V4, HTTP, f"target set t --script {'a' * 239}"], [("name-too-long", "target t", "script")]),
    "256 octets with a UUID": ([V4, HTTP, f"target set t --script {'a' * 203}{{uuid}}"],
                               [("name-too-long", "target t", "script")]),
    "256 octets with the longest site": (
        [V4, HTTP, f"target set t --script {'a' * 235}{{site}}",
         "site set long --prefix 192.0.2.0/24 --tftp4 192.0.2.1 --http4 http://192.0.2.1/"],
        [("name-too-long", "target t", "script")]),
    "a target that is empty": ([V4, "target set t --description x"], [("empty-target", "target t", None)]),
    "a target that is empty and silent": ([V4, "target set t --silent"], []),
    "default for one platform only": (
        [V4, "target set default --no-script --file x64-uefi=grub.efi"],
        [("target-platform", "target default", "x86-bios"), ("target-platform", "target default", "x86-uefi")]),
    "another target for one platform only": ([V4, "target set t --file x64-uefi=grub.efi"], []),
    "no site default": ([V4, "site delete default --force"], [("no-default", "site default", None)]),
    "no target default": ([V4, "target delete default --force"], [("no-default", "target default", None)]),
    "no loaders": ([V4, "loader delete x86-bios x86-uefi x64-uefi"], [("no-default", "loaders", None)]),
    "no loaders, and files": (
        [V4, "loader delete x86-bios x86-uefi x64-uefi", "target set default --file x64-uefi=grub.efi"], []),
    "a missing target": (
        [V4, "target set t --script a", "host set 52:54:00:00:00:01 52:54:00:00:00:02 --target t",
         "target delete --force t"], [("missing-target", "host 52:54:00:00:00:01", "target")]),
    "a missing target that is to be booted once": (
        [V4, "target set t --script a", "host set 52:54:00:00:00:01 --name a --once t", "target delete --force t"],
        [("missing-target", "host a", "boot once")]),
    "a target that is to be booted once, and became one whose boots nobody sees": (
        [V4, "target set t --script a", "host set 52:54:00:00:00:01 --name a --once t", "target set t --silent"],
        [("missing-target", "host a", "boot once")]),
    "a target that was to be booted once": (
        [V4, "target set t --script a", "host set 52:54:00:00:00:01 --name a --once t", "target delete --force t",
         "host set a --no-once"], []),
    "a UUID, and a DUID that is made of it": (
        [V4, f"host set {UUID} --name a", f"host set {DUID} --name b"], [("shared-id", "host b", "UUID")]),
    "a UUID, and a DUID of it in the other byte order": (
        [V4, f"host set {SWAPPED} --name a", f"host set {DUID} --name b"], [("shared-id", "host b", "UUID")]),
    "both of one host": ([V4, f"host set {UUID} --name a --duid {DUID}"], []),
    "a MAC, and a DUID that is made of it": (
        [V4, "host set 52:54:00:00:00:01", "host set 00:03:00:01:52:54:00:00:00:01 --name b"],
        [("shared-id", "host b", "MAC")]),
    "a MAC, and a DUID of it and a time": (
        [V4, "host set 52:54:00:00:00:01", "host set 00:01:00:01:11:22:33:44:52:54:00:00:00:01 --name b"],
        [("shared-id", "host b", "MAC")]),
    "AMI's UUID": ([V4, "host set 03000200-0400-0500-0006-000700080009 --name a"], [("common-uuid", "host a", "UUID")]),
    "AMI's UUID swapped": ([V4, "host set 00020003-0004-0005-0006-000700080009 --name a"],
                           [("common-uuid", "host a", "UUID")]),
}


@pytest.fixture
def ctl(open_path):
    """On a store in a directory that anybody may enter."""
    ctl = Ctl(open_path / "store")
    ctl.ok("init")
    with Netbootd(ctl.directory) as ctl.netbootd:
        yield ctl


@pytest.mark.parametrize("case", CASES)
def test_found(ctl, case):
    lines, found = CASES[case]
    for line in lines:
        done = ctl(*shlex.split(line))
        assert done.returncode == 0, done.err
    assert codes(ctl) == found


def test_hosts_that_have_a_finding_in_common_are_counted(ctl):
    ctl.ok(*V4.split())
    ctl.ok("target", "set", "t", "--script", "a")
    ctl.ok("host", "set", *(f"52:54:00:00:00:{number:02x}" for number in range(50)), "--target", "t")
    ctl("target", "delete", "--force", "t")
    (found,) = lint(ctl)
    assert (found["record"], found["count"]) == ("host 52:54:00:00:00:00", 50)
    done = ctl("lint", "--server-user", "root")
    assert done.out == ("error: host 52:54:00:00:00:00 and 49 more: target: there is no target t: target "
                        "`default` applies: netbootctl target set t --script FILE, or netbootctl host set "
                        "52:54:00:00:00:00 --target TARGET [missing-target]\n")


def test_skip(ctl):
    assert codes(ctl, "--skip", "no-base", "--skip", "store-access") == []


# ---- a store that servers cannot use

@pytest.fixture
def open_way(ctl):
    """The store, of a user of its own and of a group that www-data is in."""
    ctl.ok(*V4.split())
    ctl.netbootd.stop()
    owners.share(ctl.directory, group="www-data")
    ctl.netbootd.start()  # as that user from now on
    return ctl.directory


def store_findings(ctl, *users):
    done = ctl("lint", "--json", *(word for user in users for word in ("--server-user", user)))
    return [(one["code"], one["record"], one["path"], one["fix"]) for one in json.loads(done.out)]


def test_a_member_of_the_group_has_the_store(ctl, open_way):
    assert store_findings(ctl, "www-data", "root") == []


def test_a_user_outside_the_group(ctl, open_way):
    assert store_findings(ctl, "nobody", "www-data") == [
        ("store-access", "user nobody", str(open_way),
         "usermod -a -G www-data nobody, and restart its server")]


def test_a_way_that_is_closed(ctl, open_way):
    shutil.chown(open_way.parent, owners.OWNER)
    open_way.parent.chmod(0o700)
    assert store_findings(ctl, "www-data") == [
        ("store-access", "user www-data", str(open_way.parent), f"chmod o+x {open_way.parent}")]


@pytest.mark.parametrize("name, mode, wanted", [
    ("targets/data.mdb", 0o600, "g+r"), ("targets/lock.mdb", 0o640, "g+rw"), ("run/servers", 0o640, "g+rw"),
    ("targets", 0o740, "g+x"), (".", 0o700, "g+x")])
def test_a_file_that_the_group_may_not_use(ctl, open_way, name, mode, wanted):
    """It is opened to the group that the user is in, not to everybody."""
    (open_way / name).chmod(mode)
    ((code, record, path, fix),) = store_findings(ctl, "www-data")
    assert (code, record, path) == ("store-access", "user www-data", str(open_way / name))
    assert fix == f"chmod {wanted} {open_way / name}"


def test_no_netbootd(ctl):
    ctl.netbootd.stop()
    (found,) = lint(ctl, "--skip", "no-base", "--skip", "store-access")
    assert (found["severity"], found["code"], found["record"]) == ("warning", "no-netbootd", "netbootd")
    assert found["fix"].startswith(f"netbootd does not run for {ctl.directory}")


# ---- machines that came by

# What came by, what was done to the store, what is found.
MACHINES = {
    "a platform with a loader": ([(4, "PXE", 1, 7), (4, "iPXE", 1, 7)], [], []),
    "a platform without": ([(4, "PXE", 1, 11)], [], [("no-loader", "machine 52:54:00:00:00:01", "arm64-uefi IPv4 PXE")]),
    "served by one way of two": ([(4, "PXE", 1, 7), (6, "PXE", 1, 7)], [], []),
    "served by none of two": (
        [(4, "HTTP", 1, 7), (6, "PXE", 1, 7)], [],
        [("no-boot-file", "machine 52:54:00:00:00:01", "x64-uefi IPv6 PXE")]),
    "a target without its platform": (
        [(4, "PXE", 1, 0), (4, "iPXE", 1, 0)],
        ["target set t --file x64-uefi=grub.efi", "host set 52:54:00:00:00:01 --name web1 --target t"],
        [("target-platform", "machine web1", "x86-bios IPv4 iPXE")]),
    "a target with its platform": (
        [(4, "PXE", 1, 7), (4, "iPXE", 1, 7)],
        ["target set t --file x64-uefi=grub.efi", "host set 52:54:00:00:00:01 --name web1 --target t"], []),
    "a target that is silent": ([(4, "PXE", 1, 11)], ["target set default --silent"], []),
}


@pytest.mark.parametrize("case", MACHINES)
def test_machines_of_the_journal(ctl, case):
    packets, lines, found = MACHINES[case]
    ctl.ok(*V4.split())
    boot(ctl, *packets)
    for line in lines:
        done = ctl(*shlex.split(line))
        assert done.returncode == 0, done.err
    assert codes(ctl) == found


def test_machines_that_have_it_in_common_are_counted(ctl):
    ctl.ok(*V4.split())
    boot(ctl, *((4, "PXE", number, 11) for number in range(1, 6)))
    (found,) = lint(ctl)
    assert (found["count"], found["fix"]) == (5, "netbootctl loader set arm64-uefi FILE")
    assert found["problem"].endswith("the platform's loader: there is none for arm64-uefi")


# ---- the codes

def test_codes_are_documented_and_tested(ctl):
    listed = ctl.json("lint", "--codes")
    page = (paths.SOURCE / "docs" / "lint.md").read_text()
    headings = re.findall(r"^### `(\S+)` \((\w+)\)$", page, re.MULTILINE)
    assert headings == [(one["code"], one["severity"]) for one in listed]
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_lint*.py"))
    assert [one["code"] for one in listed if f'"{one["code"]}"' not in tests] == []
