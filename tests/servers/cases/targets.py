# SPDX-License-Identifier: MPL-2.0
"""The four kinds of target, host exceptions, the default target and what happens without one."""

from stores import mac

from . import UNCHANGED, case, firmware, http, ipxe, script, tftp


def _pairs(family, file, script_path):
    """(stage, client, answer) where firmware gets `file` and iPXE the script."""
    return (
        ("PXE", firmware(family, "PXE", 7), tftp(family, file)),
        ("HTTP", firmware(family, "HTTP", 16), http(family, file)),
        ("iPXE", ipxe(family), script(family, script_path)),
    )


def _kinds():
    for family in (4, 6):
        for kind, target, file, path in (
            ("boot with files and script", "debian", "debian/grubx64.efi", "debian.ipxe"),
            ("boot with a script only", "rescue", "ipxe.efi", "rescue.ipxe"),
            ("boot with a file only", "vmm", "vmm/bootx64.efi", "vmm/bootx64.efi"),
            ("boot with a kernel", "by-kernel", "ipxe.efi", "targets/by-kernel.ipxe"),
            ("boot with a kernel and a script", "by-script", "ipxe.efi", "own/by-script.ipxe"),
            ("local", "on-disk", "ipxe.efi", "local.ipxe"),
            ("local with a script from before", "on-disk-own", "ipxe.efi", "local.ipxe"),
        ):
            for stage, client, answer in _pairs(family, file, path):
                yield case(
                    *(f"target {kind}, {stage}", family, {**client, "mac": mac(target)}, answer),
                    decision={"target": target, "stage": stage, "outcome": "answered"},
                )
        yield case(
            *("target with a file only, BIOS", family, {**firmware(family, "PXE", 0), "mac": mac("vmm")}),
            tftp(family, "undionly.kpxe"),
            decision={"target": "vmm"},
        )
        yield case(
            *("iPXE is never handed a loader again", family, {**ipxe(family, 0), "mac": mac("vmm")}, UNCHANGED),
            decision={"target": "vmm", "outcome": "no-boot-file"},
        )
        for stage, client, _ in _pairs(family, "", ""):
            yield case(
                *(f"target silent, {stage}", family, {**client, "mac": mac("quiet")}, {}),
                decision={"target": "quiet", "outcome": "silent"},
            )
            yield case(
                *(f"target ignore, {stage}", family, {**client, "mac": mac("hands-off")}, UNCHANGED),
                decision={"target": "hands-off", "outcome": "ignored"},
            )
            for settings in ("own", "own-replace"):
                yield case(
                    *(f"target silent, {stage}, {settings}", family, {**client, "mac": mac("quiet")}),
                    {60: "own-class"} if family == 4 and stage != "HTTP" else {},
                    settings=settings,
                    decision={"outcome": "silent"},
                )
                yield case(
                    *(f"target ignore, {stage}, {settings}", family, {**client, "mac": mac("hands-off")}, UNCHANGED),
                    settings=settings,
                    decision={"outcome": "ignored"},
                )


def _loader_exceptions():
    for family in (4, 6):
        for what, last, arch, file in (
            ("exception", "01", 0, "ipxe.pxe"),
            ("exception", "01", 7, "snponly.efi"),
            ("exception of another platform only", "01", 6, "ipxe32.efi"),
            ("target's file goes before the exception", "02", 7, "vmm/bootx64.efi"),
            ("exception where the target has no file", "02", 0, "ipxe.pxe"),
            ("exception where the target's URL has a port", "03", 7, "snponly.efi"),
            ("exception that is a URL for HTTP only", "04", 7, "ipxe.efi"),
            ("exception with target local", "05", 0, "ipxe.pxe"),
        ):
            yield case(
                *(f"host's loader: {what}, PXE arch {arch}", family),
                *({**firmware(family, "PXE", arch), "mac": f"52:54:00:00:03:{last}"}, tftp(family, file)),
            )
        yield case(
            *("host's loader: exception for HTTP too", family),
            *({**firmware(family, "HTTP", 16), "mac": "52:54:00:00:03:01"}, http(family, "snponly.efi")),
        )
        yield case(
            *("host's loader: exception that is a URL", family),
            {**firmware(family, "HTTP", 16), "mac": "52:54:00:00:03:04"},
            http(family, url="http://files.example.org/snponly.efi"),
        )
        yield case(
            *("host's loader: an exception is nothing to iPXE", family),
            *({**ipxe(family), "mac": "52:54:00:00:03:01"}, script(family, "script.ipxe")),
        )


def _defaults():
    for family in (4, 6):
        for store, pairs in (
            ("default-local", _pairs(family, "ipxe.efi", "local.ipxe")),
            ("default-without-script", _pairs(family, "ipxe.efi", "")),
        ):
            for stage, client, answer in pairs:
                nothing = store == "default-without-script" and stage == "iPXE"
                yield case(
                    *(f"unknown machine, {store}, {stage}", family, client, UNCHANGED if nothing else answer),
                    store=store,
                    decision={"target": "default", "outcome": "no-boot-file" if nothing else "answered"},
                )
        for store, outcome, answer in (
            ("default-silent", "silent", {}),
            ("default-ignore", "ignored", UNCHANGED),
            ("no-default-target", "ignored", UNCHANGED),
            ("empty", "ignored", UNCHANGED),
            ("fresh", "no-boot-file", UNCHANGED),
        ):
            for stage, client, _ in _pairs(family, "", ""):
                yield case(
                    *(f"unknown machine, {store}, {stage}", family, client, answer),
                    store=store,
                    decision={"outcome": outcome},
                )
            if store.startswith("default-") or store == "no-default-target":
                for stage, client, answer in _pairs(family, "debian/grubx64.efi", "debian.ipxe"):
                    yield case(
                        *(f"known machine, {store}, {stage}", family, {**client, "mac": mac("debian")}, answer),
                        store=store,
                        decision={"target": "debian", "outcome": "answered"},
                    )
        for stage, client, answer in _pairs(family, "ipxe.efi", "script.ipxe"):
            dangling = {**client, "mac": "52:54:00:00:05:01"}
            yield case(
                *(f"host of a target that is gone gets the default, {stage}", family, dangling, answer),
                store="dangling",
                decision={"host": "dangling", "target": "default", "outcome": "answered"},
            )
            yield case(
                *(f"host of a target that is gone, without a default, {stage}", family, dangling, UNCHANGED),
                store="dangling-no-default",
                decision={"host": "dangling", "outcome": "ignored"},
            )
        for kind, arch in (("PXE", 7), ("HTTP", 16)):
            yield case(
                *(f"no loader for any platform, {kind}", family, firmware(family, kind, arch), UNCHANGED),
                store="no-loaders",
                decision={"outcome": "no-boot-file"},
            )
        yield case(
            *("no loader for any platform, iPXE", family, ipxe(family), script(family, "script.ipxe")),
            store="no-loaders",
        )


CASES = [*_kinds(), *_loader_exceptions(), *_defaults()]
