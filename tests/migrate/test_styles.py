# SPDX-License-Identifier: MPL-2.0
"""
Configurations in the style of those that deployment systems write: what becomes of their network boot, and what is
left for a person. The wire agrees with what dhcpd told, and the fold has checked itself.
"""

from pathlib import Path

import pytest

from test_fold import fold

HERE = Path(__file__).resolve().parent / "styles"

# What a platform's firmware loads (files of the default target go before loaders), what iPXE runs, the hosts' targets,
# and a word of each thing that needs a person.
STYLES = {
    "cobbler": {
        "x86-bios": "pxelinux.0", "x64-uefi": "grub/grub-x86_64.efi", "itanium": "ia64/elilo.efi", "script": None,
        "hosts": {"web1": "grub-x86_64.efi", "web2": "undionly.kpxe"}, "person": ["gPXE"],
    },
    "foreman": {
        "x86-bios": "pxelinux.0", "x86-uefi": "grub2/shim.efi", "x64-uefi": "grub2/shim.efi", "script": None,
        "hosts": {"node1.example.com": "grubx64.efi"}, "person": [],
    },
    "xcat": {
        "x86-bios": "xcat/xnba.kpxe", "x64-uefi": "xcat/xnba.efi", "itanium": "elilo.efi", "script": None,
        "hosts": {"n1": "xnba.kpxe"},
        "person": ["xNBA", "xNBA", "Etherboot-5.4", "host n1: machines that do not boot from the network"],
    },
    "maas": {
        "x86-bios": "tftp://10.5.0.2/lpxelinux.0", "arm64-uefi": "tftp://10.5.0.2/grubaa64.efi", "script": None,
        "hosts": {"c1": None}, "person": [],
    },
    "warewulf": {
        "x86-bios": "/warewulf/x86_64.kpxe", "x64-uefi": "/warewulf/x86_64.efi", "arm64-uefi": "/warewulf/arm64.efi",
        "script": None, "hosts": {"n0001-default": None}, "person": ["${asset}"],
    },
    "fog": {
        "x86-bios": "undionly.kkpxe", "x64-uefi": "snponly.efi", "arm64-uefi": "arm64-efi/snponly.efi", "script": None,
        "hosts": {}, "person": [],
    },
}  # fmt: skip


@pytest.mark.parametrize("style", STYLES)
def test_style(style, tmp_path):
    wanted = STYLES[style]
    leases = HERE / f"{style}.leases"
    result = fold(tmp_path, v4=(HERE / f"{style}.conf").read_text(),
                  leases=leases.read_text() if leases.exists() else None)
    default, loaders = result.of("target")["default"], result.of("loader", "platform")
    for platform in wanted.keys() - {"script", "hosts", "person"}:
        file = default.get("files", {}).get(platform) or loaders[platform]["file"]
        assert file == wanted[platform], platform
    assert default.get("script") == wanted["script"]
    assert {name: host.get("target") for name, host in result.of("host").items()} == wanted["hosts"]
    left = [f"{finding['text']} {finding['why']}" for finding in result.person()]
    assert len(left) == len(wanted["person"]), left
    for word in wanted["person"]:
        assert any(word in text for text in left), (word, left)
