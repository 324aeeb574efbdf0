# SPDX-License-Identifier: MPL-2.0
"""netbootctl lint: what machines are sent to and does not find below the data root."""

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from lib import paths  # noqa: E402

BOOT = paths.SOURCE / "boot"
KEYS = ["record", "key", "file", "path", "problem", "fix"]


@pytest.fixture
def root(tmp_path, ctl):
    """A data root that has what a new store names, and scripts that name nothing else."""
    path = tmp_path / "root"
    path.mkdir()
    path.chmod(0o755)
    for name in ("undionly.kpxe", "ipxe32.efi", "ipxe.efi", "script.ipxe", "local.ipxe"):
        place(path, name)
    return path


def place(root, name, text="#!ipxe\n"):
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(0o644)
    for directory in [parent for parent in file.parents if root in parent.parents]:
        directory.chmod(0o755)
    return file


def findings(ctl, root):
    """(record, key, file) of each."""
    done = ctl("lint", "--root", root, "--json")
    assert done.err == "" and done.returncode in (0, 1)
    found = json.loads(done.out)
    assert done.returncode == (1 if found else 0)
    assert all(list(one) == KEYS for one in found)
    return [(one["record"], one["key"], one["file"]) for one in found]


def test_nothing_found(ctl, root):
    assert ctl.ok("lint", "--root", root) == ""
    assert ctl.ok("lint", "--root", f"{root}//", "--json") == "[]\n"


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
    done = ctl("lint", "--root", root)
    assert (done.returncode, done.err) == (1, "")
    assert done.out == (f"target t: kernel: {root}/a/k is not there: put it there, or netbootctl target set t "
                        "--kernel FILE\n")


@pytest.mark.parametrize("name, mode, told", [
    ("dir/a.efi", 0o640, "chmod o+r {root}/dir/a.efi"),
    ("dir", 0o754, "chmod o+x {root}/dir"),
    ("", 0o750, "chmod o+x {root}"),
])
def test_servers_have_to_read_it(ctl, root, name, mode, told):
    place(root, "dir/a.efi")
    for platform in ("x86-bios", "x86-uefi", "x64-uefi"):
        ctl.ok("loader", "set", platform, "dir/a.efi")
    assert findings(ctl, root) == []
    (root / name).chmod(mode)
    done = ctl("lint", "--root", root)
    assert done.returncode == 1
    assert all(line.endswith(": " + told.format(root=root)) for line in done.out.splitlines())
    assert done.out.count("loader ") == 3


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
])
def test_scripts(ctl, root, line, file):
    place(root, "script.ipxe", f"#!ipxe\n{line}\n")
    assert findings(ctl, root) == ([("target default", "script, script.ipxe", file)] if file else [])


def test_a_scripts_files_are_beside_it(ctl, root):
    place(root, "sub/x.ipxe", "#!ipxe\nkernel linux\nkernel ../other\n")
    ctl.ok("target", "set", "default", "--script", "sub/x.ipxe")
    paths_found = [one["path"] for one in json.loads(ctl("lint", "--root", root, "--json").out)]
    assert paths_found == [f"{root}/sub/linux", f"{root}/sub/../other"]


def test_entries_of_the_shipped_menu(ctl, root):
    for name in ("script.ipxe", "local.ipxe"):
        place(root, name, (BOOT / name).read_text())
    files = [file for _, _, file in findings(ctl, root)]
    assert {"debian-live/vmlinuz", "/debian-live/filesystem.squashfs", "grml/boot/grml64full/initrd.img",
            "memtest/memtest86+x64.bin", "shell/shellx64.efi"} <= set(files)
    assert not {"settings.ipxe", "local.ipxe"} & set(files)


@pytest.mark.parametrize("words, told", [
    ([], "--root"),
    (["--root", "/nowhere/at/all"], "/nowhere/at/all"),
    (["--root", "/etc/passwd"], "no directory"),
])
def test_trouble(ctl, words, told):
    assert told in ctl.wrong(2, "lint", *words)


def test_without_a_store(bare, tmp_path):
    assert bare.wrong(2, "lint", "--root", tmp_path)
