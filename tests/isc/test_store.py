# SPDX-License-Identifier: MPL-2.0
"""
A targets store that cannot be used, and one that changes while dhcpd runs: dhcpd answers as it would by itself, logs
once what to do, and heals without a restart.
"""

import os
import re
import shutil
import time

import pytest

from lib import targets
from server import HEAL_SECONDS, LOADER, OWN_FILE, Server, boot_file, statements, wait_boot_file

FAMILIES = pytest.mark.parametrize("family", (4, 6))
MAC = "52:54:00:00:00:99"
REQUESTS = 10


def unusable(store, how):
    """Makes a good store unusable in a way that is undone by restore()."""
    kept = store.directory.with_name("kept")
    store.copy(kept)
    targets = store.directory / "targets"
    if how == "missing":
        shutil.rmtree(store.directory)
    elif how == "empty directory":
        shutil.rmtree(targets)
    elif how == "short":
        os.truncate(targets / "data.mdb", 5000)
    elif how == "foreign":
        (targets / "data.mdb").write_bytes(b"This is something else.\n" * 4096)
    elif how == "no octets":
        os.truncate(targets / "data.mdb", 0)
    return kept


def restore(store, kept):
    """Puts the good store in its place, as an operator does: beside it, then by a rename."""
    if store.directory.exists():
        store.directory.rename(store.directory.with_name("bad"))
    kept.rename(store.directory)


def netboot_lines(server):
    """What dhcpd said of the store: not of netbootd; and decisions name a client."""
    return [line for line in server.log() if re.match(r"netboot: (?!\S+: |netbootd )", line)]


@FAMILIES
@pytest.mark.parametrize("how", ("missing", "empty directory", "short", "foreign", "no octets"))
def test_unusable_then_put_right(how, family, link, client, store):
    kept = unusable(store, how)
    with Server(link, family, statements(family, store.directory)) as server:
        for _ in range(REQUESTS):
            assert boot_file(client, family) == OWN_FILE[family]
        said = netboot_lines(server)
        assert len(said) == 1 and str(store.directory) in said[0], said
        restore(store, kept)
        wait_boot_file(client, family, LOADER[family])
        # The opening is told with the first packet after it, which need not be the first that is served with it.
        deadline = time.monotonic() + HEAL_SECONDS
        while len(netboot_lines(server)) < 2 and time.monotonic() < deadline:
            assert boot_file(client, family) == LOADER[family]
        said = netboot_lines(server)[1:]
        assert len(said) == 1 and f"netboot: using the database {store.directory}" in said[0], said


@FAMILIES
def test_changes_are_seen_by_the_next_packet(family, link, client, store):
    with Server(link, family, statements(family, store.directory)) as server:
        assert boot_file(client, family) == LOADER[family]
        for file in ("one.efi", "two.efi"):
            store.ctl("target", "set", "mine", "--file", f"x64-uefi={file}")
            store.ctl("host", "set", MAC, "--target", "mine")
            assert boot_file(client, family).endswith(file)
        store.ctl("host", "delete", MAC)
        assert boot_file(client, family) == LOADER[family]
        assert len(netboot_lines(server)) == 1


@FAMILIES
def test_replaced_while_it_is_used(family, link, client, store, tmp_path):
    other = store.copy(tmp_path / "other")
    other.ctl("loader", "set", "x64-uefi", "other.efi")
    with Server(link, family, statements(family, store.directory)):
        assert boot_file(client, family) == LOADER[family]
        restore(store, other.directory)
        wait_boot_file(client, family, LOADER[family].replace("ipxe.efi", "other.efi"))


@FAMILIES
def test_removed_and_made_anew_while_it_is_used(family, link, client, store, tmp_path):
    kept = store.copy(tmp_path / "kept-copy")
    with Server(link, family, statements(family, store.directory)) as server:
        assert boot_file(client, family) == LOADER[family]
        store.directory.rename(tmp_path / "gone")
        assert boot_file(client, family) in (LOADER[family], OWN_FILE[family])
        kept.ctl("loader", "set", "x64-uefi", "anew.efi")
        kept.directory.rename(store.directory)
        wait_boot_file(client, family, LOADER[family].replace("ipxe.efi", "anew.efi"))
        server.check()


@FAMILIES
def test_created_after_the_start(family, link, client, store, tmp_path):
    late = targets.Store(tmp_path / "late")
    with Server(link, family, statements(family, late.directory)):
        assert boot_file(client, family) == OWN_FILE[family]
        late.init().ctl("site set default --tftp4 192.0.2.1 --tftp6 2001:db8::1")
        wait_boot_file(client, family, LOADER[family])
