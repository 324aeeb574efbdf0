# SPDX-License-Identifier: MPL-2.0
"""netbootctl lint --root: what machines are sent to and do not find below the data root."""

import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from lib import paths  # noqa: E402
from linting import lint, place  # noqa: E402

BOOT = paths.SOURCE / "boot"


@pytest.fixture
def root(open_path, ctl):
    """A data root that has what a new store names, and scripts that name nothing else; servers may come to it."""
    ctl.ok("site", "set", "default", "--tftp4", "192.0.2.1")
    path = open_path / "root"
    path.mkdir(mode=0o755)
    path.chmod(0o755)
    for name in ("undionly.kpxe", "ipxe32.efi", "ipxe.efi", "script.ipxe", "local.ipxe"):
        place(path, name)
    return path


def findings(ctl, root):
    """(record, key, file) of each."""
    return [(one["record"], one["key"], one["file"]) for one in lint(ctl, "--root", root)]


def test_nothing_found(ctl, root):
    assert ctl.ok("lint", "--server-user", "root", "--root", root) == ""
    assert ctl.ok("lint", "--server-user", "root", "--root", f"{root}//", "--json") == "[]\n"


@pytest.mark.parametrize("words, found", [
    (["loader", "set", "x64-uefi", "a.efi"], [("loader x64-uefi", "file", "a.efi")]),
    (["target", "set", "t", "--script", "t/a.ipxe"], [("target t", "script", "t/a.ipxe")]),
    (["target", "set", "t", "--file", "x64-uefi=/a.efi"], [("target t", "file x64-uefi", "/a.efi")]),
    (["target", "set", "t", "--kernel", "k", "--initrd", "a", "--initrd", "b"],
     [("target t", "kernel", "k"), ("target t", "initrd", "a"), ("target t", "initrd", "b"),
      ("target t", "script", "targets/t.ipxe")]),
    (["target", "set", "t", "--kernel", "k", "--script", "script.ipxe"], [("target t", "kernel", "k")]),
    (["host", "set", "52:54:00:00:00:01", "--name", "web1", "--loader", "x64-uefi=b.efi"],
     [("host web1", "loader x64-uefi", "b.efi")]),
    (["target", "set", "t", "--local", "--script", "old.ipxe"], []),
    (["target", "set", "t", "--silent", "--script", "old.ipxe"], []),
    (["target", "set", "t", "--script", "http://192.0.2.1/a.ipxe"], []),
    (["target", "set", "t", "--script", "hosts/{mac}.ipxe"], []),
])
def test_records(ctl, root, words, found):
    ctl.ok(*words)
    assert findings(ctl, root) == found
    assert {one["code"] for one in lint(ctl, "--root", root)} <= {"missing-file"}
    for _, _, file in found:
        place(root, file.lstrip("/"))
    assert findings(ctl, root) == []


def test_local_wants_its_script(ctl, root):
    (root / "local.ipxe").unlink()
    assert findings(ctl, root) == []
    ctl.ok("target", "set", "disk", "--local")
    assert findings(ctl, root) == [("target disk", "script", "local.ipxe")]


def test_the_menu_leaves_nothing_to_find(ctl, root):
    ctl.ok("target", "set", "t", "--kernel", "k", "--order", "1")
    ctl.ok("target", "set", "default", "--script", "menu.ipxe")
    place(root, "k")
    assert len(findings(ctl, root)) == 2
    ctl.ok("menu", "--output", root)
    assert findings(ctl, root) == []


def test_a_line_says_what_and_what_to_do(ctl, root):
    ctl.ok("target", "set", "t", "--kernel", "a/k")
    (root / "targets").mkdir()
    place(root, "targets/t.ipxe")
    done = ctl("lint", "--server-user", "root", "--root", root)
    assert (done.returncode, done.err) == (1, "")
    assert done.out == (f"error: target t: kernel: {root}/a/k does not exist: put it there, or netbootctl target set t "
                        "--kernel FILE [missing-file]\n")


@pytest.mark.parametrize("name, mode, told, lines", [
    ("dir/a.efi", 0o640, "cannot be read by tftp and www-data: chmod o+r {root}/dir/a.efi", 3),
    ("dir", 0o754, "is a directory that tftp and www-data cannot enter: chmod o+x {root}/dir", 1),
    ("", 0o750, "is a directory that tftp and www-data cannot enter: chmod o+x {root}", 1),
])
def test_servers_have_to_read_it(ctl, root, name, mode, told, lines):
    place(root, "dir/a.efi")
    for platform in ("x86-bios", "x86-uefi", "x64-uefi"):
        ctl.ok("loader", "set", platform, "dir/a.efi")
    assert findings(ctl, root) == []
    (root / name).chmod(mode)
    done = ctl("lint", "--server-user", "root", "--root", root)
    assert done.returncode == 1
    assert len(done.out.splitlines()) == lines
    assert all(line.endswith(f" {told.format(root=root)} [unreadable-file]") for line in done.out.splitlines())
    more = {"": " and 3 more: ", "dir": " and 2 more: "}
    assert name not in more or f"loader x86-bios: file{more[name]}" in done.out


def test_a_directory_above_the_root(ctl, root):
    root.parent.chmod(0o700)
    (found,) = lint(ctl, "--root", root)
    assert (found["code"], found["record"], found["path"]) == ("unreadable-file", "data root", str(root.parent))


@pytest.mark.parametrize("users, mode, owner, group, found", [
    (["tftp"], 0o640, "root", "tftp", False),
    (["www-data"], 0o640, "root", "tftp", True),
    (["tftp"], 0o400, "tftp", "root", False),
    (["tftp"], 0o044, "tftp", "root", True),  # the owner's bits count for the owner
    (["tftp", "www-data"], 0o640, "root", "tftp", True),
])
def test_mode_bits(ctl, root, users, mode, owner, group, found):
    file = place(root, "a.efi")
    shutil.chown(file, owner, group)
    file.chmod(mode)
    ctl.ok("loader", "set", "x64-uefi", "a.efi")
    words = [word for user in users for word in ("--file-user", user)]
    codes = [one["code"] for one in lint(ctl, "--root", root, *words)]
    assert codes == (["unreadable-file"] if found else [])


@pytest.mark.parametrize("shim, grub", [
    ("shimx64.efi", "grubx64.efi"),
    ("SHIMX64.EFI", "grubx64.efi"),
    ("shimx64.efi.signed", "grubx64.efi"),
    ("shimaa64.efi", "grubaa64.efi"),
    ("shimia32.efi", "grubia32.efi"),
    ("shim.efi", "grubx64.efi"),
    ("ashimx64.efi", None),
])
def test_a_shim_wants_grub_beside_it(ctl, root, shim, grub):
    place(root, f"debian/{shim}")
    ctl.ok("loader", "set", "x64-uefi", f"debian/{shim}")
    found = lint(ctl, "--root", root)
    if grub is None:
        assert found == []
        return
    assert [(one["code"], one["file"]) for one in found] == [("shim-alone", f"debian/{shim}")]
    assert found[0]["fix"] == f"put {grub} there: {root}/debian/{grub}"
    place(root, f"debian/{grub}")
    assert lint(ctl, "--root", root) == []


def test_a_file_of_many_hosts_is_told_once(ctl, root):
    macs = [f"52:54:00:00:00:{number:02x}" for number in range(3)]
    ctl.ok("host", "set", *macs, "--loader", "x64-uefi=b.efi")
    assert findings(ctl, root) == [(f"host {macs[0]}", "loader x64-uefi", "b.efi")]


def test_scripts_that_scripts_chain(ctl, root):
    place(root, "script.ipxe", "#!ipxe\nchain sub/a.ipxe\nchain sub/a.ipxe\n")
    place(root, "sub/a.ipxe", "#!ipxe\n\nchain ../script.ipxe\nimgfetch b\n")
    assert findings(ctl, root) == [
        ("target default", "script, script.ipxe line 2, sub/a.ipxe line 4", "b")]


# What of a script's line has to be there.
@pytest.mark.parametrize("line, file", [
    ("kernel a/linux || goto failed", "a/linux"),
    ("initrd --name x a/initrd", "a/initrd"),
    ("isset ${x} && chain --autofree /b.efi && goto menu ||", "/b.efi"),
    ("imgargs linux fetch=${http}/a/b.squashfs x=y", "/a/b.squashfs"),
    ("imgargs linux nfsroot=${nfs}/grml", "/grml"),
    ("chain settings.ipxe ||", None),
    ("# kernel a/linux", None),
    ("chain a-${mac}.ipxe || goto failed", None),
    ("kernel http://192.0.2.1/linux || goto failed", None),
    ("echo kernels", None),
    ("imgfetch --timeout 9 a/b || shell", "a/b"),
    ("module a/b c d", "a/b"),
    ("sanboot --drive 0x80 --no-describe a.iso", "a.iso"),
    ("sanboot --drive 0x80 || exit", None),
    ("boot linux", None),
    ("kernel \\\n a/linux x", "a/linux"),
    ("chain own.ipxe && exit ||", None),
    (":kernel a", None),
])
def test_scripts(ctl, root, line, file):
    place(root, "script.ipxe", f"#!ipxe\n{line}\n")
    assert findings(ctl, root) == ([("target default", "script, script.ipxe line 2", file)] if file else [])


def test_a_scripts_files_are_beside_it(ctl, root):
    place(root, "sub/x.ipxe", "#!ipxe\nkernel linux\nkernel ../other\n")
    ctl.ok("target", "set", "default", "--script", "sub/x.ipxe")
    paths_found = [one["path"] for one in lint(ctl, "--root", root)]
    assert paths_found == [f"{root}/sub/linux", f"{root}/sub/../other"]


def test_entries_of_the_shipped_menu(ctl, root):
    for name in ("script.ipxe", "local.ipxe"):
        place(root, name, (BOOT / name).read_text())
    files = [file for _, _, file in findings(ctl, root)]
    assert {"debian-live/vmlinuz", "/debian-live/filesystem.squashfs", "grml/boot/grml64full/initrd.img",
            "memtest/memtest86+x64.bin", "shell/shellx64.efi"} <= set(files)
    assert not {"settings.ipxe", "local.ipxe"} & set(files)


@pytest.mark.parametrize("words, told", [
    (["--root", "/nowhere/at/all"], "/nowhere/at/all"),
    (["--root", "/etc/passwd"], "is not a directory"),
    (["--file-user", "nobody-of-that-name"], "no user"),
    (["--server-user", "nobody-of-that-name"], "no user"),
    (["--skip", "no-such-code"], "--codes"),
])
def test_trouble(ctl, words, told):
    assert told in ctl.wrong(2, "lint", *words)


def test_without_a_store(bare, tmp_path):
    assert bare.wrong(2, "lint", "--root", tmp_path)
