# SPDX-License-Identifier: MPL-2.0
"""What the server's own configuration puts into its reply, and when it stays: existing-boot-file keep, replace and remove."""

from settings import OWN
from stores import HTTP_BASE_SIZE, mac, path_of

from . import REQUESTED4, REQUESTED6, UNCHANGED, case, firmware, http, ipxe, script, tftp, without

WEB1, LABELS_ONLY, LOADER_ONLY = "52:54:00:00:01:01", "52:54:00:00:04:01", "52:54:00:00:03:01"


def beside_own(family, stage, answer):
    """An answer written over the server's own fields: what it leaves alone is still there."""
    if family == 6:
        return answer
    if stage == "HTTP":
        return {**answer, "siaddr": OWN[4]["siaddr"], "sname": OWN[4]["sname"]}
    return {**answer, 60: OWN[4][60]}


def long_answer(family, stage):
    """A name that does not fit the header's field, which is then empty: the server's own name is gone from it too."""
    answer = {"PXE": tftp, "HTTP": http, "iPXE": script}[stage](family, path_of(128 - (stage != "PXE") * HTTP_BASE_SIZE))
    return without(answer, "file") if family == 4 else answer


def _stages(family, file, path):
    return (
        ("PXE", firmware(family, "PXE", 7), tftp(family, file)),
        ("HTTP", firmware(family, "HTTP", 16), http(family, file)),
        ("iPXE", ipxe(family), script(family, path)),
    )


def _own():
    for family in (4, 6):
        for stage, client, answer in _stages(family, "ipxe.efi", "script.ipxe"):
            yield case(
                *(f"own boot file kept, {stage}", family, client, UNCHANGED),
                settings="own",
                decision={"outcome": "kept"},
            )
            yield case(
                *(f"own boot file kept for a host with labels only, {stage}", family),
                *({**client, "mac": LABELS_ONLY}, UNCHANGED),
                settings="own",
                decision={"outcome": "kept", "host": "labels-only"},
            )
            yield case(
                *(f"own boot file replaced, {stage}", family, client, beside_own(family, stage, answer)),
                settings="own-replace",
                decision={"outcome": "answered"},
            )
            yield case(
                *(f"own boot file stays where there is nothing to replace it, {stage}", family, client, UNCHANGED),
                settings="own-replace",
                store="no-default-target",
                decision={"outcome": "ignored"},
            )
            yield case(
                *(f"own boot file stays with a fresh store, {stage}", family, client, UNCHANGED),
                settings="own-replace",
                store="fresh",
                decision={"outcome": "no-boot-file"},
            )
        for stage, client, answer in _stages(family, "debian/grubx64.efi", "debian.ipxe"):
            for settings in ("own", "own-replace"):
                yield case(
                    *(f"own boot file gives way to the host's target, {stage}, {settings}", family),
                    *({**client, "mac": WEB1}, beside_own(family, stage, answer)),
                    settings=settings,
                    decision={"outcome": "answered", "host": "web1"},
                )
        for stage, client, answer in _stages(family, "snponly.efi", "script.ipxe"):
            yield case(
                *(f"own boot file gives way to the host's loader, {stage}", family),
                *({**client, "mac": LOADER_ONLY}, beside_own(family, stage, answer)),
                settings="own",
                decision={"outcome": "answered", "host": "undi"},
            )
        requested = REQUESTED4 if family == 4 else REQUESTED6
        yield case(
            *("own boot file of an ordinary host", family, {"requested": requested}, UNCHANGED),
            settings="own-replace",
            decision={"outcome": "not-ours"},
        )
        yield case(
            *("own boot file of an ordinary host that is in the store", family),
            *({"requested": requested, "mac": WEB1}, UNCHANGED),
            settings="own-replace",
            decision={"outcome": "not-ours"},
        )
        yield case(
            *("own boot file of a platform without loader", family, firmware(family, "PXE", 4660), UNCHANGED),
            settings="own-replace",
            decision={"outcome": "no-boot-file"},
        )
        for target, client in (
            ("path128", firmware(family, "PXE", 7)),
            ("url128", firmware(family, "HTTP", 16)),
            ("url128", ipxe(family)),
        ):
            stage = "PXE" if target == "path128" else "iPXE" if "user_class" in client else "HTTP"
            answer = long_answer(family, stage)
            yield case(
                *(f"own boot file gives way to a long name, {stage}", family),
                *({**client, "mac": mac(target)}, beside_own(family, stage, answer)),
                settings="own",
                decision={"outcome": "answered"},
            )
        local = {60: OWN[4][60]} if family == 4 else {}
        yield case(
            *("own boot file gives way to target local", family, {**firmware(family, "PXE", 7), "mac": mac("on-disk")}),
            {**tftp(family, "ipxe.efi"), **local},
            settings="own",
        )


def _own_server():
    """A next server and a server name alone are no boot file: ours goes out, with its own server."""
    for stage, client, answer in _stages(4, "ipxe.efi", "script.ipxe"):
        own = {"siaddr": "192.0.2.9", "sname": "own-name"} if stage == "HTTP" else {}
        yield case(
            *(f"own next server is no boot file, {stage}", 4, client, {**answer, **own}),
            settings="own-server-only",
            decision={"outcome": "answered"},
        )
    for stage, client, answer in _stages(6, "ipxe.efi", "script.ipxe"):
        yield case(
            *(f"own boot file parameters are no boot file and go, {stage}", 6, client, answer),
            settings="own-server-only",
            decision={"outcome": "answered"},
        )


def _own_option():
    """A boot file that the server has as an option only is in its reply only if the client asks for it."""
    for stage, client, answer in _stages(4, "ipxe.efi", "script.ipxe"):
        yield case(
            *(f"own option 67 kept, {stage}", 4, client, UNCHANGED),
            settings="own-option-only",
            decision={"outcome": "kept"},
        )
        yield case(
            *(f"own option 67 that the client does not ask for, {stage}", 4, {**client, "requested": [1, 3, 66]}),
            without(answer, 67),
            settings="own-option-only",
            decision={"outcome": "answered"},
        )
    for stage, client, answer in _stages(6, "ipxe.efi", "script.ipxe"):
        yield case(
            *(f"own option 59 kept, {stage}", 6, client, UNCHANGED),
            settings="own-option-only",
            decision={"outcome": "kept"},
        )
        yield case(
            *(f"own option 59 that the client does not ask for, {stage}", 6, {**client, "requested": [23]}, answer),
            settings="own-option-only",
            decision={"outcome": "answered"},
        )


def _own_removed():
    """Where there is nothing of ours, the boot file goes and nothing else: it is for clients that do not boot."""
    for family in (4, 6):
        left = {**without(OWN[4], "file", 67), 66: "own-tftp"} if family == 4 else {}
        for stage, client, answer in _stages(family, "ipxe.efi", "script.ipxe"):
            yield case(
                *(f"own boot file replaced, where it else is removed, {stage}", family),
                *(client, beside_own(family, stage, answer)),
                settings="own-remove",
                decision={"outcome": "answered"},
            )
            yield case(
                *(f"own boot file not removed with a fresh store, {stage}", family, client, UNCHANGED),
                settings="own-remove",
                store="fresh",
                decision={"outcome": "no-boot-file"},
            )
            yield case(
                *(f"own boot file stays where there is no target, {stage}", family, client, UNCHANGED),
                settings="own-remove",
                store="no-default-target",
                decision={"outcome": "ignored"},
            )
        yield case(
            *("own boot file removed for a platform without loader", family, firmware(family, "PXE", 4660), left),
            settings="own-remove",
            decision={"outcome": "no-boot-file"},
        )
        requested = REQUESTED4 if family == 4 else REQUESTED6
        yield case(
            *("own boot file of an ordinary host is not removed", family, {"requested": requested}, UNCHANGED),
            settings="own-remove",
            decision={"outcome": "not-ours"},
        )


CASES = [*_own(), *_own_server(), *_own_option(), *_own_removed()]
