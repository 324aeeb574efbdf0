# SPDX-License-Identifier: MPL-2.0
"""
The lab's table: which machine boots how, and what must be seen of it, step by step.

A row has the machine's `firmware` and its `boots`, each with the `method` and its `steps`. Beside: `families` that have
a DHCP server; `store`, lines for netbootctl after the common ones; `before`, lines between two boots; `files`, to serve
beside the common ones: a text, or a link to a common one, a copy of one of this machine's, an EFI program, a floppy or
an ISO image that prints a banner with that target; `menu`, options of `netbootctl menu`, which writes into what is served; `disk`, whether
the machine has one of its own; `relay`, whether it is behind one; `reboots`, that it goes on when it starts itself
anew; `nfs`, whether the data root (@ROOT@ in `store`) is served by NFS; `dhcp`, "dhcpd" where ISC dhcpd answers in Kea's
place; `machine`, further arguments of QEMU's.
SUBSET are the rows that ./check runs without --all; LONGEST those that begin first where machines run side by side.

Steps: ("fetch", PROTOCOL, FAMILY, FILE) the file has arrived · ("next", FILES, FILE) of those files it is the next to
arrive · ("text", PATTERN) the console shows it · ("type", KEYS) · ("banner", TARGET) what was booted names its target ·
("off",) the machine has switched itself off · ("no file",) the next answer holds no boot file.
"""

from . import machine, menus, network

COMMON_STORE = (
    "init",
    f"site set default --tftp4 {network.SERVER4} --tftp6 {network.SERVER6}"
    f" --http4 http://{network.SERVER4}/ --http6 http://[{network.SERVER6}]/",
    "target set rescue --script rescue.ipxe --file x86-uefi=rescue-ia32.efi --file arm64-uefi=rescue-arm64.efi",
    "target set install --script install.ipxe --file x86-uefi=install-ia32.efi --file arm64-uefi=install-arm64.efi",
    "target set disk --local",
    "target set quiet --silent",
    "target set other --ignore",
)

# What each machine's firmware loads first; iPXE of Debian is there for BIOS and x64 alone.
FIRST_FILE = {"bios": "undionly.kpxe", "x64": "ipxe.efi", "ia32": "rescue-ia32.efi", "arm64": "rescue-arm64.efi"}
WIRE = {"pxe4": ("TFTP", 4), "pxe6": ("TFTP", 6), "http4": ("HTTP", 4), "http6": ("HTTP", 6)}


def _host(firmware, target):
    return f"host set {machine.mac(firmware)} --name machine --target {target}"


def _matrix(firmware, method):
    """Firmware to the target `rescue` of its host: with iPXE through the target's script, else straight."""
    steps = [("fetch", *WIRE[method], FIRST_FILE[firmware])]
    if firmware in ("bios", "x64"):
        steps.append(("fetch", "HTTP", None, "rescue.ipxe"))
    steps += [("banner", "rescue"), ("off",)]
    return {"firmware": firmware, "store": (_host(firmware, "rescue"),), "boots": [{"method": method, "steps": steps}]}


def _rom(family):
    """The network card's own iPXE, on a network of one family."""
    steps = [("fetch", "HTTP", family, "rescue.ipxe"), ("banner", "rescue"), ("off",)]
    return {
        "firmware": "bios",
        "families": (family,),
        "store": (_host("bios", "rescue"),),
        "boots": [{"method": "rom", "steps": steps}],
    }


ROWS = {"bios-pxe4": _matrix("bios", "pxe4"), "bios-rom4": _rom(4), "bios-rom6": _rom(6)}
for _firmware in ("x64", "ia32", "arm64"):
    for _method in WIRE:
        ROWS[f"{_firmware}-{_method}"] = _matrix(_firmware, _method)

_GRUB = """\
set root=(tftp,$net_default_server)
linux /linux console=ttyS0 quiet netboot.target=rescue
initrd /initrd.img
boot
"""


def _once(firmware, method, kind, families=(4, 6)):
    """A machine that starts itself anew at once, three times: the target that it is to boot once, then the lasting one."""
    files = (f"once.{kind}", f"later.{kind}")
    what = "--script {}" if kind == "ipxe" else "--file x64-uefi={}"
    return {
        "firmware": firmware,
        "families": families,
        "reboots": True,
        "files": {name: "#!ipxe\nreboot\n" for name in files if kind == "ipxe"},
        "store": (
            *(f"target set {name.split('.')[0]} {what.format(name)}" for name in files),
            _host(firmware, "later"),
        ),
        "boots": [{"method": method, "before": ["host set machine --once once"], "steps": [("next", files, files[0]), *[("next", files, files[1])] * 3]}],
    }


ROWS.update(
    {
        "bios-once": _once("bios", "rom", "ipxe", (4,)),
        "bios-once46": _once("bios", "rom", "ipxe"),
        "x64-once": _once("x64", "pxe4", "ipxe"),
        "x64-once6": _once("x64", "pxe6", "ipxe"),
        "x64-once-direct": _once("x64", "pxe4", "efi"),
        "x64-once-direct-http": _once("x64", "http4", "efi"),
    }
)

ROWS.update(
    {
        "x64-only6": {
            "firmware": "x64",
            "families": (6,),
            "store": (_host("x64", "rescue"),),
            "boots": [
                {
                    "method": "http6",
                    "steps": [
                        ("fetch", "HTTP", 6, "ipxe.efi"),
                        ("fetch", "HTTP", 6, "rescue.ipxe"),
                        ("fetch", "HTTP", 6, "linux"),
                        ("banner", "rescue"),
                        ("off",),
                    ],
                }
            ],
        },
        # A kernel's script without a menu, from the machine's host entry.
        "bios-kernel": {
            "firmware": "bios",
            "families": (4,),
            "store": (*menus.KERNEL_TARGETS, _host("bios", "debian")),
            "menu": "",
            "boots": [
                {
                    "method": "rom",
                    "steps": [("fetch", "HTTP", 4, "targets/debian.ipxe"), ("banner", "debian"), ("off",)],
                }
            ],
        },
        # A machine without a host entry, with a script of its own beside the menu.
        "bios-own-script": {
            "firmware": "bios",
            "families": (4,),
            "files": {"script.ipxe-52-54-00-77-00-01": "#!ipxe\nchain install.ipxe\n"},
            "boots": [
                {
                    "method": "rom",
                    "steps": [
                        ("fetch", "HTTP", 4, "script.ipxe"),
                        ("fetch", "HTTP", 4, "script.ipxe-52-54-00-77-00-01"),
                        ("banner", "install"),
                    ],
                }
            ],
        },
        # The same by a target with a placeholder.
        "bios-target-by-mac": {
            "firmware": "bios",
            "families": (4,),
            "store": ("target set default --script hosts/{mac}.ipxe",),
            "files": {"hosts/52:54:00:77:00:01.ipxe": "#!ipxe\nchain ../install.ipxe\n"},
            "boots": [
                {
                    "method": "rom",
                    "steps": [("fetch", "HTTP", 4, "52:54:00:77:00:01.ipxe"), ("banner", "install")],
                }
            ],
        },
        # Two boots with another target each; no server hears of the change.
        "bios-change": {
            "firmware": "bios",
            "families": (4,),
            "store": (_host("bios", "rescue"),),
            "boots": [
                {"method": "rom", "steps": [("banner", "rescue"), ("off",)]},
                {"before": ("host set machine --target install",), "method": "rom", "steps": [("banner", "install")]},
            ],
        },
        # Linux that mounts its system from the data root.
        "bios-nfsroot": {
            "firmware": "bios",
            "families": (4,),
            "nfs": True,
            "store": (
                "target set nfsroot --kernel linux --initrd initrd.img --initrd nfsroot.img"
                f" --command-line 'console=ttyS0 quiet nfsroot={network.SERVER4}:@ROOT@/nfsroot'",
                _host("bios", "nfsroot"),
            ),
            "menu": "",
            "boots": [
                {
                    "method": "rom-virtio",
                    "steps": [
                        ("fetch", "HTTP", 4, "nfsroot.img"),
                        ("text", "NFS 4: this file lies on the server"),
                        ("text", "NFS 3: this file lies on the server"),
                        ("text", "the system is read-only"),
                        ("banner", "nfsroot"),
                        ("off",),
                    ],
                }
            ],
        },
        # There is no iPXE for this firmware, but GRUB, which starts a 64-bit Linux from it.
        "mixed-grub": {
            "firmware": "mixed",
            "families": (4,),
            "files": {"grub-ia32.efi": ("grub", _GRUB)},
            "store": ("target set rescue --file x86-uefi=grub-ia32.efi", _host("mixed", "rescue")),
            "boots": [
                {
                    "method": "pxe4",
                    "steps": [
                        ("fetch", "TFTP", 4, "grub-ia32.efi"),
                        ("fetch", "TFTP", 4, "linux"),
                        ("banner", "rescue"),
                        ("off",),
                    ],
                }
            ],
        },
        # ISC dhcpd in Kea's place.
        "bios-dhcpd4": {**_matrix("bios", "pxe4"), "families": (4,), "dhcp": "dhcpd"},
        "x64-dhcpd6": {**_matrix("x64", "pxe6"), "families": (6,), "dhcp": "dhcpd"},
        # The servers on another link, behind a router that relays.
        "bios-relay4": {
            "firmware": "bios",
            "families": (4,),
            "relay": True,
            "store": (_host("bios", "rescue"),),
            "boots": [{"method": "rom", "steps": [("fetch", "HTTP", 4, "rescue.ipxe"), ("banner", "rescue")]}],
        },
        "arm64-relay6": {
            "firmware": "arm64",
            "families": (6,),
            "relay": True,
            "store": (_host("arm64", "rescue"),),
            "boots": [{"method": "pxe6", "steps": [("fetch", "TFTP", 6, "rescue-arm64.efi"), ("banner", "rescue")]}],
        },
        "bios-local": {
            "firmware": "bios",
            "families": (4,),
            "disk": True,
            "store": (_host("bios", "disk"),),
            "boots": [{"method": "pxe4", "steps": [("fetch", "HTTP", 4, "local.ipxe"), ("banner", "disk")]}],
        },
        "bios-silent": {
            "firmware": "bios",
            "families": (4,),
            "disk": True,
            "store": (_host("bios", "quiet"),),
            "boots": [{"method": "rom", "steps": [("no file",), ("banner", "disk")]}],
        },
        "bios-ignore": {
            "firmware": "bios",
            "families": (4,),
            "disk": True,
            "store": (_host("bios", "other"),),
            "boots": [{"method": "rom", "steps": [("no file",), ("banner", "disk")]}],
        },
        # The times of the next two, side by side, are why there are targets of kind local.
        "x64-local": {
            "firmware": "x64",
            "families": (4,),
            "disk": True,
            "store": (_host("x64", "disk"),),
            "boots": [
                {
                    "method": "only4",
                    "steps": [
                        ("fetch", "TFTP", 4, "ipxe.efi"),
                        ("fetch", "HTTP", 4, "local.ipxe"),
                        ("banner", "disk"),
                    ],
                }
            ],
        },
        "x64-silent": {
            "firmware": "x64",
            "families": (4,),
            "disk": True,
            "store": (_host("x64", "quiet"),),
            "boots": [{"method": "only4", "steps": [("no file",), ("banner", "disk")]}],
        },
    }
)

ROWS.update(menus.ROWS)

LONGEST = ("x64-silent", "x64-once6", "x64-once", "x64-once-direct", "x64-once-direct-http")

# Each way of booting and each mechanism once, by the row that is fastest at it.
SUBSET = (
    *("bios-pxe4", "bios-rom6", "x64-pxe4", "x64-http6", "ia32-http4", "arm64-relay6", "bios-dhcpd4"),
    *("bios-menu-keys", "x64-menu", "bios-made-menu", "bios-images", "bios-change", "bios-nfsroot"),
    *("bios-local", "x64-local", "bios-once", "x64-once-direct-http"),
)

SCRIPT = """\
#!ipxe
kernel /linux
initrd /initrd.img
imgargs linux initrd=initrd.img console=ttyS0 quiet netboot.target={target}
boot
"""
TARGETS = ("rescue", "install")

assert {*SUBSET, *LONGEST} <= set(ROWS)
