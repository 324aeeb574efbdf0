# SPDX-License-Identifier: MPL-2.0
"""Which stage of its boot a client is in: iPXE in all its spellings, HTTP or PXE by vendor class, ordinary hosts."""

from . import REQUESTED4, REQUESTED6, UNCHANGED, case, class_text, firmware, http, ipxe, script, tftp

# Option 175 as iPXE sends it: priority, bus id and feature numbers (captured).
IPXE_175 = bytes.fromhex("b105018086100e eb03010000 170101 220101 130101 110101 270101 150101".replace(" ", ""))

# (what, user class, whether it is iPXE's)
USER_CLASSES = {
    4: (
        ("bare", b"iPXE", True),
        ("bare with NUL", b"iPXE\0", True),
        ("RFC 3004 item", b"\x04iPXE", True),
        ("RFC 3004 item with NUL", b"\x05iPXE\0", True),
        ("RFC 3004 second item", b"\x03foo\x04iPXE", True),
        ("RFC 3004 first of two items", b"\x04iPXE\x03foo", True),
        ("gPXE", b"gPXE", False),
        ("longer name", b"iPXE2", False),
        ("other case", b"ipxe", False),
        ("shorter name", b"iPX", False),
        ("within another item", b"\x07my-iPXE", False),
    ),
    6: (
        ("item", b"\x00\x04iPXE", True),
        ("item with NUL", b"\x00\x05iPXE\0", True),
        ("second item", b"\x00\x03foo\x00\x04iPXE", True),
        ("third item", b"\x00\x03foo\x00\x01x\x00\x04iPXE", True),
        ("first of two items", b"\x00\x04iPXE\x00\x03foo", True),
        ("gPXE", b"\x00\x04gPXE", False),
        ("longer name", b"\x00\x05iPXE2", False),
        ("other case", b"\x00\x04ipxe", False),
    ),
}


def _ipxe_spellings():
    for family, rows in USER_CLASSES.items():
        for what, octets, is_ipxe in rows:
            yield case(
                *(f"user class {what}", family, ipxe(family, 7, user_class=octets)),
                script(family, "script.ipxe") if is_ipxe else tftp(family, "ipxe.efi"),
                decision={"stage": "iPXE" if is_ipxe else "PXE"},
            )
        yield case(
            *("iPXE that came by HTTP boot is not echoed HTTPClient", family),
            *(ipxe(family, 16, vendor_class=class_text("HTTP", 16)), script(family, "script.ipxe")),
            decision={"stage": "iPXE"},
        )
        yield case(
            *("iPXE without a vendor class", family, {**ipxe(family), "vendor_class": None}),
            script(family, "script.ipxe"),
            decision={"stage": "iPXE"},
        )
        yield case(
            *("iPXE without architecture", family, {**ipxe(family, vendor_class="PXEClient"), "arch": None}),
            script(family, "script.ipxe"),
            decision={"stage": "iPXE"},
        )
    encapsulated = {"options": [(175, IPXE_175)]}
    yield case(
        *("FlexBoot: option 175 and no user class", 4, firmware(4, "PXE", 7, **encapsulated)),
        script(4, "script.ipxe"),
        decision={"stage": "iPXE"},
    )
    yield case(
        *("iPXE that poses as another class sends 175 too", 4),
        *(firmware(4, "PXE", 7, user_class=b"PLAIN", **encapsulated), tftp(4, "ipxe.efi")),
        decision={"stage": "PXE"},
    )
    yield case(
        *("empty option 175 and no user class", 4, firmware(4, "PXE", 7, options=[(175, b"")])),
        script(4, "script.ipxe"),
        decision={"stage": "iPXE"},
    )


def _vendor_classes():
    for family in (4, 6):
        requested = REQUESTED4 if family == 4 else REQUESTED6
        yield case(
            *("PXEClient with an HTTP architecture loads by TFTP", family),
            *(firmware(family, "PXE", 16), tftp(family, "ipxe.efi")),
            decision={"stage": "PXE"},
        )
        yield case(
            *("HTTPClient with a TFTP architecture loads by HTTP", family),
            *(firmware(family, "HTTP", 7), http(family, "ipxe.efi")),
            decision={"stage": "HTTP"},
        )
        yield case(
            *("vendor class HTTPClient alone with an architecture", family),
            *({"arch": [16], "vendor_class": "HTTPClient", "requested": requested}, http(family, "ipxe.efi")),
            decision={"stage": "HTTP"},
        )
        yield case(
            *("architecture of the vendor class's text where the option is absent", family),
            *({"vendor_class": class_text("PXE", 6), "requested": requested}, tftp(family, "ipxe32.efi")),
            decision={"stage": "PXE", "platform": "x86-uefi"},
        )
        yield case(
            *("architecture of the HTTP vendor class's text where the option is absent", family),
            *({"vendor_class": class_text("HTTP", 15), "requested": requested}, http(family, "ipxe32.efi")),
            decision={"stage": "HTTP", "platform": "x86-uefi"},
        )
        yield case(
            *("the option's architecture goes before the vendor class's text", family),
            *(firmware(family, "PXE", 6, vendor_class=class_text("PXE", 0)), tftp(family, "ipxe32.efi")),
            decision={"platform": "x86-uefi"},
        )
        yield case(
            *("architecture and no vendor class", family, {"arch": [7], "requested": requested}),
            tftp(family, "ipxe.efi"),
            decision={"stage": "PXE"},
        )
        yield case(
            *("HTTPClient without any architecture", family, {"vendor_class": "HTTPClient", "requested": requested}),
            UNCHANGED,
            decision={"stage": "HTTP", "platform": None, "outcome": "no-boot-file"},
        )
        for what, codes, file in (
            ("7 then 9", [7, 9], "ipxe.efi"),
            ("9 then 7", [9, 7], "ipxe.efi"),
            ("6 then 7: the first", [6, 7], "ipxe32.efi"),
            ("unknown then 6: the first known one", [4660, 6], "ipxe32.efi"),
            ("0 then 7", [0, 7], "undionly.kpxe"),
        ):
            yield case(
                *(f"architecture list {what}", family, firmware(family, "PXE", 7, arch=codes)), tftp(family, file)
            )
        yield case(
            *("ordinary host", family, {"requested": requested}),
            UNCHANGED,
            decision={"stage": "none", "outcome": "not-ours"},
        )
        yield case(
            *("ordinary host with a vendor class of its own", family),
            *({"requested": requested, "vendor_class": "MSFT 5.0"}, UNCHANGED),
            decision={"stage": "none", "outcome": "not-ours"},
        )
        yield case(
            *("vendor class that only contains PXEClient", family),
            *({"requested": requested, "vendor_class": "my PXEClient"}, UNCHANGED),
            decision={"stage": "none", "outcome": "not-ours"},
        )
    yield case(
        *("PXEClient without any architecture is a BIOS", 4, {"vendor_class": "PXEClient", "requested": REQUESTED4}),
        tftp(4, "undionly.kpxe"),
        decision={"stage": "PXE", "platform": "x86-bios"},
    )
    yield case(
        *("PXEClient without any architecture", 6, {"vendor_class": "PXEClient", "requested": REQUESTED6}),
        UNCHANGED,
        decision={"stage": "PXE", "platform": None, "outcome": "no-boot-file"},
    )
    yield case(
        *("vendor class of another enterprise number", 6),
        firmware(6, "HTTP", 16, vendor_class=b"\0\0\0\0" + b"\x00\x0aHTTPClient"),
        http(6, "ipxe.efi"),
        decision={"stage": "HTTP"},
    )
    yield case(
        *("vendor class as a second item", 6),
        firmware(6, "HTTP", 16, vendor_class=b"\0\0\x01\x57" + b"\x00\x03foo" + b"\x00\x0aHTTPClient"),
        http(6, "ipxe.efi"),
        decision={"stage": "HTTP"},
    )
    yield case(
        *("two vendor class options", 6),
        firmware(6, "HTTP", 16, vendor_class=b"\0\0\0\x09\x00\x03foo", options=[(16, b"\0\0\x01\x57\x00\x0aHTTPClient")]),
        http(6, "ipxe.efi"),
        decision={"stage": "HTTP"},
    )


CASES = [*_ipxe_spellings(), *_vendor_classes()]
