# SPDX-License-Identifier: MPL-2.0
"""
What the DHCP server's own configuration says in a case, in words that every server's plug-in translates.

`existing`: the existing-boot-file setting. `own`: boot fields that the server sends by itself: header fields always,
options if the client asks for them. `bootp`: BOOTP clients are served. `reservation`: the same fields for one MAC only,
and its address.
"""

OWN = {
    4: {"file": "own.0", "siaddr": "192.0.2.9", "sname": "own-name", 60: "own-class", 66: "own-tftp", 67: "own-67.0"},
    6: {59: "tftp://[2001:db8::9]/own.efi", 60: b"\x00\x03own"},
}
SERVER_ONLY = {4: {"siaddr": "192.0.2.9", "sname": "own-name", 66: "own-tftp"}, 6: {60: b"\x00\x03own"}}
OPTION_ONLY = {4: {67: "own-67.0"}, 6: {59: "tftp://[2001:db8::9]/own.efi"}}

SETTINGS = {
    "plain": {},
    "own": {"own": OWN},
    "own-replace": {"own": OWN, "existing": "replace"},
    "own-remove": {"own": OWN, "existing": "remove"},
    "own-server-only": {"own": SERVER_ONLY},
    "own-option-only": {"own": OPTION_ONLY},
    "bootp": {"bootp": True},
    "own-bootp": {"bootp": True, "own": OWN},
    # host web1 of the reference's dhcpd.conf
    "article": {
        "bootp": True,
        "reservation": {
            "mac": "52:54:00:12:34:56",
            "address": "192.0.2.10",
            "own": {4: {"file": "pxelinux.0", "siaddr": "192.0.2.2"}},
        },
    },
}


def own_fields(settings, family, client, all_unasked=False):
    """
    The boot fields of the server's own reply to a client of the table. `all_unasked`: this server sends all its options
    to a client that has no list of requests.
    """
    wanted = SETTINGS[settings]
    reservation = wanted.get("reservation", {})
    if reservation.get("mac") == client["mac"]:
        wanted = reservation
    own = wanted.get("own", {}).get(family, {})
    requested = client.get("requested")
    if requested is None:
        requested = own if all_unasked else ()
    return {field: value for field, value in own.items() if isinstance(field, str) or field in requested}


def has_boot_file(fields, family):
    return bool({"file", 67} & fields.keys()) if family == 4 else 59 in fields
