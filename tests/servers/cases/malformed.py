# SPDX-License-Identifier: MPL-2.0
"""Options that are not as they should be: each is passed over, and the rest of the packet still counts."""

from exchange import vendor_class6

from . import IPXE6, NO_REPLY, REQUESTED6, UNCHANGED, case, firmware, ipxe, script, tftp

WEB1 = "52:54:00:00:01:01"
HOST = {"mac": WEB1}
HOST_ANSWER = {family: tftp(family, "debian/grubx64.efi") for family in (4, 6)}
KEA_DROPS = {"servers": {"kea": NO_REPLY}, "why": "Kea cannot parse this option and drops the packet"}


def bare(family, vendor_class, **more):
    return firmware(family, "PXE", 7, vendor_class=vendor_class, arch=None, **more)


def _v4():
    for size, octets in ((1, b"\x07"), (3, b"\0\7\0")):
        yield case(
            *(f"architecture of {size} octets: the vendor class's text counts", 4),
            *({**firmware(4, "PXE", 7, arch=octets), **HOST}, HOST_ANSWER[4]),
            decision={"platform": "x64-uefi"},
            **KEA_DROPS,
        )
    for what, octets in (("empty", b""), ("16 octets", bytes(16)), ("18 octets", bytes(18)), ("1 octet", b"\0")):
        yield case(
            *(f"UUID option: {what}", 4, {**firmware(4, "PXE", 7, uuid=octets), **HOST}, HOST_ANSWER[4]),
            **(KEA_DROPS if what == "empty" else {}),
        )
    for what, octets in (
        ("item longer than the option", b"\x10iPXE"),
        ("item of 255 octets", b"\xffiPXE"),
        ("item that ends before iPXE", b"\x02iPXE"),
        ("zeros", bytes(4)),
        ("one octet", b"\x04"),
    ):
        yield case(
            *(f"user class: {what}", 4, {**firmware(4, "PXE", 7, user_class=octets), **HOST}, HOST_ANSWER[4]),
            decision={"stage": "PXE"},
        )
    yield case(
        *("user class: iPXE's item, then one longer than the option", 4, ipxe(4, user_class=b"\x04iPXE\x20x")),
        script(4, "script.ipxe"),
    )
    for what, text in (
        ("no number", "PXEClient:Arch:0000x:UNDI:003016"),
        ("number cut off", "PXEClient:Arch:0000"),
        ("nothing after the colon", "PXEClient:Arch:"),
        ("other words", "PXEClient;Arch:00007"),
        ("with NUL", "PXEClient\0"),
        ("with 0xff", b"PXEClient\xff"),
    ):
        yield case(
            *(f"vendor class without a readable architecture: {what}", 4, bare(4, text), tftp(4, "undionly.kpxe")),
            decision={"stage": "PXE", "platform": "x86-bios"},
        )
    yield case(
        *("vendor class of the letters before the last", 4, bare(4, "PXEClien"), UNCHANGED), decision={"stage": "none"}
    )
    yield case(
        *("architecture in two parts of one octet (RFC 3396)", 4),
        *(bare(4, "PXEClient", options=[(93, b"\0"), (93, b"\6")]), tftp(4, "ipxe32.efi")),
        decision={"platform": "x86-uefi"},
        **KEA_DROPS,
    )
    yield case(
        *("user class in two parts (RFC 3396)", 4),
        *(firmware(4, "PXE", 7, options=[(77, b"iP"), (77, b"XE")]), script(4, "script.ipxe")),
        decision={"stage": "iPXE"},
    )
    yield case(
        *("vendor class in two parts (RFC 3396)", 4),
        *(firmware(4, "PXE", 0, vendor_class=None, options=[(60, b"PXECl"), (60, b"ient")]), tftp(4, "undionly.kpxe")),
    )
    yield case(
        *("option 175 of junk beside iPXE's user class", 4, ipxe(4, options=[(175, b"\xff" * 9)])),
        script(4, "script.ipxe"),
    )
    yield case(
        *("client identifier of another type and length", 4),
        *({**firmware(4, "PXE", 7, client_id=b"\0anything at all"), **HOST}, HOST_ANSWER[4]),
        decision={"host": "web1"},
    )
    yield case(
        *("client identifier of RFC 4361 cut short", 4),
        *({**firmware(4, "PXE", 7, client_id=b"\xff\0\0\0\1"), **HOST}, HOST_ANSWER[4]),
        decision={"host": "web1"},
    )


def _v6():
    for size, octets in ((1, b"\7"), (3, b"\0\7\0")):
        yield case(
            *(f"architecture of {size} octets: the vendor class's text counts", 6),
            *({**firmware(6, "PXE", 7, arch=octets), **HOST}, HOST_ANSWER[6]),
            decision={"platform": "x64-uefi"},
            **KEA_DROPS,
        )
    for what, octets in (
        ("3 octets", b"\0\0\1"),
        ("no item", b"\0\0\1\x57"),
        ("one octet of a length", b"\0\0\1\x57\0"),
        ("item longer than the option", b"\0\0\1\x57\0\x20HTTPClient"),
        ("item of 65535 octets", b"\0\0\1\x57\xff\xffHTTPClient"),
    ):
        yield case(
            *(f"vendor class: {what}", 6),
            *({**firmware(6, "PXE", 7, vendor_class=octets), **HOST}, HOST_ANSWER[6]),
            decision={"stage": "PXE"},
            **({} if what == "no item" else KEA_DROPS),
        )
    for what, octets in (
        ("empty", b""),
        ("one octet", b"\0"),
        ("item longer than the option", b"\0\x10iPXE"),
        ("item of 65535 octets", b"\xff\xffiPXE"),
        ("bare iPXE as in DHCPv4", b"iPXE"),
        ("item that ends before iPXE", b"\0\2iPXE"),
    ):
        yield case(
            *(f"user class: {what}", 6),
            *({**firmware(6, "PXE", 7, user_class=octets), **HOST}, HOST_ANSWER[6]),
            decision={"stage": "PXE"},
        )
    yield case(
        *("user class: iPXE's item, then one longer than the option", 6),
        *(ipxe(6, user_class=b"\0\4iPXE\0\x20x"), script(6, "script.ipxe")),
        decision={"stage": "iPXE"},
    )
    yield case(
        *("second architecture option", 6, firmware(6, "PXE", 6, options=[(61, b"\0\7")]), tftp(6, "ipxe32.efi")),
    )
    classes = [(16, vendor_class6(f"class {number}")) for number in range(40)]
    yield case(
        *("40 vendor classes before the architecture", 6),
        *({"mac": WEB1, "requested": REQUESTED6, "options": [*classes, (61, b"\0\7")]}, HOST_ANSWER[6]),
        decision={"stage": "PXE", "platform": "x64-uefi"},
    )
    yield case(
        *("40 vendor classes before the user class and the architecture", 6),
        *({"requested": REQUESTED6, "options": [*classes, (61, b"\0\7"), (15, IPXE6)]}, script(6, "script.ipxe")),
        decision={"stage": "iPXE", "platform": "x64-uefi"},
    )
    yield case(
        *("DUID-UUID cut short", 6),
        *({**firmware(6, "PXE", 7, duid=b"\0\4" + bytes(range(1, 16))), **HOST}, HOST_ANSWER[6]),
        decision={"host": "web1"},
    )
    yield case(
        *("DUID of no known type", 6),
        *({**firmware(6, "PXE", 7, duid=b"\x77\x77abcdef"), **HOST}, HOST_ANSWER[6]),
        decision={"host": "web1"},
    )
    yield case(
        *("DUID of 130 octets", 6),
        *({**firmware(6, "PXE", 7, duid=b"\0\2" + bytes(range(1, 129))), **HOST}, HOST_ANSWER[6]),
        decision={"host": "web1"},
        servers={"kea": NO_REPLY},
        why="Kea 2.2 takes DUIDs of at most 128 octets and drops the packet",
    )


CASES = [*_v4(), *_v6()]
