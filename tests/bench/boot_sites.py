# SPDX-License-Identifier: MPL-2.0
"""
A site that boots over the network, twice: as conditions and host declarations of dhcpd.conf, and as a targets store
that gives the same answers.
"""

import json

from cases import firmware, ipxe

PAIRINGS = ("ordinary", "same", "journal", "more")
SAME_WORK = ("same", "journal")  # the stock dhcpd gives the same answers
HOSTS = 10000
KINDS = 4  # of clients, by turns; those of one kind are known

SCOPE = {
    4: "authoritative; ping-check false; dont-use-fsync true; option domain-name-servers 10.77.0.1;\n"
    "option arch code 93 = unsigned integer 16;\n"
    "subnet 10.77.0.0 netmask 255.255.0.0 {{ range 10.77.4.0 10.77.5.255;\n{inside}}}\n",
    6: "dont-use-fsync true; option dhcp6.name-servers 2001:db8:77::1;\n"
    "option dhcp6.user-class code 15 = string; option dhcp6.client-arch-type code 61 = array of unsigned integer 16;\n"
    "option dhcp6.vendor-class code 16 = {{ integer 32, integer 16, string }};\n"
    "subnet6 2001:db8:77::/64 {{ range6 2001:db8:77::1:0/112;\n{inside}}}\n",
}
ONE_FILE = {
    4: 'filename "ipxe.efi"; next-server 10.77.0.1;\n',
    6: 'option dhcp6.bootfile-url "tftp://[2001:db8:77::1]/ipxe.efi";\n',
}
# The tree that dhcpd.conf has at such sites. A class of its own for each kind of client would cost more.
TREE = {
    4: """
if exists user-class and option user-class = "iPXE" { filename "http://10.77.0.1/boot.ipxe"; next-server 10.77.0.1; }
elsif substring (option vendor-class-identifier, 0, 10) = "HTTPClient" {
    option vendor-class-identifier "HTTPClient";
    if option arch = 00:0f { filename "http://10.77.0.1/ipxe32.efi"; }
    elsif option arch = 00:10 { filename "http://10.77.0.1/ipxe.efi"; }
} else {
    next-server 10.77.0.1;
    if option arch = 00:06 { filename "ipxe32.efi"; }
    elsif option arch = 00:07 { filename "ipxe.efi"; }
    else { filename "undionly.kpxe"; }
}
""",
    6: """
if exists dhcp6.user-class and substring (option dhcp6.user-class, 2, 4) = "iPXE" {
    option dhcp6.bootfile-url "http://[2001:db8:77::1]/boot.ipxe";
} elsif option dhcp6.client-arch-type = 00:06 { option dhcp6.bootfile-url "tftp://[2001:db8:77::1]/ipxe32.efi"; }
elsif option dhcp6.client-arch-type = 00:07 { option dhcp6.bootfile-url "tftp://[2001:db8:77::1]/ipxe.efi"; }
elsif option dhcp6.client-arch-type = 00:0f {
    option dhcp6.vendor-class 343 10 "HTTPClient"; option dhcp6.bootfile-url "http://[2001:db8:77::1]/ipxe32.efi";
} elsif option dhcp6.client-arch-type = 00:10 {
    option dhcp6.vendor-class 343 10 "HTTPClient"; option dhcp6.bootfile-url "http://[2001:db8:77::1]/ipxe.efi";
} else { option dhcp6.bootfile-url "tftp://[2001:db8:77::1]/undionly.kpxe"; }
""",
}
HOST = {
    4: 'host {name} {{ hardware ethernet {mac}; filename "install/grubx64.efi"; next-server 10.77.0.1; }}\n',
    6: "host {name} {{ host-identifier option dhcp6.client-id {duid};"
    ' option dhcp6.bootfile-url "tftp://[2001:db8:77::1]/install/grubx64.efi"; }}\n',
}


def mac(number):
    return f"52:54:00:01:{number >> 8:02x}:{number & 255:02x}"


def duid(number):
    return f"00:03:00:01:{mac(number)}"


def known():
    return range(0, HOSTS * KINDS, KINDS)


def client(family, number):
    """One of the clients, as firmware sends its packets. None asks for options 66 and 67, which `filename` is not."""
    kinds = (firmware(family, "PXE", 7), firmware(family, "PXE", 7), firmware(family, "HTTP", 16), ipxe(family, 7))
    requested = [1, 3, 6, 12, 15, 28, 43, 60] if family == 4 else [59, 16, 23]
    more = {"duid": bytes.fromhex(duid(number).replace(":", ""))} if family == 6 else {}
    return {**kinds[number % KINDS], "mac": mac(number), "requested": requested, **more}


def fill(store):
    """The site in a targets store; the directory."""
    store.init()
    store.ctl(
        *("site", "set", "default", "--tftp4", "10.77.0.1", "--tftp6", "2001:db8:77::1"),
        *("--http4", "http://10.77.0.1/", "--http6", "http://[2001:db8:77::1]/"),
    )
    store.ctl("target set default --script boot.ipxe")
    store.ctl("target set install --file x64-uefi=install/grubx64.efi")
    hosts = ({"type": "host", "mac": [mac(number)], "name": f"host{number}", "target": "install"} for number in known())
    store.ctl("import", "-", text="".join(json.dumps(host) + "\n" for host in hosts))
    return store.directory


def configurations(family, pairing, store):
    """dhcpd.conf of the stock dhcpd and of the patched one."""
    database = f'netboot-database "{store}";\n'
    if pairing == "same":  # dhcpd keeps no journal either
        database += "netboot-journal off;\n"
    if pairing in SAME_WORK:
        hosts = "".join(HOST[family].format(name=f"host{n}", mac=mac(n), duid=duid(n)) for n in known())
        return SCOPE[family].format(inside=TREE[family]) + hosts, database + SCOPE[family].format(inside="")
    own = SCOPE[family].format(inside=ONE_FILE[family])
    more = "netboot-existing-boot-file replace;\n" if pairing == "more" else ""
    return own, database + more + own
