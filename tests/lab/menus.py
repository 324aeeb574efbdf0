# SPDX-License-Identifier: MPL-2.0
"""Rows of the lab's table (rows.py) that are about menus: script.ipxe, and what netbootctl writes from the targets."""

import re

from . import network

# A site's entry in the menu, which is its default.
_SETTINGS = """\
#!ipxe
set site-name The lab
set site-item Linux of the lab
set site-script install.ipxe
set menu-default site
set menu-timeout 2000
"""

_ENTRY_SETTINGS = """\
#!ipxe
set kernel-options console=ttyS0 quiet
set menu-timeout 60000
"""
_BOOTIF = r"ip=dhcp BOOTIF=01-52-54-00-77-00-01"
_NFS = rf"{re.escape(network.SERVER4)}:/srv/tftp"

# Over IPv4 settings.ipxe says it, over IPv6 it is where the script came from.
_HTTP = {4: "http://192.0.2.80/live", 6: f"http://[{network.SERVER6}]/script.ipxe/.."}

# Of script.ipxe: key, what the menu shows, kernel, initrd, what the command line holds ({http}: the base URL).
_ENTRIES = (
    (
        *("d", "Debian live", "debian-live/vmlinuz", "debian-live/initrd.img"),
        rf"boot=live components {_BOOTIF} fetch={{http}}/debian-live/filesystem\.squashfs",
    ),
    (
        *("s", "SystemRescue", "sysresccd/boot/x86_64/vmlinuz", "sysresccd/boot/x86_64/sysresccd.img"),
        rf"archisobasedir=sysresccd {_BOOTIF} archiso_nfs_srv={_NFS}",
    ),
    (
        *("g", "GRML", "grml/boot/grml64full/vmlinuz", "grml/boot/grml64full/initrd.img"),
        rf"boot=live netboot=nfs nfsroot={_NFS}/grml {_BOOTIF}",
    ),
    (
        *("p", "GParted Live", "gparted/live/vmlinuz", "gparted/live/initrd.img"),
        rf"boot=live netboot=nfs nfsroot={_NFS}/gparted {_BOOTIF} components union=overlay username=user",
    ),
)


def _entry(family, key, title, linux, initrd, command_line):
    command_line = command_line.format(http=re.escape(_HTTP[family]))
    return {
        "method": "rom",
        "steps": [
            ("text", rf"(?s){title}.*Reboot"),
            ("type", key),
            ("fetch", "HTTP", family, linux),
            ("fetch", "HTTP", family, initrd),
            ("text", rf"command line: .*initrd=\S+ {command_line} console=ttyS0 quiet$"),
            ("off",),
        ],
    }


def _by_keys(method, shown, *entries):
    """A boot for each entry of a menu: the keys that lead there, the file that is fetched, the target that boots."""
    return [
        {
            "method": method,
            "steps": [
                ("text", shown),
                ("type", keys),
                ("fetch", "HTTP", 4, file),
                ("banner", target),
                ("off",),
            ],
        }
        for keys, file, target in entries
    ]


# Targets for the menu of `netbootctl menu`, in its order: a script, a kernel whose initrd is missing, a kernel, a
# program for one firmware. The texts would end a line of iPXE's if they went out as they are.
_COMMAND_LINE = "console=ttyS0 netboot.target={target} BOOTIF=01-{mac-hyphen} by {platform} || ; {target}"
KERNEL_TARGETS = (
    "target set install --order 10 --description 'Linux of the lab'",
    "target set broken --order 20 --kernel linux --initrd nowhere.img --description '--key q'",
    "target set debian --order 30 --kernel linux --initrd /initrd.img --description 'Debian & co || #1 ${mac} \\'"
    f" --command-line '{_COMMAND_LINE}'",
    "target set program --order 40 --file x64-uefi=local-x86_64.efi --description 'A program for UEFI'",
    "target set default --script menu.ipxe",
)

ROWS = {
    "bios-menu": {
        "firmware": "bios",
        "families": (4,),
        "files": {"settings.ipxe": _SETTINGS},
        "boots": [
            {
                "method": "rom",
                "steps": [("fetch", "HTTP", 4, "script.ipxe"), ("text", r"Linux of the lab"), ("banner", "install")],
            }
        ],
    },
    "x64-menu": {
        "firmware": "x64",
        "families": (4,),
        "files": {"settings.ipxe": _SETTINGS},
        "boots": [
            {
                "method": "http4",
                "steps": [
                    ("fetch", "HTTP", 4, "ipxe.efi"),
                    ("fetch", "HTTP", 4, "script.ipxe"),
                    ("text", r"EFI shell"),
                    ("banner", "install"),
                ],
            }
        ],
    },
    # The entries of the menu, each with the lab's Linux in the place of the distribution's.
    "bios-menu-entries": {
        "firmware": "bios",
        "families": (4,),
        "files": {
            "settings.ipxe": _ENTRY_SETTINGS + f"set http {_HTTP[4]}\n",
            **{file: ("link", "linux") for _, _, file, _, _ in _ENTRIES},
            **{file: ("link", "initrd.img") for _, _, _, file, _ in _ENTRIES},
        },
        "boots": [_entry(4, *entry) for entry in _ENTRIES],
    },
    # Over IPv6 there is no next-server: nothing to mount from, and files lie where the script came from.
    "bios-menu-entry6": {
        "firmware": "bios",
        "families": (6,),
        "files": {
            "settings.ipxe": _ENTRY_SETTINGS,
            "debian-live/vmlinuz": ("link", "linux"),
            "debian-live/initrd.img": ("link", "initrd.img"),
        },
        "boots": [_entry(6, *_ENTRIES[0])],
    },
    "x64-menu-tools": {
        "firmware": "x64",
        "families": (4,),
        "files": {
            "settings.ipxe": "#!ipxe\nset menu-default efishell\nset menu-timeout 60000\n",
            "memtest/memtest86+x64.efi": ("efi", "memtest"),
            "shell/shellx64.efi": ("efi", "efishell"),
        },
        "boots": _by_keys(
            "http4",
            r"(?s)Tools.*memtest86\+.*EFI shell.*Reboot",
            ("m", "memtest/memtest86+x64.efi", "memtest"),
            ("\r", "shell/shellx64.efi", "efishell"),
        ),
    },
    # The menu by keys: an entry whose files are not there, what it says, back in the menu, then the site's entry.
    "bios-menu-keys": {
        "firmware": "bios",
        "families": (4,),
        "files": {"settings.ipxe": _SETTINGS.replace("2000", "60000")},
        "boots": [
            {
                "method": "rom",
                "steps": [
                    ("fetch", "HTTP", 4, "script.ipxe"),
                    ("text", r"netboot: 52:54:00:77:00:01 pcbios"),
                    ("text", r"(?s)The lab.*Live systems.*Tools.*memtest86\+.*This machine.*Reboot"),
                    ("type", "m"),
                    ("text", r"memtest did not boot: 0x2d0c613b"),
                    ("type", " "),
                    ("text", r"(?s)did not boot.*Configuration of iPXE.*Reboot"),
                    ("type", "o"),
                    ("banner", "install"),
                ],
            }
        ],
    },
    # The menu that netbootctl writes from the targets: its default, which is a kernel.
    "bios-made-menu": {
        "firmware": "bios",
        "families": (4,),
        "store": KERNEL_TARGETS,
        "menu": "--default debian --timeout 2",
        "boots": [
            {
                "method": "rom",
                "steps": [
                    ("fetch", "HTTP", 4, "menu.ipxe"),
                    ("text", r"Debian & co \|\| #1 \$ \{mac\}"),
                    ("fetch", "HTTP", 4, "targets/debian.ipxe"),
                    ("text", r"BOOTIF=01-52-54-00-77-00-01 by x86-bios \|\| ; debian"),
                    ("banner", "debian"),
                ],
            }
        ],
    },
    "x64-made-menu": {
        "firmware": "x64",
        "families": (6,),
        "store": KERNEL_TARGETS,
        "menu": "--default debian --timeout 2",
        "boots": [
            {
                "method": "http6",
                "steps": [
                    ("fetch", "HTTP", 6, "menu.ipxe"),
                    ("text", r"A program for UEFI"),
                    ("fetch", "HTTP", 6, "targets/debian.ipxe"),
                    ("banner", "debian"),
                ],
            }
        ],
    },
    # The same by keys: what fails says what, and comes back; what cannot work here is not shown.
    "bios-made-menu-keys": {
        "firmware": "bios",
        "families": (4,),
        "store": KERNEL_TARGETS,
        "menu": "--default broken --timeout 0",
        "boots": [
            {
                "method": "rom",
                "steps": [
                    ("fetch", "HTTP", 4, "menu.ipxe"),
                    ("text", r"(?s)netboot: [0-9a-f:]{17} pcbios((?!A program).)*--key q((?!A program).)*Reboot"),
                    ("type", "\r"),
                    ("text", r"broken: initrd 1 failed: 0x2d0c613b"),
                    ("type", " "),
                    ("text", r"(?s)broken: initrd 1 failed.*Linux of the lab.*Reboot"),
                    ("type", "\x1b[A\r"),
                    ("banner", "install"),
                ],
            }
        ],
    },
    # The same with a processor of 32 bits: no 64-bit kernel is shown, and in the place of the default is the disk.
    "bios-made-menu-32": {
        "firmware": "bios",
        "families": (4,),
        "machine": ("-cpu", "pentium3"),
        "disk": True,
        "store": KERNEL_TARGETS,
        "menu": "--default debian --timeout 2",
        "boots": [
            {
                "method": "rom",
                "steps": [
                    ("fetch", "HTTP", 4, "menu.ipxe"),
                    ("text", r"(?s)netboot: [0-9a-f:]{17} pcbios((?!--key q|Debian).)*Linux of the lab"),
                    ("text", r"(?s)Linux of the lab((?!--key q|Debian|A program).)*Reboot"),
                    ("fetch", "HTTP", 4, "local.ipxe"),
                    ("banner", "disk"),
                ],
            }
        ],
    },
    # Images: of a floppy by memdisk, of a CD as iPXE's own drive.
    "bios-images": {
        "firmware": "bios",
        "families": (4,),
        "files": {
            "memdisk": ("copy", "/usr/lib/syslinux/memdisk"),
            "images/floppy.img": ("floppy", "floppy"),
            "images/cd.iso": ("iso", "cd"),
        },
        "store": (
            "target set floppy --order 10 --kernel memdisk --initrd images/floppy.img --command-line 'floppy raw'",
            "target set cd --order 20 --file x86-bios=images/cd.iso",
            "target set default --script menu.ipxe",
        ),
        "menu": "--default floppy --timeout 0",
        "boots": _by_keys(
            "rom",
            "(?s)floppy.*cd.*Reboot",
            ("\r", "images/floppy.img", "floppy"),
            ("\x1b[B\r", "images/cd.iso", "cd"),
        ),
    },
}
