# SPDX-License-Identifier: MPL-2.0
"""
Facts and decision for every packet that real firmware and iPXE sent in tests/data/captures: expected.tsv beside the
captures has a line for each.
"""

import csv
import itertools
import logging

import pytest

from lib import dhcp, paths
from runner import Engine, query_of
from exchange import Where

logging.getLogger("scapy.runtime").setLevel(logging.ERROR)
from scapy.layers.inet import UDP  # noqa: E402
from scapy.layers.inet6 import IPv6  # noqa: E402
from scapy.utils import rdpcap  # noqa: E402

CAPTURES = paths.DATA / "captures"
STORE = "captured"
INTERFACE = {4: "10.77.0.1", 6: "2001:db8:77::1"}


def expectations():
    with open(CAPTURES / "expected.tsv", newline="") as file:
        rows = list(csv.DictReader((line for line in file if not line.startswith("#")), delimiter="\t"))
    return {(row["capture"], int(row["frame"])): row for row in rows}


def messages(capture):
    """(frame, message, source, reply) of every message to a DHCP server; the reply is None where there was none."""
    packets = [(number, packet) for number, packet in enumerate(rdpcap(str(CAPTURES / capture)), 1) if UDP in packet]
    for at, (number, packet) in enumerate(packets):
        if packet[UDP].dport not in (67, 547):
            continue
        family = 4 if packet[UDP].dport == 67 else 6
        parse = dhcp.parse4 if family == 4 else dhcp.parse6
        message = parse(bytes(packet[UDP].payload))
        source = packet[IPv6].src if family == 6 else "0.0.0.0"
        later = (parse(bytes(each[UDP].payload)) for _, each in packets[at + 1 :] if each[UDP].sport == packet[UDP].dport)
        reply = next((each for each in itertools.islice(later, 4) if each.xid == message.xid), None)
        yield number, message, source, reply


def found():
    return {
        (path.name, frame): (message, source, reply)
        for path in sorted(CAPTURES.glob("*.pcap"))
        for frame, message, source, reply in messages(path.name)
    }


FOUND, EXPECTED = found(), expectations()


@pytest.fixture(scope="module")
def engine(shelf):
    made = Engine(shelf[STORE].directory)
    yield made
    made.close()


def plain_reply(message):
    """For a message that nobody answered in the capture."""
    assert isinstance(message, dhcp.Message4) and message.type == dhcp.DISCOVER
    return dhcp.Message4(dhcp.OFFER, op=2, xid=message.xid)


NAMES = {
    dhcp.Message4: {dhcp.DISCOVER: "DISCOVER", dhcp.REQUEST: "REQUEST"},
    dhcp.Message6: {dhcp.SOLICIT: "Solicit", dhcp.REQUEST6: "Request", dhcp.RELEASE6: "Release"},
}


def facts(message, answer):
    client, decision = answer["client"], answer["decision"]
    edits = {str(field): bytes.fromhex(data) for field, remove, data in answer["edits"] if not remove}
    octets = {name: bytes.fromhex(client[name]) for name in ("mac", "uuid")}
    return {
        "message": NAMES[type(message)][message.type],
        "stage": client["stage"],
        "platform": client["platform"] or "-",
        "mac": octets["mac"].hex(":") or "-",
        "uuid": str(dhcp.uuids.UUID(bytes=octets["uuid"])) if octets["uuid"] else "-",
        "outcome": decision["outcome"],
        "boot_file": decision["boot_file"] or "-",
        "siaddr": dhcp.address_text(edits["siaddr"]) if "siaddr" in edits else "-",
        "class": (edits.get("60") or edits.get("16") or b"-")[-10:].decode(),
    }


@pytest.mark.parametrize("key", FOUND, ids=lambda key: f"{key[0]} frame {key[1]}")
def test_packet(key, engine):
    message, source, reply = FOUND[key]
    family = 4 if isinstance(message, dhcp.Message4) else 6
    mac = message.hardware_address.hex(":") if family == 4 else ""
    query = query_of(message, Where(mac, source, 0), reply or plain_reply(message), INTERFACE[family])
    answer = engine.serve(query)
    got = facts(message, answer)
    assert got == {name: EXPECTED[key][name] for name in got}, answer["reasons"]


def test_every_packet_is_expected():
    assert FOUND.keys() == EXPECTED.keys()


def test_captures_are_there():
    assert len({capture for capture, _ in FOUND}) == 8
