# SPDX-License-Identifier: MPL-2.0
"""Captures as tcpdump would have written them, around messages made by hand."""

import logging
import struct

from lib import dhcp

logging.getLogger("scapy.runtime").setLevel(logging.ERROR)
from scapy.layers.inet import IP, UDP  # noqa: E402
from scapy.layers.inet6 import IPv6  # noqa: E402
from scapy.layers.l2 import Ether  # noqa: E402
from scapy.packet import Raw  # noqa: E402

# Link types as files hold them (https://www.tcpdump.org/linktypes.html)
NULL, ETHERNET, RAW, LOOP, SLL, PPP, IPV4, IPV6, SLL2 = 0, 1, 101, 108, 113, 9, 228, 229, 276

MAC, OTHER_MAC, SERVER_MAC = "52:54:00:77:00:02", "52:54:00:77:00:09", "02:00:00:00:00:01"
SERVER4, ADDRESS4 = "192.0.2.1", "192.0.2.50"
SERVER6, ADDRESS6 = "2001:db8::1", "2001:db8::50"
ARCH_X64, ARCH_BIOS = dhcp.u16(7), dhcp.u16(0)
START = 1_700_000_000  # seconds


# ---- Messages


def options4(arch=ARCH_X64, vendor_class=b"PXEClient:Arch:00007:UNDI:003016", user_class=None, requested=(1, 3, 66, 67)):
    found = [(55, bytes(requested)), (93, arch), (60, vendor_class), (77, user_class)]
    return [(code, data) for code, data in found if data is not None]


def discover(mac=MAC, xid=0x1234, kind=dhcp.DISCOVER, giaddr="0.0.0.0", options=None, **more):
    return dhcp.Message4(
        kind,
        hardware_address=dhcp.mac_octets(mac),
        xid=xid,
        giaddr=giaddr,
        options=options4() if options is None else options,
        **more,
    ).pack()


def offer(mac=MAC, xid=0x1234, kind=dhcp.OFFER, file=b"ipxe.efi", siaddr=SERVER4, giaddr="0.0.0.0", options=(), **more):
    return dhcp.Message4(
        kind,
        op=2,
        hardware_address=dhcp.mac_octets(mac),
        xid=xid,
        yiaddr=more.pop("yiaddr", ADDRESS4),
        siaddr=siaddr,
        giaddr=giaddr,
        file=file,
        options=list(options),
        **more,
    ).pack()


def vendor_class6(text, enterprise=343):
    return struct.pack("!I", enterprise) + dhcp.u16(len(text)) + text


def options6(arch=ARCH_X64, vendor_class=b"PXEClient:Arch:00007:UNDI:003016", user_class=None, requested=(59, 60), mac=MAC):
    found = [
        (1, dhcp.duid_ll(mac)),
        (6, dhcp.u16(*requested) if requested else None),
        (61, arch),
        (16, vendor_class6(vendor_class) if vendor_class else None),
        (15, user_class),
    ]
    return [(code, data) for code, data in found if data is not None]


def solicit(xid=0x1234, kind=dhcp.SOLICIT, options=None):
    return dhcp.Message6(kind, xid, options6() if options is None else options).pack()


def ia_na(address=ADDRESS6):
    return (3, bytes(12) + dhcp.options6([(5, dhcp.address_octets(address) + bytes(8))]))


def advertise(xid=0x1234, kind=dhcp.ADVERTISE, url=b"tftp://[2001:db8::1]/ipxe.efi", mac=MAC, options=()):
    found = [(1, dhcp.duid_ll(mac)), ia_na(), *options]
    return dhcp.Message6(kind, xid, found + ([(59, url)] if url else [])).pack()


# ---- IP datagrams


def to_server4(message, source="0.0.0.0", target="255.255.255.255", port=68, **more):
    return IP(src=source, dst=target, **more) / UDP(sport=port, dport=67) / Raw(message)


def to_client4(message, source=SERVER4, target=ADDRESS4, port=68, **more):
    return IP(src=source, dst=target, **more) / UDP(sport=67, dport=port) / Raw(message)


def to_server6(message, source=None, target="ff02::1:2", port=546):
    return IPv6(src=source or dhcp.link_local(MAC), dst=target) / UDP(sport=port, dport=547) / Raw(message)


def to_client6(message, source="fe80::1", target=None, port=546):
    return IPv6(src=source, dst=target or dhcp.link_local(MAC)) / UDP(sport=547, dport=port) / Raw(message)


def ethernet(packet, source=MAC, target="ff:ff:ff:ff:ff:ff", tags=None):
    header = Ether(src=source, dst=target)
    return bytes(header / tags / packet if tags is not None else header / packet)


def ethertype(packet):
    return dhcp.u16(0x0800 if IP in packet else 0x86DD)


def sll(packet):
    return dhcp.u16(0, 1, 6) + dhcp.mac_octets(MAC) + bytes(2) + ethertype(packet) + bytes(packet)


def sll2(packet):
    return ethertype(packet) + bytes(2) + struct.pack("!IHBB", 2, 1, 0, 6) + dhcp.mac_octets(MAC) + bytes(2) + bytes(packet)


def loopback(packet):
    """As the BSDs write it: the address family in the order of the machine that captured."""
    return struct.pack("<I", 2 if IP in packet else 30) + bytes(packet)


# ---- Files


def pcap(path, frames, link_type=ETHERNET, snapshot_length=262144, gap=0.001):
    """`frames` are octets, or (seconds after the first, octets)."""
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, snapshot_length, link_type))
        for number, frame in enumerate(frames):
            at, octets = frame if isinstance(frame, tuple) else (number * gap, frame)
            kept = octets[:snapshot_length]
            moment = (START + int(at), int(at % 1 * 1_000_000))
            file.write(struct.pack("<IIII", *moment, len(kept), len(octets)) + kept)
    return path


def pcapng(path, frames, link_type=ETHERNET):
    def block(kind, body):
        size = 12 + len(body)
        return struct.pack("<II", kind, size) + body + struct.pack("<I", size)

    with open(path, "wb") as file:
        file.write(block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)))
        file.write(block(1, struct.pack("<HHI", link_type, 0, 262144)))
        for number, octets in enumerate(frames):
            moment = START * 1_000_000 + number * 1000
            header = struct.pack("<IIIII", 0, moment >> 32, moment & 0xFFFFFFFF, len(octets), len(octets))
            file.write(block(6, header + octets + bytes(-len(octets) % 4)))
    return path
