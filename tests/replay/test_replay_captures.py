# SPDX-License-Identifier: MPL-2.0
"""
The captures of real firmware and iPXE: tests/data/captures/expected.tsv says what every packet holds and gets. The
servers that answered in them were set up with the same files, but for iPXE: no next server over IPv4, another script
over IPv6.
"""

import csv
from collections import Counter

import pytest

from lib import paths

CAPTURES = paths.DATA / "captures"
NAMES = sorted(path.name for path in CAPTURES.glob("*.pcap"))
LINES = [
    "site set default --tftp4 10.77.0.1 --tftp6 2001:db8:77::1 --http4 http://10.77.0.1 --http6 http://[2001:db8:77::1]",
    "loader set arm64-uefi arm64.efi",
]


def expectations():
    with open(CAPTURES / "expected.tsv", newline="") as file:
        rows = list(csv.DictReader((line for line in file if not line.startswith("#")), delimiter="\t"))
    return {
        (row["capture"], int(row["frame"])): row for row in rows if row["message"] not in ("Release", "Decline", "Confirm")
    }


EXPECTED = expectations()


@pytest.fixture
def captured(new_replay):
    return new_replay(*LINES)


def facts(packet):
    return {
        "message": packet["message"].removeprefix("DHCP"),
        "stage": packet["stage"],
        "platform": packet["platform"] or "-",
        "mac": packet["mac"] or "-",
        "uuid": packet["uuid"] or "-",
        "outcome": packet["outcome"],
        "boot_file": packet["boot_file"] or "-",
        "siaddr": packet["next_server"] or "-",
        "class": packet["vendor_class"] or "-",
    }


@pytest.mark.parametrize("name", NAMES)
def test_every_packet(name, captured):
    found = captured.json("--all", CAPTURES / name)["packets"]
    assert {packet["packet"] for packet in found} == {frame for capture, frame in EXPECTED if capture == name}
    for packet in found:
        expected = EXPECTED[(name, packet["packet"])]
        got = facts(packet)
        assert got == {key: expected[key] for key in got}, packet["reasons"]


NEXT_SERVER = ("server", None, "10.77.0.1", "next-server")
SCRIPT = ("file", "http://[2001:db8:77::1]/script6.ipxe", "http://[2001:db8:77::1]/script.ipxe", None)
# Stage and family: verdict and differences of all answers of that kind
IPXE_ANSWERS = {("iPXE", 4): ("better", [NEXT_SERVER]), ("iPXE", 6): ("different", [SCRIPT])}


@pytest.mark.parametrize("name", NAMES)
def test_answers(name, captured):
    result = captured.json("--compare", CAPTURES / name, code=1)
    answered = [packet for packet in result["packets"] if packet["captured"]]
    assert answered
    for packet in answered:
        differences = [tuple(difference.values()) for difference in packet["differences"]]
        expected = IPXE_ANSWERS.get((packet["stage"], packet["family"]), ("same", []))
        assert (packet["verdict"], differences) == expected
    verdicts = Counter(packet["verdict"] for packet in answered)
    assert {verdict: result["summary"][verdict] for verdict in verdicts} == dict(verdicts)
    (client,) = result["clients"]
    assert {verdict: client[verdict] for verdict in verdicts} == dict(verdicts)


def test_captures_are_there():
    assert len(NAMES) == 8
