# SPDX-License-Identifier: MPL-2.0
"""
Equivalence with a well-known dhcpd configuration: tests/data/reference/isc-dhcpd.tsv says what stock dhcpd answers with
the dhcpd.conf and dhcpd6.conf beside it. With a store of the same addresses every client of it gets the same file,
server and vendor class, but for the improvements below.
"""

import csv
import re

import pytest

from cases import NO_REPLY, case
from exchange import normal
from lib import paths
from plugins import chosen
from runner import InProcess, OnTheWire

NOTHING = {}

ARCH_9 = "9 is x64 as well (RFC 4578 erratum 4624); a BIOS program is of no use to it"
NO_LOADER = "a machine of a platform without a loader is handed no program of another platform"
HTTP_NO_LOADER = "an HTTP client of a platform without a loader gets no offer to boot, and no name for TFTP"
BY_CLASS = "the vendor class tells HTTP from TFTP, the architecture only the platform"
ALWAYS = "what an HTTP client cannot boot without goes out whether or not it asked"
ENTERPRISE = "option 16 has Intel's enterprise number, whose class it is"
IPXE_FORM = "iPXE's user class in the form of RFC 3004, and as any item of the list"
IPXE_HTTP = "HTTPClient is not echoed to iPXE, which gets the next server that scripts use"
LIST = "the architecture is a list, of which the first known one counts"
ONE_OCTET = "an architecture that cannot be read leaves the one in the vendor class"
PLAIN = "a host that does not boot from the network is left alone"
PER_HOST = "a host's BIOS program is for its BIOS stage alone"

# Client of the reference -> why it gets something else, and what: (file, server, vendor class) of DHCPv4 and
# (URL, vendor class) of DHCPv6 by name; what is not named is absent.
HTTP16 = bytes.fromhex("00000157000a") + b"HTTPClient"
IMPROVEMENTS = {
    4: {
        "efi-x64-arch9": (ARCH_9, {"file": "ipxe.efi", "server": "192.0.2.1"}),
        "efi-arm64-arch11": (NO_LOADER, NOTHING),
        "http-arm64-arch19": (HTTP_NO_LOADER, NOTHING),
        "pxe-vendor-but-arch16": (BY_CLASS, {"file": "ipxe.efi", "server": "192.0.2.1"}),
        "http-vendor-but-arch7": (BY_CLASS, {"file": "http://192.0.2.1/ipxe.efi", "class": "HTTPClient"}),
        "http-arch16-PRL-without-60-67": (ALWAYS, {"file": "http://192.0.2.1/ipxe.efi", "class": "HTTPClient"}),
        "ipxe-uc-rfc3004-lenprefix": (IPXE_FORM, {"file": "http://192.0.2.1/script.ipxe", "server": "192.0.2.1"}),
        "ipxe-uc-HTTPClient-arch16": (IPXE_HTTP, {"file": "http://192.0.2.1/script.ipxe", "server": "192.0.2.1"}),
        "plain-no-vendor-no-arch": (PLAIN, NOTHING),
        "pxe-arch-list-7-9": (LIST, {"file": "ipxe.efi", "server": "192.0.2.1"}),
        "pxe-arch-1byte": (ONE_OCTET, {"file": "ipxe.efi", "server": "192.0.2.1"}),
        "web1-efi-arch7": (PER_HOST, {"file": "ipxe.efi", "server": "192.0.2.1"}),
        "web1-http-arch16": (
            PER_HOST,
            {"file": "http://192.0.2.1/ipxe.efi", "server": "192.0.2.2", "class": "HTTPClient"},
        ),
        "web1-ipxe": (PER_HOST, {"file": "http://192.0.2.1/script.ipxe", "server": "192.0.2.1"}),
    },
    6: {
        "efi-x64-arch9": (ARCH_9, {"file": "tftp://[2001:db8::1]/ipxe.efi"}),
        "efi-arm64-arch11": (NO_LOADER, NOTHING),
        "http-ia32-arch15": (ENTERPRISE, {"file": "http://[2001:db8::1]/ipxe32.efi", "class": HTTP16}),
        "http-x64-arch16": (ENTERPRISE, {"file": "http://[2001:db8::1]/ipxe.efi", "class": HTTP16}),
        "http-arm64-arch19": (HTTP_NO_LOADER, NOTHING),
        "http-x64-arch16-ORO-without-16": (ALWAYS, {"file": "http://[2001:db8::1]/ipxe.efi", "class": HTTP16}),
        "http-x64-arch16-ORO-without-59": (ALWAYS, {"file": "http://[2001:db8::1]/ipxe.efi", "class": HTTP16}),
        "http-x64-arch16-no-ORO": (ALWAYS, {"file": "http://[2001:db8::1]/ipxe.efi", "class": HTTP16}),
        "pxe-vendor-but-arch16": (BY_CLASS, {"file": "tftp://[2001:db8::1]/ipxe.efi"}),
        "ipxe-uc-two-classes(foo,iPXE)": (IPXE_FORM, {"file": "http://[2001:db8::1]/script.ipxe"}),
        "plain-no-arch": (PLAIN, NOTHING),
        "arch-list-7-9": (LIST, {"file": "tftp://[2001:db8::1]/ipxe.efi"}),
        "inforeq-http-arch16": (ENTERPRISE, {"file": "http://[2001:db8::1]/ipxe.efi", "class": HTTP16}),
    },
}

# Told apart from another client only by what no test here can send.
LEFT_OUT = {"bootp-web1-no-magic-cookie"}

# What a server does not reply to at all, with or without us.
SILENT = {"kea": {(4, "pxe-arch-1byte")}}

EXCHANGES = {
    "OFFER": "boot",
    "ACK": "boot",
    "BOOTREPLY": "bootp",
    "ADVERTISE": "boot",
    "REPLY": "boot",
    "REPLY(info)": "information",
}
COLUMNS = (
    *("server", "proto", "client", "mac", "arch", "vendor_class", "user_class", "requested", "reply", "address"),
    *("file", "siaddr", "sname", "66 or 59", "67 or 16", "60", "order", "size"),
)


def rows():
    with open(paths.DATA / "reference" / "isc-dhcpd.tsv", newline="") as file:
        lines = [line for line in file if not line.startswith("#")]
    for row in csv.DictReader(lines, COLUMNS, delimiter="\t", quoting=csv.QUOTE_NONE):
        # The variants have another configuration; INFORM and dynamic BOOTP got no reply from that one.
        stock = row["server"] in ("stock-dhcpd4", "stock-dhcpd6")
        if stock and row["address"] != "NO-REPLY" and row["client"] not in LEFT_OUT:
            yield row


def text(field):
    return None if field == "-" else field


def arch(field):
    if field.startswith("hex:"):
        return bytes.fromhex(field[4:])
    return None if field == "-" else [int(field)]


def requested(field, family):
    if field.endswith("none"):
        return None
    if field.startswith("has60"):
        return [1, 3, 6, 60, 66, 67]
    return [int(code) for code in field.removeprefix("ORO=").split(",")]


def octets(field):
    """The reference writes what is not printable as \\xNN."""
    return None if field == "-" else field.encode().decode("unicode_escape").encode("latin-1")


def reference(row, family):
    """What stock dhcpd answered: file, server and vendor class."""
    if family == 4:
        answer = {"file": text(row["file"]), "server": row["siaddr"], "class": without_size(row["60"])}
        return {name: value for name, value in answer.items() if value not in (None, "0.0.0.0")}
    vendor = without_size(row["67 or 16"])
    answer = {"file": without_size(row["66 or 59"]), "class": bytes.fromhex(vendor) if vendor else None}
    return {name: value for name, value in answer.items() if value is not None}


def without_size(field):
    return None if field == "-" else re.sub(r"^\d+:", "", field)


def clients():
    """One case for each client of the reference; its rows agree."""
    found = {}
    for row in rows():
        family = int(row["proto"][1])
        client = {
            "mac": row["mac"],
            "arch": arch(row["arch"]),
            "vendor_class": text(row["vendor_class"]),
            "user_class": octets(row["user_class"]),
            "requested": requested(row["requested"], family),
        }
        answer = reference(row, family)
        key = (family, row["client"])
        if key in found:
            assert found[key]["expect"] == answer, f"{key}: the reference's rows differ"
            continue
        found[key] = case(
            *(row["client"], family, client, answer),
            exchange=EXCHANGES[row["reply"]],
            store="article",
            settings="article",
        )
    return found


CLIENTS = clients()


PLACES = {
    4: (("file", "file"), ("file", 67), ("server", "siaddr"), ("class", 60)),
    6: (("file", 59), ("class", 16)),
}


def essence(fields, family):
    """File, server and vendor class of a reply, wherever they are in it."""
    if fields == NO_REPLY:
        return NO_REPLY
    found = {}
    for name, field in PLACES[family]:
        if field in fields:
            assert found.setdefault(name, fields[field]) == fields[field], f"field and option differ: {fields}"
    return found


def expected(key):
    family, name = key
    answer = IMPROVEMENTS[family][name][1] if name in IMPROVEMENTS[family] else CLIENTS[key]["expect"]
    renamed = {"siaddr" if field == "server" else field: value for field, value in answer.items()}
    return {"server" if field == "siaddr" else field: value for field, value in normal(renamed).items()}


def compare(key, replies, want):
    for message, fields, _ in replies:
        got = essence(fields, key[0])
        assert got == want, f"{key[1]}, message type {message.type}: got {got}, expected {want}"


KEYS = pytest.mark.parametrize("key", CLIENTS, ids=lambda key: f"v{key[0]} {key[1]}")


@KEYS
def test_engine(key, engines):
    case_ = CLIENTS[key]
    compare(key, InProcess(engines(case_["store"]), case_).replies(), expected(key))


@KEYS
def test_server(key, client, running):
    case_ = CLIENTS[key]
    server = running.server(chosen(), key[0], case_["settings"], case_["store"])
    silent = key in SILENT.get(server.name, ())
    row = {**case_, "servers": {server.name: NO_REPLY}} if silent else case_
    compare(key, OnTheWire(client, server, row).replies(), NO_REPLY if silent else expected(key))


@pytest.mark.parametrize("family", (4, 6))
def test_every_improvement_is_needed(family):
    for name, (why, answer) in IMPROVEMENTS[family].items():
        assert why
        assert (family, name) in CLIENTS, f"{name} is no client of the reference"
        assert answer != CLIENTS[family, name]["expect"], f"{name} gets what stock dhcpd gave: the row is not needed"


def test_reference_is_whole():
    """So that a change of the file's form does not make these tests empty."""
    assert len(CLIENTS) == 50
