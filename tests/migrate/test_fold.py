# SPDX-License-Identifier: MPL-2.0
"""
What migrate makes of the network boot of a configuration: the records, and what it says of what they cannot hold. The
fold checks itself: what differs between dhcpd and netboot is a finding, so a case without any is one that is equal.
"""

import json
import subprocess

import pytest

from lib import paths

SECONDS = 60
TOOL = ("tests", "migrate", "fold")
HEAD = "option arch code 93 = unsigned integer 16;\n"
SUBNET = "subnet 192.0.2.0 netmask 255.255.255.0 {{ range 192.0.2.64 192.0.2.99; {} }}\n"
OTHER = "subnet 198.51.100.0 netmask 255.255.255.0 {{ range 198.51.100.64 198.51.100.99; {} }}\n"
SUBNET6 = "option dhcp6.arch code 61 = array of unsigned integer 16; option dhcp6.url code 59 = string;\n" \
    "subnet6 2001:db8::/64 {{ range6 2001:db8::1:0/112; {} }}\n"
IPXE = 'if exists user-class and option user-class = "iPXE" { filename "http://192.0.2.1/menu.ipxe"; }'
CHOICE = IPXE + ' elsif option arch = 00:07 { filename "ipxe.efi"; } else { filename "undionly.kpxe"; }'
PADDED = ', "-", '.join(
    f'suffix(concat("0", binary-to-ascii(16, 8, "", substring(hardware, {octet}, 1))), 2)' for octet in range(1, 7)
)


class Result:
    def __init__(self, data):
        self.records, self.findings, self.clients = data["records"], data["findings"], data["clients"]
        self.own4 = data.get("own4")

    def of(self, kind, key="name"):
        return {record.get(key): record for record in self.records if record["type"] == kind}

    def person(self):
        return [finding for finding in self.findings if finding["severity"] == "person"]

    def said(self, severity, *words):
        """The findings that have all these words."""
        return [finding for finding in self.findings if finding["severity"] == severity
                and all(word in f"{finding['text']} {finding['why']}" for word in words)]


def run(tmp_path, v4=None, v6=None, leases=None):
    command = [paths.build().joinpath(*TOOL), paths.dhcpd()]
    for option, text in (("-4", v4), ("-6", v6), ("-l4", leases)):
        if text is not None:
            (tmp_path / option).write_text(text)
            command += [option, tmp_path / option]
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)


def fold(tmp_path, **texts):
    done = run(tmp_path, **texts)
    assert done.returncode == 0, done.stderr
    return Result(json.loads(done.stdout))


def only(values):
    """The one value that all have."""
    found = set(values)
    assert len(found) == 1, found
    return found.pop()


# ---- What moves whole: nothing is left for a person


def test_loaders_and_script(tmp_path):
    """A choice by architecture and user class: loaders, a script and a site."""
    result = fold(tmp_path, v4=HEAD + "next-server 192.0.2.1;\n" + SUBNET.format(CHOICE))
    loaders = result.of("loader", "platform")
    assert loaders["x64-uefi"]["file"] == "ipxe.efi"
    assert only(each["file"] for name, each in loaders.items() if name != "x64-uefi") == "undionly.kpxe"
    assert result.of("target")["default"]["script"] == "http://192.0.2.1/menu.ipxe"
    assert result.of("site")["default"]["tftp4"] == "192.0.2.1"
    assert not result.person()
    assert result.said("changed", "architecture 9") or result.said("changed", "architectures 9")


def test_http_base(tmp_path):
    """What HTTP clients load from beside the TFTP name is the site's base."""
    text = 'if substring(option vendor-class-identifier, 0, 10) = "HTTPClient" {' \
        ' option vendor-class-identifier "HTTPClient"; filename "http://192.0.2.1/boot/grub.efi"; }' \
        ' else { filename "grub.efi"; }'
    result = fold(tmp_path, v4=HEAD + "next-server 192.0.2.1;\n" + SUBNET.format(text))
    assert result.of("site")["default"]["http4"] == "http://192.0.2.1/boot/"
    target = result.of("target")["default"]
    assert "script" not in target
    assert not [each for each in result.person() if "PXE of" not in each["text"]], result.person()


def test_sites(tmp_path):
    """Two subnets with other servers: two sites; the files are the same."""
    first = "next-server 192.0.2.1; " + CHOICE
    second = "next-server 198.51.100.1; " + CHOICE.replace("192.0.2.1", "198.51.100.1")
    lab = f"shared-network lab {{ {OTHER.format(second)} }}\n"
    result = fold(tmp_path, v4=HEAD + SUBNET.format(first) + lab)
    sites = result.of("site")
    assert sites["default"]["tftp4"] == "192.0.2.1" and sites["default"]["http4"] == "http://192.0.2.1/"
    assert sites["lab"]["tftp4"] == "198.51.100.1" and sites["lab"]["http4"] == "http://198.51.100.1/"
    assert sites["lab"]["prefixes"] == ["198.51.100.0/24"]
    assert result.of("target")["default"]["script"] == "menu.ipxe"
    assert not result.person()


def test_a_subnet_that_does_not_boot(tmp_path):
    """It goes on to get nothing: its site has no servers."""
    result = fold(tmp_path, v4=HEAD + SUBNET.format('next-server 192.0.2.1; filename "a.0";') + OTHER.format(""))
    site = result.of("site")["198.51.100.0-24"]
    assert site["prefixes"] == ["198.51.100.0/24"] and not {"tftp4", "http4"} & site.keys()
    assert not result.person()


HOSTS = """
group {
  next-server 192.0.2.1;
  filename "pxelinux.0";
  host one { hardware ethernet 52:54:00:00:00:01; fixed-address 192.0.2.10; }
  host two { hardware ethernet 52:54:00:00:00:02; }
  host three { hardware ethernet 52:54:00:00:00:03; filename "memtest.0"; }
}
host plain { hardware ethernet 52:54:00:00:00:04; }
"""


def test_hosts_of_a_group(tmp_path):
    """What a group gives is its hosts'; those that get the same have one target; one that gets nothing has none."""
    result = fold(tmp_path, v4=HEAD + SUBNET.format("") + HOSTS)
    hosts, targets = result.of("host"), result.of("target")
    assert hosts["one"]["target"] == hosts["two"]["target"] == "pxelinux.0"
    assert hosts["three"]["target"] == "memtest.0"
    assert "target" not in hosts["plain"] and hosts["plain"]["mac"] == ["52:54:00:00:00:04"]
    assert only(targets["pxelinux.0"]["files"].values()) == "pxelinux.0"
    assert result.of("site")["default"]["tftp4"] == "192.0.2.1"
    assert not result.person()


def test_a_file_for_each_machine(tmp_path):
    """Names with the machine's MAC are one target with a placeholder, if several machines have such."""
    hosts = "".join(
        f'host h{n} {{ hardware ethernet 52:54:00:00:00:0{n}; filename "hosts/52-54-00-00-00-0{n}.0"; }}\n'
        for n in (1, 2, 3)
    )
    result = fold(tmp_path, v4=HEAD + "next-server 192.0.2.1;\n" + SUBNET.format("") + hosts)
    [target] = result.of("target").values()
    assert only(target["files"].values()) == "hosts/{mac-hyphen}.0"
    assert {host["target"] for host in result.of("host").values()} == {target["name"]}
    assert not result.person()


def test_the_mac_in_an_expression(tmp_path):
    """suffix(concat()) is {mac-hyphen}; binary-to-ascii leaves zeros out, which only a person can mend."""
    good = f'next-server 192.0.2.1; filename = concat("boot/01-", {PADDED});'
    bad = 'next-server 192.0.2.1; filename = concat("b/", binary-to-ascii(16, 8, ":", substring(hardware, 1, 6)));'
    result = fold(tmp_path, v4=HEAD + SUBNET.format(good))
    assert only(result.of("target")["default"]["files"].values()) == "boot/01-{mac-hyphen}"
    assert not result.person()
    assert result.said("changed", "another for each machine", "boot/01-")
    assert "a2-5e-4d" not in json.dumps(result.own4), "the MAC of the client that dhcpd was asked about"
    result = fold(tmp_path, v4=HEAD + SUBNET.format(bad))
    assert result.said("person", "hardware address", "b/2:1:a:b:c:d")


def test_subclasses_are_machines(tmp_path):
    text = 'class "cards" { match hardware; filename "cards.0"; }\nsubclass "cards" 1:52:54:00:00:00:01;\n'
    result = fold(tmp_path, v4=HEAD + "next-server 192.0.2.1;\n" + text + SUBNET.format(""))
    [host] = [record for record in result.records if record["type"] == "host"]
    assert host["mac"] == ["52:54:00:00:00:01"] and host["target"] == "cards.0"
    assert not result.person()


def test_omapi_hosts(tmp_path):
    leases = 'host made { dynamic; hardware ethernet 52:54:00:00:00:05; supersede server.filename = "omapi.0"; }\n'
    result = fold(tmp_path, v4=HEAD + "next-server 192.0.2.1;\n" + SUBNET.format(""), leases=leases)
    assert result.of("host")["made"]["target"] == "omapi.0"


def test_one_machine_in_two_families(tmp_path):
    """The hosts of both configurations with one name are one machine."""
    v4 = HEAD + "next-server 192.0.2.1;\n" + SUBNET.format("") + \
        'host one { hardware ethernet 52:54:00:00:00:01; filename "a.efi"; }\n'
    v6 = SUBNET6.format("") + "host one { host-identifier option dhcp6.client-id 00:04:11:22:33:44:55:66:77:88:99:aa:" \
        'bb:cc:dd:ee:ff:00; option dhcp6.url "tftp://[2001:db8::1]/a.efi"; }\n'
    result = fold(tmp_path, v4=v4, v6=v6)
    host = result.of("host")["one"]
    assert host["mac"] == ["52:54:00:00:00:01"]
    assert host["duid"] == ["00:04:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:00"]
    assert result.of("target")[host["target"]]["files"]["x64-uefi"] == "a.efi"
    site = result.of("site")["default"]
    assert site["tftp4"] == "192.0.2.1" and site["tftp6"] == "2001:db8::1"
    assert not result.person()


def test_two_cards_of_a_machine(tmp_path):
    """dhcpd has a host for each address of a card; a machine is one host."""
    hosts = "host one-a { hardware ethernet 52:54:00:00:00:01; fixed-address 192.0.2.10; }\n" \
        "host one-b { hardware ethernet 52:54:00:00:00:01; fixed-address 198.51.100.10; }\n"
    result = fold(tmp_path, v4=HEAD + "next-server 192.0.2.1;\n" + SUBNET.format("") + OTHER.format("") + hosts)
    [host] = [record for record in result.records if record["type"] == "host"]
    assert host["name"] == "one-a" and host["mac"] == ["52:54:00:00:00:01"]


# ---- What is named as a finding: (what stands globally, in the subnet, words of the finding, its line, its fix)

DEPENDS = {
    "hardware prefix": (
        'class "maker" { match if substring(hardware, 1, 3) = 00:11:22; filename "maker.0"; }\n',
        'filename "a.0";', ["00:11:22", "maker.0"], 3, "host set",
    ),
    "vendor text": (
        'class "old" { match if option vendor-class-identifier = "Etherboot-5.4"; filename "eb.zpxe"; }\n',
        'filename "a.0";', ["Etherboot-5.4", "eb.zpxe"], 3, "client class",
    ),
    "relay agent": (
        "", 'if option agent.circuit-id = "port7" { filename "seven.0"; } else { filename "a.0"; }',
        ["agent.circuit-id", "port7", "seven.0"], 3, "behind that port",
    ),
    "host name": (
        "", 'if option host-name = "special" { filename "s.0"; } else { filename "a.0"; }',
        ["host-name", "special", "s.0"], 3, "host set",
    ),
    "presence of an option": (
        "", 'if exists host-name { filename "named.0"; } else { filename "a.0"; }', ["host-name", "named.0"], 3, "host set",
    ),
    "subclass of another option": (
        'class "users" { match option user-class; } subclass "users" "gPXE" { filename "g.0"; }\n',
        'filename "a.0";', ["user-class", "gPXE", "g.0"], 3, "host set",
    ),
    "pattern": (
        "", 'if option host-name ~= "^rack7" { filename "seven.0"; } else { filename "a.0"; }',
        ["rack7", "seven.0"], 3, "host set",
    ),
    "the packet": (
        "", 'if packet(28, 1) = 52 { filename "p.0"; } else { filename "a.0"; }', ["octets of the packet"], 3, "host set",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", DEPENDS)
def test_depends(what, tmp_path):
    before, inside, words, line, fix = DEPENDS[what]
    result = fold(tmp_path, v4=HEAD + "next-server 192.0.2.1;\n" + before + SUBNET.format(inside))
    found = result.said("person", *words)
    assert found, result.findings
    assert found[0]["line"] == line and found[0]["file"].endswith("/-4")
    assert fix in found[0]["fix"]


def test_no_next_server(tmp_path):
    """The address of the DHCP server is not in its configuration."""
    result = fold(tmp_path, v4=HEAD + SUBNET.format('filename "a.0";'))
    [finding] = result.person()
    assert "next-server" in finding["why"] and "netbootctl site set default --tftp4" in finding["fix"]
    assert finding["line"] == 2


def test_what_netboot_cannot_tell_apart(tmp_path):
    """Two subnets whose clients load different files are no two sites: the difference is told, with both."""
    first, second = (f'next-server 192.0.2.1; filename "{name}.0";' for name in "ab")
    result = fold(tmp_path, v4=HEAD + SUBNET.format(first) + OTHER.format(second))
    assert result.said("person", "a.0", "b.0")


def test_a_host_that_netboot_cannot_know(tmp_path):
    result = fold(tmp_path, v4=HEAD + "next-server 192.0.2.1;\n" + SUBNET.format("")
                  + 'host odd { option dhcp-client-identifier "odd"; filename "odd.0"; }\n')
    [finding] = result.said("person", "host odd")
    assert finding["line"] == 4 and "MAC" in finding["fix"]
    assert "odd" not in result.of("host")


def test_kinds_that_change(tmp_path):
    """Each sort of difference that is on purpose is told once, and needs nobody."""
    result = fold(tmp_path, v4=HEAD + "next-server 192.0.2.1;\n" + SUBNET.format('filename "undionly.kpxe";'))
    assert result.said("changed", "iPXE", "endless loop")
    assert result.said("changed", "HTTP", "cannot load")
    assert not result.said("changed", "do not boot from the network")
    assert not result.person()


# ---- Bad input


@pytest.mark.parametrize("family", (4, 6))
def test_syntax_error(family, tmp_path):
    """dhcpd's own message, with file and line, of an included file as well."""
    included = tmp_path / "included.conf"
    included.write_text("\n\nsubnet what netmask 255.255.255.0 { }\n")
    done = run(tmp_path, **{f"v{family}": f'{HEAD if family == 4 else ""}include "{included}";\n'})
    assert done.returncode == 1
    assert f"{included} line 3:" in done.stderr and done.stderr.count("\n") == 1


def test_stock_dhcpd_cannot_tell(tmp_path):
    config = tmp_path / "dhcpd.conf"
    config.write_text(SUBNET.format(""))
    done = subprocess.run([paths.build().joinpath(*TOOL), "/usr/sbin/dhcpd", "-4", config],
                          capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 1 and "isc-patch/build" in done.stderr, done.stderr


def test_no_dhcpd(tmp_path):
    config = tmp_path / "dhcpd.conf"
    config.write_text(SUBNET.format(""))
    done = subprocess.run([paths.build().joinpath(*TOOL), tmp_path / "nowhere", "-4", config],
                          capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 1 and "No such file" in done.stderr, done.stderr


def test_nothing_is_left_behind(tmp_path, monkeypatch):
    """Stores to try out records are removed."""
    place = tmp_path / "tmp"
    place.mkdir()
    monkeypatch.setenv("TMPDIR", str(place))
    fold(tmp_path, v4=HEAD + "next-server 192.0.2.1;\n" + SUBNET.format(CHOICE))
    assert not list(place.iterdir())


# ---- Many


def test_many_hosts(tmp_path):
    """Every host is asked about and compared; the figures do not matter here, that it ends does."""
    hosts = "".join(
        f"host n{n} {{ hardware ethernet 52:54:00:00:{n >> 8:02x}:{n & 255:02x}; filename \"{n % 7}.0\"; }}\n"
        for n in range(2000)
    )
    result = fold(tmp_path, v4=HEAD + "next-server 192.0.2.1;\n" + SUBNET.format("") + hosts)
    assert len(result.of("host")) == 2000 and len(result.of("target")) == 7
    assert result.clients > 2000 * 9
    assert not result.person()


@pytest.mark.parametrize("name, server, file", [
    ("a%20b.efi", "192.0.2.1", "tftp://192.0.2.1/a%2520b.efi"),
    ("a b.efi", "192.0.2.1", "tftp://192.0.2.1/a%20b.efi"),
    ("a%20b.efi", "192.0.2.9", "tftp://192.0.2.9/a%2520b.efi"),
    ("ipxe%20b.efi", "192.0.2.1", "ipxe%20b.efi"),
    ("ipxe%.efi", "192.0.2.9", "tftp://192.0.2.9/ipxe%25.efi"),
])
def test_names_with_blanks_and_escapes(tmp_path, name, server, file):
    """dhcpd's names have no escapes; netboot decides for firmware and iPXE what loads the very same file."""
    result = fold(tmp_path, v4=HEAD + "next-server 192.0.2.1;\n" + SUBNET.format(
        f'filename "undionly.kpxe"; if option arch = 00:07 {{ filename "{name}"; next-server {server}; }}'))
    loaders, target = result.of("loader", "platform"), result.of("target")["default"]
    assert (target.get("files") or {}).get("x64-uefi", loaders.get("x64-uefi", {}).get("file")) == file
    told = [case for finding in result.findings for case in finding["cases"] or []
            if 7 in case["architectures"] and case["stage"] != "HTTP" and case["field"] == "file" and case["kea"]]
    assert not told  # neither firmware nor iPXE of that architecture gets another file


def test_what_ipxe_fills_in(tmp_path):
    """A hardware address that iPXE would fill in is filled in by netboot; what only iPXE knows is told."""
    result = fold(tmp_path, v4=HEAD + "next-server 192.0.2.1;\n"
                  + SUBNET.format(CHOICE.replace("menu.ipxe", "${net0/mac:hexhyp}.ipxe")))
    assert result.of("target")["default"]["script"] == "http://192.0.2.1/{mac-hyphen}.ipxe"
    assert not result.person()
    result = fold(tmp_path, v4=HEAD + "next-server 192.0.2.1;\n"
                  + SUBNET.format(CHOICE.replace("menu.ipxe", "${asset}.ipxe")))
    [finding] = result.person()
    assert "${asset}" in finding["why"] and "#!ipxe" in finding["fix"]
