# SPDX-License-Identifier: MPL-2.0
"""Builds EFI programs: the one of guest/banner.c, and boot/efi/local.c, which starts the machine's own disk."""

import subprocess
import tempfile
from pathlib import Path

from lib import paths

BOOT_EFI = paths.SOURCE / "boot" / "efi"
BANNER = Path(__file__).parent / "guest" / "banner.c"
RESET = Path(__file__).parent / "guest" / "reset.c"

GRUB_MODULES = ("efinet", "tftp", "linux", "boot")

# What iPXE calls the firmware's processor (${buildarch}).
PROCESSORS = {"x64": "x86_64", "ia32": "i386", "arm64": "arm64"}


def _build(source, firmware, path, *definitions):
    subprocess.run((BOOT_EFI / "build", source, PROCESSORS[firmware], path, *definitions), check=True)
    return Path(path)


def banner(path, firmware, title):
    """Writes the program for `firmware` to `path`; `title` is what its banner names as the target."""
    return _build(BANNER, firmware, path, f'-DTITLE="{title}"')


def reset(path, firmware):
    """Writes a program that starts the machine anew."""
    return _build(RESET, firmware, path)


def local(directory, firmware):
    """Writes the program under the name that local.ipxe knows."""
    return _build(BOOT_EFI / "local.c", firmware, Path(directory) / f"local-{PROCESSORS[firmware]}.efi")


def grub(path, script):
    """Writes Debian's GRUB for UEFI of 32 bits, which runs `script` from inside."""
    with tempfile.NamedTemporaryFile("w", suffix=".cfg") as early:
        early.write(script)
        early.flush()
        subprocess.run(("grub-mkimage", "-O", "i386-efi", "-p", "/", "-c", early.name, "-o", path, *GRUB_MODULES), check=True)
