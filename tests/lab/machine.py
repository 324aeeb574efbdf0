# SPDX-License-Identifier: MPL-2.0
"""
The machines: QEMU's command line for each kind of firmware, and how each is made to boot by one method.

Always software emulation: /dev/kvm may open and still not run firmware.
"""

import contextlib
import os
import re
import shutil
import subprocess
from pathlib import Path

from . import network, variables

OVMF = Path("/usr/share/OVMF")
AAVMF = Path("/usr/share/AAVMF")
IPXE = Path("/usr/lib/ipxe")


def _off(*names):
    """Methods that EDK2 shall leave out, so that the wanted one comes first."""
    arguments = []
    for name in names:
        arguments += ["-fw_cfg", f"name=opt/org.tianocore/{name},string=n"]
    return arguments


# HTTP over IPv6 does not wait, as PXE does, until its address has been checked for duplicates; a menu's time helps.
_MENU = ["-boot", "menu=on,splash-time=6000"]
_OVMF_METHODS = {
    "pxe4": [],
    "pxe6": _off("IPv4PXESupport"),
    "http4": _off("IPv4PXESupport", "IPv6PXESupport"),
    "http6": _off("IPv4Support", "IPv6PXESupport") + _MENU,
    "only4": _off("IPv6Support"),
}

# A card without QEMU's own iPXE, which would boot in the firmware's place.
_BARE_CARD = "virtio-net-pci,romfile="

# Debian's OVMF of 32 bits is built for system management mode.
_IA32 = [
    *("-M", "q35,smm=on", "-global", "driver=cfi.pflash01,property=secure,value=on"),
    *("-global", "ICH9-LPC.disable_s3=1"),
]
_IA32_FLASH = (OVMF / "OVMF32_CODE_4M.secboot.fd", OVMF / "OVMF32_VARS_4M.fd")

# `octet` ends the machine's MAC and UUID; `flash` is the firmware and its variables; `card` the network card;
# `methods` what each method adds; `http6_first` the frame for variables that put that method first.
FIRMWARE = {
    "bios": {
        "octet": 1,
        "command": ["qemu-system-x86_64", "-M", "pc,graphics=off"],
        "methods": {
            # The card's ROM is iPXE and says so in its first packet.
            "rom": ["-device", "e1000,netdev=n0,mac={mac},bootindex=1"],
            # The same with a card that Debian's kernels for the cloud know.
            "rom-virtio": ["-device", "virtio-net-pci,netdev=n0,mac={mac},bootindex=1"],
            # A plain PXE client: iPXE with another name, that loads what it is told and forgets itself.
            "pxe4": [
                *("-kernel", str(IPXE / "ipxe.lkrn"), "-initrd", "{directory}/plain.ipxe"),
                *("-device", "e1000,netdev=n0,mac={mac},romfile="),
            ],
        },
    },
    "x64": {
        "octet": 2,
        "command": ["qemu-system-x86_64", "-M", "q35"],
        "flash": (OVMF / "OVMF_CODE_4M.fd", OVMF / "OVMF_VARS_4M.fd"),
        "card": _BARE_CARD,
        "methods": _OVMF_METHODS,
    },
    "ia32": {
        "octet": 3,
        "command": ["qemu-system-i386", *_IA32],
        "flash": _IA32_FLASH,
        "card": _BARE_CARD,
        "methods": _OVMF_METHODS,
    },
    # Firmware of 32 bits before a processor of 64, as some tablets and small servers have.
    "mixed": {
        "octet": 5,
        "command": ["qemu-system-x86_64", *_IA32],
        "flash": _IA32_FLASH,
        "card": _BARE_CARD,
        "methods": _OVMF_METHODS,
    },
    "arm64": {
        "octet": 4,
        "command": ["qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a57"],
        "flash": (AAVMF / "AAVMF_CODE.fd", AAVMF / "AAVMF_VARS.fd"),
        "card": _BARE_CARD,
        # Only PXE can be switched off here: for HTTP over IPv6 the variables say that it comes first.
        "methods": {**_OVMF_METHODS, "http6": _MENU},
        "http6_first": AAVMF / "AAVMF_VARS.ms.fd",
    },
}

# `clear`: iPXE would hand the name on to the one that it loads.
PLAIN = """\
#!ipxe
set user-class PLAIN
dhcp net0
clear user-class
chain tftp://${next-server}/${filename}
"""


def mac(firmware):
    return f"52:54:00:77:00:{FIRMWARE[firmware]['octet']:02x}"


def uuid(firmware):
    return f"11223344-5566-7788-99aa-bbccddeeff{FIRMWARE[firmware]['octet']:02x}"


def _flash(firmware, method, directory):
    """Drives of the firmware; the machine writes to a copy of the variables."""
    code, store = FIRMWARE[firmware]["flash"]
    copy = Path(directory) / f"variables-{firmware}.fd"
    if method == "http6" and "http6_first" in FIRMWARE[firmware]:
        variables.write(copy, FIRMWARE[firmware]["http6_first"], mac(firmware))
    else:
        shutil.copyfile(store, copy)
    drive = "if=pflash,format=raw,unit={},file={}{}"
    return ["-drive", drive.format(0, code, ",readonly=on"), "-drive", drive.format(1, copy, "")]


def command(firmware, method, directory, disk=None, reboots=False, more=()):
    """
    QEMU's command line; what it needs beside is put into `directory`. `disk` is the image of the machine's own;
    `reboots`: that it starts anew does not end it; `more` are arguments of QEMU's.
    """
    row = FIRMWARE[firmware]
    (Path(directory) / "plain.ipxe").write_text(PLAIN)
    arguments = [
        *row["command"],
        *("-accel", "tcg", "-m", "512", "-display", "none", "-nodefaults", "-serial", "stdio"),
        *(() if reboots else ("-no-reboot",)),
        *("-uuid", uuid(firmware)),
        *more,
        *("-netdev", f"tap,id=n0,ifname={network.TAP},script=no,downscript=no"),
    ]
    if "flash" in row:
        arguments += _flash(firmware, method, directory)
    if "card" in row:
        arguments += ["-device", row["card"] + ",netdev=n0,mac={mac},bootindex=1"]
    arguments += row["methods"][method]
    if disk:
        arguments += ["-drive", f"if=none,id=d0,format=raw,file={disk}", "-device", "virtio-blk-pci,drive=d0,bootindex=2"]
    return [argument.format(mac=mac(firmware), directory=directory) for argument in arguments]


_ESCAPES = re.compile(rb"\x1b\[[0-9;?=]*[A-Za-z]|\x1b[()][0-9A-B]|\x1b[=>c78]|[\x00\x07]")


class Machine:
    """A running machine. `text` is what its serial console has shown so far, without control sequences."""

    def __init__(self, namespace, firmware, method, directory, disk=None, reboots=False, more=()):
        self.text, self._raw = "", b""
        self._process = namespace.start(
            *command(firmware, method, directory, disk, reboots, more),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        os.set_blocking(self._process.stdout.fileno(), False)
        self.ended = False

    def fileno(self):
        return self._process.stdout.fileno()

    def read(self):
        """Takes in what the console shows now."""
        while not self.ended:
            try:
                data = os.read(self.fileno(), 1 << 16)
            except BlockingIOError:
                break
            self.ended = not data
            self._raw += data
        # A sequence may be cut in two by the end of what was read: what follows the last escape waits.
        keep = self._raw.rfind(b"\x1b", max(0, len(self._raw) - 16))
        whole = self._raw if keep < 0 or self.ended else self._raw[:keep]
        self._raw = self._raw[len(whole) :]
        self.text += _ESCAPES.sub(b"", whole).decode("ascii", "replace").replace("\r", "")

    def type(self, text):
        """Keys, as on the serial console."""
        self._process.stdin.write(text.encode())
        self._process.stdin.flush()

    def stop(self):
        """Switches the machine off."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
