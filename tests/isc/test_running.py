# SPDX-License-Identifier: MPL-2.0
"""dhcpd as init scripts start it: as a daemon, as a user, in a chroot; and restarts."""

import os
import re
import shutil

import pytest

from lib import dhcp, owners
from server import LOADER, OWN_FILE, Server, ask, boot_file, statements, wait_boot_file

FAMILIES = pytest.mark.parametrize("family", (4, 6))
UID, GID = 64901, 64902


@pytest.fixture
def users(tmp_path):
    """A command line that runs another with a user dhcpd and a group netboot, which only that process sees."""
    passwd, group = tmp_path / "passwd", tmp_path / "group"
    passwd.write_text(f"{open('/etc/passwd').read()}dhcpd:x:{UID}:{UID}::/:/bin/false\n")
    group.write_text(f"{open('/etc/group').read()}dhcpd:x:{UID}:\nnetboot:x:{GID}:dhcpd\n")
    mount = f"mount --bind {passwd} /etc/passwd && mount --bind {group} /etc/group && exec \"$@\""
    return ["unshare", "--mount", "sh", "-c", mount, "sh"]


def give(path, uid, gid):
    for each in [path, *path.rglob("*")]:
        os.chown(each, uid, gid)


def for_group(store):
    """As `netbootctl init` leaves it where there is a user netboot."""
    owners.share(store.directory, group=GID)


def open_path(path):
    """Lets other users reach a directory of pytest's."""
    for parent in list(path.parents)[:3]:
        parent.chmod(0o755)


# ---- As a daemon


@FAMILIES
def test_daemon(family, link, client, store):
    """Its parent returns when it serves: the first packet gets netboot's answer."""
    server = Server(link, family, statements(family, store.directory), daemonize=True).start()
    try:
        assert boot_file(client, family) == LOADER[family]
        threads = os.listdir(f"/proc/{server.daemon_pid()}/task")
        assert len(threads) == 2, "dhcpd itself, and the one that follows the store and netbootd"
    finally:
        server.stop()


@FAMILIES
def test_daemon_without_its_store(family, link, client, store):
    kept = store.directory.rename(store.directory.with_name("kept"))
    server = Server(link, family, statements(family, store.directory), daemonize=True).start()
    try:
        assert boot_file(client, family) == OWN_FILE[family]
        kept.rename(store.directory)
        wait_boot_file(client, family, LOADER[family])
    finally:
        server.stop()


@FAMILIES
def test_signals_are_dhcpds(family, link, client, store):
    """SIGTERM ends it, whichever thread the kernel would like to give it to."""
    with Server(link, family, statements(family, store.directory)) as server:
        for task in os.listdir(f"/proc/{server.pid}/task"):
            if int(task) != server.pid:
                blocked = re.search(r"^SigBlk:\s*(\w+)", open(f"/proc/{server.pid}/task/{task}/status").read(), re.M)
                assert int(blocked.group(1), 16) & 0x7FFFFFFE == 0x7FFFFFFE & ~(1 << 8) & ~(1 << 18), blocked.group(0)


# ---- As a user


@FAMILIES
@pytest.mark.parametrize("daemonize", (False, True), ids=("foreground", "daemon"))
def test_user(family, daemonize, link, client, store, users, tmp_path):
    open_path(store.directory)
    for_group(store)
    arguments = ["-user", "dhcpd", "-group", "netboot"]
    lines = statements(family, store.directory)
    server = Server(link, family, lines, arguments, users, daemonize=daemonize)
    give(server.directory, UID, GID)
    server.start()
    try:
        assert boot_file(client, family) == LOADER[family]
        pid = server.daemon_pid() if daemonize else server.pid
        assert os.stat(f"/proc/{pid}").st_uid == UID
    finally:
        server.stop()


@FAMILIES
def test_user_who_may_not(family, link, client, store, users):
    """Without the group: told once, with what to do; healed by permissions alone."""
    open_path(store.directory)
    for_group(store)
    server = Server(link, family, statements(family, store.directory), ["-user", "dhcpd"], users)
    give(server.directory, UID, UID)
    with server:
        for _ in range(5):
            assert boot_file(client, family) == OWN_FILE[family]
        said = [line for line in server.log() if re.match(r"netboot: (?!\S+: |netbootd )", line)]
        assert len(said) == 1 and str(store.directory) in said[0], said
        give(store.directory, 0, UID)
        wait_boot_file(client, family, LOADER[family])


# ---- In a chroot


@FAMILIES
@pytest.mark.parametrize("as_user", (False, True), ids=("root", "user"))
def test_chroot(family, as_user, link, client, store, users, tmp_path):
    """The database's path, as that of the leases, is one inside."""
    open_path(store.directory)
    jail = tmp_path / "jail"
    (jail / "var/lib").mkdir(parents=True)
    store.directory.rename(jail / "var/lib/netboot")
    store.directory = jail / "var/lib/netboot"
    (jail / "leases").touch()
    arguments = ["-chroot", jail, "-lf", "/leases", "-pf", "/pid"]
    if as_user:
        for_group(store)
        give(jail / "leases", UID, GID)
        jail.chmod(0o777)
        arguments += ["-user", "dhcpd", "-group", "netboot"]
    with Server(link, family, statements(family, "/var/lib/netboot"), arguments, users if as_user else ()):
        assert boot_file(client, family) == LOADER[family]


@FAMILIES
def test_chroot_without_store(family, link, client, store, tmp_path):
    jail = tmp_path / "jail"
    jail.mkdir()
    (jail / "leases").touch()
    arguments = ["-chroot", jail, "-lf", "/leases", "-pf", "/pid"]
    with Server(link, family, statements(family, store.directory), arguments) as server:
        assert boot_file(client, family) == OWN_FILE[family]
        server.wait_log(f"netboot: .*{re.escape(str(store.directory))}")


# ---- Restarts


def leased(client, family, mac):
    reply = ask(client, family, {"mac": mac, "requested": [1]})[-1]
    return reply.yiaddr if family == 4 else dhcp.ia_address(reply)


@FAMILIES
def test_restart_keeps_leases(family, link, client, store):
    macs = [f"52:54:00:00:77:0{number}" for number in range(1, 5)]
    with Server(link, family, statements(family, store.directory)) as server:
        before = [leased(client, family, mac) for mac in macs]
        assert boot_file(client, family) == LOADER[family]
        server.restart()
        assert [leased(client, family, mac) for mac in reversed(macs)] == before[::-1]
        assert boot_file(client, family) == LOADER[family]
    assert len(set(before)) == len(macs)


@FAMILIES
def test_leases_move_between_stock_and_patched(family, link, client, store):
    """What one wrote the other reads: the patch adds nothing to the lease file."""
    mac = "52:54:00:00:78:01"
    with Server(link, family, statements(family, store.directory)) as server:
        address = leased(client, family, mac)
        kept = shutil.copy(server.leases, store.directory.parent / "leases")
        assert "netboot" not in server.leases.read_text()
    with Server(link, family, binary="/usr/sbin/dhcpd") as stock:
        stock.end()
        shutil.copy(kept, stock.leases)
        stock.start()
        assert leased(client, family, mac) == address
