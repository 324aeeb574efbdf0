# SPDX-License-Identifier: MPL-2.0
"""Boot once on the wire: netbootd marks the boot, for both daemons."""

import json

import pytest
from cases import ipxe

from server import Server, boot_file, statements

MAC = "52:54:00:00:99:05"
FAMILIES = pytest.mark.parametrize("family", (4, 6))


@FAMILIES
def test_three_boots(family, link, client, store):
    store.ctl("target set install --script install.ipxe")
    store.ctl("target set later --script later.ipxe")
    store.ctl(f"host set {MAC} --name twice --target later --once install")
    with Server(link, family, statements(family, store.directory)):
        files = [boot_file(client, family, ipxe(family, 7, mac=MAC)).rsplit("/", 1)[-1] for _ in range(3)]
    assert files == ["install.ipxe", "later.ipxe", "later.ipxe"]
    once = json.loads(store.ctl("host show twice --json").stdout)["once"]
    assert (once["state"], once["server"]) == ("used", "dhcpd"), once
