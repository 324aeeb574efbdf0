# SPDX-License-Identifier: MPL-2.0
"""Every architecture type of the IANA registry, by every transport, in both families."""

from stores import LOADERS

from . import UNCHANGED, case, firmware, http, ipxe, script, tftp

# The registry's codes by platform; all those of one platform load the same file.
CODES = {
    "x86-bios": (0, 20),
    "nec-pc98": (1,),
    "itanium": (2,),
    "alpha": (3,),
    "arc-x86": (4,),
    "intel-lean": (5,),
    "x86-uefi": (6, 15),
    "x64-uefi": (7, 9, 16, 17),
    "xscale-efi": (8,),
    "arm32-uefi": (10, 18),
    "arm64-uefi": (11, 19),
    "powerpc-openfirmware": (12,),
    "powerpc-epapr": (13,),
    "power-opal": (14,),
    "arm32-uboot": (21, 23),
    "arm64-uboot": (22, 24),
    "riscv32-uefi": (25, 26),
    "riscv64-uefi": (27, 28),
    "riscv128-uefi": (29, 30),
    "s390-basic": (31,),
    "s390-extended": (32,),
    "mips32-uefi": (33,),
    "mips64-uefi": (34,),
    "sunway32-uefi": (35,),
    "sunway64-uefi": (36,),
    "loongarch32-uefi": (37, 38),
    "loongarch64-uefi": (39, 40),
    "arm-rpiboot": (41,),
}
NOT_IN_REGISTRY = (42, 255, 256, 4660, 65534)


def _rows():
    for family in (4, 6):
        for platform, codes in CODES.items():
            file = LOADERS[platform]
            for code in codes:
                known = {"platform": platform, "outcome": "answered", "target": "default", "site": "default"}
                yield case(
                    *(f"PXE arch {code} {platform}", family, firmware(family, "PXE", code), tftp(family, file)),
                    decision={**known, "stage": "PXE"},
                )
                yield case(
                    *(f"HTTP arch {code} {platform}", family, firmware(family, "HTTP", code), http(family, file)),
                    decision={**known, "stage": "HTTP"},
                )
                yield case(
                    *(f"iPXE arch {code} {platform}", family, ipxe(family, code), script(family, "script.ipxe")),
                    decision={**known, "stage": "iPXE"},
                )
        for code in NOT_IN_REGISTRY:
            nothing = {"platform": None, "outcome": "no-boot-file"}
            for kind in ("PXE", "HTTP"):
                yield case(
                    *(f"{kind} arch {code} of no platform", family, firmware(family, kind, code), UNCHANGED),
                    decision={**nothing, "stage": kind},
                )
            yield case(
                *(f"iPXE arch {code} of no platform", family, ipxe(family, code), script(family, "script.ipxe")),
                decision={"platform": None, "stage": "iPXE", "outcome": "answered"},
            )


CASES = list(_rows())
