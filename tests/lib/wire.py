# SPDX-License-Identifier: MPL-2.0
"""
The client's end of a net.Link as the test's own host: it sends whole frames with any source, and answers ARP and
neighbour solicitations for the addresses that it uses, so that servers can reach it.
"""

import itertools
import select
import socket
import struct
import time

from . import dhcp, net
from .closing import Closing

ETHERTYPE_IP4, ETHERTYPE_ARP, ETHERTYPE_IP6 = 0x0800, 0x0806, 0x86DD
UDP, ICMP6 = 17, 58
NEIGHBOUR_SOLICITATION, NEIGHBOUR_ADVERTISEMENT = 135, 136
ALL_SERVERS = "ff02::1:2"
BROADCAST_MAC = b"\xff" * 6
REPLY_SECONDS = 5


def checksum(octets):
    """The Internet checksum (RFC 1071)."""
    if len(octets) % 2:
        octets += b"\0"
    total = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def udp4(source, source_port, target, target_port, payload):
    size = 8 + len(payload)
    addresses = dhcp.address_octets(source) + dhcp.address_octets(target)
    udp = struct.pack("!HHHH", source_port, target_port, size, 0) + payload
    udp = udp[:6] + struct.pack("!H", checksum(addresses + struct.pack("!HH", UDP, size) + udp) or 0xFFFF) + udp[8:]
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + size, 0, 0, 64, UDP, 0) + addresses
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + udp


def ip6(source, target, protocol, payload, checksum_at, hop_limit):
    """An IPv6 packet whose payload gets its checksum written at that offset."""
    addresses = dhcp.address_octets(source) + dhcp.address_octets(target)
    total = checksum(addresses + struct.pack("!II", len(payload), protocol) + payload) or 0xFFFF
    payload = payload[:checksum_at] + struct.pack("!H", total) + payload[checksum_at + 2 :]
    return struct.pack("!IHBB", 6 << 28, len(payload), protocol, hop_limit) + addresses + payload


def udp6(source, source_port, target, target_port, payload):
    udp = struct.pack("!HHHH", source_port, target_port, 8 + len(payload), 0) + payload
    return ip6(source, target, UDP, udp, 6, 64)


class Wire(Closing):
    def __init__(self, link, first_xid=0x100000):
        self.frames = link.client.packet_socket()
        self.frames.setblocking(False)
        self.server_mac = dhcp.mac_octets(net.SERVER_MAC)
        self.neighbours = {}  # address -> MAC of those that the test speaks for
        self._xids = itertools.count(first_xid)

    def close(self):
        self.frames.close()

    def xid(self):
        """A transaction id that nobody on this wire had."""
        return next(self._xids) & 0xFFFFFF

    def send(self, target_mac, source_mac, ethertype, packet):
        self.frames.send(target_mac + source_mac + struct.pack("!H", ethertype) + packet)

    def receive(self, deadline):
        """The next frame, None after the deadline."""
        while True:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.frames], [], [], left)[0]:
                return None
            frame, (_, _, kind, *_) = self.frames.recvfrom(65536)
            if kind != socket.PACKET_OUTGOING:
                return frame

    # ---- DHCP

    def post4(self, message, mac, source="0.0.0.0", target=None, port=68):
        """Sends a DHCPv4 message from `mac`, to all unless a target is given."""
        mac = dhcp.mac_octets(mac)
        self.neighbours.update({source: mac, net.ROUTER4: mac})
        packet = udp4(source, port, target or "255.255.255.255", 67, message.pack())
        self.send(self.server_mac if target else BROADCAST_MAC, mac, ETHERTYPE_IP4, packet)

    def post6(self, message, mac, source, target=ALL_SERVERS, port=546):
        """The same for DHCPv6; the packet may be relayed."""
        mac = dhcp.mac_octets(mac)
        self.neighbours[source] = mac
        to = b"\x33\x33" + dhcp.address_octets(target)[12:] if target.startswith("ff") else self.server_mac
        self.send(to, mac, ETHERTYPE_IP6, udp6(source, port, target, 547, message.pack()))

    def ask4(self, message, mac, seconds=REPLY_SECONDS, **where):
        """Sends a DHCPv4 message and returns the reply's octets, None if there is none in time."""
        self.post4(message, mac, **where)
        return self.reply(_reply4, {message.xid}, seconds)[1]

    def ask6(self, message, mac, source, seconds=REPLY_SECONDS, **where):
        self.post6(message, mac, source, **where)
        return self.reply(_reply6, {message.xid}, seconds)[1]

    def either4(self, xids, seconds=REPLY_SECONDS):
        """The first reply to one of several messages: (xid, octets), (None, None) if there is none in time."""
        return self.reply(_reply4, xids, seconds)

    def either6(self, xids, seconds=REPLY_SECONDS):
        return self.reply(_reply6, xids, seconds)

    def reply(self, match, xids, seconds):
        deadline = time.monotonic() + seconds
        while True:
            frame = self.receive(deadline)
            if frame is None:
                return None, None
            ethertype = struct.unpack_from("!H", frame, 12)[0]
            if ethertype == ETHERTYPE_ARP:
                self._answer_arp(frame)
            elif ethertype == ETHERTYPE_IP6 and frame[20] == ICMP6:
                self._answer_solicitation(frame)
            else:
                xid, payload = match(frame)
                if xid in xids:
                    return xid, payload

    def _answer_arp(self, frame):
        operation, sender, wanted = struct.unpack_from("!H", frame, 20)[0], frame[22:32], frame[38:42]
        mac = self.neighbours.get(dhcp.address_text(wanted))
        if operation == 1 and mac:
            self.send(frame[6:12], mac, ETHERTYPE_ARP, frame[14:20] + struct.pack("!H", 2) + mac + wanted + sender)

    def _answer_solicitation(self, frame):
        if frame[54] != NEIGHBOUR_SOLICITATION:
            return
        source, wanted = dhcp.address_text(frame[22:38]), frame[62:78]
        mac = self.neighbours.get(dhcp.address_text(wanted))
        if mac:
            body = struct.pack("!BBHI", NEIGHBOUR_ADVERTISEMENT, 0, 0, 0x60000000) + wanted + b"\x02\x01" + mac
            packet = ip6(dhcp.address_text(wanted), source, ICMP6, body, 2, 255)
            self.send(frame[6:12], mac, ETHERTYPE_IP6, packet)


def _reply4(frame):
    """Transaction id and octets of the DHCPv4 reply in a frame; (None, None) where there is none."""
    if frame[12:14] != struct.pack("!H", ETHERTYPE_IP4) or frame[23] != UDP:
        return None, None
    udp = 14 + (frame[14] & 15) * 4
    size = struct.unpack_from("!H", frame, udp + 4)[0]
    payload = frame[udp + 8 : udp + size]
    if len(payload) < 240 or payload[0] != 2:
        return None, None
    return struct.unpack_from("!I", payload, 4)[0], payload


def _reply6(frame):
    if frame[12:14] != struct.pack("!H", ETHERTYPE_IP6) or frame[20] != UDP:
        return None, None
    if struct.unpack_from("!H", frame, 54)[0] != 547:
        return None, None
    payload = frame[62 : 54 + struct.unpack_from("!H", frame, 58)[0]]
    return dhcp.parse6(payload).xid, payload
