# SPDX-License-Identifier: MPL-2.0
"""The table of cases over the wire, against kea-dhcp4 and kea-dhcp6 with the hook, with one thread and with several."""

import pytest

from cases import table
from exchange import boot_fields
from lib import dhcp
from runner import OnTheWire

ROWS = [(plugin, case) for plugin in ("kea", "kea-threads") for case in table()]


@pytest.mark.parametrize("plugin, case", ROWS, ids=[f"{plugin}: {case['name']}" for plugin, case in ROWS])
def test_case(plugin, case, client, running):
    server = running.server(plugin, case["family"], case["settings"], case["store"])
    OnTheWire(client, server, case).run()


def test_change_is_seen_by_the_next_packet(client, running, shelf):
    """What netbootctl has committed holds for the very next packet, and nothing has to be reloaded."""
    mac, store = "52:54:00:00:99:05", shelf["live"]
    server = running.server("kea", 4, "plain", "live")
    options = [(60, b"PXEClient:Arch:00007:UNDI:003016"), (93, b"\0\7")]

    def file():
        message = dhcp.Message4(dhcp.DISCOVER, hardware_address=dhcp.mac_octets(mac), xid=client.xid(), options=options)
        reply = client.ask4(message, mac)
        server.check()
        return boot_fields(dhcp.parse4(reply)).get("file")

    assert file() == b"ipxe.efi"
    for number in range(20):
        store.ctl(f"target set live{number} --file x64-uefi=live/{number}.efi")
        assert file() == (b"ipxe.efi" if number == 0 else f"live/{number - 1}.efi".encode())
        store.ctl(f"host set {mac} --target live{number}")
        assert file() == f"live/{number}.efi".encode()
    store.ctl(f"host delete {mac}")
    assert file() == b"ipxe.efi"
