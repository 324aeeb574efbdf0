# SPDX-License-Identifier: MPL-2.0
"""Which site a client is at, by address and by relay, and what a site without a base cannot serve."""

from stores import mac

from . import NO_REPLY, UNCHANGED, case, firmware, http, ipxe, script, tftp

RELAYS = {
    4: {"here": {"giaddr": "192.0.2.5"}, "lab": {"giaddr": "198.51.100.1"}},
    6: {
        "here": [{"link": "2001:db8::5"}],
        "lab": [{"link": "2001:db8:1::5"}],
        "lab, then another relay": [{"link": "2001:db8:1::5"}, {"link": "2001:db8:2::5"}],
        # RFC 6221: a switch that names no link; RFC 8415, section 13.1: the next one around it counts.
        "lab, through an LDRA": [{"link": "::"}, {"link": "2001:db8:1::5", "peer": "fe80::7"}],
    },
}
SERVERS = {4: {"here": "192.0.2.4", "lab": "198.51.100.2"}, 6: {"here": "2001:db8::4", "lab": "2001:db8:1::2"}}


def _answers(family, site):
    server = SERVERS[family][site]
    base = f"http://{server}/" if family == 4 else f"http://[{server}]/"
    base += "boot/" if site == "lab" else ""
    return (
        ("PXE", firmware(family, "PXE", 7), tftp(family, "ipxe.efi", server)),
        ("HTTP", firmware(family, "HTTP", 16), http(family, url=base + "ipxe.efi")),
        ("iPXE", ipxe(family), script(family, url=base + "script.ipxe", server=server)),
    )


def _by_address():
    for family in (4, 6):
        for stage, client, answer in _answers(family, "here"):
            yield case(
                *(f"site of the address, {stage}", family, client, answer),
                store="sites",
                decision={"site": "here"},
            )
        for where, relay in RELAYS[family].items():
            site = where.split(",")[0]
            for stage, client, answer in _answers(family, site):
                yield case(
                    *(f"site of the relay: {where}, {stage}", family, client, answer),
                    relay=relay,
                    store="sites",
                    decision={"site": site},
                )
    for stage, client, answer in _answers(4, "here"):
        yield case(
            *(f"site of ciaddr: here, {stage}", 4, {**client, "ciaddr": "192.0.2.200"}, answer),
            exchange="inform",
            store="sites",
            decision={"site": "here"},
        )
    for stage, client, answer in _answers(4, "lab"):
        yield case(
            *(f"site of ciaddr: lab, {stage}", 4, {**client, "ciaddr": "198.51.100.200"}, answer),
            relay=RELAYS[4]["lab"],
            exchange="inform",
            store="sites",
            decision={"site": "lab"},
        )
        yield case(
            *(f"site of ciaddr goes before that of the relay, {stage}", 4),
            *({**client, "ciaddr": "198.51.100.200"}, answer),
            relay=RELAYS[4]["here"],
            exchange="inform",
            store="sites",
            decision={"site": "lab"},
        )
        yield case(
            *(f"site of giaddr without any other address, {stage}", 4, {**client, "ciaddr": "0.0.0.0"}, answer),
            relay=RELAYS[4]["lab"],
            exchange="inform",
            store="sites",
            decision={"site": "lab"},
        )
    for stage, client, answer in _answers(6, "lab"):
        yield case(
            *(f"site of the link address: lab, {stage}", 6, client, answer),
            relay=RELAYS[6]["lab"],
            exchange="information",
            store="sites",
            decision={"site": "lab"},
        )
        yield case(
            *(f"site of the link address around an LDRA: lab, {stage}", 6, client, answer),
            relay=RELAYS[6]["lab, through an LDRA"],
            exchange="information",
            store="sites",
            decision={"site": "lab"},
        )
    for stage, client, answer in _answers(6, "here"):
        yield case(
            *(f"site of the interface: here, {stage}", 6, client, answer),
            exchange="information",
            store="sites",
            decision={"site": "here"},
        )
        yield case(
            *(f"site of the interface, through an LDRA: here, {stage}", 6, client, answer),
            relay=[{"link": "::"}],
            exchange="information",
            store="sites",
            decision={"site": "here"},
        )
    yield case(
        *("site with a shorter prefix", 6, firmware(6, "PXE", 7), tftp(6, "ipxe.efi", "2001:db8:ff::3")),
        relay=[{"link": "2001:db8:7::5"}],
        exchange="information",
        store="sites",
        decision={"site": "region"},
        servers={"dhcpd": NO_REPLY},
        why="dhcpd answers only links of which it has a subnet",
    )
    for family in (4, 6):
        for stage, client, answer in _answers(family, "lab"):
            yield case(
                *(f"store without a default site: lab, {stage}", family, client, answer),
                relay=RELAYS[family]["lab"],
                store="no-default-site",
                decision={"site": "lab"},
            )
            yield case(
                *(f"store without a default site: elsewhere, {stage}", family, client, UNCHANGED),
                store="no-default-site",
                decision={"site": "", "outcome": "no-boot-file"},
            )


def _without_base():
    stages = ("PXE", "HTTP", "iPXE")
    clients = {family: (firmware(family, "PXE", 7), firmware(family, "HTTP", 16), ipxe(family)) for family in (4, 6)}
    only_tftp = {
        4: (tftp(4, "ipxe.efi"), UNCHANGED, script(4, url="tftp://192.0.2.1/script.ipxe")),
        6: (tftp(6, "ipxe.efi"), UNCHANGED, script(6, url="tftp://[2001:db8::1]/script.ipxe")),
    }
    url4 = "http://192.0.2.1/script.ipxe"
    only_http = {
        4: (UNCHANGED, http(4, "ipxe.efi"), {"file": url4, 67: url4}),
        6: (UNCHANGED, http(6, "ipxe.efi"), script(6, "script.ipxe")),
    }
    whole = {f: (tftp(f, "ipxe.efi"), http(f, "ipxe.efi"), script(f, "script.ipxe")) for f in (4, 6)}
    nothing = (UNCHANGED,) * 3
    for store, answers in (
        ("only-tftp", only_tftp),
        ("only-http", only_http),
        ("only-v4", {4: whole[4], 6: nothing}),
        ("only-v6", {4: nothing, 6: whole[6]}),
    ):
        for family in (4, 6):
            for stage, client, answer in zip(stages, clients[family], answers[family]):
                outcome = "no-boot-file" if answer == UNCHANGED else "answered"
                yield case(
                    *(f"site {store}, {stage}", family, client, answer),
                    store=store,
                    decision={"outcome": outcome, "site": "default"},
                )
    yield case(
        *("site without HTTP, target with a full HTTP URL", 4, {**firmware(4, "HTTP", 16), "mac": mac("http-name")}),
        http(4, url="http://files.example.org/grub.efi"),
        store="only-tftp",
    )
    yield case(
        *("site without TFTP, target with a full TFTP URL", 4, {**firmware(4, "PXE", 7), "mac": mac("tftp-address")}),
        tftp(4, "dir/grub.efi", "192.0.2.77"),
        store="only-http",
    )


CASES = [*_by_address(), *_without_base()]
