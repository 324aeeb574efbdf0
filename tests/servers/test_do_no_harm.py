# SPDX-License-Identifier: MPL-2.0
"""
Do no harm: what a server sends with netboot loaded is octet for octet what it sends without, for every client with a
store that says nothing or cannot be read, and for clients that do not boot with any store.
"""

import shutil

import pytest

from cases import REQUESTED4, REQUESTED6, case, identity, malformed, messages, platforms, requests, stages
from exchange import run
from lib import dhcp, lmdb, net, wire
from plugins import PLUGINS, chosen
from runner import OnTheWire

FIRST_XID = 0x200000
FAMILIES = pytest.mark.parametrize("family", (4, 6))
SETTINGS = ("plain", "own", "own-replace")


# ---- Clients

MODULES = (stages, identity, malformed, messages, requests)
FEW_PLATFORMS = [row for row in platforms.CASES if any(f"arch {code} " in row["name"] for code in (0, 6, 7, 16, 42))]
BOOT_CLIENTS = {
    family: [
        row
        for row in [*(row for module in MODULES for row in module.CASES), *FEW_PLATFORMS]
        if row["family"] == family and row["exchange"] != "bootp" and row["settings"] == "plain"
    ]
    for family in (4, 6)
}

# Requests as ordinary hosts send them: (what, client).
ORDINARY = {
    4: [
        ("Windows", {"vendor_class": "MSFT 5.0", "requested": [1, 3, 6, 15, 31, 33, 43, 44, 46, 47, 119, 121, 249, 252]}),
        ("Android", {"vendor_class": "android-dhcp-13", "requested": [1, 3, 6, 15, 26, 28, 51, 58, 59, 43, 114]}),
        ("dhclient", {"requested": [1, 28, 2, 3, 15, 6, 119, 12, 44, 47, 26, 121, 42]}),
        ("busybox", {"vendor_class": "udhcp 1.35.0", "requested": [1, 3, 6, 12, 15, 28, 42]}),
        ("telephone that asks for a boot server", {"vendor_class": "Phone", "requested": [1, 3, 6, 43, 66, 67, 150]}),
        ("camera with a user class", {"user_class": b"\x06camera", "requested": REQUESTED4}),
        ("no request list", {}),
        ("client identifier", {"client_id": b"\xff\0\0\0\1\0\3\0\1\2\0\0\0\0\1", "requested": REQUESTED4}),
        ("UUID of a known host", {"uuid": b"\0" + dhcp.uuid_octets(identity.UUID, True), "requested": REQUESTED4}),
        ("MAC of a known host", {"mac": identity.WEB1, "requested": REQUESTED4}),
        ("vendor class that contains PXEClient", {"vendor_class": "xPXEClient", "requested": REQUESTED4}),
    ],
    6: [
        ("Windows", {"vendor_class": b"\0\0\1\x37\0\x08MSFT 5.0", "requested": [17, 23, 24, 39]}),
        ("systemd-networkd", {"requested": [23, 24, 31, 56, 82, 83]}),
        ("dhclient", {"requested": [23, 24]}),
        ("host that asks for boot options", {"requested": REQUESTED6}),
        ("host with a user class", {"user_class": b"\0\6camera", "requested": REQUESTED6}),
        ("no request list", {}),
        ("DUID of a known host", {"duid": dhcp.duid_uuid(identity.UUID), "requested": REQUESTED6}),
        ("MAC of a known host", {"mac": identity.WEB1, "requested": REQUESTED6}),
    ],
}
ORDINARY_EXCHANGES = {4: ("boot", "renew", "inform", "nak"), 6: ("boot", "rapid", "renew", "rebind", "information", "confirm")}
RELAYS = {4: (None, {"giaddr": "192.0.2.5"}), 6: (None, [{"link": "2001:db8::5", "option79": b"\0\1" + bytes(range(6))}])}


def ordinary_clients(family):
    for what, client in ORDINARY[family]:
        for exchange in ORDINARY_EXCHANGES[family]:
            address = {"ciaddr": "192.0.2.200"} if exchange == "inform" else {}
            for relay in RELAYS[family]:
                name = f"{what}, {exchange}{', relayed' if relay else ''}"
                yield case(name, family, {**client, **address}, {}, exchange=exchange, relay=relay)


# ---- Stores


def damage(name, shelf, directory):
    """The directory of a store that cannot be used."""
    if name == "missing":
        return directory / "is-not-there"
    place = directory / name
    if name == "no store in it":
        place.mkdir()
        return place
    store = shelf["full"].copy(place)
    data = store.directory / "targets" / "data.mdb"
    if name == "short":
        data.write_bytes(data.read_bytes()[:6000])
    elif name == "of no octets":
        data.write_bytes(b"")
    elif name == "cut to whole pages":
        data.write_bytes(data.read_bytes()[: data.stat().st_size // 2 & ~4095])
    elif name == "foreign file":
        data.write_bytes(b"This is something else.\n" * 4096)
    elif name == "foreign environment":
        shutil.rmtree(data.parent)
        data.parent.mkdir()
        lmdb.put(data.parent, "addresses", b"somebody", b"somewhere")
    elif name == "newer format":
        lmdb.put(data.parent, "meta", b"format", (0x7FFF).to_bytes(4, "big"))
    elif name == "meta without format":
        lmdb.put(data.parent, "meta", b"format", b"")
    else:
        raise ValueError(name)
    return place


DAMAGED = (
    *("missing", "no store in it", "short", "of no octets", "cut to whole pages", "foreign file"),
    *("foreign environment", "newer format", "meta without format"),
)


# ---- Conversations


def conversation(family, settings, store, rows):
    """The octets of every reply to the clients, from a server with fresh leases: {client: [reply, ...]}."""
    with net.Link() as link, wire.Wire(link, FIRST_XID) as client:
        server = PLUGINS[chosen()](link, family, settings, store).start()
        replies = {}
        for row in rows:
            asked = OnTheWire(client, server, row)
            for _ in run(row, client.xid, asked.ask):
                pass
            replies[row["name"]] = asked.packets
        server.stop()
    assert any(replies.values())
    return replies


@pytest.fixture(scope="module")
def without_netboot():
    """The same conversation with the server as it is."""
    known = {}

    def answer(family, settings, rows):
        key = (family, settings, tuple(row["name"] for row in rows))
        if key not in known:
            known[key] = conversation(family, settings, None, rows)
        return known[key]

    return answer


def differences(one, other):
    assert one.keys() == other.keys()
    return [name for name in one if one[name] != other[name]]


@FAMILIES
@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("store", ("empty", "fresh"))
def test_store_that_says_nothing(store, settings, family, shelf, without_netboot):
    rows = BOOT_CLIENTS[family]
    plain = without_netboot(family, settings, rows)
    assert differences(plain, conversation(family, settings, shelf[store].directory, rows)) == []


@FAMILIES
@pytest.mark.parametrize("settings", ("plain", "own-replace"))
@pytest.mark.parametrize("store", DAMAGED)
def test_store_that_cannot_be_used(store, settings, family, shelf, tmp_path, without_netboot):
    rows = BOOT_CLIENTS[family]
    plain = without_netboot(family, settings, rows)
    assert differences(plain, conversation(family, settings, damage(store, shelf, tmp_path), rows)) == []


BOOTP_CLIENTS = [row for row in messages.CASES if row["exchange"] == "bootp"]


@pytest.mark.parametrize("settings", ("bootp", "own-bootp"))
@pytest.mark.parametrize("store", ("empty", "fresh", "missing"))
def test_bootp(store, settings, shelf, tmp_path, without_netboot):
    directory = damage(store, shelf, tmp_path) if store in DAMAGED else shelf[store].directory
    plain = without_netboot(4, settings, BOOTP_CLIENTS)
    assert differences(plain, conversation(4, settings, directory, BOOTP_CLIENTS)) == []


@FAMILIES
@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("store", ("full", "default-silent", "sites"))
def test_clients_that_do_not_boot(store, settings, family, shelf, without_netboot):
    rows = list(ordinary_clients(family))
    plain = without_netboot(family, settings, rows)
    assert differences(plain, conversation(family, settings, shelf[store].directory, rows)) == []


@FAMILIES
def test_comparison_can_fail(family, shelf, without_netboot):
    """The same clients with a full store do get something else."""
    rows = BOOT_CLIENTS[family]
    plain = without_netboot(family, "plain", rows)
    assert len(differences(plain, conversation(family, "plain", shelf["full"].directory, rows))) > len(rows) // 2


@FAMILIES
def test_conversation_can_be_repeated(family, without_netboot):
    """Two servers without netboot say the same, so that what differs is ours."""
    rows = BOOT_CLIENTS[family]
    assert differences(without_netboot(family, "plain", rows), conversation(family, "plain", None, rows)) == []
