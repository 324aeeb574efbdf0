# SPDX-License-Identifier: MPL-2.0
"""dhcpd.conf: wrong values, every scope, and that a test of the configuration touches nothing."""

import pytest

from server import LOADER, OWN, OWN_FILE, Server, boot_file

FAMILIES = pytest.mark.parametrize("family", (4, 6))

LINE = 3  # of the configuration: where the statement is put

# (statement, what dhcpd says of that line)
WRONG = {
    "netboot is something else": ("netboot maybe;", "expecting boolean"),
    "netboot is a number": ("netboot 1;", "expecting identifier"),
    "existing-boot-file is something else": ("netboot-existing-boot-file maybe;", "unknown value"),
    "existing-boot-file is on": ("netboot-existing-boot-file on;", "unknown value"),
    "existing-boot-file is a text": ('netboot-existing-boot-file "keep";', "identifier expected"),
    "database is a relative path": ('netboot-database "netboot";', "netboot-database expects an absolute path"),
    "database is empty": ('netboot-database "";', "netboot-database expects an absolute path"),
    "database is a number": ("netboot-database 5;", "expecting string"),
    "database is computed": ('netboot-database = concat("/a", "b");', "netboot-database expects an absolute path"),
    "database in a group": ('group { netboot-database "/a"; }', "netboot-database may only be set globally"),
    "database in a host": ('host x { netboot-database "/a"; }', "netboot-database may only be set globally"),
    "database in a class": ('class "x" { netboot-database "/a"; }', "netboot-database may only be set globally"),
    "database in a condition": (
        'if exists user-class { netboot-database "/a"; }',
        "netboot-database may only be set globally",
    ),
    "journal is something else": ("netboot-journal maybe;", "expecting boolean"),
    "journal is a text": ('netboot-journal "on";', "expecting identifier"),
    "journal in a group": ("group { netboot-journal off; }", "netboot-journal may only be set globally"),
    "journal is ignored": ("netboot-journal ignore;", "netboot-journal expects on or off"),
    "journal-size, which netbootd has now": ("netboot-journal-size 256;", "semicolon expected"),
    "deadline is nothing": ("netboot-question-deadline 0;", "netboot-question-deadline expects milliseconds, 1 to 1000"),
    "deadline is too large": ("netboot-question-deadline 1001;", "netboot-question-deadline expects milliseconds, 1 to 1000"),
    "deadline is a text": ('netboot-question-deadline "1s";', "expecting number"),
    "deadline is negative": ("netboot-question-deadline -1;", "netboot-question-deadline expects milliseconds"),
    "deadline is computed": (
        'netboot-question-deadline = concat("a", "b");',
        "netboot-question-deadline expects milliseconds",
    ),
    "deadline in a group": (
        "group { netboot-question-deadline 50; }", "netboot-question-deadline may only be set globally"),
    "joining in a host": ("host x { netboot-join-identifiers on; }", "netboot-join-identifiers may only be set globally"),
    "joining in a condition": (
        "if exists user-class { netboot-join-identifiers on; }",
        "netboot-join-identifiers may only be set globally",
    ),
    "no such statement": ("netboot-databases yes;", "semicolon expected"),
}


@pytest.mark.parametrize("what", WRONG)
def test_wrong_value(what, link):
    statement, message = WRONG[what]
    server = Server(link, 4)
    lines = server.conf.read_text().splitlines()
    lines.insert(LINE - 1, statement)
    server.conf.write_text("\n".join(lines) + "\n")
    try:
        code, said = server.test()
        assert code == 1, said
        assert f"{server.conf} line {LINE}: {message}" in said
        assert "Configuration file errors encountered" in said
    finally:
        server.stop()


@pytest.mark.parametrize("scope", ("subnet", "pool", "shared-network"))
def test_database_in_a_network(scope, link):
    inside = 'netboot-database "/a";'
    pool = inside if scope == "pool" else ""
    subnet = f"subnet 192.0.2.0 netmask 255.255.255.0 {{ pool {{ {pool} range 192.0.2.64; }}"
    subnet += " }" if scope != "subnet" else f" {inside} }}"
    text = f"shared-network x {{ {inside} {subnet} }}" if scope == "shared-network" else subnet
    server = Server(link, 4, text=text + "\n")
    try:
        code, said = server.test()
        assert code == 1 and "netboot-database may only be set globally" in said, said
    finally:
        server.stop()


# ---- Scopes: where a statement stands, as a configuration around it.

SUBNET = {
    4: "subnet 192.0.2.0 netmask 255.255.255.0 {{ {subnet} pool {{ range 192.0.2.64 192.0.2.99; {pool} }} }}",
    6: "subnet6 2001:db8::/64 {{ {subnet} pool6 {{ range6 2001:db8::1:0/112; {pool} }} }}",
}
# The client of firmware(): its MAC, or the DUID made of it.
HOST = {
    4: "hardware ethernet 52:54:00:00:00:99;",
    6: "host-identifier option dhcp6.client-id 00:02:00:00:7e:d9:52:54:00:00:00:99;",
}
EXISTS = {4: "exists pxe-system-type", 6: "exists dhcp6.client-arch-type"}
SCOPES = {
    "global": "{statement} {network}",
    "shared-network": "shared-network x {{ {statement} {network} }}",
    "subnet": "{in_subnet}",
    "pool": "{in_pool}",
    "class": 'class "x" {{ match if {exists}; {statement} }} {network}',
    "host": "host x {{ {host} {statement} }} {network}",
    "group": "group {{ {statement} host x {{ {host} }} }} {network}",
    "if": "if {exists} {{ {statement} }} {network}",
    "else": "if not {exists} {{ option domain-name-servers 192.0.2.1; }} else {{ {statement} }} {network}",
    "if in a subnet": "{in_subnet_if}",
}


def configuration(family, scope, statement, store, before):
    def network(subnet="", pool=""):
        return SUBNET[family].format(subnet=subnet, pool=pool)

    exists = EXISTS[family]
    head = "authoritative; ping-check false;" if family == 4 else ""
    return f'{head} netboot-database "{store.directory}"; {OWN[family]} {before}\n' + SCOPES[scope].format(
        statement=statement,
        network=network(),
        in_subnet=network(subnet=statement),
        in_pool=network(pool=statement),
        in_subnet_if=network(subnet=f"if {exists} {{ {statement} }}"),
        exists=exists,
        host=HOST[family],
    ) + "\n"


# (statement, what stands globally before it, whose boot file goes out then)
STATEMENTS = {
    "off": ("netboot off;", "netboot-existing-boot-file replace;", OWN_FILE),
    "on": ("netboot on;", "netboot off; netboot-existing-boot-file replace;", LOADER),
    "replace": ("netboot-existing-boot-file replace;", "", LOADER),
    "keep": ("netboot-existing-boot-file keep;", "netboot-existing-boot-file replace;", OWN_FILE),
}


@FAMILIES
@pytest.mark.parametrize("what", STATEMENTS)
@pytest.mark.parametrize("scope", SCOPES)
def test_scope(scope, what, family, link, client, store):
    statement, before, wanted = STATEMENTS[what]
    with Server(link, family, text=configuration(family, scope, statement, store, before)):
        assert boot_file(client, family) == wanted[family]


@FAMILIES
def test_defaults(family, link, client, store):
    """On, and what is there is kept."""
    with Server(link, family, [f'netboot-database "{store.directory}";']):
        assert boot_file(client, family) == LOADER[family]
    with Server(link, family, [f'netboot-database "{store.directory}";', OWN[family]]):
        assert boot_file(client, family) == OWN_FILE[family]


# ---- dhcpd -t


def snapshot(directory):
    return {path: (path.stat().st_mode, path.stat().st_size, path.stat().st_mtime_ns, path.stat().st_ctime_ns)
            for path in sorted(directory.rglob("*"))}


@FAMILIES
def test_configuration_test_touches_nothing(family, link, store, tmp_path):
    for directory in (store.directory, tmp_path / "is-not-there"):
        server = Server(link, family, [f'netboot-database "{directory}";'])
        before = snapshot(tmp_path)
        try:
            code, said = server.test()
            assert code == 0 and "netboot:" not in said, said
        finally:
            server.stop()
        assert snapshot(tmp_path) == before
