# SPDX-License-Identifier: MPL-2.0
"""Records for the tests of import and export, and a store that has them."""

import json

import pytest

HOSTS = [
    {"type": "host", "name": "web1", "mac": ["52:54:00:00:00:01", "52:54:00:00:00:02"],
     "uuid": ["11223344-5566-7788-99aa-bbccddeeff01"], "duid": ["00:04:01:02:03:04:05:06"], "target": "debian",
     "loader": {"x86-bios": "ipxe.pxe"}, "labels": {"rack": "12", "place": "by the door, left"}, "note": "a \"b\", c"},
    {"type": "host", "name": "web2", "mac": ["52:54:00:00:00:03"], "labels": {"empty": ""}},
    {"type": "host", "uuid": ["aabbccdd-eeff-0011-2233-445566778899"], "note": "été"},
]


def lines(*records):
    return "".join(json.dumps(record) + "\n" for record in records)


def read(text):
    """Export as records, without the times that the store sets."""
    return [{key: value for key, value in json.loads(line).items() if key != "changed"} for line in text.splitlines()]


@pytest.fixture
def full(ctl):
    ctl.ok("site", "set", "lab", "--prefix", "192.0.2.0/24", "--prefix", "2001:db8::/32", "--tftp4", "192.0.2.1", "--http6",
           "http://[2001:db8::1]/")
    ctl.ok("target", "set", "debian", "--script", "debian.ipxe", "--file", "arm64-uefi=grub.efi", "--description", "x y")
    ctl.ok("target", "set", "disk", "--local")
    ctl.ok("import", "-", stdin=lines(*HOSTS))
    return ctl
