# SPDX-License-Identifier: MPL-2.0
"""What a value of the store becomes: paths and URLs, placeholders, lengths, and what a client cannot follow."""

from lib import dhcp
from stores import HTTP_BASE_SIZE, LONG, UUID, mac, path_of

from . import UNCHANGED, case, firmware, http, ipxe, script, tftp, without


def host(name, family, target, client, answer, **more):
    return case(name, family, {**client, "mac": mac(target)}, answer, **more)


def _urls():
    """Full URLs: who can follow which; the rest falls to the next rule, the loader."""
    own4, own6 = "192.0.2.77", "2001:db8::77"
    for family in (4, 6):
        pxe, web, chained = firmware(family, "PXE", 7), firmware(family, "HTTP", 16), ipxe(family)
        loader, web_loader = tftp(family, "ipxe.efi"), http(family, "ipxe.efi")
        address, other = ("tftp-address", "tftp-address6") if family == 4 else ("tftp-address6", "tftp-address")
        own = own4 if family == 4 else own6
        yield host("TFTP URL with an address, PXE", family, address, pxe, tftp(family, "dir/grub.efi", own))
        yield host("TFTP URL with an address, HTTP", family, address, web, web_loader)
        yield host("TFTP URL of the other family, PXE", family, other, pxe, loader)
        yield host("TFTP URL with a port, PXE", family, "tftp-port", pxe, loader)
        yield host("TFTP URL with an IPv6 address and a port, PXE", family, "tftp-port6", pxe, loader)
        yield host("HTTP URL with a name, PXE", family, "http-name", pxe, loader)
        yield host(
            *("HTTP URL with a name, HTTP", family, "http-name", web),
            http(family, url="http://files.example.org/grub.efi"),
        )
        yield host("HTTPS URL, HTTP", family, "https", web, http(family, url="https://files.example.org/grub.efi"))
        yield host("HTTPS URL, PXE", family, "https", pxe, loader)
        yield host("HTTPS URL, iPXE", family, "https", chained, script(family, url="https://files.example.org/a.ipxe"))
        address, other = ("http-address", "http-address6") if family == 4 else ("http-address6", "http-address")
        url = "http://192.0.2.77:8080/grub.efi" if family == 4 else "http://[2001:db8::77]:8080/grub.efi"
        yield host("HTTP URL with an address and a port, HTTP", family, address, web, http(family, url=url))
        yield host("HTTP URL of the other family, HTTP", family, other, web, web_loader)
        yield host(
            *("TFTP URL, iPXE", family, "tftp-address", chained),
            script(family, url="tftp://192.0.2.77/dir/a.ipxe", server="192.0.2.77"),
        )
        yield host(
            *("URL of another scheme, iPXE", family, "other-scheme", chained),
            script(family, url="nfs://192.0.2.77/export/a.ipxe"),
        )
        yield host("URL of another scheme, PXE", family, "other-scheme", pxe, loader)
        yield host("URL of another scheme, HTTP", family, "other-scheme", web, web_loader)
    yield host(
        *("TFTP URL with a name, PXE", 4, "tftp-name", firmware(4, "PXE", 7)),
        {"file": "dir/grub.efi", 66: "boot.example.org", 67: "dir/grub.efi"},
    )
    yield host(
        *("TFTP URL with a name, PXE that asks for no option", 4, "tftp-name"),
        firmware(4, "PXE", 7, requested=[1, 3]),
        {"file": "dir/grub.efi", 66: "boot.example.org", 67: "dir/grub.efi"},
    )
    yield host(
        *("TFTP URL with a name, PXE, the server's own next server", 4, "tftp-name", firmware(4, "PXE", 7)),
        {"file": "dir/grub.efi", 66: "boot.example.org", 67: "dir/grub.efi"},
        settings="own-server-only",
    )
    yield host(
        *("TFTP URL with a name, PXE", 6, "tftp-name", firmware(6, "PXE", 7)),
        {59: "tftp://boot.example.org/dir/grub.efi"},
    )


def _paths():
    for family in (4, 6):
        slash = {59: "tftp://[2001:db8::1]/abs/boot.efi"} if family == 6 else tftp(4, "/abs/boot.efi")
        yield host("path that begins with a slash, PXE", family, "slash", firmware(family, "PXE", 7), slash)
        yield host(
            *("path that begins with a slash, HTTP", family, "slash", firmware(family, "HTTP", 16)),
            http(family, "abs/boot.efi"),
        )
        yield host(
            *("path that begins with a slash, iPXE", family, "slash", ipxe(family)), script(family, "abs/boot.ipxe")
        )
        uuid = b"\0" + dhcp.uuid_octets(UUID, little_endian=True)
        identity = {"uuid": uuid} if family == 4 else {"duid": dhcp.duid_uuid(UUID, little_endian=True)}
        hyphens = mac("names").replace(":", "-")
        yield host(
            *("placeholders {site} {platform} {mac}", family, "names", ipxe(family)),
            script(family, f"default/x64-uefi/{mac('names')}.ipxe"),
        )
        yield host(
            *("placeholders {site} {platform} {mac}, another platform", family, "names", ipxe(family, 11)),
            script(family, f"default/arm64-uefi/{mac('names')}.ipxe"),
        )
        yield host(
            *("placeholders {mac-hyphen} {uuid}", family, "names", firmware(family, "PXE", 7, **identity)),
            tftp(family, f"by-mac/{hyphens}/{UUID}.efi"),
        )
        yield host(
            *("placeholder that has no value here", family, "names", firmware(family, "PXE", 7)),
            tftp(family, "ipxe.efi"),
        )
        yield host(
            *("placeholder of an unknown platform", family, "names", ipxe(family, 4660)),
            UNCHANGED,
            decision={"outcome": "no-boot-file"},
        )
    for store, server in (("sites", "192.0.2.4"),):
        yield host(
            *("placeholder {site} of a site by address", 4, "names", ipxe(4)),
            script(4, url=f"http://{server}/here/x64-uefi/{mac('names')}.ipxe", server=server),
            store=store,
        )


def _as_kea_sends(answer):
    """Option 67 in two parts where it is longer than 253 octets."""
    parts = [answer[67][:253], answer[67][253:]]
    return {"servers": {"kea": {**answer, 67: parts}}, "why": SPLIT} if parts[1] else {}


SPLIT = "Kea 2.2 counts the two octets of an option's header and sends more than 253 octets in two parts (RFC 3396)"


def _lengths():
    """127 octets fit the header's field, 255 an option of DHCPv4; DHCPv6 takes them all."""
    for size in LONG:
        for family in (4, 6):
            path, url = path_of(size), path_of(size - HTTP_BASE_SIZE)
            rows = (
                (f"path of {size} octets, PXE", f"path{size}", firmware(family, "PXE", 7), tftp(family, path)),
                (f"URL of {size} octets, HTTP", f"url{size}", firmware(family, "HTTP", 16), http(family, url)),
                (f"URL of {size} octets, iPXE", f"url{size}", ipxe(family), script(family, url)),
            )
            too_long = (tftp(family, "ipxe.efi"), http(family, "ipxe.efi"), UNCHANGED)
            for (name, target, client, answer), next_rule in zip(rows, too_long):
                if family == 4 and size > 255:
                    answer = next_rule
                elif family == 4 and size > 127:
                    answer = without(answer, "file")
                known = _as_kea_sends(answer) if family == 4 and answer != UNCHANGED else {}
                yield host(name, family, target, client, answer, **known)
                if family == 4 and size in (127, 128):
                    asks_nothing = {**client, "requested": [1, 3]}
                    less = without(answer, 66, 67) if size == 127 else without(answer, 66)
                    yield host(f"{name}, that asks for no option", 4, target, asks_nothing, less)


CASES = [*_urls(), *_paths(), *_lengths()]
