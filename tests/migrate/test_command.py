# SPDX-License-Identifier: MPL-2.0
"""What the command takes, writes and leaves alone."""

import json
import os
import re
import shutil
import signal
import subprocess

import pytest

from conftest import CONFIGS, found
from lib import paths

SUBNET = "subnet 192.0.2.0 netmask 255.255.255.0 { range 192.0.2.64 192.0.2.99; %s }\n"
INSIDE = ["REPORT.md", "kea-dhcp4.conf", "netboot.jsonl", "report.json"]


def write(migrate, text, name="dhcpd.conf"):
    (migrate.start / name).write_text(text)
    return name


@pytest.mark.parametrize("words, told", [
    ([], "-4 /etc/dhcp/dhcpd.conf"),
    (["-4", "dhcpd.conf"], "--output DIR"),
    (["-4", "dhcpd.conf", "--output", "x", "--sample", "3"], "--verify"),
    (["-4", "dhcpd.conf", "--output", "x", "--verify", "--sample", "none"], "not `none`"),
    (["-4", "dhcpd.conf", "--verify"], "--output DIR"),
])
def test_wrong_use(migrate, words, told):
    write(migrate, SUBNET % "")
    done = subprocess.run([paths.netboot_migrate(), *words], cwd=migrate.start, capture_output=True, text=True,
                          check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr


def test_what_is_written(migrate):
    write(migrate, SUBNET % "")
    migrate("-4", "dhcpd.conf")
    assert sorted(os.listdir(migrate.output)) == INSIDE
    assert sorted(os.listdir(migrate.start)) == ["dhcpd.conf", "kea"]
    assert (migrate.output / "REPORT.md").read_text().startswith("# Migration")


def test_a_filled_directory_stays(migrate):
    write(migrate, SUBNET % "")
    migrate.output.mkdir()
    (migrate.output / "mine").touch()
    done = migrate.run("-4", "dhcpd.conf")
    assert done.returncode == 2 and "--force" in done.stderr
    assert os.listdir(migrate.output) == ["mine"]
    migrate("-4", "dhcpd.conf")  # --force
    assert sorted(os.listdir(migrate.output)) == INSIDE


@pytest.mark.parametrize("text, place", [
    ("subnet 192.0.2.0 netmask { }\n", "dhcpd.conf line 1"),
    ("default-lease-time 600;\nmax-lease-tim 7200;\n" + SUBNET % "", "dhcpd.conf line 2"),
])
def test_a_syntax_error_is_dhcpds_and_leaves_nothing(migrate, text, place):
    write(migrate, text)
    done = migrate.run("-4", "dhcpd.conf")
    assert done.returncode == 2 and place in done.stderr, done.stderr
    assert os.listdir(migrate.start) == ["dhcpd.conf"]


def test_dry_run_writes_nothing(migrate):
    write(migrate, SUBNET % "")
    done = migrate.run("-4", "dhcpd.conf", "--dry-run", output=False)
    assert done.returncode == 0 and "## What moved" in done.stdout
    assert os.listdir(migrate.start) == ["dhcpd.conf"]
    as_json = json.loads(migrate.run("-4", "dhcpd.conf", "--dry-run", "--json", output=False).stdout)
    assert as_json["moved"]["IPv4 subnets"] == 1


@pytest.mark.parametrize("program", ["keama", "dhcpd"])
def test_a_missing_program_is_named(migrate, program):
    write(migrate, SUBNET % "")
    command = [paths.netboot_migrate(), "-4", "dhcpd.conf", "--output", "kea"]
    others = {"dhcpd": paths.dhcpd(), "keama": paths.dhcpd().parent / "keama", program: "/nowhere/it"}
    for name, path in others.items():
        command += [f"--{name}", path]
    done = subprocess.run(command, cwd=migrate.start, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "isc-patch/build" in done.stderr, done.stderr
    assert os.listdir(migrate.start) == ["dhcpd.conf"]


# ---- what Kea is told

@pytest.mark.parametrize("inside, path, value", [
    ("default-lease-time 600; max-lease-time 120;", ("valid-lifetime",), 120),
    ("min-lease-time 900; max-lease-time 600;", ("max-valid-lifetime",), 900),
    ('filename "a"; server-name "s";', ("boot-file-name",), "a"),
    ("deny unknown-clients;", ("pools", 0, "client-class"), "KNOWN"),
])
def test_a_subnet_becomes(migrate, inside, path, value):
    write(migrate, SUBNET % inside)
    migrate("-4", "dhcpd.conf")
    node = migrate.kea(4)["subnet4"][0]
    for step in path:
        node = node[step]
    assert node == value


def test_groups_give_to_their_hosts(migrate):
    write(migrate, SUBNET % "" + 'group { option domain-name "g"; next-server 192.0.2.1; option host-name "x";\n'
          'group { option host-name "y"; host a { hardware ethernet 52:54:00:00:00:01; } } }\n')
    migrate("-4", "dhcpd.conf")
    host, = migrate.kea(4)["reservations"]
    assert host["next-server"] == "192.0.2.1"
    assert {option["code"]: option["data"] for option in host["option-data"]} == {15: "g", 12: "y"}


def test_hosts_are_where_their_addresses_are(migrate):
    write(migrate, SUBNET % "" + "subnet 198.51.100.0 netmask 255.255.255.0 { }\n"
          "host a { hardware ethernet 52:54:00:00:00:01; fixed-address 192.0.2.5, 198.51.100.5; }\n"
          'host b { option dhcp-client-identifier "b"; }\n')
    migrate("-4", "dhcpd.conf")
    kea = migrate.kea(4)
    assert [[host["ip-address"] for host in subnet["reservations"]] for subnet in kea["subnet4"]] == [
        ["192.0.2.5"], ["198.51.100.5"]]
    assert [host["client-id"] for host in kea["reservations"]] == ["62"]


def test_global_conditions_become_classes(migrate):
    write(migrate, SUBNET % "" + 'if exists host-name { option log-servers 192.0.2.9; } elsif option host-name = "a"\n'
          '{ option log-servers 192.0.2.8; } else { option log-servers 192.0.2.7; }\n')
    report = migrate("-4", "dhcpd.conf")
    assert found(report) == []
    tests = [(each["test"], each["option-data"][0]["data"]) for each in migrate.kea(4)["client-classes"]]
    assert [data for _, data in tests] == ["192.0.2.7", "192.0.2.8", "192.0.2.9"]
    assert tests[2][0] == "option[12].exists" and "not" in tests[0][0]


def test_the_later_condition_comes_first(migrate):
    write(migrate, SUBNET % "" + "if exists host-name { option log-servers 192.0.2.9; }\n"
          "if exists user-class { option log-servers 192.0.2.8; }\n")
    migrate("-4", "dhcpd.conf")
    assert [each["option-data"][0]["data"] for each in migrate.kea(4)["client-classes"]] == ["192.0.2.8", "192.0.2.9"]


def test_conditions_elsewhere_are_classes_that_are_required(migrate):
    write(migrate, SUBNET % 'option log-servers 192.0.2.7; if exists host-name { option log-servers 192.0.2.9; }')
    assert found(migrate("-4", "dhcpd.conf")) == []
    subnet, = migrate.kea(4)["subnet4"]
    classes = {each["name"]: each for each in migrate.kea(4)["client-classes"]}
    data = [classes[name]["option-data"][0]["data"] for name in subnet["require-client-classes"]]
    assert data == ["192.0.2.9", "192.0.2.7"] and all(each["only-if-required"] for each in classes.values())


def test_lease_times_under_conditions_are_found_with_their_lines(migrate):
    write(migrate, "subnet 192.0.2.0 netmask 255.255.255.0 {\n if exists host-name {\n  max-lease-time 900;\n"
          '  filename "a";\n }\n}\n')
    assert found(migrate("-4", "dhcpd.conf")) == [("dhcpd.conf:3", "max-lease-time 900")]


def test_prefixes_are_exactly_those(migrate):
    write(migrate, "subnet6 2001:db8::/64 { prefix6 2001:db8:100:: 2001:db8:102:ff00:: /56; }\n")
    migrate("-6", "dhcpd.conf")
    assert [(pool["prefix"], pool["prefix-len"]) for pool in migrate.kea(6)["subnet6"][0]["pd-pools"]] == [
        ("2001:db8:100::", 47), ("2001:db8:102::", 48)]


# ---- the proof

def test_a_change_of_keas_configuration_is_seen(at):
    migrate = at(CONFIGS)
    migrate("-4", "openwrt/dhcpd.conf")
    path = migrate.output / "kea-dhcp4.conf"
    path.write_text(path.read_text().replace('"192.0.2.129"', '"192.0.2.177"'))
    done = migrate.run("-4", "openwrt/dhcpd.conf", "--verify", "--json")
    rows = [row for row in json.loads(done.stdout) if not row["announced"]]
    assert done.returncode == 1
    assert {row["field"] for row in rows} == {"routers", "DNS"}
    assert all(row["kea"] == "192.0.2.177" and row["dhcpd"] == "192.0.2.129" for row in rows)


@pytest.mark.skipif(shutil.which("netbootctl", path="/usr/local/sbin:/usr/sbin") is not None, reason="it is installed")
def test_the_proof_wants_netbootctl(at):
    migrate = at(CONFIGS)
    migrate("-4", "openwrt/dhcpd.conf")
    done = subprocess.run([paths.netboot_migrate(), "-4", "openwrt/dhcpd.conf", "--output", migrate.output, "--verify"],
                          cwd=CONFIGS, env=dict(os.environ, PATH="/usr/bin:/bin"), capture_output=True, text=True,
                          check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "netbootctl is neither beside netboot-migrate nor in PATH" in done.stderr


# Two subnets, one of which has findings of its own, about iPXE and about HTTP clients.
BOOT = """option arch code 93 = unsigned integer 16;
subnet 192.0.2.0 netmask 255.255.255.0 {
  range 192.0.2.64 192.0.2.99;
  next-server 192.0.2.1;
  if option arch = 00:07 { filename "ipxe.efi"; } else { filename "undionly.kpxe"; }
}
subnet 198.51.100.0 netmask 255.255.255.0 { range 198.51.100.64 198.51.100.99; next-server 192.0.2.1; }
host web1 { hardware ethernet 52:54:00:00:00:01; fixed-address 192.0.2.201; filename "web.0"; }
host web2 { hardware ethernet 52:54:00:00:00:02; fixed-address 192.0.2.202; filename "db.0"; }
"""


def records_changed(migrate, change):
    path = migrate.output / "netboot.jsonl"
    records = [json.loads(line) for line in path.read_text().splitlines()]
    change(records)
    path.write_text("".join(json.dumps(record) + "\n" for record in records))


def of_type(records, kind, **values):
    return [each for each in records if each["type"] == kind and all(each.get(key) == value for key, value in values.items())]


def break_a_host(records):
    """Another file for one architecture of one host."""
    target, = {each["target"] for each in of_type(records, "host", name="web1")}
    of_type(records, "target", name=target)[0]["files"]["x64-uefi"] = "other.efi"


def break_a_loader(records):
    records.remove(of_type(records, "loader", platform="arm64-uefi")[0])


def break_a_server(records):
    of_type(records, "site")[0]["tftp4"] = "192.0.2.9"


PXE, IPXE = ("x86-bios", "x86-uefi", "x64-uefi", "x64-uefi (9)", "arm64-uefi"), ("iPXE x86-bios", "iPXE x64-uefi")


@pytest.mark.parametrize("change, wanted", [
    (break_a_host, {("host web1", kind, "file") for kind in ("x64-uefi", "x64-uefi (9)", "iPXE x64-uefi")}),
    (break_a_loader, {("unknown", "arm64-uefi", "file")}),
    (break_a_server, {(who, kind, field) for who in ("host web1", "host web2", "unknown") for field in ("file", "server")
                      for kind in (*PXE, *(IPXE if who != "unknown" else ()))}),
], ids=lambda value: getattr(value, "__name__", None))
def test_a_change_of_what_is_booted_is_seen(migrate, change, wanted):
    """Also where a finding announces another difference of the same subnet, or of the same field."""
    write(migrate, BOOT)
    report = migrate("-4", "dhcpd.conf")
    assert [each for each in report["findings"] if each["cases"]]
    assert all(row["announced"] for row in migrate.verify("-4", "dhcpd.conf"))
    records_changed(migrate, change)
    done = migrate.run("-4", "dhcpd.conf", "--verify", "--json")
    rows = [row for row in json.loads(done.stdout) if not row["announced"] and "192.0.2.0" in row["client"]]
    assert done.returncode == 1, done.stdout
    found_in = {(re.match(r"host \S+|\S+", row["client"])[0], re.search(r"\((.*)\) from", row["client"])[1], row["field"])
                for row in rows}
    assert {(who if who.startswith("host") else "unknown", kind, field) for who, kind, field in found_in} == wanted


def test_clients_that_do_not_boot_get_what_they_had(migrate):
    """A file under a condition, too; and who boots gets nothing of it."""
    write(migrate, "option arch code 93 = unsigned integer 16;\n" + SUBNET % (
        'if exists arch { next-server 192.0.2.1; if option arch = 00:07 { filename "ipxe.efi"; } } '
        'else { filename "phone.cfg"; next-server 192.0.2.7; option tftp-server-name "phones"; }')
        + 'host a { hardware ethernet 52:54:00:00:00:01; fixed-address 192.0.2.201; '
        'if not exists arch { filename "a.cfg"; } }\n')
    migrate("-4", "dhcpd.conf")
    subnet, = migrate.kea(4)["subnet4"]
    assert (subnet["boot-file-name"], subnet["next-server"]) == ("phone.cfg", "192.0.2.7")
    assert subnet["reservations"][0]["boot-file-name"] == "a.cfg"
    ordinary = [row for row in migrate.verify("-4", "dhcpd.conf") if "(ordinary)" in row["client"]]
    assert ordinary == []


def test_the_vendor_class_is_told_once_for_all(migrate):
    write(migrate, "option arch code 93 = unsigned integer 16;\n" + SUBNET % (
        'if option arch = 00:10 { filename "http://192.0.2.1/ipxe.efi"; }') + "".join(
            f"host h{n} {{ hardware ethernet 52:54:00:00:00:0{n}; fixed-address 192.0.2.20{n}; }}\n" for n in (1, 2, 3)))
    report = migrate("-4", "dhcpd.conf")
    told, = [each for each in report["findings"] if "HTTPClient" in each["why"]]
    assert told["severity"] == "changed" and {each["field"] for each in told["cases"]} == {"vendor class"}
    rows = [row for row in migrate.verify("-4", "dhcpd.conf") if row["field"] == "vendor class"]
    assert len(rows) == 4 and all("HTTP" in row["client"] and row["announced"] for row in rows)
    lines = [line for line in migrate.run("-4", "dhcpd.conf", "--verify").stdout.splitlines() if "vendor class" in line]
    assert len(lines) == 1 and "and 3 more" in lines[0]


def test_silence_of_both_is_counted_apart(migrate):
    write(migrate, "subnet 192.0.2.0 netmask 255.255.255.0 { }\n")
    migrate("-4", "dhcpd.conf")
    done = migrate.run("-4", "dhcpd.conf", "--verify", "--json")
    asked, same, silent = (int(re.search(rf"(\d+) {words}", done.stderr)[1])
                           for words in ("clients asked", "the same", "with no answer from either"))
    assert silent == asked > 0 and same == 0, done.stderr


def test_the_proof_leaves_nothing_behind_when_it_is_ended(at, tmp_path):
    migrate = at(CONFIGS)
    migrate("-4", "openwrt/dhcpd.conf")
    (tmp_path / "tmp").mkdir()
    before = subprocess.run(["ip", "link"], capture_output=True, text=True, check=True).stdout
    process = subprocess.Popen(
        [paths.netboot_migrate(), "-4", "openwrt/dhcpd.conf", "--output", migrate.output, "--hook", paths.hook(),
         "--verify"], cwd=CONFIGS, env=dict(paths.installed(), TMPDIR=str(tmp_path / "tmp")), stderr=subprocess.PIPE)
    while process.poll() is None and not list((tmp_path / "tmp").glob("*/dhcpd4.log")):
        os.sched_yield()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=120)
    assert list((tmp_path / "tmp").iterdir()) == []
    assert subprocess.run(["ip", "link"], capture_output=True, text=True, check=True).stdout == before
