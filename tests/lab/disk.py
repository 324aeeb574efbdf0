# SPDX-License-Identifier: MPL-2.0
"""A machine's own disk, which prints a banner: a boot sector for BIOS, an EFI system partition for UEFI."""

import subprocess
from pathlib import Path

from . import efi

BOOT_SECTOR = Path(__file__).parent / "guest" / "disk.S"
SIZE = 4 << 20

# Where UEFI looks on a disk that no boot option names (UEFI specification 2.10, section 3.5.1.1).
REMOVABLE = {"x64": "BOOTX64.EFI", "ia32": "BOOTIA32.EFI", "arm64": "BOOTAA64.EFI"}


def _run(*command):
    subprocess.run(command, check=True, capture_output=True, text=True)


def build(path, firmware):
    """Writes the disk's image to `path`."""
    path = Path(path)
    (_bios if firmware == "bios" else _uefi)(path, firmware)
    return path


def _bios(path, _):
    thing = path.with_suffix(".o")
    _run("gcc", "-m32", "-c", BOOT_SECTOR, "-o", thing)
    _run("ld", "-m", "elf_i386", "-Ttext", "0x7c00", "--oformat", "binary", thing, "-o", path)
    with open(path, "r+b") as image:
        image.truncate(SIZE)
    thing.unlink()


def _uefi(path, firmware):
    program = efi.banner(path.with_suffix(".efi"), firmware, "disk")
    path.write_bytes(b"")
    with open(path, "r+b") as image:
        image.truncate(SIZE)
    _run("mformat", "-i", path, "-v", "DISK", "::")
    _run("mmd", "-i", path, "::/EFI", "::/EFI/BOOT")
    _run("mcopy", "-i", path, program, f"::/EFI/BOOT/{REMOVABLE[firmware]}")
    program.unlink()
