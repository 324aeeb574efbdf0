# SPDX-License-Identifier: MPL-2.0
"""Disks that print a banner: a machine's own, with a boot sector for BIOS or an EFI system partition; images of others."""

import subprocess
import tempfile
from pathlib import Path

from . import efi

BOOT_SECTOR = Path(__file__).parent / "guest" / "disk.S"
SIZE = 4 << 20
FLOPPY_SIZE = 1440 << 10

# Where UEFI looks on a disk that no boot option names (UEFI specification 2.10, section 3.5.1.1).
REMOVABLE = {"x64": "BOOTX64.EFI", "ia32": "BOOTIA32.EFI", "arm64": "BOOTAA64.EFI"}


def _run(*command):
    subprocess.run(command, check=True, capture_output=True, text=True)


def build(path, firmware):
    """Writes the disk's image to `path`."""
    path = Path(path)
    (_bios if firmware == "bios" else _uefi)(path, firmware)
    return path


def _boot_sector(path, title):
    thing = path.with_suffix(".o")
    _run("gcc", "-m32", "-c", f'-DTITLE="{title}"', BOOT_SECTOR, "-o", thing)
    _run("ld", "-m", "elf_i386", "-Ttext", "0x7c00", "--oformat", "binary", thing, "-o", path)
    thing.unlink()


def _bios(path, _):
    floppy(path, "disk", SIZE)


def floppy(path, title, size=FLOPPY_SIZE):
    """Writes an image for BIOS of a disk without partitions; `title` is what its banner names as the target."""
    _boot_sector(path, title)
    with open(path, "r+b") as image:
        image.truncate(size)


def iso(path, title):
    """Writes an ISO image that BIOS boots (El Torito)."""
    with tempfile.TemporaryDirectory(dir=path.parent) as files:
        _boot_sector(Path(files) / "boot.bin", title)
        _run("genisoimage", "-quiet", "-b", "boot.bin", "-no-emul-boot", "-boot-load-size", "1", "-o", path, files)


def _uefi(path, firmware):
    program = efi.banner(path.with_suffix(".efi"), firmware, "disk")
    path.write_bytes(b"")
    with open(path, "r+b") as image:
        image.truncate(SIZE)
    _run("mformat", "-i", path, "-v", "DISK", "::")
    _run("mmd", "-i", path, "::/EFI", "::/EFI/BOOT")
    _run("mcopy", "-i", path, program, f"::/EFI/BOOT/{REMOVABLE[firmware]}")
    program.unlink()
