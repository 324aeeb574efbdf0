# SPDX-License-Identifier: MPL-2.0
"""What dhcpd -t tells of a configuration is what the same dhcpd answers on the wire, and it touches nothing."""

import random

import pytest

import dump
from cases import case, firmware, ipxe
from exchange import run
from lib import dhcp
from runner import _way
from server import Server
from test_statements import snapshot

RELAY4 = {"giaddr": "198.51.100.7"}
RELAY6 = [{"link": "2001:db8:1::7"}]
HEAD = {
    4: "authoritative; ping-check false; ddns-update-style none; default-lease-time 900; dhcp-cache-threshold 0;"
    " option arch code 93 = unsigned integer 16; option encapsulated code 175 = string;"
    " option tftp-servers code 150 = array of ip-address;",
    6: "default-lease-time 900; option dhcp6.arch code 61 = array of unsigned integer 16;"
    " option dhcp6.url code 59 = string; option dhcp6.user code 15 = string; option dhcp6.vendor code 16 = string;",
}
SUBNETS = {
    4: "subnet 192.0.2.0 netmask 255.255.255.0 {{ range 192.0.2.64 192.0.2.99; option routers 192.0.2.1; {inside} }}"
    " subnet 198.51.100.0 netmask 255.255.255.0 {{ range 198.51.100.64 198.51.100.99; next-server 198.51.100.2; }}",
    6: "subnet6 2001:db8::/64 {{ range6 2001:db8::1:0/112; {inside} }}"
    " subnet6 2001:db8:1::/64 {{ range6 2001:db8:1::1:0/112; option dhcp6.name-servers 2001:db8:1::1; }}",
}
MAC_HYPHENS = ', "-", '.join(
    f'suffix(concat("0", binary-to-ascii(16, 8, "", substring(hardware, {octet}, 1))), 2)' for octet in range(1, 7)
)

# What stands globally, what in the first subnet, and a whole other network in its place.
CONFIGURATIONS = {
    4: {
        "constant": ('filename "a.0"; next-server 192.0.2.5; server-name "boot";', "", None),
        "nested ifs": (
            "",
            'if exists user-class and option user-class = "iPXE" { filename "http://192.0.2.1/s.ipxe"; }'
            ' elsif substring(option vendor-class-identifier, 0, 10) = "HTTPClient" {'
            '   option vendor-class-identifier "HTTPClient";'
            '   if option arch = 00:10 { filename "http://192.0.2.1/x.efi"; } else { filename "http://192.0.2.1/o.efi"; } }'
            ' elsif option arch = 00:07 { filename "x.efi"; next-server 192.0.2.6; } else { filename "bios.0"; }',
            None,
        ),
        "switch": (
            "switch (extract-int(option arch, 16)) { case 7: filename \"seven\"; break; case 11: filename \"eleven\";"
            " break; default: filename \"other\"; }",
            "", None,
        ),
        "pick-first-value": (
            'filename = pick-first-value(option encapsulated, option user-class, "neither");', "", None,
        ),
        "suffix of concat": (f'filename = concat("boot/01-", {MAC_HYPHENS});', "", None),
        "binary-to-ascii": (
            'filename = concat("boot/", binary-to-ascii(16, 8, ":", substring(hardware, 1, 6)));', "", None,
        ),
        "class and subclasses": (
            'class "pxe" { match if substring(option vendor-class-identifier, 0, 9) = "PXEClient"; filename "pxe.0"; }'
            ' class "cards" { match hardware; next-server 192.0.2.7; } subclass "cards" 1:52:54:00:00:00:99;'
            ' class "archs" { match option arch; } subclass "archs" 00:07 { filename "sub.efi"; }',
            "", None,
        ),
        "options": (
            'option tftp-server-name "boot.example"; option bootfile-name "sixtyseven.0";'
            ' option vendor-encapsulated-options 06:01:08:ff; option tftp-servers 192.0.2.3, 192.0.2.4;'
            ' option domain-name "example"; option domain-name-servers 192.0.2.8;',
            "", None,
        ),
        "host in groups": (
            'group { filename "group.0"; next-server 192.0.2.9; group { option domain-name "inner.example";'
            " host one { hardware ethernet 52:54:00:00:00:99; fixed-address 192.0.2.10, 198.51.100.10; } } }",
            'filename "subnet.0";', None,
        ),
        "host without an address": (
            'host one { hardware ethernet 52:54:00:00:00:99; if option arch = 00:07 { filename "seven"; } }', "", None,
        ),
        "pools": (
            "host known { hardware ethernet 52:54:00:00:00:99; }",
            None,
            'shared-network lab { filename "share.0"; subnet 192.0.2.0 netmask 255.255.255.0 {'
            ' pool { allow known-clients; range 192.0.2.64 192.0.2.80; filename "known.0"; }'
            ' pool { deny known-clients; range 192.0.2.81 192.0.2.99; } } subnet 198.51.100.0 netmask 255.255.255.0 {} }',
        ),
        "site's vendor space": (
            "option space PXE; option PXE.mtftp-ip code 1 = ip-address; option PXE.discovery code 6 = unsigned integer 8;"
            " vendor-option-space PXE; option PXE.mtftp-ip 0.0.0.0; option PXE.discovery 8;",
            'filename "p.0";', None,
        ),
    },
    6: {
        "constant": ('option dhcp6.url "tftp://[2001:db8::1]/a.efi";', "", None),
        "nested ifs": (
            "",
            'if exists dhcp6.user { option dhcp6.url "http://[2001:db8::1]/s.ipxe"; }'
            ' elsif option dhcp6.arch = 00:10 { option dhcp6.url "http://[2001:db8::1]/x.efi";'
            " option dhcp6.vendor 00:00:01:57:00:0a:48:54:54:50:43:6c:69:65:6e:74; }"
            ' else { option dhcp6.url "tftp://[2001:db8::1]/o.efi"; }',
            None,
        ),
        "class": (
            'class "http" { match if substring(option dhcp6.vendor, 6, 10) = "HTTPClient";'
            ' option dhcp6.url "http://[2001:db8::1]/c.efi"; }',
            "", None,
        ),
        "host": (
            "group { option dhcp6.url \"tftp://[2001:db8::1]/g.efi\"; host one { host-identifier option dhcp6.client-id"
            " 00:02:00:00:7e:d9:52:54:00:00:00:99; fixed-address6 2001:db8::10; } }",
            'option dhcp6.url "tftp://[2001:db8::1]/subnet.efi";', None,
        ),
    },
}  # fmt: skip

CLIENTS = {
    "PXE 0": lambda family: firmware(family, "PXE", 0),
    "PXE 7": lambda family: firmware(family, "PXE", 7),
    "PXE 7, other card": lambda family: {**firmware(family, "PXE", 7), "mac": "52:54:00:00:0a:01"},
    "HTTP 16": lambda family: firmware(family, "HTTP", 16),
    "iPXE 7": lambda family: ipxe(family, 7),
    "iPXE 11 with 175": lambda family: ipxe(family, 11, options=[(175, b"\xb1\5\1\x80\x86\x10\x0e")]),
    "no boot": lambda family: {"requested": [1, 3, 6, 15, 66, 67] if family == 4 else [23, 59]},
}
ROWS = [(family, name) for family, rows in CONFIGURATIONS.items() for name in rows]
# Options that dhcpd adds to a lease itself.
LEASE_OPTIONS = {4: {1, 51, 53, 54, 55, 58, 59, 61}, 6: {1, 2, 3, 7, 13, 14}}


def exchanges(client, family, what, relay):
    """(message, reply) of what a client sends, which are None if nothing comes."""
    row = case("asked", family, what, {})
    row["relay"] = relay

    def send(message, where):
        way = {name: value for name, value in _way(where, family).items() if value is not None}
        octets = (client.ask4 if family == 4 else client.ask6)(message, where.mac, **way)
        return octets and (dhcp.parse4(octets) if family == 4 else dhcp.parse6(octets))

    return [(message, reply) for message, reply, _ in run(row, client.xid, send)]


def seen(reply, family):
    """A reply in the form of an answer."""
    if family == 6:
        return {"options": {str(code): data.hex() for code, data in reply.options if code not in LEASE_OPTIONS[6]}}
    fields = {"filename": reply.file, "server-name": reply.sname}
    fields = {name: value.rstrip(b"\0").decode("latin-1") for name, value in fields.items() if value.rstrip(b"\0")}
    if reply.siaddr != "0.0.0.0":
        fields["next-server"] = reply.siaddr
    options = {str(code): data.hex() for code, data in reply.options if code not in LEASE_OPTIONS[4]}
    return {**fields, "options": options}


def told(answer, family):
    options = {code: data for code, data in answer["options"].items() if int(code) not in LEASE_OPTIONS[family]}
    names = ("filename", "server-name", "next-server") if family == 4 else ()
    return {**{name: answer[name] for name in names if name in answer}, "options": options}


def compare(family, text, link, client):
    """Asks every client on the wire and by the dump."""
    lines, wanted = [], []
    with Server(link, family, text=text) as server:
        for label, make in CLIENTS.items():
            for relay in (None, RELAY4 if family == 4 else RELAY6):
                message, reply = exchanges(client, family, make(family), relay)[0]
                assert reply is not None, (label, relay, text)
                address = reply.yiaddr if family == 4 else dhcp.address_text(dhcp.ia_address(reply))
                lines.append(dump.client_line(message, address, family))
                wanted.append((label, relay, seen(reply, family)))
        got = dump.answers(server.conf, family, lines)
    assert len(got) == len(wanted)
    for answer, (label, relay, want) in zip(got, wanted, strict=True):
        assert told(answer, family) == want, (label, relay, text)
        assert "refused" not in answer, (label, relay, answer)


@pytest.mark.parametrize("family,name", ROWS)
def test_as_on_the_wire(family, name, link, client):
    before, inside, networks = CONFIGURATIONS[family][name]
    compare(family, f"{HEAD[family]}\n{before}\n{networks or SUBNETS[family].format(inside=inside)}\n", link, client)


# ---- The inventory


DECLARED = """
class "pxe" { match if substring(option vendor-class-identifier, 0, 9) = "PXEClient"; next-server 192.0.2.1; }
class "cards" { spawn with hardware; lease limit 4; }
subclass "cards" 1:52:54:00:00:00:01;
shared-network lab {
  subnet 192.0.2.0 netmask 255.255.255.0 {
    pool { allow members of "pxe"; deny unknown-clients; range 192.0.2.10 192.0.2.20; range 192.0.2.30; }
  }
  subnet 198.51.100.0 netmask 255.255.255.128 { if option host-name = "x" { filename "x.0"; } }
}
group { filename "g.0"; host web1 { hardware ethernet 52:54:00:00:00:02; fixed-address 192.0.2.5, 198.51.100.5; } }
host web2 { option dhcp-client-identifier "web2"; }
"""


def test_inventory(tmp_path):
    config = tmp_path / "dhcpd.conf"
    config.write_text(DECLARED)
    found = dump.inventory(config, 4)
    assert found["shared-network"] == [{"name": "lab"}]
    assert {each["prefix"] for each in found["subnet"]} == {"192.0.2.0/24", "198.51.100.0/25"}
    [pool] = found["pool"]
    assert pool["ranges"] == [["192.0.2.10", "192.0.2.20"], ["192.0.2.30", "192.0.2.30"]]
    assert pool["permit"] == ["class pxe"] and "unknown-clients" in pool["deny"]
    assert {"name": "cards", "spawning": True, "lease-limit": 4} in found["class"]
    assert found["subclass"] == [{"class": "cards", "data": "01525400000001"}]
    hosts = {host["name"]: host for host in found["host"]}
    assert hosts["web1"]["hardware"] == "01525400000002"
    assert hosts["web1"]["fixed-addresses"] == ["192.0.2.5", "198.51.100.5"]
    assert hosts["web2"]["client-id"] == b"web2".hex()
    looks = {each["scope"]: each for each in found["expression"]}
    assert looks["subnet 198.51.100.0/25"]["inputs"][0]["name"] == "dhcp.host-name"
    assert looks["subnet 198.51.100.0/25"]["constants"] == [b"x".hex()]
    assert looks["subnet 198.51.100.0/25"]["sets"] == ["server.filename"]
    assert looks["class pxe"]["sets"] == ["server.next-server"]


def test_hosts_of_the_leases_file(tmp_path):
    """Hosts that were made over OMAPI are in the leases file; those deleted are not."""
    config, leases = tmp_path / "dhcpd.conf", tmp_path / "leases"
    config.write_text(SUBNETS[4].format(inside="") + "\n")
    leases.write_text(
        'host made { dynamic; hardware ethernet 52:54:00:00:00:99; supersede server.filename = "omapi.0"; }\n'
        "host gone { dynamic; hardware ethernet 52:54:00:00:00:98; }\nhost gone { dynamic; deleted; }\n"
    )
    before = snapshot(tmp_path)
    [host] = dump.inventory(config, 4, leases)["host"]
    assert host["name"] == "made" and host["dynamic"]
    assert snapshot(tmp_path) == before


def test_touches_nothing(tmp_path):
    """No statement that runs a program is executed, no file is written, no port is opened."""
    config, mark = tmp_path / "dhcpd.conf", tmp_path / "mark"
    config.write_text(
        f'if 1 = 1 {{ execute("/usr/bin/touch", "{mark}"); }} execute("/usr/bin/touch", "{mark}");'
        f'filename "a.0"; log(error, "said");\n{SUBNETS[4].format(inside="")}\n'
    )
    before = snapshot(tmp_path)
    [answer] = dump.answers(config, 4, ["192.0.2.70 01525400000001 -"])
    assert answer["filename"] == "a.0"
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize("line", ("192.0.2.70", "192.0.2 - -", "192.0.2.70 zz -", "192.0.2.70 - 3c", "192.0.2.70 - - -"))
def test_what_is_no_client(line, tmp_path):
    config = tmp_path / "dhcpd.conf"
    config.write_text(SUBNETS[4].format(inside="") + "\n")
    with pytest.raises(dump.Refused, match="line 1 is no client"):
        dump.answers(config, 4, [line])


# ---- Configurations at random


CONDITIONS = (
    'option arch = 00:07', 'exists user-class', 'substring(option vendor-class-identifier, 0, 10) = "HTTPClient"',
    'option user-class = "iPXE"', "known", "substring(hardware, 1, 3) = 52:54:00", "not exists encapsulated",
    'option vendor-class-identifier ~= "^PXE"', "option arch = 00:10 or option arch = 00:0b",
    "suffix(hardware, 1) = 99",
)  # fmt: skip
VALUES = (
    '"{n}.0"', 'concat("boot/", binary-to-ascii(16, 8, "-", hardware), "/{n}")',
    'pick-first-value(option user-class, "none-{n}")', 'concat("{n}-", suffix(option vendor-class-identifier, 6))',
    'lcase("UP-{n}")', 'concat("a", encode-int(4{n}, 8))',
)  # fmt: skip


def statements(chance, depth):
    """A few statements that set boot fields, some of them under conditions."""
    n = chance.randrange(10)
    kinds = [
        f"filename {'= ' if '(' in (value := chance.choice(VALUES)) else ''}{value.format(n=n)};",
        f"next-server 192.0.2.{n + 1};",
        f'server-name "s{n}";',
        f'option bootfile-name "o{n}";',
        f"option tftp-servers 192.0.2.{n + 20};",
        f"option domain-name-servers 192.0.2.{n + 40};",
    ]
    chosen = chance.sample(kinds, chance.randrange(1, 3))
    if depth:
        branches = [f"if {chance.choice(CONDITIONS)} {{ {statements(chance, depth - 1)} }}"]
        branches += [f"elsif {chance.choice(CONDITIONS)} {{ {statements(chance, depth - 1)} }}"] * chance.randrange(2)
        branches += [f"else {{ {statements(chance, depth - 1)} }}"] * chance.randrange(2)
        chosen.append(" ".join(branches))
    chance.shuffle(chosen)
    return " ".join(chosen)


def configuration(chance):
    classes = "".join(
        f'class "c{n}" {{ match if {chance.choice(CONDITIONS)}; {statements(chance, chance.randrange(2))} }}\n'
        for n in range(chance.randrange(3))
    )
    address = chance.choice(("", "fixed-address 192.0.2.10, 198.51.100.10;"))
    host = f"host one {{ hardware ethernet 52:54:00:00:00:99; {address} {statements(chance, chance.randrange(2))} }}"
    if chance.randrange(2):
        host = f"group {{ {statements(chance, 0)} {host} }}"
    networks = SUBNETS[4].format(inside=statements(chance, 2))
    if chance.randrange(2):
        networks = f"shared-network lab {{ {statements(chance, 1)} {networks} }}"
    return f"{HEAD[4]}\n{statements(chance, chance.randrange(2))}\n{classes}{host}\n{networks}\n"


@pytest.mark.parametrize("seed", range(12))
def test_at_random(seed, link, client):
    """Whatever is put together of these, the dump and the wire agree."""
    compare(4, configuration(random.Random(seed)), link, client)
