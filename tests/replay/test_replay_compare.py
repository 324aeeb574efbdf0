# SPDX-License-Identifier: MPL-2.0
"""What is the same, what is better and by which name, what is different."""

import re
from dataclasses import dataclass, field

import pytest
from pcaps import *  # noqa: F403
from pcaps import dhcp

from lib import paths

HTTP_CLASS = b"HTTPClient:Arch:00016:UNDI:003000"
IPXE6 = dhcp.u16(4) + b"iPXE"
HTTP6 = (16, vendor_class6(b"HTTPClient"))
URL4, URL6 = b"http://192.0.2.1/ipxe.efi", b"http://[2001:db8::1]/ipxe.efi"
SCRIPT4, SCRIPT6 = b"http://192.0.2.1/script.ipxe", b"http://[2001:db8::1]/script.ipxe"
TFTP6, BIOS6 = b"tftp://[2001:db8::1]/ipxe.efi", b"tftp://[2001:db8::1]/undionly.kpxe"
LONG = "d/" * 70 + "grub.efi"


@dataclass
class Case:
    """`family`: options of the client's, and what the captured answer says: v4 file, siaddr; v6 url; options."""

    family: int
    client: list
    file: bytes
    verdict: str
    because: list = field(default_factory=list)  # or, where it is different, what differs
    options: list = field(default_factory=list)
    siaddr: str = SERVER4
    store: tuple = ()


def v4(client, file, verdict, because=(), **more):
    return Case(4, options4(**client), file, verdict, list(because), **more)


def v6(client, file, verdict, because=(), **more):
    return Case(6, options6(**client), file, verdict, list(because), **more)


BIOS = {"arch": ARCH_BIOS, "vendor_class": b"PXEClient:Arch:00000:UNDI:002001"}
X64 = {}
EBC = {"arch": dhcp.u16(9)}
LIST = {"arch": dhcp.u16(0x63, 7)}
ARM64 = {"arch": dhcp.u16(11)}
HTTP = {"arch": dhcp.u16(16), "vendor_class": HTTP_CLASS}
HTTP_V6 = {**HTTP, "requested": (59, 60, 16)}
IPXE = {"user_class": b"iPXE"}
IPXE_V6 = {"user_class": IPXE6}
PLAIN = {"arch": None, "vendor_class": b"MSFT 5.0"}

CASES = {
    # the same
    "BIOS": v4(BIOS, b"undionly.kpxe", "same"),
    "x64": v4(X64, b"ipxe.efi", "same"),
    "x64, v6": v6(X64, TFTP6, "same"),
    "the name as option only": v4(X64, b"", "same", options=[(67, b"ipxe.efi")]),
    "the name as option with a NUL": v4(X64, b"", "same", options=[(67, b"ipxe.efi\0")]),
    "the server as option only": v4(X64, b"ipxe.efi", "same", siaddr="0.0.0.0", options=[(66, b"192.0.2.1")]),
    "HTTP": v4(HTTP, URL4, "same", options=[(60, b"HTTPClient")]),
    "HTTP, siaddr is nobody's business": v4(HTTP, URL4, "same", options=[(60, b"HTTPClient")], siaddr="192.0.2.99"),
    "HTTP, v6": v6(HTTP_V6, URL6, "same", options=[HTTP6]),
    "HTTP, v6, another enterprise": v6(HTTP_V6, URL6, "same", options=[(16, vendor_class6(b"HTTPClient", 0))]),
    "iPXE": v4(IPXE, SCRIPT4, "same"),
    "iPXE, v6": v6(IPXE_V6, SCRIPT6, "same"),
    "a plain host": v4(PLAIN, b"", "same"),
    "a telephone": v4(PLAIN, b"", "same", options=[(66, b"phones.example.net"), (67, b"SIP0011.cnf.xml")]),
    "a cable modem": v4(PLAIN, b"modem.cfg", "same"),
    "arm64 without a loader": v4(ARM64, b"", "same", siaddr="0.0.0.0"),
    # better
    "a plain host is given a loader": v4(PLAIN, b"undionly.kpxe", "better", ["plain-host"]),
    "a plain host is given a loader, v6": v6(PLAIN, BIOS6, "better", ["plain-host"]),
    "RFC 3004": v4({"user_class": b"\4iPXE"}, b"ipxe.efi", "better", ["ipxe-class-items"]),
    "iPXE among other classes, v6": v6({"user_class": dhcp.u16(3) + b"foo" + IPXE6}, TFTP6, "better", ["ipxe-class-items"]),
    "iPXE without a class": Case(4, [*options4(), (175, b"\1\1\1")], b"ipxe.efi", "better", ["ipxe-option-175"]),
    "iPXE is given iPXE": v4(IPXE, b"ipxe.efi", "better", ["no-second-loader"]),
    "iPXE is given another iPXE": v4(IPXE, b"boot/snponly.efi", "better", ["no-second-loader"]),
    "iPXE is given iPXE, v6": v6(IPXE_V6, TFTP6, "better", ["no-second-loader"]),
    "iPXE is given a loader of the store's": v4(
        IPXE, b"x/special.efi", "better", ["no-second-loader"], store=("loader set arm64-uefi special.efi",)
    ),
    "HTTP is given a name": v4(HTTP, b"ipxe.efi", "better", ["http-gets-url"], options=[(60, b"HTTPClient")]),
    "HTTP is given a TFTP URL, v6": v6(HTTP_V6, TFTP6, "better", ["http-gets-url"], options=[HTTP6]),
    "HTTP is given a name and there is no URL": v4(
        {**HTTP, "arch": dhcp.u16(19)}, b"ipxe-arm64.efi", "better", ["http-gets-no-name"]
    ),
    "PXE is given a URL, v6": v6(X64, URL6, "better", ["pxe-gets-name"]),
    "PXE is given a URL": v4(X64, URL4, "better", ["pxe-gets-name"]),
    "PXE is given a URL and there is no name": v6(ARM64, URL6, "better", ["pxe-gets-no-url"]),
    "type 9 as BIOS": v4(EBC, b"undionly.kpxe", "better", ["arch-9-is-x64"]),
    "type 9 as BIOS, v6": v6(EBC, BIOS6, "better", ["arch-9-is-x64"]),
    "type 9 as nothing": v4(EBC, b"", "better", ["arch-9-is-x64"]),
    "a list as BIOS": v4(LIST, b"undionly.kpxe", "better", ["arch-list"]),
    "a list as nothing, v6": v6(LIST, b"", "better", ["arch-list"]),
    "x64 as BIOS": v4(X64, b"pxelinux.0", "better", ["platform-loader"]),
    "arm64 as BIOS": v4(ARM64, b"undionly.kpxe", "better", ["no-bios-loader"]),
    "not asked for": v6({"requested": (23,)}, b"", "better", ["not-asked-for"]),
    "a name cut off": v4(
        X64, LONG[:127].encode(), "better", ["whole-name"], store=(f"target set default --file x64-uefi={LONG}",)
    ),
    "HTTP is not told": v4(HTTP, URL4, "better", ["http-class"]),
    "HTTP is not told, v6": v6(HTTP_V6, URL6, "better", ["http-class"]),
    "iPXE is told HTTPClient": v6(IPXE_V6, SCRIPT6, "better", ["no-http-class"], options=[HTTP6]),
    "PXE is told HTTPClient": v4(X64, b"ipxe.efi", "better", ["no-http-class"], options=[(60, b"HTTPClient")]),
    "PXE is told PXEClient": v4(X64, b"ipxe.efi", "better", ["no-pxe-class"], options=[(60, b"PXEClient")]),
    "parameters": v6(X64, TFTP6, "better", ["no-parameters"], options=[(60, dhcp.u16(3) + b"abc")]),
    "iPXE is told no next server": v4(IPXE, SCRIPT4, "better", ["next-server"], siaddr="0.0.0.0"),
    "two reasons": v4(HTTP, b"ipxe.efi", "better", ["http-gets-url", "http-class"]),
    # different
    "another file": v4(X64, b"grub.efi", "different", ["file"]),
    "another file, v6": v6(X64, b"tftp://[2001:db8::1]/grub.efi", "different", ["file"]),
    "another server": v4(X64, b"ipxe.efi", "different", ["server"], siaddr="192.0.2.9"),
    "another script": v4(IPXE, b"http://192.0.2.9/x.ipxe", "different", ["file"]),
    "a server for iPXE": v4(IPXE, SCRIPT4, "different", ["server"], siaddr="192.0.2.9"),
    "iPXE is given what is no iPXE": v4(IPXE, b"http://192.0.2.9/shim.efi", "different", ["file"]),
    "nothing": v4(X64, b"", "different", ["file"]),
    "asked for and nothing, v6": v6(X64, b"", "different", ["file"]),
    "the store gives nothing": v4(X64, b"ipxe.efi", "different", ["file"], store=("target set default --ignore",)),
    "one reason, and one without": v4(
        HTTP, b"http://192.0.2.9/x.efi", "different", ["file", "http-class"]
    ),
}


def answer_of(case):
    if case.family == 6:
        return to_client6(advertise(url=case.file, options=case.options))
    return to_client4(offer(file=case.file, siaddr=case.siaddr, options=case.options))


def frames_of(case):
    question = to_server4(discover(options=case.client)) if case.family == 4 else to_server6(solicit(options=case.client))
    return [ethernet(question), ethernet(answer_of(case))]


@pytest.mark.parametrize("name", CASES)
def test_verdict(name, new_replay, tmp_path):
    case = CASES[name]
    capture = pcap(tmp_path / "pcap", frames_of(case))
    result = new_replay(*case.store).json("--compare", "--all", capture, code=0 if case.verdict == "same" else 1)
    (packet,) = result["packets"]
    found = [difference["because"] or difference["what"] for difference in packet["differences"]]
    assert (packet["verdict"], found) == (case.verdict, case.because), packet["differences"]
    assert result["summary"][case.verdict] == 1


def test_every_reason_is_tested_and_documented():
    text = (paths.SOURCE / "docs" / "replay.md").read_text()
    documented = set(re.findall(r"^\| `([a-z0-9-]+)`", text, re.MULTILINE))
    source = (paths.SOURCE / "ctl" / "replay" / "compare.c").read_text()
    known = set(re.findall(r'\{\{"([a-z0-9-]+)",', source))
    tested = {name for case in CASES.values() if case.verdict == "better" for name in case.because}
    assert known == documented == tested and len(known) > 10


# ---- A server that goes on to have boot files of its own


@pytest.mark.parametrize(
    "how, store, outcome, verdict",
    [
        (None, [], "answered", "different"),
        ("keep", [], "kept", "same"),
        ("replace", [], "answered", "different"),
        ("keep", [f"host set {MAC} --target default"], "answered", "different"),
        ("keep", [f"host set {MAC} --label rack=1"], "kept", "same"),
        ("replace", ["target set default --ignore"], "ignored", "same"),
        ("replace", ["target set default --silent"], "silent", "different"),
        ("remove", [], "answered", "different"),
        ("remove", ["loader delete x64-uefi"], "no-boot-file", "different"),
        (None, ["target set default --ignore"], "ignored", "different"),
    ],
)
def test_existing_boot_file(how, store, outcome, verdict, new_replay, tmp_path):
    capture = pcap(tmp_path / "pcap", map(ethernet, [to_server4(discover()), to_client4(offer(file=b"grub.efi"))]))
    words = [] if how is None else ["--existing-boot-file", how]
    result = new_replay(*store).json("--compare", *words, capture, code=int(verdict != "same"))
    assert [(packet["outcome"], packet["verdict"]) for packet in result["packets"]] == [(outcome, verdict)]


# ---- Questions and answers


def compared(replay, tmp_path, packets, code=0, *words):
    return replay.json("--compare", *words, pcap(tmp_path / "pcap", map(ethernet, packets)), code=code)


def test_a_whole_boot(replay, tmp_path):
    """Discover and Request share one transaction in DHCPv4, and each has its own answer."""
    packets = [
        to_server4(discover()),
        to_client4(offer()),
        to_server4(discover(kind=dhcp.REQUEST)),
        to_client4(offer(kind=dhcp.ACK)),
    ]
    found = compared(replay, tmp_path, packets)["packets"]
    assert [(packet["message"], packet["captured"]["message"]) for packet in found] == [
        ("DHCPDISCOVER", "DHCPOFFER"),
        ("DHCPREQUEST", "DHCPACK"),
    ]


def test_clients_do_not_mix(replay, tmp_path):
    """The same transaction id, by chance: the hardware address tells them apart."""
    packets = [
        to_server4(discover()),
        to_server4(discover(OTHER_MAC, options=options4(user_class=b"iPXE"))),
        to_client4(offer(OTHER_MAC, file=SCRIPT4)),
        to_client4(offer()),
    ]
    result = compared(replay, tmp_path, packets)
    assert [packet["captured"]["packet"] for packet in result["packets"]] == [4, 3]
    assert [client["client"] for client in result["clients"]] == [MAC, OTHER_MAC]


def test_retransmitted_and_unanswered(replay, tmp_path):
    packets = [to_server4(discover()), to_server4(discover()), to_client4(offer()), to_server4(discover(OTHER_MAC))]
    result = compared(replay, tmp_path, packets)
    assert [packet["retransmission_of"] for packet in result["packets"]] == [None, 1, None]
    assert [bool(packet["captured"]) for packet in result["packets"]] == [True, False, False]
    summary = result["summary"]
    assert (summary["same"], summary["retransmitted"], summary["unanswered"]) == (1, 1, 1)


def test_refused(replay, tmp_path):
    """A NAK has no boot fields, whatever the client is."""
    packets = [to_server4(discover(kind=dhcp.REQUEST)), to_client4(offer(kind=dhcp.NAK, file=b"", siaddr="0.0.0.0"))]
    (packet,) = compared(replay, tmp_path, packets)["packets"]
    assert (packet["outcome"], packet["verdict"], packet["captured"]["message"]) == ("not-ours", "same", "DHCPNAK")


def test_two_servers(replay, tmp_path):
    other = to_client4(offer(file=b"other.efi"), source="192.0.2.9")
    packets = [to_server4(discover()), to_client4(offer()), other, other]
    result = compared(replay, tmp_path, packets, 1)
    found = [(packet["packet"], packet["captured"]["from"], packet["verdict"]) for packet in result["packets"]]
    assert found == [(1, SERVER4, "same"), (1, "192.0.2.9", "different")]
    assert result["packets"][1]["one_more_answer"] is True
    assert result["summary"]["repeated_answers"] == 1 and result["summary"]["shown"] == 1


def test_releases_and_answers_alone(replay, tmp_path):
    packets = [
        to_server6(solicit()),
        to_client6(advertise()),
        to_server6(solicit(5, dhcp.RELEASE6)),
        to_client6(advertise(5, dhcp.REPLY, url=None)),
        to_client4(offer(xid=99)),
    ]
    summary = compared(replay, tmp_path, packets)["summary"]
    assert (summary["shown"], summary["others"], summary["lone_answers"]) == (1, 1, 1)


def test_one_card_in_both_families_is_one_client(new_replay, tmp_path):
    packets = [
        to_server4(discover()),
        to_client4(offer()),
        to_server6(solicit()),
        to_client6(advertise()),
        to_server4(discover(xid=7, options=options4(user_class=b"iPXE"))),
        to_client4(offer(xid=7, file=SCRIPT4)),
    ]
    (client,) = compared(new_replay(f"host set {MAC} --name web1"), tmp_path, packets)["clients"]
    assert (client["client"], client["host"], client["stages"]) == (MAC, "web1", ["PXE", "iPXE"])
    assert (client["packets"], client["same"], client["unanswered"]) == (3, 3, 0)


def test_hosts_that_do_not_boot_are_counted(replay, tmp_path):
    packets = [to_server4(discover(options=[(55, b"\1\3")])), to_client4(offer(file=b""))]
    assert compared(replay, tmp_path, packets)["packets"] == []
    result = compared(replay, tmp_path, packets)
    assert result["summary"]["ordinary"] == 1 and result["clients"] == []
    (packet,) = compared(replay, tmp_path, packets, 0, "--all")["packets"]
    assert (packet["stage"], packet["outcome"]) == ("none", "not-ours")
