# SPDX-License-Identifier: MPL-2.0
"""The same question and answer in all that tcpdump writes around them, relayed, tagged, fragmented and cut."""

import random

import pytest
from pcaps import *  # noqa: F403
from pcaps import dhcp
from scapy.layers.inet import fragment
from scapy.layers.inet6 import IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop, fragment6
from scapy.layers.l2 import Dot1AD, Dot1Q

V4 = [to_server4(discover()), to_client4(offer())]
V6 = [to_server6(solicit()), to_client6(advertise())]


def tagged(packets, tags):
    return [ethernet(packet, tags=tags) for packet in packets]


EXTENDED = [
    IPv6(src=dhcp.link_local(MAC), dst="ff02::1:2")
    / IPv6ExtHdrHopByHop()
    / IPv6ExtHdrDestOpt()
    / UDP(sport=546, dport=547)
    / Raw(solicit()),
    V6[1],
]

# name: link type, frames, VLANs
LINKS = {
    "Ethernet, v4": (ETHERNET, [ethernet(packet) for packet in V4], []),
    "Ethernet, v6": (ETHERNET, [ethernet(packet) for packet in V6], []),
    "padded": (ETHERNET, [ethernet(packet) + bytes(40) for packet in V6], []),
    "802.1Q, v4": (ETHERNET, tagged(V4, Dot1Q(vlan=12)), [12]),
    "802.1Q, v6": (ETHERNET, tagged(V6, Dot1Q(vlan=12, prio=5)), [12]),
    "QinQ, v4": (ETHERNET, tagged(V4, Dot1AD(vlan=5) / Dot1Q(vlan=4094)), [5, 4094]),
    "QinQ, v6": (ETHERNET, tagged(V6, Dot1Q(vlan=5) / Dot1Q(vlan=6)), [5, 6]),
    "cooked, v4": (SLL, [sll(packet) for packet in V4], []),
    "cooked, v6": (SLL, [sll(packet) for packet in V6], []),
    "cooked 2, v4": (SLL2, [sll2(packet) for packet in V4], []),
    "cooked 2, v6": (SLL2, [sll2(packet) for packet in V6], []),
    "raw, v4": (RAW, [bytes(packet) for packet in V4], []),
    "raw, v6": (RAW, [bytes(packet) for packet in V6], []),
    "IPv4 only": (IPV4, [bytes(packet) for packet in V4], []),
    "IPv6 only": (IPV6, [bytes(packet) for packet in V6], []),
    "loopback, v4": (NULL, [loopback(packet) for packet in V4], []),
    "loopback, v6": (LOOP, [loopback(packet) for packet in V6], []),
    "extension headers": (ETHERNET, [ethernet(packet) for packet in EXTENDED], []),
}


@pytest.mark.parametrize("name", LINKS)
def test_link_types(name, replay, tmp_path):
    link_type, frames, vlans = LINKS[name]
    found = replay.json("--compare", pcap(tmp_path / "pcap", frames, link_type))
    (packet,) = found["packets"]
    v4 = packet["family"] == 4
    assert (packet["packet"], packet["stage"], packet["platform"], packet["mac"]) == (1, "PXE", "x64-uefi", MAC)
    assert packet["vlans"] == vlans and packet["relay"] is None
    assert packet["address"] == (ADDRESS4 if v4 else ADDRESS6)
    assert packet["captured"]["packet"] == 2
    assert packet["captured"]["from"] == (SERVER4 if v4 else "fe80::1")
    assert packet["verdict"] == "same"
    assert found["summary"]["shown"] == 1


def test_pcapng(replay, tmp_path):
    frames = [ethernet(packet) for packet in V4 + V6]
    found = replay.json("--compare", pcapng(tmp_path / "pcapng", frames))
    assert [packet["verdict"] for packet in found["packets"]] == ["same", "same"]


def test_link_type_that_is_not_known(replay, tmp_path):
    text = replay.trouble(pcap(tmp_path / "pcap", [b"x" * 60], PPP))
    assert "link type 9 (PPP)" in text and "Ethernet" in text


# ---- Relays


def test_relayed4(new_replay, tmp_path):
    """The site is found by the address that the answer assigns, and by the relay's where there is no answer."""
    replay = new_replay("site set far --prefix 198.51.100.0/24 --tftp4 198.51.100.1", "site set near --prefix 10.9.0.0/16")
    question = ethernet(to_server4(discover(giaddr="10.9.0.1"), "10.9.0.1", SERVER4, 67))
    reply = ethernet(to_client4(offer(giaddr="10.9.0.1", yiaddr="198.51.100.7"), SERVER4, "10.9.0.1", 67))
    (packet,) = replay.json(pcap(tmp_path / "both", [question, reply]))["packets"]
    assert (packet["relay"], packet["site"], packet["next_server"]) == ("10.9.0.1", "far", "198.51.100.1")
    assert packet["captured"]["packet"] == 2
    (packet,) = replay.json(pcap(tmp_path / "question", [question]))["packets"]
    assert (packet["relay"], packet["site"], packet["address"]) == ("10.9.0.1", "near", "10.9.0.1")


def test_both_sides_of_a_relay4(replay, tmp_path):
    frames = [
        to_server4(discover()),
        to_server4(discover(giaddr="10.9.0.1"), "10.9.0.1", SERVER4, 67),
        to_client4(offer(giaddr="10.9.0.1"), SERVER4, "10.9.0.1", 67),
        to_client4(offer(giaddr="10.9.0.1"), "10.9.0.1", ADDRESS4),
    ]
    found = replay.json("--compare", pcap(tmp_path / "pcap", map(ethernet, frames)))
    assert [packet["captured"]["packet"] for packet in found["packets"]] == [4, 3]
    assert found["summary"]["same"] == 2


def nested(message, kind=dhcp.RELAY_FORWARD):
    """Two relays: the one nearest the client tells its MAC, the other one tells another's."""
    inner = dhcp.Relay6("2001:db8:a::1", "fe80::aa", 0, [(79, b"\0\1" + dhcp.mac_octets(MAC))]).pack(message)
    outer = dhcp.Relay6("2001:db8:b::1", "fe80::bb", 1, [(79, b"\0\1" + dhcp.mac_octets(OTHER_MAC))]).pack(inner)
    if kind == dhcp.RELAY_FORWARD:
        return outer
    return bytes([kind]) + outer[1:].replace(bytes([dhcp.RELAY_FORWARD, 0]), bytes([kind, 0]), 1)


def test_nested_relays6(new_replay, tmp_path):
    replay = new_replay("site set near --prefix 2001:db8:a::/48 --tftp6 2001:db8:a::9")
    anonymous = [(1, dhcp.duid_uuid("11223344-5566-7788-99aa-bbccddeeff01")), *options6()[1:]]
    question = nested(solicit(options=anonymous))
    reply = dhcp.Message6(dhcp.ADVERTISE, 0x1234, [anonymous[0], ia_na("2001:db8:a::77"), (59, b"tftp://[2001:db8:a::9]/ipxe.efi")])
    frames = [
        ethernet(to_server6(question, "2001:db8:b::1", SERVER6, 547)),
        ethernet(to_client6(nested(reply.pack(), dhcp.RELAY_REPLY), SERVER6, "2001:db8:b::1", 547)),
    ]
    (packet,) = replay.json("--compare", pcap(tmp_path / "pcap", frames))["packets"]
    assert (packet["relay"], packet["mac"], packet["site"]) == ("2001:db8:a::1", MAC, "near")
    assert packet["uuid"] == "44332211-6655-8877-99aa-bbccddeeff01" and packet["verdict"] == "same"


# ---- Fragments


def long_discover():
    return discover(options=options4() + [(43, b"x" * 1400)])


def fragments4():
    return [ethernet(each) for each in fragment(to_server4(long_discover(), id=7), fragsize=512)]


def fragments6():
    relayed = dhcp.Relay6("2001:db8::2", dhcp.link_local(MAC), 0, [(17, b"x" * 2600)]).pack(solicit())
    whole = IPv6(src="2001:db8::2", dst=SERVER6) / IPv6ExtHdrFragment(id=9) / UDP(sport=547, dport=547) / Raw(relayed)
    return [ethernet(each) for each in fragment6(whole, 1280)]


def shuffled(frames):
    random.Random(3).shuffle(frames)
    return frames


def changed(frame):
    return frame[:-9] + b"CHANGED!" + frame[-1:]


# name: what is made of the fragments, questions found, incomplete, malformed
ORDERS = {
    "in order": (lambda f: f, 1, 0, 0),
    "in reverse": (lambda f: f[::-1], 1, 0, 0),
    "in disorder": (shuffled, 1, 0, 0),
    "all twice": (lambda f: [each for each in f for _ in range(2)], 1, 0, 0),
    "the first one missing": (lambda f: f[1:], 0, 0, 0),
    "the last one missing": (lambda f: f[:-1], 0, 1, 0),
    "overlapping": (lambda f: [f[0], changed(f[0]), *f[1:]], 0, 0, 1),
    "too late": (lambda f: [(0, f[0]), *((40, each) for each in f[1:])], 0, 1, 0),
}


@pytest.mark.parametrize("name", ORDERS)
@pytest.mark.parametrize("make", [fragments4, fragments6])
def test_fragments(make, name, replay, tmp_path):
    order, questions, incomplete, malformed = ORDERS[name]
    frames = make()
    assert len(frames) > 2
    summary = replay.json(pcap(tmp_path / "pcap", order(frames)))["summary"]
    assert (summary["shown"], summary["incomplete"], summary["malformed"]) == (questions, incomplete, malformed)


def test_a_fragmented_answer(replay, tmp_path):
    reply = to_client4(offer(options=[(43, b"x" * 1400)]), id=8)
    frames = [ethernet(V4[0]), *(ethernet(each) for each in fragment(reply, fragsize=512))]
    (packet,) = replay.json("--compare", pcap(tmp_path / "pcap", frames))["packets"]
    assert packet["verdict"] == "same" and packet["captured"]["packet"] == len(frames)


# ---- What is not whole, or nothing


@pytest.mark.parametrize("length", [60, 100, 300])
def test_snapshot_length(length, replay, tmp_path):
    """A question without its options might get another answer, so nothing is said of it."""
    done = replay.run("--json", pcap(tmp_path / "pcap", map(ethernet, V4), snapshot_length=length))
    assert done.returncode == 2 and "2 packets are truncated" in done.err and "tcpdump -s 0" in done.err
    assert '"cut_off":\t2' in done.out and '"shown":\t0' in done.out


def test_garbage(replay, tmp_path):
    chance = random.Random(1)
    noise = [bytes(chance.randrange(256) for _ in range(chance.randrange(400))) for _ in range(300)]
    behind_ports = [ethernet(to_server4(octets)) for octets in noise] + [ethernet(to_server6(octets)) for octets in noise]
    found = replay.json("--compare", "--all", pcap(tmp_path / "pcap", [*noise, *behind_ports, *map(ethernet, V4)]))
    assert [packet["verdict"] for packet in found["packets"] if packet["stage"] != "none"] == ["same"]
    assert found["summary"]["malformed"] > 100


def test_options_that_end_early(replay, tmp_path):
    question = discover().rstrip(b"\0")[:-1] + b"\x61\x11\0"  # the end, and an option that says 17 octets and has 1
    (packet,) = replay.json(pcap(tmp_path / "pcap", [ethernet(to_server4(question))]))["packets"]
    assert packet["options_cut_off"] is True and packet["platform"] == "x64-uefi"
