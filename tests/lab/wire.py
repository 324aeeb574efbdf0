# SPDX-License-Identifier: MPL-2.0
"""
What happens on the server's wire, as events: DHCP messages, files that are asked for and files that have arrived.

A `Wire` reads whole frames from a packet socket, so it sees the same for every server program, and keeps them (their
beginning, for the long ones) as a capture that tcpdump and Wireshark read.
"""

import dataclasses
import ipaddress
import re
import socket
import struct
import time
from urllib.parse import unquote

from lib.closing import Closing

DHCP4 = {1: "DISCOVER", 2: "OFFER", 3: "REQUEST", 5: "ACK", 6: "NAK", 7: "RELEASE", 8: "INFORM"}
DHCP6 = {1: "SOLICIT", 2: "ADVERTISE", 3: "REQUEST", 7: "REPLY", 8: "RELEASE", 11: "INFORMATION-REQUEST"}
BOOT_REPLIES = ("OFFER", "ACK", "ADVERTISE", "REPLY")

_SNAP = 512  # octets of a frame that the capture keeps
_CAPTURE_MAX = 16 << 20
_VLAN_FREE = {0x0800: 4, 0x86DD: 6}
_SO_RCVBUFFORCE = 33  # socket(7); Python has no name for it
_UDP, _TCP = 17, 6


@dataclasses.dataclass
class Event:
    """`kind` is "dhcp" (name: the message), "asked" or "fetched" (name: the file), "advertised" (a router is there)."""

    kind: str
    name: str
    family: int
    source: str
    time: float
    text: str = ""
    boot_file: str = ""
    vendor_class: str = ""
    ipxe: bool = False
    protocol: str = ""
    status: str = ""
    size: int = 0


def _dhcp4_options(data):
    """Options of a DHCPv4 message by code; parts of one are joined."""
    found, at = {}, 240
    while at + 1 < len(data) and data[at] != 255:
        if data[at] == 0:
            at += 1
            continue
        code, size = data[at], data[at + 1]
        found[code] = found.get(code, b"") + data[at + 2 : at + 2 + size]
        at += 2 + size
    return found


def _dhcp6_options(data):
    found, at = {}, 4
    while at + 4 <= len(data):
        code, size = struct.unpack_from("!HH", data, at)
        found.setdefault(code, data[at + 4 : at + 4 + size])
        at += 4 + size
    return found


def _text(data):
    return data.split(b"\0")[0].decode("ascii", "replace")


class Wire(Closing):
    """Events of the interface `interface` of `namespace`."""

    def __init__(self, namespace, interface="eth0"):
        self._socket = namespace.packet_socket(interface)
        # A kernel of 14 MB comes within less than a second, while this program may be busy with the console.
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, 64 << 20)
        self._socket.setblocking(False)
        self._frames, self._kept = [], 0
        self._transfers = {}  # (client, port) -> file, protocol, size so far, block size

    def fileno(self):
        return self._socket.fileno()

    def close(self):
        self._socket.close()

    def events(self):
        """Those of all frames that are there now."""
        while True:
            try:
                frame = self._socket.recv(1 << 16)
            except BlockingIOError:
                return
            self._keep(frame)
            yield from self._event(frame)

    def _keep(self, frame):
        if self._kept < _CAPTURE_MAX:
            self._frames.append((time.time(), len(frame), frame[:_SNAP]))
            self._kept += len(self._frames[-1][2])

    def save(self, path):
        """Writes the capture."""
        with open(path, "wb") as file:
            file.write(struct.pack("=IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 1 << 16, 1))
            for when, size, frame in self._frames:
                file.write(struct.pack("=IIII", int(when), int(when % 1 * 1e6), len(frame), size) + frame)

    def forget(self):
        """Begins anew: what has come so far is gone."""
        for _ in self.events():
            pass
        self._frames, self._kept, self._transfers = [], 0, {}

    def _event(self, frame):
        family = _VLAN_FREE.get(int.from_bytes(frame[12:14], "big"))
        if family == 4 and len(frame) >= 34:
            at, protocol = 14 + (frame[14] & 15) * 4, frame[23]
            source, target = frame[26:30], frame[30:34]
        elif family == 6 and len(frame) >= 54:
            at, protocol = 54, frame[20]
            source, target = frame[22:38], frame[38:54]
        else:
            return
        source, target = str(ipaddress.ip_address(source)), str(ipaddress.ip_address(target))
        if protocol == _UDP:
            ports = struct.unpack_from("!HH", frame, at)
            yield from self._udp(family, source, target, ports, frame[at + 8 :])
        elif protocol == _TCP:
            ports = struct.unpack_from("!HH", frame, at)
            size = int.from_bytes(frame[16:18], "big") + 14 if family == 4 else int.from_bytes(frame[18:20], "big") + 54
            yield from self._tcp(family, source, target, ports, frame[at + (frame[at + 12] >> 4) * 4 : size])
        elif protocol == 58 and frame[at] == 134:
            yield Event("advertised", "router", family, source, time.monotonic())

    def _udp(self, family, source, target, ports, data):
        if ports in ((67, 68), (68, 67), (67, 67)) and len(data) > 240:
            yield self._dhcp4(source, data)
        elif ports in ((546, 547), (547, 546)) and len(data) > 4:
            yield self._dhcp6(source, data)
        elif ports[1] == 69 and data[:2] == b"\0\1":
            yield self._tftp_request(family, source, ports[0], data)
        elif (target, ports[1]) in self._transfers:
            yield from self._tftp_reply(family, target, ports[1], data)

    @staticmethod
    def _dhcp4(source, data):
        options = _dhcp4_options(data)
        kind = DHCP4.get(options.get(53, b"\0")[0], "BOOTP")
        event = Event("dhcp", kind, 4, ":".join(f"{octet:02x}" for octet in data[28:34]), time.monotonic())
        event.vendor_class = _text(options.get(60, b""))
        event.ipxe = b"iPXE" in options[77] if 77 in options else 175 in options
        event.boot_file = _text(options.get(67, b"")) or _text(data[108:236])
        event.text = str(ipaddress.ip_address(data[16:20]))
        return event

    @staticmethod
    def _dhcp6(source, data):
        options = _dhcp6_options(data)
        event = Event("dhcp", DHCP6.get(data[0], f"message {data[0]}"), 6, source, time.monotonic())
        event.vendor_class = _text(options.get(16, b"")[6:])
        event.ipxe = b"iPXE" in options.get(15, b"")
        event.boot_file = _text(options.get(59, b""))
        association = options.get(3, b"")
        if association[12:14] == b"\0\5":
            event.text = str(ipaddress.ip_address(association[16:32]))
        return event

    def _tftp_request(self, family, source, port, data):
        file = _text(data[2:])
        self._transfers[source, port] = [file, 0, 512]
        return Event("asked", file, family, source, time.monotonic(), protocol="TFTP")

    def _tftp_reply(self, family, client, port, data):
        transfer = self._transfers[client, port]
        file, size, block = transfer
        opcode = data[:2]
        if opcode == b"\0\6":  # OACK
            words = data[2:].split(b"\0")
            options = dict(zip((word.lower() for word in words[::2]), words[1::2]))
            transfer[2] = int(options.get(b"blksize", 512))
        elif opcode == b"\0\3":  # DATA; one that is sent again counts twice, which the size may
            transfer[1] += len(data) - 4
            if len(data) - 4 < block:
                del self._transfers[client, port]
                yield self._fetched(file, family, client, "TFTP", "200", size + len(data) - 4)
        elif opcode == b"\0\5":  # ERROR
            del self._transfers[client, port]
            yield self._fetched(file, family, client, "TFTP", f"error: {_text(data[4:])}", 0)

    def _tcp(self, family, source, target, ports, data):
        if ports[1] == 80:
            found = re.match(rb"(GET|HEAD) (\S+) HTTP/1\.[01]\r\n", data)
            if found:
                self._transfers[source, ports[0]] = [found.group(1).decode(), unquote(_text(found.group(2)))]
                if found.group(1) == b"GET":
                    yield Event("asked", unquote(_text(found.group(2))), family, source, time.monotonic(), protocol="HTTP")
        elif ports[0] == 80 and (target, ports[1]) in self._transfers:
            yield from self._http_reply(family, target, ports[1], data)

    def _http_reply(self, family, client, port, data):
        transfer = self._transfers[client, port]
        if len(transfer) == 2:
            found = re.match(rb"HTTP/1\.[01] (\d+).*?\r\n\r\n", data, re.DOTALL)
            if not found:
                return
            size = re.search(rb"content-length: *(\d+)", found.group(0), re.IGNORECASE)
            transfer += [found.group(1).decode(), int(size.group(1)) if size else 0, 0]
            data = data[found.end() :]
        transfer[4] += len(data)
        method, file, status, size, got = transfer
        if method == "HEAD" or got >= size:
            del self._transfers[client, port]
            if method == "GET":
                yield self._fetched(file, family, client, "HTTP", status, size)

    @staticmethod
    def _fetched(file, family, client, protocol, status, size):
        kind = "fetched" if status in ("200", "206") else "refused"
        return Event(kind, file, family, client, time.monotonic(), protocol=protocol, status=status, size=size)
