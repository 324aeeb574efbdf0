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

from . import network

OVMF = Path("/usr/share/OVMF")
AAVMF = Path("/usr/share/AAVMF")

# EDK2's names of what is switched off so that the method comes first; and the time that IPv6 needs before an HTTP
# boot, which, unlike PXE, does not wait until the address has been checked for duplicates.
METHODS = {
    "pxe4": {"off": ()},
    "pxe6": {"off": ("IPv4PXESupport",)},
    "http4": {"off": ("IPv4PXESupport", "IPv6PXESupport")},
    "http6": {"off": ("IPv4Support", "IPv6PXESupport"), "arguments": ("-boot", "menu=on,splash-time=6000")},
}

# `flash`: code and variables of the firmware; `mac` is the last octet of the machine's address and of its UUID.
FIRMWARE = {
    "x64": {
        "mac": 2,
        "command": ("qemu-system-x86_64", "-M", "q35"),
        "flash": (OVMF / "OVMF_CODE_4M.fd", OVMF / "OVMF_VARS_4M.fd"),
        "network": "virtio-net-pci",
    },
    "ia32": {
        "mac": 3,
        "command": (
            *("qemu-system-i386", "-M", "q35,smm=on", "-global", "driver=cfi.pflash01,property=secure,value=on"),
            *("-global", "ICH9-LPC.disable_s3=1"),
        ),
        "flash": (OVMF / "OVMF32_CODE_4M.secboot.fd", OVMF / "OVMF32_VARS_4M.fd"),
        "network": "virtio-net-pci",
    },
    "arm64": {
        "mac": 4,
        "command": ("qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a57"),
        "flash": (AAVMF / "AAVMF_CODE.fd", AAVMF / "AAVMF_VARS.fd"),
        "network": "virtio-net-pci",
    },
}


def mac(firmware):
    return f"52:54:00:77:00:{FIRMWARE[firmware]['mac']:02x}"


def uuid(firmware):
    return f"11223344-5566-7788-99aa-bbccddeeff{FIRMWARE[firmware]['mac']:02x}"


def _flash(firmware, directory):
    """Drives of the firmware; the machine writes to a copy of the variables."""
    code, variables = FIRMWARE[firmware]["flash"]
    copy = Path(directory) / f"variables-{firmware}.fd"
    shutil.copyfile(variables, copy)
    drive = "if=pflash,format=raw,unit={},file={}{}"
    return ("-drive", drive.format(0, code, ",readonly=on"), "-drive", drive.format(1, copy, ""))


def command(firmware, method, directory):
    """QEMU's command line."""
    row = FIRMWARE[firmware]
    switches = []
    for name in METHODS[method]["off"]:
        switches += ["-fw_cfg", f"name=opt/org.tianocore/{name},string=n"]
    return [
        *row["command"],
        *("-accel", "tcg", "-m", "512", "-display", "none", "-nodefaults", "-no-reboot", "-serial", "stdio"),
        *("-uuid", uuid(firmware)),
        *_flash(firmware, directory),
        *("-netdev", f"tap,id=n0,ifname={network.TAP},script=no,downscript=no"),
        # An empty romfile: else QEMU's own iPXE would boot in the place of the firmware.
        *("-device", f"{row['network']},netdev=n0,mac={mac(firmware)},romfile="),
        *switches,
        *METHODS[method].get("arguments", ()),
    ]


_ESCAPES = re.compile(rb"\x1b\[[0-9;?=]*[A-Za-z]|\x1b[()][0-9A-B]|\x1b[=>c78]|[\x00\x07]")


class Machine:
    """A running machine. `text` is what its serial console has shown so far, without control sequences."""

    def __init__(self, namespace, firmware, method, directory):
        self.text, self._raw = "", b""
        self._process = namespace.start(
            *command(firmware, method, directory),
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
        while True:
            try:
                data = os.read(self.fileno(), 1 << 16)
            except BlockingIOError:
                break
            if not data:
                self.ended = True
                break
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
