# SPDX-License-Identifier: MPL-2.0
"""Which messages carry boot fields."""

from stores import mac, path_of

from . import UNCHANGED, case, firmware, http, ipxe, script, tftp, without


def _exchanges():
    rows = {
        4: ("renew", "inform"),
        6: ("rapid", "renew", "rebind", "information", "confirm", "release"),
    }
    for family, exchanges in rows.items():
        for exchange in exchanges:
            address = {"ciaddr": "192.0.2.200"} if exchange == "inform" else {}
            for stage, client, answer in (
                ("PXE", firmware(family, "PXE", 7), tftp(family, "ipxe.efi")),
                ("HTTP", firmware(family, "HTTP", 16), http(family, "ipxe.efi")),
                ("iPXE", ipxe(family), script(family, "script.ipxe")),
            ):
                yield case(
                    *(f"{exchange}, {stage}", family, {**client, **address}, answer),
                    exchange=exchange,
                    decision={"stage": stage},
                )
            yield case(
                *(f"{exchange}, a host's target", family, {**firmware(family, "PXE", 7), **address, "mac": mac("vmm")}),
                tftp(family, "vmm/bootx64.efi"),
                exchange=exchange,
            )
            yield case(*(f"{exchange}, ordinary host", family, address, UNCHANGED), exchange=exchange)
    for family, relay in ((4, {"giaddr": "192.0.2.5"}), (6, [{"link": "2001:db8::5"}])):
        for exchange in rows[family]:
            address = {"ciaddr": "192.0.2.200"} if exchange == "inform" else {}
            yield case(
                *(f"{exchange}, relayed", family, {**firmware(family, "PXE", 7), **address}, tftp(family, "ipxe.efi")),
                relay=relay,
                exchange=exchange,
            )


def _nak():
    for settings in ("plain", "own-replace"):
        for stage, client in (
            ("PXE", firmware(4, "PXE", 7)),
            ("HTTP", firmware(4, "HTTP", 16)),
            ("iPXE", ipxe(4)),
            ("a host's target", {**firmware(4, "PXE", 7), "mac": mac("vmm")}),
        ):
            yield case(*(f"NAK, {stage}, {settings}", 4, client, UNCHANGED), settings=settings, exchange="nak")


def _bootp():
    """BOOTP has no message type; its vendor extensions may still tell of PXE (RFC 1533)."""
    asks_nothing = {"requested": None}
    boot = without(tftp(4, "undionly.kpxe"), 66, 67)
    pxe = {**firmware(4, "PXE", 0), **asks_nothing}
    for settings in ("bootp", "own-bootp"):
        yield case(f"BOOTP, ordinary host, {settings}", 4, {}, UNCHANGED, settings=settings, exchange="bootp")
    yield case("BOOTP, PXE", 4, pxe, boot, settings="bootp", exchange="bootp", decision={"stage": "PXE"})
    yield case(
        *("BOOTP, iPXE", 4, {**ipxe(4), **asks_nothing}, without(script(4, "script.ipxe"), 66, 67)),
        settings="bootp",
        exchange="bootp",
    )
    yield case(
        *("BOOTP, own boot file kept", 4, pxe, UNCHANGED),
        settings="own-bootp",
        exchange="bootp",
        decision={"outcome": "kept"},
    )
    yield case(
        *("BOOTP, a host's target", 4, {**pxe, "mac": mac("debian")}),
        without(tftp(4, "debian/pxelinux.0"), 66, 67),
        settings="own-bootp",
        exchange="bootp",
        servers={"dhcpd": {**without(tftp(4, "debian/pxelinux.0"), 66, 67), 60: "own-class"}},
        why="dhcpd sends all its options to a client that has no list of requests",
    )
    for size, answer in ((127, None), (128, boot)):
        yield case(
            *(f"BOOTP, path of {size} octets", 4, {**pxe, "mac": mac(f"path{size}")}),
            answer or without(tftp(4, path_of(size)), 66, 67),
            settings="bootp",
            exchange="bootp",
        )
    efi = {**firmware(4, "PXE", 7), **asks_nothing}
    for target, answer in (("tftp-address", tftp(4, "dir/grub.efi", "192.0.2.77")), ("tftp-name", tftp(4, "ipxe.efi"))):
        yield case(
            *(f"BOOTP, TFTP URL: {target}", 4, {**efi, "mac": mac(target)}, without(answer, 66, 67)),
            settings="bootp",
            exchange="bootp",
        )
    yield case(
        *("BOOTP, relayed", 4, pxe, boot), relay={"giaddr": "192.0.2.5"}, settings="bootp", exchange="bootp"
    )
    yield case("DHCP beside BOOTP", 4, firmware(4, "PXE", 0), tftp(4, "undionly.kpxe"), settings="bootp")


CASES = [*_exchanges(), *_nak(), *_bootp()]
