# SPDX-License-Identifier: MPL-2.0
"""
DHCP packets by hand: the octets that go out are the ones that the test wrote, malformed ones included.

Options are lists of (code, octets) pairs in wire order. RFC 2131, 2132 and 3396 for DHCPv4, RFC 8415 and 9915 for
DHCPv6.
"""

import ipaddress
import struct
import uuid as uuids
from dataclasses import dataclass, field

# DHCPv4 message types (option 53); BOOTP has none.
DISCOVER, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE, INFORM = range(1, 9)
BOOTP = 0
# DHCPv6 message types
SOLICIT, ADVERTISE, REQUEST6, CONFIRM, RENEW, REBIND, REPLY, RELEASE6 = range(1, 9)
INFORMATION_REQUEST, RELAY_FORWARD, RELAY_REPLY = 11, 12, 13

MAGIC = bytes.fromhex("63825363")
BROADCAST_FLAG = 0x8000
BOOTP_SIZE = 300  # RFC 1542, section 2.1: no BOOTP message is shorter


def mac_octets(text):
    return bytes.fromhex(text.replace(":", ""))


def address_octets(text):
    return ipaddress.ip_address(text).packed


def address_text(octets):
    return str(ipaddress.ip_address(octets))


def uuid_octets(text, little_endian=False):
    """A UUID as RFC 9562 writes it, or as SMBIOS holds it: the first three fields little-endian."""
    value = uuids.UUID(text)
    return value.bytes_le if little_endian else value.bytes


def link_local(mac):
    """The EUI-64 link-local address of a MAC (RFC 4291, appendix A), as text."""
    octets = mac_octets(mac)
    return address_text(
        bytes.fromhex("fe80000000000000") + bytes([octets[0] ^ 2]) + octets[1:3] + b"\xff\xfe" + octets[3:]
    )


def duid_uuid(text, little_endian=False):
    return b"\x00\x04" + uuid_octets(text, little_endian)


def duid_ll(mac, hardware_type=1):
    return struct.pack("!HH", 3, hardware_type) + mac_octets(mac)


def duid_llt(mac, time=1, hardware_type=1):
    return struct.pack("!HHI", 1, hardware_type, time) + mac_octets(mac)


def u16(*values):
    return struct.pack(f"!{len(values)}H", *values)


# ---- DHCPv4


def options4(options):
    """The options field with its end. Those past 255 octets are split (RFC 3396)."""
    out = bytearray()
    for code, data in options:
        parts = [data[at : at + 255] for at in range(0, len(data), 255)] or [b""]
        for part in parts:
            out += bytes([code, len(part)]) + part
    return bytes(out) + b"\xff"


@dataclass
class Message4:
    type: int = BOOTP
    op: int = 1
    hardware_type: int = 1
    hardware_address: bytes = b""
    hops: int = 0
    xid: int = 0
    flags: int = 0
    ciaddr: str = "0.0.0.0"
    yiaddr: str = "0.0.0.0"
    siaddr: str = "0.0.0.0"
    giaddr: str = "0.0.0.0"
    sname: bytes = b""
    file: bytes = b""
    options: list = field(default_factory=list)  # without 53, which `type` holds

    def pack(self):
        header = struct.pack(
            "!BBBBIHH4s4s4s4s16s64s128s",
            *(self.op, self.hardware_type, len(self.hardware_address), self.hops, self.xid, 0, self.flags),
            *map(address_octets, (self.ciaddr, self.yiaddr, self.siaddr, self.giaddr)),
            *(self.hardware_address, self.sname, self.file),
        )
        kind = [] if self.type == BOOTP else [(53, bytes([self.type]))]
        packet = header + MAGIC + options4(kind + self.options)
        return packet.ljust(BOOTP_SIZE, b"\0")

    def option(self, code):
        """The octets of an option, its parts joined; None where it is absent."""
        parts = [data for each, data in self.options if each == code]
        return b"".join(parts) if parts else None


def parse4(packet):
    (op, htype, hlen, hops, xid, _, flags, ciaddr, yiaddr, siaddr, giaddr, chaddr, sname, file) = struct.unpack(
        "!BBBBIHH4s4s4s4s16s64s128s", packet[:236]
    )
    options = _options4(packet[240:]) if packet[236:240] == MAGIC else []
    overload = sum(data[0] for code, data in options if code == 52)
    if overload & 1:
        options, file = options + _options4(file), b""
    if overload & 2:
        options, sname = options + _options4(sname), b""
    message_type = next((data[0] for code, data in options if code == 53), BOOTP)
    return Message4(
        *(message_type, op, htype, chaddr[:hlen], hops, xid, flags),
        *map(address_text, (ciaddr, yiaddr, siaddr, giaddr)),
        *(sname.rstrip(b"\0"), file.rstrip(b"\0")),
        [(code, data) for code, data in options if code != 53],
    )


def _options4(octets):
    options, at = [], 0
    while at < len(octets) and octets[at] != 255:
        if octets[at] == 0:
            at += 1
            continue
        size = octets[at + 1]
        options.append((octets[at], octets[at + 2 : at + 2 + size]))
        at += 2 + size
    return options


# ---- DHCPv6


def options6(options):
    return b"".join(u16(code, len(data)) + data for code, data in options)


@dataclass
class Relay6:
    """One Relay-forward around a message. `link` and `peer` are addresses as text."""

    link: str = "::"
    peer: str = "::"
    hops: int = 0
    options: list = field(default_factory=list)

    def pack(self, inner):
        header = bytes([RELAY_FORWARD, self.hops]) + address_octets(self.link) + address_octets(self.peer)
        return header + options6(self.options + [(9, inner)])


@dataclass
class Message6:
    type: int
    xid: int = 0
    options: list = field(default_factory=list)
    relays: list = field(default_factory=list)  # the one nearest the client first

    def pack(self):
        packet = bytes([self.type]) + self.xid.to_bytes(3, "big") + options6(self.options)
        for relay in self.relays:
            packet = relay.pack(packet)
        return packet

    def option(self, code):
        """The octets of the first such option; None where it is absent."""
        return next((data for each, data in self.options if each == code), None)


def parse6(packet):
    relays = []
    while packet[0] in (RELAY_FORWARD, RELAY_REPLY):
        options = _options6(packet[34:])
        inner = next(data for code, data in options if code == 9)
        outer = [(code, data) for code, data in options if code != 9]
        relays.insert(0, Relay6(address_text(packet[2:18]), address_text(packet[18:34]), packet[1], outer))
        packet = inner
    return Message6(packet[0], int.from_bytes(packet[1:4], "big"), _options6(packet[4:]), relays)


def _options6(octets):
    options, at = [], 0
    while at + 4 <= len(octets):
        code, size = struct.unpack_from("!HH", octets, at)
        options.append((code, octets[at + 4 : at + 4 + size]))
        at += 4 + size
    return options


def ia_na(iaid=1, address=None):
    """An IA_NA (option 3) for a client, with the address that it has or wants."""
    inner = options6([(5, address_octets(address) + bytes(8))]) if address else b""
    return (3, struct.pack("!III", iaid, 0, 0) + inner)


def ia_address(message):
    """The first address of a reply's IA_NA as text; None where there is none."""
    ia = message.option(3)
    inner = dict(_options6(ia[12:])) if ia else {}
    return address_text(inner[5][:16]) if 5 in inner else None
