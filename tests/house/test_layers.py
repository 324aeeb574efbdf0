# SPDX-License-Identifier: MPL-2.0
"""tests/layers finds what is wrong: here it is put in, by its options or in a copy of the sources."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("NETBOOT_BUILD", ROOT / "build"))
TREES = ("common", "json", "ctl", "migrate", "kea-hook", "daemon")


def layers(*arguments, root=ROOT, build=BUILD):
    command = [root / "tests/layers", "--build", build, *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd="/")


def assert_found(done, finding):
    assert done.returncode == 1 and finding in done.stdout, done.stdout


@pytest.fixture
def house(tmp_path):
    """A copy of the sources, to be spoiled."""
    for tree in TREES:
        shutil.copytree(ROOT / tree, tmp_path / tree)
    (tmp_path / "tests").mkdir()
    shutil.copy(ROOT / "tests/layers", tmp_path / "tests/layers")
    return tmp_path


def spoil(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_nothing(house):
    for done in (layers(), layers(root=house)):
        assert done.returncode == 0 and ": 0 findings" in done.stdout, done.stdout


BY_HAND = {
    "an include that goes up": (
        ("--include", "common/base/url.c:db/db.h"),
        'common/base/url.c includes "db/db.h": common/base may not use common/db',
    ),
    "the same by another path": (
        ("--include", "common/base/url.c:../dhcp/../db/db.h"),
        'common/base/url.c includes "../dhcp/../db/db.h": common/base may not use common/db',
    ),
    "the library includes what is above it": (
        ("--include", "common/handle/serve.c:../../json/text/when.h"),
        "common/handle may not use json/text",
    ),
    "a subject includes another one": (
        ("--include", "ctl/menu/menu.c:lint/lint.h"),
        'ctl/menu/menu.c includes "lint/lint.h": ctl/menu may not use ctl/lint',
    ),
    "a call that goes up": (
        ("--call", "common/db/write.c:common/handle/store.c"),
        "common/db/write.c calls something of common/handle/store.c: common/db may not use common/handle",
    ),
    "the library calls what is above it": (
        ("--call", "common/handle/serve.c:json/text/when.c"),
        "common/handle may not use json/text",
    ),
    "a private header outside of the library": (
        ("--include", "ctl/frame/help.c:common/db/db.h"),
        'ctl/frame/help.c includes "common/db/db.h": that is private to the library',
    ),
    "a private function outside of the library": (
        ("--call", "kea-hook/packet.cc:common/handle/store.c"),
        "kea-hook/packet.cc calls something of common/handle/store.c: that is private to the library",
    ),
    "a circle of files": (
        ("--call", "common/base/url.c:common/base/notice.c", "--call", "common/base/notice.c:common/base/url.c"),
        "a circle of files: common/base/notice, common/base/url",
    ),
    "a circle of files by an include": (
        ("--include", "common/base/url.h:notice.h", "--call", "common/base/notice.c:common/base/url.c"),
        "a circle of files: common/base/notice, common/base/url",
    ),
    "a circle of rooms": (
        ("--call", "json/text/when.c:json/record/arena.c"),
        "a circle of rooms: json/record, json/text",
    ),
}


@pytest.mark.parametrize("options, finding", BY_HAND.values(), ids=BY_HAND)
def test_by_hand(options, finding):
    assert_found(layers(*options), finding)


def test_include(house):
    path = house / "common/base/url.c"
    path.write_text('#  include "db/db.h"\n' + path.read_text())
    assert_found(layers(root=house), 'common/base/url.c includes "db/db.h": common/base may not use common/db')


def test_header_of_others(house):
    path = house / "common/store/view.c"
    path.write_text("#include <lmdb.h>\n" + path.read_text())
    assert_found(layers(root=house), "common/store/view.c includes lmdb.h, which only common/db may")


@pytest.mark.parametrize("name", ["ctl/attic/old.h", "ctl/records/attic/old.h", "common/old.h", "attic/old.h"])
def test_no_room(name, house):
    path = house / name
    path.parent.mkdir(exist_ok=True)
    (house / name.split("/")[0] / "CMakeLists.txt").touch()
    path.touch()
    assert_found(layers(root=house), f"{name} is in no room")


STALE = {
    "ROOMS has ctl/attic, where no file is": ('    "kea-hook": ', '    "ctl/attic": "",\n    "kea-hook": '),
    "ROOMS allows common/dhcp to use common/db, which it does not": (
        '    "common/dhcp": "',
        '    "common/dhcp": "db ',
    ),
    "LENT has common/db/db.h, which nothing outside of the library uses": ("LENT = {", 'LENT = {\n"common/db/db.h",'),
}


@pytest.mark.parametrize("finding, change", STALE.items(), ids=STALE)
def test_stale_row(finding, change, house):
    spoil(house / "tests/layers", *change)
    assert_found(layers(root=house), finding)


def test_objects(tmp_path):
    """Calls are those of the objects: one is replaced by another that calls what its room may not."""
    for tree in TREES:
        for path in (BUILD / tree).rglob("*.o"):
            copy = tmp_path / path.relative_to(BUILD)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copy)
    shutil.copy(BUILD / "compile_commands.json", tmp_path)
    (name,) = tmp_path.rglob("base/version.c.o")
    earlier = tmp_path / "common/CMakeFiles/earlier.dir/base/version.c.o"
    earlier.parent.mkdir(parents=True)
    earlier.write_text("an object that is not built any more")
    assert layers(build=tmp_path).returncode == 0
    code = "int netboot_store_close(void); int called(void); int called(void) { return netboot_store_close(); }"
    subprocess.run(["cc", "-c", "-x", "c", "-", "-o", name], input=code, text=True, check=True)
    finding = "common/base/version.c calls netboot_store_close of common/handle/store.c: common/base may not use"
    assert_found(layers(build=tmp_path), finding)
    name.unlink()
    assert_found(layers(build=tmp_path), "has no object of common/base/version.c: build it first")


@pytest.mark.parametrize("option", [("--include", "no.c:no.h"), ("--call", "no.c:common/base/url.c"), ("--call", "x")])
def test_wrong_option(option):
    done = layers(*option)
    assert done.returncode != 0 and "findings" not in done.stdout
