# SPDX-License-Identifier: MPL-2.0
"""
A case's messages in their order. Who answers them is told by the caller: `ask(message, where)` returns the reply as a
dhcp.Message, or None; `where` says how the message travels.

run() yields (message, reply, whether this reply is one that carries boot fields).
"""

from dataclasses import dataclass

from lib import dhcp, net

RELAY_MAC = "02:00:00:00:00:05"
RELAY6 = "fe80::5"
OTHER_NETWORK = "203.0.113.77"
PRIVATE_ENTERPRISE = bytes.fromhex("00007ed9")  # 32473: for examples (RFC 5612)


@dataclass
class Where:
    """How a message travels: the sender's MAC, address and port, and whom it is sent to (None: to all)."""

    mac: str
    source: str
    port: int
    target: str = None


def octets(value):
    """The octets of a text; of several, where an option is expected several times."""
    if isinstance(value, list):
        return [octets(each) for each in value]
    return value.encode() if isinstance(value, str) else value


def arch_octets(arch):
    return arch if isinstance(arch, bytes) else dhcp.u16(*arch)


def run(case, xids, ask):
    return (_run4 if case["family"] == 4 else _run6)(case, xids, ask)


# ---- DHCPv4


def client_options4(client):
    """The client's options in the order in which firmware sends them."""
    rows = [
        (57, dhcp.u16(1472)),
        (55, bytes(client["requested"]) if client.get("requested") is not None else None),
        (97, client.get("uuid")),
        (93, arch_octets(client["arch"]) if client.get("arch") is not None else None),
        (60, octets(client.get("vendor_class"))),
        (77, client.get("user_class")),
        (61, client.get("client_id")),
    ]
    return [(code, data) for code, data in rows if data is not None] + client.get("options", [])


def _message4(case, xids, message_type, more=(), ciaddr="0.0.0.0"):
    client, relay = case["client"], case["relay"] or {}
    hardware_address = client.get("hardware_address")
    return dhcp.Message4(
        type=message_type,
        hardware_type=client.get("hardware_type", 1),
        hardware_address=dhcp.mac_octets(client["mac"]) if hardware_address is None else hardware_address,
        hops=1 if relay else 0,
        xid=xids(),
        flags=dhcp.BROADCAST_FLAG,
        ciaddr=ciaddr,
        giaddr=relay.get("giaddr", "0.0.0.0"),
        options=list(more) + client_options4(client),
    )


def _where4(case, message):
    if case["relay"]:
        return Where(RELAY_MAC, message.giaddr, 67, net.ADDRESS4)
    unicast = message.type == dhcp.REQUEST and message.ciaddr != "0.0.0.0"
    return Where(case["client"]["mac"], message.ciaddr, 68, net.ADDRESS4 if unicast else None)


def _run4(case, xids, ask):
    def step(message, carries=True):
        reply = ask(message, _where4(case, message))
        return message, reply, carries

    exchange = case["exchange"]
    if exchange == "bootp":
        yield step(_message4(case, xids, dhcp.BOOTP))
        return
    if exchange == "inform":
        yield step(_message4(case, xids, dhcp.INFORM, ciaddr=case["client"]["ciaddr"]))
        return
    if exchange == "nak":
        more = [(50, dhcp.address_octets(OTHER_NETWORK))]
        yield step(_message4(case, xids, dhcp.REQUEST, more), carries=False)
        return
    discover = step(_message4(case, xids, dhcp.DISCOVER))
    yield discover
    offer = discover[1]
    if offer is None:
        return
    more = [(50, dhcp.address_octets(offer.yiaddr)), (54, offer.option(54))]
    yield step(_message4(case, xids, dhcp.REQUEST, more))
    if exchange == "renew":
        yield step(_message4(case, xids, dhcp.REQUEST, ciaddr=offer.yiaddr))


# ---- DHCPv6


def vendor_class6(value):
    if value is None or isinstance(value, bytes):
        return value
    return dhcp.struct.pack("!IH", 343, len(value)) + value.encode()


def client_options6(client):
    duid = client.get("duid", b"\0\2" + PRIVATE_ENTERPRISE + dhcp.mac_octets(client["mac"]))
    rows = [
        (1, duid),
        (8, dhcp.u16(0)),
        (61, arch_octets(client["arch"]) if client.get("arch") is not None else None),
        (16, vendor_class6(client.get("vendor_class"))),
        (15, client.get("user_class")),
        (6, dhcp.u16(*client["requested"]) if client.get("requested") is not None else None),
    ]
    return [(code, data) for code, data in rows if data is not None] + client.get("options", [])


def source6(client):
    return client.get("source") or dhcp.link_local(client["mac"])


def _relays6(case):
    """The Relay-forwards around a message; each relay's peer is the one before it unless the case says otherwise."""
    peer, relays = source6(case["client"]), []
    for hops, row in enumerate(case["relay"] or ()):
        options = [(79, row["option79"])] if "option79" in row else []
        relays.append(dhcp.Relay6(row["link"], row.get("peer", peer), hops, options))
        peer = row["link"]
    return relays


def _message6(case, xids, message_type, more=()):
    return dhcp.Message6(message_type, xids(), client_options6(case["client"]) + list(more), _relays6(case))


def _run6(case, xids, ask):
    client, exchange = case["client"], case["exchange"]
    where = Where(RELAY_MAC, RELAY6, 547) if case["relay"] else Where(client["mac"], source6(client), 546)

    def step(message_type, *more, carries=True):
        message = _message6(case, xids, message_type, more)
        return message, ask(message, where), carries

    if exchange == "information":
        yield step(dhcp.INFORMATION_REQUEST)
        return
    if exchange == "rapid":
        yield step(dhcp.SOLICIT, dhcp.ia_na(), (14, b""))
        return
    solicit = step(dhcp.SOLICIT, dhcp.ia_na())
    yield solicit
    if solicit[1] is None:
        return
    lease = dhcp.ia_na(address=dhcp.ia_address(solicit[1]))
    server = (2, solicit[1].option(2))
    yield step(dhcp.REQUEST6, server, lease)
    if exchange == "renew":
        yield step(dhcp.RENEW, server, lease)
    elif exchange == "rebind":
        yield step(dhcp.REBIND, lease)
    elif exchange == "confirm":
        yield step(dhcp.CONFIRM, lease, carries=False)
    elif exchange == "release":
        yield step(dhcp.RELEASE6, server, lease, carries=False)


# ---- Boot fields of a reply


def boot_fields(reply):
    """The boot fields of a reply as octets; what is zero, empty or absent is left out."""
    if isinstance(reply, dhcp.Message4):
        header = {"file": reply.file, "siaddr": dhcp.address_octets(reply.siaddr), "sname": reply.sname}
        codes = (60, 66, 67)
    else:
        header, codes = {}, (16, 59, 60)
    fields = {name: value for name, value in header.items() if any(value)}
    for code in codes:
        values = [data for each, data in reply.options if each == code]
        if values:
            fields[code] = values[0] if len(values) == 1 else values
    return fields


def normal(fields):
    """Expected fields in the same form."""
    return {
        name: dhcp.address_octets(value) if name == "siaddr" else octets(value) for name, value in fields.items()
    }
