# SPDX-License-Identifier: MPL-2.0
"""explain: what a machine would get, and why."""

import pytest

KEYS = ["family", "stage", "platform", "arch", "mac", "uuid", "duid", "address", "sent_vendor_class", "sent_user_class",
        "requested", "join_identifiers", "outcome", "host", "target", "site", "boot_file", "next_server", "tftp_server_name", "vendor_class",
        "reasons", "edits"]
MAC = "52:54:00:12:34:56"
UUID = "11223344-5566-7788-99aa-bbccddeeff01"


@pytest.fixture
def lab(ctl):
    ctl.ok("site", "set", "default", "--tftp4", "192.0.2.1", "--tftp6", "2001:db8::1", "--http4", "http://192.0.2.1/",
           "--http6", "http://[2001:db8::1]/")
    ctl.ok("site", "set", "away", "--prefix", "198.51.100.0/24", "--prefix", "2001:db8:a::/48", "--tftp4", "198.51.100.1",
           "--tftp6", "2001:db8:a::1")
    ctl.ok("target", "set", "debian", "--script", "debian.ipxe")
    ctl.ok("target", "set", "disk", "--local")
    ctl.ok("target", "set", "mute", "--silent")
    ctl.ok("target", "set", "theirs", "--ignore")
    ctl.ok("host", "set", MAC, "--name", "web1", "--mac", "52:54:00:12:34:57", "--uuid", UUID, "--target", "debian")
    return ctl


def explain(ctl, *words):
    result = ctl.json("explain", *words)
    assert list(result) == KEYS
    assert result["reasons"] and all(isinstance(reason, str) and reason for reason in result["reasons"])
    return result


# family, what it asks as: the parts of the answer
CASES = {
    "bios": (["--family", "4", "--arch", "0"], {
        "stage": "PXE", "platform": "x86-bios", "boot_file": "undionly.kpxe", "next_server": "192.0.2.1",
        "vendor_class": None, "outcome": "answered", "site": "default", "target": "default", "host": None}),
    "x64 pxe 4": (["--family", "4", "--arch", "7"], {
        "stage": "PXE", "platform": "x64-uefi", "boot_file": "ipxe.efi", "next_server": "192.0.2.1"}),
    "x64 by name": (["--family", "4", "--arch", "x64-uefi"], {"arch": 7, "boot_file": "ipxe.efi"}),
    "x64 by its other number": (["--family", "4", "--arch", "9"], {"platform": "x64-uefi", "boot_file": "ipxe.efi"}),
    "x64 http 4": (["--family", "4", "--arch", "16"], {
        "stage": "HTTP", "platform": "x64-uefi", "boot_file": "http://192.0.2.1/ipxe.efi", "next_server": None,
        "vendor_class": "HTTPClient", "sent_vendor_class": "HTTPClient:Arch:00016:UNDI:003016"}),
    "x64 pxe 6": (["--family", "6", "--arch", "7"], {
        "stage": "PXE", "boot_file": "tftp://[2001:db8::1]/ipxe.efi", "vendor_class": None, "next_server": None}),
    "x64 http 6": (["--family", "6", "--arch", "16"], {
        "stage": "HTTP", "boot_file": "http://[2001:db8::1]/ipxe.efi", "vendor_class": "HTTPClient"}),
    "a pxe client with an http arch": (["--family", "4", "--arch", "16", "--vendor-class", "PXEClient"], {
        "stage": "PXE", "boot_file": "ipxe.efi"}),
    "an http client with a pxe arch": (["--family", "4", "--arch", "7", "--vendor-class", "HTTPClient:Arch:00007"], {
        "stage": "HTTP", "boot_file": "http://192.0.2.1/ipxe.efi"}),
    "a list of archs": (["--family", "4", "--arch", "9999", "--arch", "7"], {"arch": 7, "platform": "x64-uefi"}),
    "an unknown arch": (["--family", "4", "--arch", "9999"], {
        "arch": 9999, "platform": None, "outcome": "no-boot-file", "boot_file": None}),
    "ipxe 4": (["--family", "4", "--arch", "7", "--user-class", "iPXE"], {
        "stage": "iPXE", "boot_file": "http://192.0.2.1/script.ipxe", "next_server": "192.0.2.1", "vendor_class": None,
        "sent_vendor_class": "PXEClient:Arch:00007:UNDI:003016"}),
    "ipxe 6": (["--family", "6", "--arch", "7", "--user-class", "iPXE"], {
        "stage": "iPXE", "boot_file": "http://[2001:db8::1]/script.ipxe"}),
    "ipxe without an arch": (["--family", "4", "--user-class", "iPXE"], {"stage": "iPXE", "platform": None}),
    "an ordinary host": (["--family", "4"], {"stage": "none", "outcome": "not-ours", "boot_file": None, "edits": []}),
    "an ordinary host 6": (["--family", "6"], {"stage": "none", "outcome": "not-ours", "edits": []}),
    "by mac": (["--family", "4", "--mac", "5254.0012.3457", "--arch", "7", "--user-class", "iPXE"], {
        "host": "web1", "target": "debian", "mac": "52:54:00:12:34:57", "boot_file": "http://192.0.2.1/debian.ipxe"}),
    "by mac 6": (["--family", "6", "--mac", MAC, "--arch", "7", "--user-class", "iPXE"], {
        "host": "web1", "mac": MAC, "boot_file": "http://[2001:db8::1]/debian.ipxe"}),
    "by uuid 4": (["--family", "4", "--uuid", UUID, "--arch", "7", "--user-class", "iPXE"], {
        "host": "web1", "uuid": UUID}),
    "by uuid 6": (["--family", "6", "--uuid", UUID, "--arch", "7"], {"host": "web1"}),
    "by uuid 6 ipxe": (["--family", "6", "--uuid", UUID, "--arch", "7", "--user-class", "iPXE"], {
        "host": "web1", "duid": "00:04:" + ":".join(UUID.replace("-", "")[i:i + 2] for i in range(0, 32, 2))}),
    "by name": (["--family", "4", "web1", "--arch", "7", "--user-class", "iPXE"], {
        "host": "web1", "mac": MAC, "uuid": UUID}),
    "by name 6": (["--family", "6", "web1", "--arch", "7"], {"host": "web1", "mac": MAC}),
    "the card that is named": (["--family", "4", "52:54:00:12:34:57", "--arch", "7"], {
        "host": "web1", "mac": "52:54:00:12:34:57"}),
    "a machine that nobody named": (["--family", "4", "52:54:00:99:99:99", "--arch", "7"], {
        "host": None, "target": "default", "mac": "52:54:00:99:99:99"}),
    "its site 4": (["--family", "4", "--arch", "7", "--address", "198.51.100.7"], {
        "site": "away", "next_server": "198.51.100.1", "address": "198.51.100.7"}),
    "its site 6": (["--family", "6", "--arch", "7", "--address", "2001:db8:a::7"], {
        "site": "away", "boot_file": "tftp://[2001:db8:a::1]/ipxe.efi"}),
    "a site without http": (["--family", "4", "--arch", "16", "--address", "198.51.100.7"], {
        "site": "away", "outcome": "no-boot-file", "boot_file": None, "edits": []}),
}


@pytest.mark.parametrize("words, wanted", CASES.values(), ids=CASES)
def test_explain(lab, words, wanted):
    result = explain(lab, *words)
    assert {key: result[key] for key in wanted} == wanted


def test_kinds_of_targets(lab):
    for target, outcome in (("disk", "answered"), ("mute", "silent"), ("theirs", "ignored")):
        lab.ok("host", "set", "web1", "--target", target)
        result = explain(lab, "--family", "4", "web1", "--arch", "7")
        assert (result["target"], result["outcome"]) == (target, outcome)
        assert bool(result["edits"]) == (outcome != "ignored")


def test_options_that_are_asked_for(lab):
    def names(*words):
        return [edit["field"].split(" (")[0] for edit in explain(lab, "--family", "4", "--arch", "7", *words)["edits"]
                if not edit["remove"]]

    assert "option 67" in names("--requested", "66,67") and "option 66" in names("--requested", "66,67")
    assert "option 66" not in names("--requested", "1,3,6")
    assert "option 66" not in names("--requested", "")
    assert explain(lab, "--family", "4", "--arch", "7", "--requested", "")["requested"] == []
    assert explain(lab, "--family", "6", "--arch", "7", "--requested", "59,1000")["requested"] == [59, 1000]


@pytest.mark.parametrize("user_class", ["iPXE", "\x04iPXE"], ids=["bare", "with a length"])
def test_what_firmware_sends_goes_by_the_stage_that_the_server_sees(lab, user_class):
    result = explain(lab, "--family", "4", "--arch", "16", "--user-class", user_class)
    assert (result["stage"], result["sent_vendor_class"]) == ("iPXE", "PXEClient:Arch:00016:UNDI:003016")
    assert 175 in result["requested"]
    result = explain(lab, "--family", "4", "--arch", "65535", "--vendor-class", "printer")
    assert (result["stage"], result["requested"]) == ("none", [1, 3, 6, 15])


def test_edits_have_text_and_octets(lab):
    edits = {edit["field"]: edit for edit in explain(lab, "--family", "4", "--arch", "7")["edits"]}
    assert edits["siaddr"] == {"field": "siaddr", "remove": False, "value": "192.0.2.1", "hex": "c0000201"}
    assert edits["file"]["value"] == "ipxe.efi" and bytes.fromhex(edits["file"]["hex"]) == b"ipxe.efi"
    edits = {edit["field"]: edit for edit in explain(lab, "--family", "6", "--arch", "16")["edits"]}
    assert edits["option 16 (vendor-class)"]["value"] == "HTTPClient"
    assert edits["option 16 (vendor-class)"]["hex"] == "00000157000a" + b"HTTPClient".hex()


def test_as_text(lab):
    out = lab.ok("explain", "--family", "4", "web1", "--arch", "x64-uefi", "--user-class", "iPXE")
    for part in ("Discover", "iPXE", MAC, UUID, "decision: answered", " 1. ", "debian.ipxe", "option 67"):
        assert part in out
    out = lab.ok("explain", "--family", "6", "--mac", "52:54:00:00:00:01")
    assert "not-ours" in out and "the reply stays" in out and "--arch" in out


def test_a_target_that_is_missing_is_told(lab):
    lab.ok("target", "delete", "debian", "--force")
    result = explain(lab, "--family", "4", "web1", "--arch", "7", "--user-class", "iPXE")
    assert result["target"] == "default" and result["boot_file"] == "http://192.0.2.1/script.ipxe"
    assert any("names a target that the store does not have" in reason for reason in result["reasons"])


def test_an_address_is_not_needed_for_a_store_fresh_from_init(ctl):
    assert explain(ctl, "--family", "4", "--arch", "7")["outcome"] == "no-boot-file"


@pytest.mark.parametrize("code, words, told", [
    (2, [], "--family"),
    (2, ["--family", "5"], "`5`"),
    (2, ["--family"], "--family 4|6"),
    (2, ["--family", "4", "--mac", "52:54"], "`52:54`"),
    (2, ["--family", "4", "--uuid", "1"], "--uuid"),
    (2, ["--family", "6", "--duid", "1"], "--duid"),
    (2, ["--family", "4", "--arch", "x64"], "did you mean `x64-uefi`"),
    (2, ["--family", "4", "--arch", "65536"], "65535"),
    (2, ["--family", "4", "--address", "2001:db8::1"], "IPv4"),
    (2, ["--family", "6", "--address", "192.0.2.1"], "IPv6"),
    (2, ["--family", "4", "--requested", "66,x"], "66,x"),
    (2, ["--family", "4", "--requested", "256"], "256"),
    (2, ["--family", "4", "--vendor-class", "x" * 256], "255"),
    (2, ["--family", "4", "--user-class", "x" * 256], "255"),
    (2, ["--family", "4", "--user-clas", "x"], "did you mean `--user-class`"),
    (2, ["--family", "4", "a b"], "`a b`"),
    (2, ["--family", "4", "web1", "web2"], "`web2`"),
    (1, ["--family", "4", "web9"], "web9"),
])
def test_explain_that_is_wrong(lab, code, words, told):
    assert told in lab.wrong(code, "explain", *words)
