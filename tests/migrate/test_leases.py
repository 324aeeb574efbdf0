# SPDX-License-Identifier: MPL-2.0
"""Leases: what a real dhcpd has given out, a real Kea goes on with."""

import contextlib
import shutil

import pytest

from conftest import found
from lib import dhcp, dhcpd, kea, net, wire

MAC = "52:54:00:12:34:56"
CLIENT_ID = bytes.fromhex("00") + b"a name, \x80"


class Migrated(kea.Kea):
    """Kea with what was written, its files and its socket where the test has them."""

    def __init__(self, link, family, migrate):
        super().__init__(link, family)
        self._migrate = migrate

    def config(self):
        config = super().config()
        written, own = self._migrate.kea(self.family), config[f"Dhcp{self.family}"]
        for key in ("control-socket", "interfaces-config", "loggers", "data-directory"):
            if key in own:
                written[key] = own[key]
        written["hooks-libraries"][0]["parameters"]["database"] = str(self.directory / "store")
        shutil.copy(self._migrate.output / f"kea-leases{self.family}.csv", self.directory)
        written["lease-database"] = {"type": "memfile", "name": str(self.directory / f"kea-leases{self.family}.csv")}
        if self.family == 6:
            written["subnet6"][0]["interface"] = net.INTERFACE
            written["server-id"]["persist"] = False
        return {f"Dhcp{self.family}": written}


@contextlib.contextmanager
def old_server(link, family, migrate):
    """Its configuration and its leases are there for the migration afterwards."""
    with dhcpd.Dhcpd(link, family, stock=True) as server:
        yield server
        shutil.copy(server.directory / "dhcpd.conf", migrate.start)
        shutil.copy(server.directory / "leases", migrate.start)


def exchange4(client, kind, address=None, server=None):
    options = [(61, CLIENT_ID), (12, b"a-name")]
    if address:
        options += [(50, dhcp.address_octets(address)), (54, dhcp.address_octets(server))]
    message = dhcp.Message4(kind, hardware_address=dhcp.mac_octets(MAC), xid=client.xid(), flags=0x8000, options=options)
    return dhcp.parse4(client.ask4(message, MAC))


def test_a_dhcpv4_client_keeps_its_address(migrate):
    with net.Link() as link, wire.Wire(link) as client:
        with old_server(link, 4, migrate):
            offer = exchange4(client, 1)
            address = offer.yiaddr
            assert exchange4(client, 3, address, net.ADDRESS4).type == 5
        report = migrate("-4", "dhcpd.conf", "--leases", "leases")
        assert report["moved"]["IPv4 leases"] == 1 and found(report) == []
        with Migrated(link, 4, migrate):
            assert exchange4(client, 1).yiaddr == address
            ack = exchange4(client, 3, address, net.ADDRESS4)
            assert ack.type == 5 and ack.yiaddr == address


def exchange6(client, kind, server=None, address=None):
    options = [(1, dhcp.duid_ll(MAC)), (8, bytes(2)), dhcp.ia_na(0x01020304, address)]
    if server:
        options.append((2, server))
    message = dhcp.Message6(kind, client.xid(), options)
    return dhcp.parse6(client.ask6(message, MAC, dhcp.link_local(MAC)))


def test_a_dhcpv6_client_keeps_its_address_and_its_server(migrate):
    with net.Link() as link, wire.Wire(link) as client:
        with old_server(link, 6, migrate):
            offer = exchange6(client, 1)
            server, address = offer.option(2), dhcp.ia_address(offer)
            assert dhcp.ia_address(exchange6(client, 3, server, address)) == address
        report = migrate("-6", "dhcpd.conf", "--leases", "leases")
        assert report["moved"]["IPv6 leases"] == 1 and report["moved"]["server DUID"] == 1
        with Migrated(link, 6, migrate):
            reply = exchange6(client, 5, server, address)  # Renew goes to the server that it has
            assert reply.option(2) == server and dhcp.ia_address(reply) == address


RECORD = "lease 192.0.2.70 { starts 0 2026/11/22 10:00:00; %s hardware ethernet 52:54:00:00:00:01; }\n"


@pytest.mark.parametrize("text, rows", [
    (RECORD % "ends never; binding state active;",
     ["192.0.2.70,52:54:00:00:00:01,,4294967295,6090308895,1,0,0,,0,"]),
    (RECORD % "ends 1 2026/11/23 10:00:00; binding state active; client-hostname \"a,b\";"
     'uid "\\001\\"x\\\\";',
     ["192.0.2.70,52:54:00:00:00:01,01:22:78:5c,86400,1795428000,1,0,0,a&#x2cb,0,"]),
    (RECORD % "ends epoch 1795428000; binding state active;" + RECORD % "ends never; binding state free;", []),
    (RECORD % "ends 1 2026/11/23 10:00:00; binding state abandoned;", ["192.0.2.70,,,86400,1795428000,1,0,0,,1,"]),
    (RECORD.replace("192.0.2", "10.0.0") % "ends never; binding state active;", []),
], ids=["for ever", "names and octets", "the last counts", "declined", "of no subnet"])
def test_records(migrate, text, rows):
    (migrate.start / "dhcpd.conf").write_text("subnet 192.0.2.0 netmask 255.255.255.0 { range 192.0.2.64 192.0.2.99; }\n")
    (migrate.start / "leases").write_text(text)
    migrate("-4", "dhcpd.conf", "--leases", "leases")
    assert (migrate.output / "kea-leases4.csv").read_text().splitlines()[1:] == rows


def test_hosts_made_over_omapi_count(migrate):
    (migrate.start / "dhcpd.conf").write_text("subnet 192.0.2.0 netmask 255.255.255.0 { }\n")
    (migrate.start / "leases").write_text(
        "host a { dynamic; hardware ethernet 52:54:00:00:00:01; fixed-address 192.0.2.5; }\n"
        "host b { dynamic; hardware ethernet 52:54:00:00:00:02; fixed-address 192.0.2.6; }\n"
        "host b { dynamic; deleted; }\n")
    report = migrate("-4", "dhcpd.conf", "--leases", "leases")
    assert report["moved"]["hosts made over OMAPI"] == 1
    assert [host["ip-address"] for host in migrate.kea(4)["subnet4"][0]["reservations"]] == ["192.0.2.5"]
