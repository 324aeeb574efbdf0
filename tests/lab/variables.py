# SPDX-License-Identifier: MPL-2.0
"""
A store of UEFI variables that makes HTTP over IPv6 the first boot option, for firmware without a switch for it.

The frame (firmware volume and store headers, PI specification volume 3; working block of the fault tolerant write)
comes from a store that Debian ships, whose own variables are left out. The option is the one that EDK2 makes itself,
octet by octet, or it would throw it away: UEFI specification 2.10, sections 3.1.3 and 10.3.
"""

import struct
import uuid

GLOBAL = uuid.UUID("8be4df61-93ca-11d2-aa0d-00e098032b8c")  # EFI_GLOBAL_VARIABLE
_AUTOMATIC = uuid.UUID("8108ac4e-9f11-4d59-850e-e21a522c59b2")  # EDK2's mark for options of its own making
_NON_VOLATILE, _BOOT_SERVICE, _RUNTIME, _ACTIVE = 1, 2, 4, 1
_STORE_HEADER_SIZE = 28
_START, _ADDED = 0x55AA, 0x3F


def _variable(name, data):
    """An authenticated variable, without a time or a key."""
    text = (name + "\0").encode("utf-16-le")
    attributes = _NON_VOLATILE | _BOOT_SERVICE | _RUNTIME
    header = struct.pack("<HBBIQ16xIII", _START, _ADDED, 0, attributes, 0, 0, len(text), len(data))
    whole = header + GLOBAL.bytes_le + text + data
    return whole + b"\xff" * (-len(whole) % 4)


def _node(kind, subkind, data=b""):
    return struct.pack("<BBH", kind, subkind, 4 + len(data)) + data


def http6_option(mac):
    """The load option "HTTP over IPv6" of the network card `mac`, which is the first card on the first PCI bus."""
    octets = bytes.fromhex(mac.replace(":", ""))
    path = b"".join(
        (
            _node(2, 1, struct.pack("<II", 0x0A0341D0, 0)),  # ACPI: PNP0A03, a PCI root
            _node(1, 1, b"\0\1"),  # PCI: function 0 of device 1
            _node(3, 11, octets.ljust(32, b"\0") + b"\1"),  # MAC address, Ethernet
            _node(3, 13, bytes(38) + b"\0\x40" + bytes(16)),  # IPv6: nothing known yet, prefix length 64
            _node(3, 24),  # URI: from DHCP
            _node(0x7F, 0xFF),
        )
    )
    description = f"UEFI HTTPv6 (MAC:{octets.hex().upper()})\0".encode("utf-16-le")
    return struct.pack("<IH", _ACTIVE, len(path)) + description + path + _AUTOMATIC.bytes_le


def write(path, frame, mac):
    """Writes a copy of the store `frame` to `path`, sparsely, in which HTTP over IPv6 is what boots first."""
    with open(frame, "rb") as file:
        start = file.read(4096)
        volume = struct.unpack_from("<H", start, 0x30)[0]  # HeaderLength
        volume_size = struct.unpack_from("<Q", start, 0x20)[0]
        store_size = struct.unpack_from("<I", start, volume + 16)[0]
        first, end = volume + _STORE_HEADER_SIZE, volume + store_size
        file.seek(end)
        rest = file.read(volume_size - end)
        size = file.seek(0, 2)
    content = _variable("BootOrder", b"\0\0") + _variable("Boot0000", http6_option(mac))
    with open(path, "wb") as file:
        file.write(start[:first] + content + b"\xff" * (end - first - len(content)) + rest)
        file.truncate(size)
