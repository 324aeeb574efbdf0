# SPDX-License-Identifier: MPL-2.0
"""Which host of the store a client is: by MAC, UUID and DUID, wherever the packet has them."""

from lib import dhcp
from stores import DUID, FOUR_MACS, UUID

from . import case, firmware, http, ipxe, script, tftp

WEB1 = "52:54:00:00:01:01"
OTHER = "52:54:00:00:99:01"
KNOWN, UNKNOWN = {"target": "debian"}, {"target": "default", "host": ""}


def answers(family):
    """What a host with target debian gets at each stage: (stage, client, answer)."""
    return (
        ("PXE", firmware(family, "PXE", 7), tftp(family, "debian/grubx64.efi")),
        ("HTTP", firmware(family, "HTTP", 16), http(family, "debian/grubx64.efi")),
        ("iPXE", ipxe(family), script(family, "debian.ipxe")),
    )


def known(name, family, host, **client):
    _, machine, answer = answers(family)[0]
    return case(name, family, {**machine, **client}, answer, decision={**KNOWN, "host": host})


def unknown(name, family, **client):
    return case(name, family, {**firmware(family, "PXE", 7), **client}, tftp(family, "ipxe.efi"), decision=UNKNOWN)


def relayed(row, relay):
    return {**row, "relay": relay}


def _both_families():
    for family in (4, 6):
        for stage, machine, answer in answers(family):
            yield case(
                *(f"host by MAC, {stage}", family, {**machine, "mac": WEB1}, answer),
                decision={**KNOWN, "host": "web1", "stage": stage},
            )
        yield case(
            *("host whose target has no file for this platform", family),
            *({**firmware(family, "PXE", 6), "mac": WEB1}, tftp(family, "ipxe32.efi")),
            decision={**KNOWN, "host": "web1"},
        )
        for number, each in enumerate(FOUR_MACS, 1):
            yield known(f"host with four MACs, number {number}", family, "four", mac=each)
        yield known("host by locally administered MAC", family, "local-mac", mac="02:00:5e:10:00:01")
        yield unknown("nobody's MAC", family)
        yield case(
            *("host with labels and a note only is as any other", family),
            *({**firmware(family, "PXE", 7), "mac": "52:54:00:00:04:01"}, tftp(family, "ipxe.efi")),
            decision={"host": "labels-only", "target": "default"},
        )


def _v4():
    uuid_le = b"\0" + dhcp.uuid_octets(UUID, little_endian=True)
    uuid_be = b"\0" + dhcp.uuid_octets(UUID)
    yield known("host by UUID in SMBIOS order", 4, "by-uuid", uuid=uuid_le)
    yield known("host by UUID in network order", 4, "by-uuid", uuid=uuid_be)
    yield known("MAC goes before UUID", 4, "web1", mac=WEB1, uuid=uuid_le)
    yield unknown("UUID of another type", 4, uuid=b"\1" + uuid_le[1:])
    yield unknown("UUID all zero", 4, uuid=bytes(17))
    yield unknown("UUID all ones", 4, uuid=b"\0" + b"\xff" * 16)
    yield known(
        "host by DUID in the client identifier of RFC 4361",
        *(4, "by-duid"),
        client_id=b"\xff\0\0\0\1" + bytes.fromhex(DUID.replace(":", "")),
    )
    yield known("client identifier with a MAC beside chaddr", 4, "web1", mac=WEB1, client_id=b"\1" + bytes(6))
    yield known(
        *("no MAC in chaddr, one in the client identifier", 4, "web1"),
        hardware_type=32,
        hardware_address=b"",
        client_id=b"\1" + dhcp.mac_octets(WEB1),
    )
    yield unknown("hardware type that is no Ethernet", 4, hardware_type=32, hardware_address=dhcp.mac_octets(WEB1))


def _v6():
    uuid_be, uuid_le = dhcp.duid_uuid(UUID), dhcp.duid_uuid(UUID, little_endian=True)
    stranger = {"mac": OTHER, "source": "fe80::1"}
    yield known("DUID-UUID as EDK2 writes it, in SMBIOS order", 6, "by-uuid", duid=uuid_le)
    yield known("DUID-UUID of firmware in network order", 6, "by-uuid", duid=uuid_be)
    for order, duid in (("network", uuid_be), ("SMBIOS", uuid_le)):
        yield case(
            *(f"DUID-UUID of iPXE in {order} order", 6, ipxe(6, duid=duid), script(6, "debian.ipxe")),
            decision={**KNOWN, "host": "by-uuid"},
        )
    yield known("host by DUID", 6, "by-duid", duid=bytes.fromhex(DUID.replace(":", "")))
    yield known("MAC of a DUID-LL", 6, "web1", **stranger, duid=dhcp.duid_ll(WEB1))
    yield known("MAC of a DUID-LLT", 6, "web1", **stranger, duid=dhcp.duid_llt(WEB1))
    yield unknown("DUID-LL of another hardware type", 6, **stranger, duid=dhcp.duid_ll(WEB1, 32))
    yield unknown("DUID-LL cut short", 6, **stranger, duid=dhcp.duid_ll(WEB1)[:-1])
    yield unknown("source that is no EUI-64", 6, mac=WEB1, source="fe80::5054:1:0:101")
    yield known("EUI-64 source goes before DUID-LL", 6, "web1", mac=WEB1, duid=dhcp.duid_ll(FOUR_MACS[0]))
    yield known("EUI-64 source goes before DUID-UUID", 6, "web1", mac=WEB1, duid=uuid_le)


def _relays():
    """Relay agents of DHCPv6: only the one nearest the client is believed."""
    web1 = b"\0\1" + dhcp.mac_octets(WEB1)
    wrong = b"\0\1" + dhcp.mac_octets(FOUR_MACS[0])
    link = {"link": "2001:db8::5"}
    stranger = {"mac": OTHER, "source": "fe80::1"}
    yield relayed(known("option 79 of the relay", 6, "web1", **stranger), [{**link, "option79": web1}])
    yield relayed(
        known("option 79 goes before the peer address", 6, "web1", mac=FOUR_MACS[0]), [{**link, "option79": web1}]
    )
    yield relayed(known("EUI-64 peer address of the relay", 6, "web1", mac=WEB1), [link])
    yield relayed(
        known("two relays, option 79 of the one nearest the client", 6, "web1", **stranger),
        [{**link, "option79": web1}, {"link": "2001:db8:2::5", "option79": wrong}],
    )
    yield relayed(
        unknown("two relays, option 79 of the outer one is not believed", 6, **stranger),
        [link, {"link": "2001:db8:2::5", "option79": wrong}],
    )
    yield relayed(
        known("two relays, peer address of the one nearest the client", 6, "web1", mac=WEB1),
        [link, {"link": "2001:db8:2::5", "option79": wrong, "peer": dhcp.link_local(FOUR_MACS[1])}],
    )
    yield relayed(
        known("three relays", 6, "web1", **stranger),
        [{**link, "option79": web1}, {"link": "2001:db8:2::5"}, {"link": "2001:db8:3::5", "option79": wrong}],
    )
    for what, octets in (
        ("of another hardware type", b"\0\x20" + dhcp.mac_octets(FOUR_MACS[0])),
        ("cut short", wrong[:-1]),
        ("empty", b""),
        ("too long", wrong + b"\0"),
    ):
        yield relayed(known(f"option 79 {what}", 6, "web1", mac=WEB1), [{**link, "option79": octets}])


CASES = [*_both_families(), *_v4(), *_v6(), *_relays()]
