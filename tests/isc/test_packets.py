# SPDX-License-Identifier: MPL-2.0
"""What is dhcpd's own way: BOOTP of fixed addresses, lists of requests, room in the packet, what it puts into fields."""

import pytest

from cases import firmware, ipxe
from lib import dhcp, memory
from runner import _way
from server import OWN_FILE, STOCK, Server, ask, boot_file, statements
from stores import mac, path_of

PXE = firmware(4, "PXE", 0, requested=None)
FIXED = "host fixed {{ hardware ethernet {mac}; fixed-address 192.0.2.20; {more} }}"


def one(client, family, what, exchange):
    return ask(client, family, what, exchange=exchange)[-1]


def raw_bootp(client, mac_, options=(), file=b""):
    message = dhcp.Message4(
        type=dhcp.BOOTP,
        hardware_address=dhcp.mac_octets(mac_),
        xid=client.xid(),
        flags=dhcp.BROADCAST_FLAG,
        file=file,
        options=list(options),
    )
    return dhcp.parse4(client.ask4(message, mac_))


VENDOR = [(60, b"PXEClient:Arch:00000:UNDI:002001"), (93, b"\0\0")]


@pytest.mark.parametrize("kind", ("fixed", "dynamic"))
def test_bootp(kind, link, client, store):
    """The reply of a fixed address is made by other code than that of a dynamic one."""
    who = "52:54:00:00:31:01"
    lines = statements(4, store.directory)
    if kind == "fixed":
        lines.append(FIXED.format(mac=who, more=""))
    with Server(link, 4, lines, bootp=True):
        reply = raw_bootp(client, who, VENDOR, b"asked.0")
        assert (reply.file, reply.siaddr) == (b"undionly.kpxe", "192.0.2.1")
        # An ordinary one: its own name, or the echo of the client's.
        reply = raw_bootp(client, who, (), b"asked.0")
        assert reply.file == b"own.0"


@pytest.mark.parametrize("kind", ("fixed", "dynamic"))
def test_bootp_that_is_silenced(kind, link, client, store):
    """Fields that are removed are zero, and neither dhcpd's own address nor the client's file."""
    who = mac("quiet")
    lines = statements(4, store.directory, "next-server 192.0.2.9;", 'server-name "own";')
    if kind == "fixed":
        lines.append(FIXED.format(mac=who, more=""))
    with Server(link, 4, lines, bootp=True):
        reply = raw_bootp(client, who, VENDOR, b"asked.0")
        assert (reply.file, reply.siaddr, reply.sname) == (b"", "0.0.0.0", b"")


def test_bootp_long_name(link, client, store):
    """What does not fit the field stays dhcpd's own."""
    who = mac("path128")
    store.ctl("target", "set", "path128", "--file", f"x86-bios={path_of(128)}")
    with Server(link, 4, [f'netboot-database "{store.directory}";'], bootp=True):
        reply = raw_bootp(client, who, VENDOR)
        assert reply.file in (b"undionly.kpxe", b"")
        assert reply.option(67) is None


# ---- The list of requests


def test_request_for_the_list_itself(link, client, store):
    """dhcpd is made to send more than the client asked for by a list of its own, which is not sent."""
    with Server(link, 4, statements(4, store.directory)):
        for reply in ask(client, 4, firmware(4, "HTTP", 16, requested=[1, 55, 3])):
            assert reply.option(60) == b"HTTPClient"
            assert reply.option(55) is None


def test_every_code_requested(link, client, store):
    everything = list(range(1, 255))
    with Server(link, 4, statements(4, store.directory)):
        for reply in ask(client, 4, firmware(4, "HTTP", 16, requested=everything)):
            assert (reply.option(60), reply.option(67)) == (b"HTTPClient", b"http://192.0.2.1/ipxe.efi")
            codes = [code for code, _ in reply.options]
            assert len(codes) == len(set(codes)) and 55 not in codes


def test_own_list_of_requests(link, client, store):
    """A list in the configuration goes before the client's; ours is added to that."""
    lines = statements(4, store.directory, "option dhcp-parameter-request-list 1, 15;", 'option domain-name "example.org";')
    with Server(link, 4, lines):
        for reply in ask(client, 4, firmware(4, "HTTP", 16)):
            assert (reply.option(60), reply.option(15)) == (b"HTTPClient", b"example.org")
            assert reply.option(55) is None


def test_no_list_of_requests(link, client, store):
    """dhcpd sends all options then, and still does."""
    with Server(link, 4, statements(4, store.directory, 'option domain-name "example.org";')):
        for reply in ask(client, 4, firmware(4, "HTTP", 16, requested=None)):
            assert (reply.option(60), reply.option(15)) == (b"HTTPClient", b"example.org")


def test_own_boot_file_that_is_not_sent(link, client, store):
    """Option 67 that the client did not ask for is no boot file of the reply's."""
    lines = [f'netboot-database "{store.directory}";', 'option bootfile-name "own.0";']
    with Server(link, 4, lines):
        assert boot_file(client, 4, firmware(4, "PXE", 7, requested=[1, 3])) == "ipxe.efi"
        assert boot_file(client, 4, firmware(4, "PXE", 7, requested=[1, 67])) == OWN_FILE[4]
        assert boot_file(client, 4, firmware(4, "PXE", 7, requested=None)) == OWN_FILE[4]


# ---- Room


@pytest.mark.parametrize("exchange", ("boot", "inform"))
def test_longest_name_in_the_smallest_packet(exchange, link, client, store):
    """255 octets in option 67, before what else is asked for, where the client takes no more than 576."""
    what = firmware(4, "PXE", 7, mac=mac("path255"), options=[], ciaddr="192.0.2.200")
    servers = ", ".join(f"192.0.2.{number}" for number in range(10, 40))
    lines = statements(4, store.directory, f"option domain-name-servers {servers};", 'option domain-name "example.org";')
    with Server(link, 4, lines):
        for reply in small(client, what, exchange):
            assert reply.option(67) == path_of(255).encode()
            assert reply.file == b""
            if exchange == "boot":
                assert reply.option(6) == b"".join(dhcp.address_octets(f"192.0.2.{n}") for n in range(10, 40))


def small(client, what, exchange):
    """The exchange with a maximum message size of 576."""
    from cases import case
    from exchange import run

    def send(message, where):
        message.options = [(57, dhcp.u16(576)) if code == 57 else (code, data) for code, data in message.options]
        way = {name: value for name, value in _way(where, 4).items() if value is not None}
        return dhcp.parse4(client.ask4(message, where.mac, **way))

    return [reply for _, reply, _ in run(case("small", 4, what, {}, exchange=exchange), client.xid, send)]


def test_long_v6_url(link, client, store):
    url = "http://files.example.org/" + path_of(900)
    store.ctl("host", "set", "52:54:00:00:33:01", "--loader", f"x64-uefi={url}")
    with Server(link, 6, statements(6, store.directory)):
        assert boot_file(client, 6, firmware(6, "HTTP", 16, mac="52:54:00:00:33:01")) == url


# ---- What dhcpd keeps in memory


@pytest.mark.parametrize("family", (4, 6))
def test_memory_stays(family, link, client, store, monkeypatch):
    """Nothing is kept of a packet: memory does not grow with their number."""
    for name, value in memory.EXACT_MALLOC.items():
        monkeypatch.setenv(name, value)
    with Server(link, family, statements(family, store.directory)) as server:
        what = [firmware(family, "HTTP", 16), ipxe(family), firmware(family, "PXE", 7, mac=mac("quiet"))]
        exchange = "renew"
        for _ in range(100):
            for each in what:
                ask(client, family, each, exchange=exchange)
        before = memory.anonymous(server.pid)
        for _ in range(400):
            for each in what:
                ask(client, family, each, exchange=exchange)
        grown = memory.anonymous(server.pid) - before
        assert grown < 100_000, f"{grown} octets in 1200 exchanges"


def test_stock_binary_refuses_the_statements(link):
    """So the other tests cannot run against the wrong binary."""
    server = Server(link, 4, ['netboot-database "/var/lib/netboot";'], binary=STOCK)
    try:
        code, said = server.test()
        assert code == 1 and "netboot-database" in said
    finally:
        server.stop()
