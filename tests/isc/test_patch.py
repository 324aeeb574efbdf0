# SPDX-License-Identifier: MPL-2.0
"""The patches: they apply without fuzz or offset to ISC's tarball and to Debian's source, and stay small."""

import os
import re
import subprocess

import pytest

from lib import paths

PATCHES = paths.SOURCE / "isc-patch"
SOURCE = paths.dhcpd().parent / "source"
LINES_CHANGED = 60  # at most, in files that were there
LINES_OF_FILE = {"server/netboot.c": 250, "server/netbootconf.c": 180, "server/netbootedit.c": 200, "server/netbootlog.c": 125}


def run(*command, **more):
    done = subprocess.run(command, capture_output=True, text=True, **more)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def source():
    """Where isc-patch/build found the tarballs."""
    return paths.Path(os.environ.get("NETBOOT_ISC_SOURCE") or SOURCE)


def unpack_upstream(place):
    place.mkdir()
    tarball = next(source().glob("isc-dhcp_*.orig.tar.gz"))
    run("tar", "--extract", "--file", tarball, "--directory", place, "--strip-components=1")


def unpack_debian(place):
    run("dpkg-source", "--no-check", "--extract", next(source().glob("isc-dhcp_*.dsc")), place)


@pytest.mark.parametrize("unpack", (unpack_upstream, unpack_debian))
def test_applies(unpack, tmp_path):
    tree = tmp_path / "tree"
    unpack(tree)
    environment = {
        **os.environ,
        "QUILT_PC": ".pc-netboot",
        "QUILT_PATCHES": str(PATCHES),
        "QUILT_SERIES": str(PATCHES / "series"),
    }
    said = run("quilt", "push", "-a", "--fuzz=0", cwd=tree, env=environment)
    assert not re.search("fuzz|offset", said), said
    for name, most in LINES_OF_FILE.items():
        assert len((tree / name).read_text().splitlines()) <= most


def test_little_changes_in_what_was_there():
    changed, new = 0, False
    for name in (PATCHES / "series").read_text().split():
        for line in (PATCHES / name).read_text(errors="replace").splitlines():
            if line.startswith("--- "):
                new = line == "--- /dev/null"
            elif re.match(r"[+-](?!\+\+ |-- )", line) and not new:
                changed += 1
    assert 0 < changed < LINES_CHANGED, changed


def test_manual_page(tmp_path):
    tree = tmp_path / "tree"
    unpack_upstream(tree)
    for name in (PATCHES / "series").read_text().split():
        run("patch", "--directory", tree, "--strip=1", "--quiet", f"--input={PATCHES / name}")
    run("mandoc", "-Tlint", "-Wwarning", tree / "server/dhcpd-netboot.5")
