# SPDX-License-Identifier: MPL-2.0
"""
The target stores that the cases name: each is a store to begin with (None: as `init` makes it) and lines for
netbootctl.

`full` is what a site with everything looks like; most others differ from it in the one thing that their name says.
"""

# Platforms and the first-stage boot file of each.
LOADERS = {
    "x86-bios": "undionly.kpxe",
    "x86-uefi": "ipxe32.efi",
    "x64-uefi": "ipxe.efi",
    **{
        platform: f"loaders/{platform}"
        for platform in (
            *("nec-pc98", "itanium", "alpha", "arc-x86", "intel-lean", "xscale-efi", "arm32-uefi", "arm64-uefi"),
            *("powerpc-openfirmware", "powerpc-epapr", "power-opal", "arm32-uboot", "arm64-uboot"),
            *("riscv32-uefi", "riscv64-uefi", "riscv128-uefi", "s390-basic", "s390-extended"),
            *("mips32-uefi", "mips64-uefi", "sunway32-uefi", "sunway64-uefi"),
            *("loongarch32-uefi", "loongarch64-uefi", "arm-rpiboot"),
        )
    },
}


def path_of(size):
    """A path of that many octets; its numbers show where it was cut, if it was."""
    return ("long/" + "".join(f"{number:04}/" for number in range(size // 5)))[: size - 4] + ".efi"


LOADER_LINES = [f"loader set {platform} {file}" for platform, file in LOADERS.items()]

# Sizes of paths that just fit or just do not, as they are and joined to http://192.0.2.1/ (17 octets).
LONG = (127, 128, 253, 255, 256)
HTTP_BASE_SIZE = len("http://192.0.2.1/")


def _long_targets():
    for size in LONG:
        yield f"target set path{size} --file x64-uefi={path_of(size)} --file x86-bios={path_of(size)}"
        short = path_of(size - HTTP_BASE_SIZE)
        yield f"target set url{size} --script {short} --file x64-uefi={short}"


TARGETS = [
    "target set debian --script debian.ipxe --file x64-uefi=debian/grubx64.efi --file x86-bios=debian/pxelinux.0",
    "target set rescue --script rescue.ipxe",
    "target set vmm --file x64-uefi=vmm/bootx64.efi",
    "target set by-kernel --kernel linux --initrd initrd.img --command-line 'quiet {mac}' --order 1",
    "target set by-script --script own/{target}.ipxe --kernel linux",
    "target set on-disk --local",
    "target set on-disk-own --local --script own-local.ipxe",
    "target set quiet --silent",
    "target set hands-off --ignore",
    "target set names --script {site}/{platform}/{mac}.ipxe --file x64-uefi=by-mac/{mac-hyphen}/{uuid}.efi",
    "target set slash --script /abs/boot.ipxe --file x64-uefi=/abs/boot.efi",
    "target set tftp-address --file x64-uefi=tftp://192.0.2.77/dir/grub.efi --script tftp://192.0.2.77/dir/a.ipxe",
    "target set tftp-name --file x64-uefi=tftp://boot.example.org/dir/grub.efi",
    "target set tftp-port --file x64-uefi=tftp://192.0.2.77:6969/grub.efi",
    "target set tftp-address6 --file x64-uefi=tftp://[2001:db8::77]/dir/grub.efi",
    "target set tftp-port6 --file x64-uefi=tftp://[2001:db8::77]:6969/grub.efi",
    "target set http-name --file x64-uefi=http://files.example.org/grub.efi --script http://files.example.org/a.ipxe",
    "target set https --file x64-uefi=https://files.example.org/grub.efi --script https://files.example.org/a.ipxe",
    "target set http-address --file x64-uefi=http://192.0.2.77:8080/grub.efi",
    "target set http-address6 --file x64-uefi=http://[2001:db8::77]:8080/grub.efi",
    "target set other-scheme --script nfs://192.0.2.77/export/a.ipxe --file x64-uefi=nfs://192.0.2.77/export/a.efi",
    *_long_targets(),
]


def mac(target):
    """The MAC of the host that has this target, and no other use."""
    number = [line.split()[2] for line in TARGETS].index(target)
    return f"52:54:00:00:10:{number:02x}"


FOUR_MACS = [f"52:54:00:00:02:0{number}" for number in (1, 2, 3, 4)]
UUID = "11223344-5566-7788-99aa-bbccddeeff01"
DUID = "00:02:00:00:ab:11:de:ad:be:ef"

HOSTS = [
    *(f"host set {mac(line.split()[2])} --target {line.split()[2]}" for line in TARGETS),
    "host set 52:54:00:00:01:01 --name web1 --target debian --label rack=12 --note here",
    "host set four " + " ".join(f"--mac {each}" for each in FOUR_MACS) + " --target debian",
    f"host set {UUID} --name by-uuid --target debian",
    f"host set {DUID} --name by-duid --target debian",
    "host set 02:00:5e:10:00:01 --name local-mac --target debian",
    "host set 52:54:00:00:03:01 --name undi --loader x86-bios=ipxe.pxe --loader x64-uefi=snponly.efi",
    "host set 52:54:00:00:03:02 --name undi-vmm --target vmm --loader x86-bios=ipxe.pxe --loader x64-uefi=snponly.efi",
    "host set 52:54:00:00:03:03 --name undi-port --target tftp-port --loader x64-uefi=snponly.efi",
    "host set 52:54:00:00:03:04 --name undi-http --loader x64-uefi=http://files.example.org/snponly.efi",
    "host set 52:54:00:00:03:05 --name undi-local --target on-disk --loader x86-bios=ipxe.pxe",
    "host set 52:54:00:00:04:01 --name labels-only --label rack=12 --note nothing-else",
]

LAB = (
    "site set lab --prefix 198.51.100.0/24 --prefix 2001:db8:1::/64 --tftp4 198.51.100.2 --tftp6 2001:db8:1::2"
    " --http4 http://198.51.100.2/boot --http6 http://[2001:db8:1::2]/boot/"
)

DOOMED = [
    "target set doomed --silent",
    "host set 52:54:00:00:05:01 --name dangling --target doomed",
    "target delete --force doomed",
]


def _default_site(*bases):
    return ["site delete default --force", "site set default " + " ".join(bases)]


TFTP4, TFTP6 = "--tftp4 192.0.2.1", "--tftp6 2001:db8::1"
HTTP4, HTTP6 = "--http4 http://192.0.2.1", "--http6 http://[2001:db8::1]"
INITIAL_LOADERS = ("x86-bios", "x86-uefi", "x64-uefi")

STORES = {
    "fresh": (None, []),
    "empty": (
        None,
        ["target delete default --force", "site delete default --force", *(f"loader delete {each}" for each in INITIAL_LOADERS)],
    ),
    "article": (
        None,
        [
            f"site set default {TFTP4} {TFTP6} {HTTP4} {HTTP6}",
            "host set 52:54:00:12:34:56 --name web1 --loader x86-bios=tftp://192.0.2.2/pxelinux.0",
        ],
    ),
    # the addresses of the servers in tests/data/captures
    "captured": (
        None,
        [
            "site set default --tftp4 10.77.0.1 --tftp6 2001:db8:77::1 --http4 http://10.77.0.1"
            " --http6 http://[2001:db8:77::1]",
            "loader set arm64-uefi arm64.efi",
        ],
    ),
    "full": (None, [f"site set default {TFTP4} {TFTP6} {HTTP4} {HTTP6}", *LOADER_LINES, *TARGETS, *HOSTS]),
    "live": ("full", []),
    "sites": (
        "full",
        [
            LAB,
            "site set region --prefix 198.51.0.0/16 --prefix 2001:db8::/32 --tftp4 198.51.1.3 --tftp6 2001:db8:ff::3"
            " --http4 http://198.51.1.3 --http6 http://[2001:db8:ff::3]",
            "site set here --prefix 192.0.2.0/24 --prefix 2001:db8::/64 --tftp4 192.0.2.4 --tftp6 2001:db8::4"
            " --http4 http://192.0.2.4 --http6 http://[2001:db8::4]",
        ],
    ),
    "no-default-site": ("full", ["site delete default --force", LAB]),
    "only-tftp": ("full", _default_site(TFTP4, TFTP6)),
    "only-http": ("full", _default_site(HTTP4, HTTP6)),
    "only-v4": ("full", _default_site(TFTP4, HTTP4)),
    "only-v6": ("full", _default_site(TFTP6, HTTP6)),
    "default-local": ("full", ["target set default --local"]),
    "default-silent": ("full", ["target set default --silent"]),
    "default-ignore": ("full", ["target set default --ignore"]),
    "no-default-target": ("full", ["target delete default --force"]),
    "default-without-script": ("full", ["target delete default --force", "target set default --description none"]),
    "no-loaders": ("full", [f"loader delete {platform}" for platform in LOADERS]),
    "dangling": ("full", DOOMED),
    "dangling-no-default": ("full", [*DOOMED, "target delete default --force"]),
}
