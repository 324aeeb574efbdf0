# SPDX-License-Identifier: MPL-2.0
"""
The table of cases: what a client sends, what the store holds, and what the client gets. Every server that has netboot
runs the whole of it, and so does the library alone.

A case is a dict:
  name      what it shows; unique, in words
  family    4 or 6
  store     a key of stores.STORES
  settings  a key of settings.SETTINGS: the server's own configuration
  client    see CLIENT below; what is not named is absent from the packet
  relay     4: {"giaddr"}; 6: a list of {"link", "option79", "peer"}, the relay nearest the client first
  exchange  a key of EXCHANGES: which messages the client sends; every reply that carries boot fields is compared
  expect    the boot fields of the reply: those not named are zero, empty or absent. UNCHANGED: just what the server
            sends by itself. NO_REPLY
  servers   {server: expect} where a server is known to differ for a reason of its own, told by `why`
  decision  facts of the engine to compare as well: stage, platform, outcome, host, target, site

Fields of DHCPv4 are "file", "siaddr", "sname" and the option numbers 60, 66, 67; of DHCPv6 the options 16, 59, 60.
"""

import importlib

UNCHANGED = "unchanged"
NO_REPLY = "no reply"

CLIENT = {
    "mac",  # also the source of the link-local address in DHCPv6
    "arch",  # list of codes, or octets: option 93 or 61
    "vendor_class",  # option 60; in DHCPv6 option 16 of enterprise 343 with this one item, octets: the whole option
    "user_class",  # octets: option 77 or 15
    "requested",  # list of codes: option 55 or 6
    "options",  # list of (code, octets): more options, at the end
    # DHCPv4
    "uuid",  # octets: option 97
    "client_id",  # octets: option 61
    "hardware_type",
    "hardware_address",  # octets: chaddr, where it is not the MAC
    "ciaddr",  # of an INFORM
    # DHCPv6
    "duid",  # octets; else a DUID-EN that nobody has
    "source",  # the link-local address, where it is not made of the MAC
}

EXCHANGES = {
    4: {
        "boot": "DISCOVER and OFFER, REQUEST and ACK",
        "renew": "the same, then a REQUEST of the leased address with ciaddr",
        "inform": "INFORM and ACK",
        "bootp": "a BOOTP request",
        "nak": "REQUEST of an address of another network, answered with NAK",
    },
    6: {
        "boot": "Solicit and Advertise, Request and Reply",
        "rapid": "Solicit with rapid commit and Reply",
        "renew": "the same as boot, then Renew and Reply",
        "rebind": "the same as boot, then Rebind and Reply",
        "information": "Information-request and Reply",
        "confirm": "the same as boot, then Confirm and Reply, which carries no boot fields",
        "release": "the same as boot, then Release and Reply, which carries no boot fields",
    },
}

NOBODY = "52:54:00:00:00:99"  # a machine that no store knows
_KEYS = {"name", "family", "store", "settings", "client", "relay", "exchange", "expect", "servers", "why", "decision"}


def case(name, family, client, expect, **more):
    """A row of the table, checked for misspelt keys."""
    row = {"store": "full", "settings": "plain", "relay": None, "exchange": "boot", "servers": {}, "decision": {}}
    row.update(name=f"{name} v{family}", family=family, client={"mac": NOBODY, **client}, expect=expect, **more)
    unknown = (row.keys() - _KEYS) | (row["client"].keys() - CLIENT)
    if unknown or row["exchange"] not in EXCHANGES[family] or (row["servers"] and "why" not in row):
        raise ValueError(f"case {name}: {unknown or row['exchange']}")
    return row


# ---- Clients as firmware sends them (what QEMU's firmware was seen to send)

REQUESTED4 = [1, 3, 6, 12, 15, 28, 43, 60, 66, 67]
REQUESTED6 = [59, 60, 23, 16]
IPXE4 = b"iPXE"
IPXE6 = b"\x00\x04iPXE"


def class_text(kind, arch):
    return f"{kind}Client:Arch:{arch:05}:UNDI:003016"


def firmware(family, kind, arch, /, **more):
    """A client of firmware; `kind` is "PXE" or "HTTP"."""
    requested = REQUESTED4 if family == 4 else REQUESTED6
    return {"arch": [arch], "vendor_class": class_text(kind, arch), "requested": requested, **more}


def ipxe(family, arch=7, /, **more):
    """iPXE as it is today: it still says PXEClient."""
    user_class = IPXE4 if family == 4 else IPXE6
    return {**firmware(family, "PXE", arch, user_class=user_class), **more}


# ---- Answers, to clients that ask for all boot options

HTTP_CLASS6 = bytes.fromhex("00000157000a") + b"HTTPClient"


def tftp(family, path, server=None):
    """What a PXE client gets for a path at the site's TFTP server."""
    if family == 6:
        return {59: f"tftp://[{server or '2001:db8::1'}]/{path}"}
    server = server or "192.0.2.1"
    return {"file": path, "siaddr": server, 66: server, 67: path}


def http(family, path=None, url=None):
    """What an HTTP client gets for a path at the site's HTTP base, or for a URL."""
    url = url or (f"http://192.0.2.1/{path}" if family == 4 else f"http://[2001:db8::1]/{path}")
    return {"file": url, 67: url, 60: "HTTPClient"} if family == 4 else {59: url, 16: HTTP_CLASS6}


def script(family, path=None, url=None, server="192.0.2.1"):
    """What iPXE gets for a path at the site's HTTP base, or for a URL."""
    url = url or (f"http://192.0.2.1/{path}" if family == 4 else f"http://[2001:db8::1]/{path}")
    return {"file": url, 67: url, "siaddr": server, 66: server} if family == 4 else {59: url}


def without(answer, *fields):
    return {field: value for field, value in answer.items() if field not in fields}


MODULES = "platforms stages identity targets files sites existing messages malformed requests".split()


def table():
    """Every case, in an order that changes store and settings as seldom as possible."""
    rows = [row for name in MODULES for row in importlib.import_module(f"{__name__}.{name}").CASES]
    names = [row["name"] for row in rows]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise ValueError(f"cases with the same name: {sorted(twice)}")
    return sorted(rows, key=lambda row: (row["settings"], row["store"]))
