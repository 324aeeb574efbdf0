# SPDX-License-Identifier: MPL-2.0
"""Builds the EFI program of guest/banner.c."""

import subprocess
from pathlib import Path

SOURCE = Path(__file__).parent / "guest" / "banner.c"

# clang's target for the firmware's processor, and how EFI calls functions there.
TARGETS = {
    "x64": ("x86_64-unknown-windows-gnu", "__attribute__((ms_abi))"),
    "ia32": ("i686-unknown-windows-gnu", "__attribute__((cdecl))"),
    "arm64": ("aarch64-unknown-windows-gnu", ""),
}


def build(path, firmware, title):
    """Writes the program for `firmware` to `path`; `title` is what its banner names as the target."""
    target, calls = TARGETS[firmware]
    thing = Path(path).with_suffix(".o")
    compile_ = [
        *("clang", f"--target={target}", "-std=c11", "-Wall", "-Wextra", "-Werror", "-O1", "-ffreestanding"),
        *("-fno-stack-protector", "-mno-stack-arg-probe", f"-DEFIAPI={calls}"),
        *(f'-DMACHINE="{firmware}"', f'-DTITLE="{title}"', "-c", SOURCE, "-o", thing),
    ]
    link = ["lld-link", "-subsystem:efi_application", "-entry:efi_main", "-nodefaultlib", f"-out:{path}", thing]
    for command in (compile_, link):
        subprocess.run(command, check=True)
    thing.unlink()
    return Path(path)
