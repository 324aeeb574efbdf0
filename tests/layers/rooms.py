# SPDX-License-Identifier: MPL-2.0
"""The rooms of the house, and which others each may use. A new room, or a new use, is a row here."""

TREES = ("common", "json", "ctl", "migrate", "kea-hook")

# Where an include is looked for, beside the folder of the file that has it.
INCLUDE_PATHS = ("common/include", "common", "ctl", ".")

# What the library shows to everybody.
PUBLIC = {"common/include/netboot.h", "common/include/netboot-store.h"}

# Private headers of the library that others may use: bytes and numbers, nothing of the store or the decision.
LENT = {
    "common/base/bytes.h",
    "common/base/failure.h",
    "common/base/percent.h",
    "common/base/utf8.h",
    "common/dhcp/codes.h",
    "common/dhcp/messages.h",
}


def _common(*names):
    return {f"common/{name}" for name in names}


_LIBRARY = _common("base", "dhcp", "decide", "record", "db", "store", "once", "journal", "change", "handle")

ROOMS = {
    "common/include": set(),
    "common/base": set(),
    "common/dhcp": _common("base"),
    "common/decide": _common("dhcp", "base"),
    "common/record": _common("decide", "dhcp", "base"),
    "common/db": _common("base"),
    "common/store": _common("db", "record", "dhcp", "base"),
    "common/once": _common("store", "db", "record", "decide", "dhcp", "base"),
    "common/journal": _common("store", "db", "record", "dhcp", "base"),
    "common/change": _common("once", "store", "db", "record", "dhcp", "base"),
    "common/handle": _LIBRARY,
    "json/text": set(),
    "json/record": {"json/text"},
    "json/show": {"json/record", "json/text"},
    "json/remote": {"json/show", "json/record", "json/text"},
    "kea-hook": {"json/remote"},
}
