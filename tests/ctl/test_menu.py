# SPDX-License-Identifier: MPL-2.0
"""Targets with a kernel, and the scripts that netbootctl menu writes from the targets. tests/lab runs them in iPXE."""

import os

import pytest

KERNEL = ["--kernel", "debian/vmlinuz", "--initrd", "debian/initrd.img", "--initrd", "/more.img",
          "--command-line", "boot=live BOOTIF=01-{mac-hyphen} console=ttyS0", "--order", "20"]


@pytest.fixture
def root(tmp_path):
    path = tmp_path / "root"
    path.mkdir()
    return path


def items(menu):
    """Names of the targets that the menu shows, each with the condition on its line."""
    found = []
    for line in menu.splitlines():
        before, item, after = line.partition("item ")
        if item and not after.startswith("--"):
            found.append((after.split()[0], before))
    return found


def test_a_kernel_is_kept_and_exported(ctl, tmp_path):
    ctl.ok("target", "set", "debian", *KERNEL)
    target = ctl.json("target", "show", "debian")
    assert (target["kernel"], target["initrds"], target["command_line"], target["order"]) == (
        "debian/vmlinuz", ["debian/initrd.img", "/more.img"], "boot=live BOOTIF=01-{mac-hyphen} console=ttyS0", 20)
    exported = tmp_path / "export"
    exported.write_text(ctl.export())
    ctl.ok("target", "delete", "debian")
    ctl.ok("import", "--replace", exported)
    assert ctl.json("target", "show", "debian") == target
    ctl.ok("target", "set", "debian", "--no-kernel", "--no-initrd", "--no-command-line", "--no-order")
    target = ctl.json("target", "show", "debian")
    assert (target["kernel"], target["initrds"], target["command_line"], target["order"]) == (None, [], None, None)


def test_each_value_changes_alone(ctl):
    ctl.ok("target", "set", "debian", *KERNEL)
    for words, key, value in ((["--kernel", "b"], "kernel", "b"), (["--initrd", "c"], "initrds", ["c"]),
                              (["--command-line", "d  e"], "command_line", "d  e"), (["--order", "3"], "order", 3),
                              (["--order", "0"], "order", None)):
        before = ctl.json("target", "show", "debian")
        assert ctl.ok("target", "set", "debian", *words).startswith("changed target debian")
        assert ctl.json("target", "show", "debian") == {**before, key: value}
        assert ctl.ok("target", "set", "debian", *words).startswith("unchanged")


@pytest.mark.parametrize("words, told", [
    (["--command-line", "a ${net0/ip}"], "iPXE"),
    (["--command-line", "a {site}"], "placeholder"),
    (["--command-line", "a {color}"], "placeholder"),
    (["--command-line", "a {mac"], "placeholder"),
    (["--command-line", "a\nb"], "control"),
    (["--command-line", "a\tb"], "control"),
    (["--command-line", "\u00e4"], "non-ASCII"),
    (["--command-line", "a" * 1024], "1023"),
    (["--kernel", "a b"], "kernel"),
    (["--kernel", "{site}/linux"], "{site}"),
    (["--initrd", "{site}/initrd"], "{site}"),
    (["--initrd", "{x}"], "--initrd"),
    (["--order", "65536"], "order"),
    (["--order", "-1"], "order"),
    (["--order", "1.5"], "order"),
    (["--order", "first"], "order"),
    (["--kernel", "a", "--no-kernel"], "exclude each other"),
])
def test_wrong_values(ctl, words, told):
    before = ctl.export()
    assert told in ctl.wrong(2, "target", "set", "debian", *words)
    assert ctl.export() == before


def test_ipxe_gets_the_kernels_script(ctl):
    ctl.ok("site", "set", "default", "--tftp4", "192.0.2.1", "--http4", "http://192.0.2.1/boot")
    ctl.ok("target", "set", "debian", *KERNEL)
    ctl.ok("host", "set", "52:54:00:00:00:01", "--target", "debian")
    asked = ["explain", "--family", "4", "52:54:00:00:00:01", "--arch", "0", "--user-class", "iPXE"]
    assert ctl.json(*asked)["boot_file"] == "http://192.0.2.1/boot/targets/debian.ipxe"
    ctl.ok("target", "set", "debian", "--script", "{target}/own.ipxe")
    assert ctl.json(*asked)["boot_file"] == "http://192.0.2.1/boot/debian/own.ipxe"
    ctl.ok("target", "set", "debian", "--local")
    assert ctl.json(*asked)["boot_file"] == "http://192.0.2.1/boot/local.ipxe"


def test_the_kernels_script(ctl, root):
    ctl.ok("target", "set", "debian", *KERNEL)
    assert ctl.ok("menu", "--output", root).splitlines() == [
        f"wrote {root}/targets/debian.ipxe", f"wrote {root}/menu.ipxe"]
    lines = (root / "targets/debian.ipxe").read_text().splitlines()
    assert lines[0] == "#!ipxe"
    assert "kernel --name kernel ../debian/vmlinuz || goto failed" in lines
    assert "initrd --name initrd1 ../debian/initrd.img || goto failed" in lines
    assert "initrd --name initrd2 ../more.img || goto failed" in lines
    assert ("imgargs kernel initrd=initrd1 initrd=initrd2 boot=live BOOTIF=01-${mac:hexhyp} console=ttyS0 "
            "${kernel-options} || goto failed") in lines


def test_urls_stay_as_they_are(ctl, root):
    ctl.ok("target", "set", "debian", "--kernel", "http://192.0.2.9/{mac}/linux", "--order", "1")
    ctl.ok("menu", "--output", root)
    assert "kernel --name kernel http://192.0.2.9/${mac}/linux ||" in (root / "targets/debian.ipxe").read_text()


def test_items_are_in_order_and_where_they_work(ctl):
    ctl.ok("target", "set", "debian", *KERNEL)
    ctl.ok("target", "set", "b", "--script", "b.ipxe", "--order", "10")
    ctl.ok("target", "set", "a", "--script", "a.ipxe", "--order", "10")
    ctl.ok("target", "set", "efi", "--file", "x64-uefi=x.efi", "--file", "arm64-uefi=a.efi", "--order", "30")
    ctl.ok("target", "set", "disk", "--local", "--order", "5")
    ctl.ok("target", "set", "hidden", "--script", "h.ipxe")
    menu = ctl.ok("menu")
    assert items(menu) == [
        ("disk", ""), ("a", ""), ("b", ""), ("debian", ""), ("efi", "iseq ${netboot-platform} x64-uefi && "),
        ("efi", "iseq ${netboot-platform} arm64-uefi && ")]
    assert ":efi/arm64-uefi\nchain --autofree ./a.efi || goto /failed\n" in menu


def kernel_file(setup=None, pe=None):
    """The beginning of a kernel: (version, flags) of the Linux/x86 boot protocol, the machine of a PE header."""
    head = bytearray(1024)
    if setup:
        head[0x202:0x208] = b"HdrS" + setup[0].to_bytes(2, "little")
        head[0x236:0x238] = setup[1].to_bytes(2, "little")
    if pe:
        head[0:2], head[0x3C:0x40], head[0x40:0x46] = b"MZ", b"\x40\0\0\0", b"PE\0\0" + pe.to_bytes(2, "little")
    return bytes(head)


BIOS, BIOS_64 = "x86-bios", "x86-bios && isset ${netboot-64}"
KERNELS = {
    "64 bits": (kernel_file((0x20F, 0x7F), 0x8664), [BIOS_64, "x64-uefi"]),
    "32 bits": (kernel_file((0x20F, 0x0C), 0x014C), [BIOS, "x86-uefi"]),
    "no EFI stub, as memdisk": (kernel_file((0x203, 1)), [BIOS]),
    "before the flags": (kernel_file((0x20B, 1), 0x8664), [BIOS, "x64-uefi"]),
    "ARM": (kernel_file(pe=0xAA64), ["arm64-uefi"]),
    "PE of another machine": (kernel_file(pe=0x5064), []),
    "text": (b"#!ipxe\n", []),
    "nothing": (b"", []),
    "cut off": (kernel_file((0x20F, 0x7F), 0x8664)[:0x237], ["x64-uefi"]),
    "PE header outside": (b"MZ" + bytes(58) + b"\xff\xff\xff\xff", []),
}


@pytest.mark.parametrize("case", KERNELS)
def test_a_kernel_is_shown_where_its_file_says_that_it_works(ctl, root, case):
    content, places = KERNELS[case]
    (root / "debian").mkdir()
    (root / "debian/vmlinuz").write_bytes(content)
    ctl.ok("target", "set", "debian", *KERNEL)
    ctl.ok("menu", "--output", root, "--default", "debian")
    menu = (root / "menu.ipxe").read_text()
    conditions = [f"iseq ${{netboot-platform}} {place} && " for place in places]
    assert items(menu) == [("debian", condition) for condition in conditions or [""]]
    if not places:
        assert "set netboot-default debian\n" in menu
    else:
        lines = ["set netboot-default /local", *(f"{one}set netboot-default debian ||" for one in conditions)]
        assert "\n".join(lines) + "\n\n:/menu\n" in menu
    guarded = "iseq ${platform} efi || cpuid --ext 29 || goto failed\n" in (root / "targets/debian.ipxe").read_text()
    assert guarded == (BIOS_64 in places)


@pytest.mark.parametrize("kernel", ["http://192.0.2.9/linux", "{mac}/linux", "nowhere", "."])
def test_a_kernel_that_cannot_be_looked_at_is_shown_everywhere(ctl, root, kernel):
    ctl.ok("target", "set", "debian", "--kernel", kernel, "--order", "1")
    ctl.ok("menu", "--output", root)
    assert items((root / "menu.ipxe").read_text()) == [("debian", "")]


def test_a_program_that_is_the_default_where_it_works(ctl):
    ctl.ok("target", "set", "efi", "--file", "x64-uefi=x.efi", "--order", "30")
    assert ("set netboot-default /local\n"
            "iseq ${netboot-platform} x64-uefi && set netboot-default efi ||\n") in ctl.ok("menu", "--default", "efi")


def test_an_image_is_a_drive(ctl):
    ctl.ok("target", "set", "image", "--file", "x86-bios=images/a.iso", "--order", "1")
    assert "sanboot --no-describe ./images/a.iso || goto /failed\n" in ctl.ok("menu")


def test_what_boots_nothing_is_not_shown(ctl):
    for words in (["silent", "--silent"], ["ignore", "--ignore"], ["empty"]):
        ctl.ok("target", "set", *words, "--order", "1")
    done = ctl("menu")
    assert done.returncode == 0 and items(done.out) == []
    for name in ("silent", "ignore", "empty"):
        assert f"target {name} is not in the menu" in done.err


# Each would end its line, or take the next one, if it went out as it is.
@pytest.mark.parametrize("text, written", [
    ("a || reboot", "a ${netboot-nothing}|| reboot"),
    ("a && reboot", "a ${netboot-nothing}&& reboot"),
    ("a ; reboot", "a ${netboot-nothing}; reboot"),
    ("#5 of them", "${netboot-nothing}#5 of them"),
    ("it is ${mac}", "it is $ {mac}"),
    ("a || ${mac} || b", "a ${netboot-nothing}|| $ {mac} ${netboot-nothing}|| b"),
    ("ends with \\", "ends with \\"),
    ("a||b C#", "a||b C#"),
    ("--key x", "--key x"),
    ("  two  blanks ", "  two  blanks "),
])
def test_descriptions_are_text(ctl, text, written):
    ctl.ok("target", "set", "x", "--script", "x.ipxe", "--order", "1", "--description", text)
    assert [line for line in ctl.ok("menu").splitlines() if line.startswith("item x")] == [f"item x {written} ||"]


def test_command_lines_are_text(ctl, root):
    ctl.ok("target", "set", "x", "--kernel", "k", "--command-line", "a || b ; #c {mac} {uuid} {platform} {target} \\")
    ctl("menu", "--output", root)
    assert ("imgargs kernel a ${netboot-nothing}|| b ${netboot-nothing}; ${netboot-nothing}#c ${mac} ${uuid} "
            "${netboot-platform} x \\ ${kernel-options} || goto failed\n") in (root / "targets/x.ipxe").read_text()


def test_default_and_timeout(ctl):
    ctl.ok("target", "set", "debian", *KERNEL)
    menu = ctl.ok("menu")
    assert "set netboot-timeout 10000\nset netboot-default /local\n" in menu
    menu = ctl.ok("menu", "--default", "debian", "--timeout", "3")
    assert "set netboot-timeout 3000\nset netboot-default debian\n" in menu


@pytest.mark.parametrize("code, words, told", [
    (2, ["--timeout", "x"], "--timeout"),
    (2, ["--timeout", "-1"], "--timeout"),
    (2, ["--timeout", "86401"], "--timeout"),
    (2, ["--default", "a b"], "--default"),
    (1, ["--default", "other"], "--order 10"),
    (1, ["--default", "default"], "--order 10"),
    (1, ["--output", "/nowhere/at/all"], "/nowhere/at/all"),
])
def test_wrong_use(ctl, code, words, told):
    ctl.ok("target", "set", "debian", *KERNEL)
    assert told in ctl.wrong(code, "menu", *words)


def test_a_script_for_each_site_is_refused(ctl, root):
    ctl.ok("target", "set", "a", "--script", "{site}/a.ipxe", "--order", "1")
    assert "{site}" in ctl.wrong(1, "menu", "--output", root)
    assert list(root.iterdir()) == []


def test_files_are_written_once_and_for_all_to_read(ctl, root):
    ctl.ok("target", "set", "debian", *KERNEL)
    before = os.umask(0o077)
    try:
        ctl.ok("menu", "--output", root)
    finally:
        os.umask(before)
    files = [root / "menu.ipxe", root / "targets/debian.ipxe"]
    assert [path.stat().st_mode & 0o777 for path in (*files, root / "targets")] == [0o644, 0o644, 0o755]
    numbers = [path.stat().st_ino for path in files]
    out = ctl.ok("menu", "--output", root)
    assert out.count("unchanged: ") == 2 and [path.stat().st_ino for path in files] == numbers
    ctl.ok("target", "set", "debian", "--command-line", "other")
    assert f"wrote {files[1]}\n" in ctl.ok("menu", "--output", root)
    assert sorted(path.name for path in root.iterdir()) == ["menu.ipxe", "targets"]


def test_a_write_that_fails_says_so(ctl, root):
    (root / "menu.ipxe").mkdir()
    ctl.ok("target", "set", "a", "--script", "a.ipxe", "--order", "1")
    assert "menu.ipxe" in ctl.wrong(1, "menu", "--output", root)
    assert [path.name for path in root.iterdir()] == ["menu.ipxe"]
