# SPDX-License-Identifier: MPL-2.0
"""Whatever is wrong with the store, the server answers as it would without the hook, says so once, and heals."""

import re
import shutil
import tempfile
import time
from pathlib import Path

import pytest

from clients import Machine
from lib import kea, net, owners, targets

HEAL_SECONDS = 15
# With a single address each offer is of that one, so that replies can be compared.
SUBNETS = {
    4: [{"subnet": "192.0.2.0/24", "pools": [{"pool": "192.0.2.64 - 192.0.2.64"}]}],
    6: [{"subnet": "2001:db8::/64", "pools": [{"pool": "2001:db8::64/128"}], "interface": net.INTERFACE}],
}


def wait_told(server, clients, pattern):
    """What happened to the store is logged with the packets that come after."""
    deadline = time.monotonic() + HEAL_SECONDS
    while not (lines := [line for line in server.log() if re.search(pattern, line)]):
        assert time.monotonic() < deadline, f"no {pattern} in the log after {HEAL_SECONDS} s"
        clients.ask(server.family)
    return lines[0]


def broken_nothing(directory):
    pass


def broken_empty_directory(directory):
    directory.mkdir()


def broken_short(directory):
    directory.mkdir()
    (directory / "targets").mkdir()
    (directory / "targets" / "data.mdb").write_bytes(b"short")


def broken_foreign(directory):
    directory.mkdir()
    (directory / "targets").mkdir()
    (directory / "targets" / "data.mdb").write_bytes(b"not a store at all\n" * 4096)


def broken_a_file(directory):
    directory.write_text("a file where the directory should be\n")


def broken_pages(directory):
    """Header, length and free list are right, but what each page says of its entries leads out of the file."""
    made = targets.Store(directory)
    made.init()
    made.ctl("host set 52:54:00:77:00:02 --name here")
    data = directory / "targets" / "data.mdb"
    octets = bytearray(data.read_bytes())
    for page in range(2 * 4096, len(octets), 4096):
        lower = int.from_bytes(octets[page + 12:page + 14], "little")
        if 16 < lower <= 4096:
            octets[page + 16:page + lower] = b"\xf0\xff" * ((lower - 16) // 2)
    data.write_bytes(octets)


BROKEN = {
    "missing": broken_nothing,
    "empty directory": broken_empty_directory,
    "short": broken_short,
    "foreign": broken_foreign,
    "no directory": broken_a_file,
    "pages": broken_pages,
}


def same_but_xid(family, octets):
    """A reply without its transaction id, in which any two differ."""
    return octets[:4] + octets[8:] if family == 4 else octets[4:]


def wait_boot_file(clients, family, expected):
    """Asks all the time until the answer is as expected."""
    deadline = time.monotonic() + HEAL_SECONDS
    while (found := clients.boot_file(family)) != expected:
        assert time.monotonic() < deadline, f"still {found!r} after {HEAL_SECONDS} s"


@pytest.mark.parametrize("family", (4, 6))
@pytest.mark.parametrize("name", BROKEN)
def test_broken_store_does_no_harm_and_heals(link, clients, store, tmp_path, name, family):
    boot_file = {4: "ipxe.efi", 6: "http://[2001:db8::1]/ipxe.efi"}[family]
    with kea.Kea(link, family, subnets=SUBNETS[family]):
        without_hook = same_but_xid(family, clients.ask(family))
    directory = tmp_path / "broken"
    BROKEN[name](directory)
    with kea.Kea(link, family, {"database": directory}, subnets=SUBNETS[family]) as server:
        assert str(directory) in server.wait_log("ERROR.*NETBOOT_STORE_UNUSABLE")
        for _ in range(3):
            assert same_but_xid(family, clients.ask(family)) == without_hook
        assert server.statistic("netboot.store-error") == 3
        lines = [line for line in server.log() if "NETBOOT_STORE" in line]
        assert len(lines) == 1, lines
        if directory.is_dir():
            shutil.rmtree(directory)
        elif directory.exists():
            directory.unlink()
        store.copy(directory)
        wait_boot_file(clients, family, boot_file)
        assert str(directory) in wait_told(server, clients, "INFO.*NETBOOT_STORE_OPENED")
        server.check()


def test_store_made_by_init_under_a_running_server(link, clients, tmp_path):
    store = targets.Store(tmp_path / "later")
    with kea.Kea(link, 4, {"database": store.directory}) as server:
        assert clients.boot_file(4) == ""
        store.init()
        store.ctl("site set default --tftp4 192.0.2.1")
        wait_boot_file(clients, 4, "ipxe.efi")
        # From here on each change is in the very next packet.
        for number in range(20):
            store.ctl(f"host set 52:54:00:77:00:02 --loader x64-uefi=number{number}.efi")
            assert clients.boot_file(4) == f"number{number}.efi"
        store.ctl("host delete 52:54:00:77:00:02")
        assert clients.boot_file(4) == "ipxe.efi"
        server.check()


@pytest.mark.parametrize("family", (4, 6))
def test_store_replaced_under_a_running_server(link, clients, store, tmp_path, family):
    """Another store in its place: the server follows, and never sees half of one."""
    store.ctl("target set other --file x64-uefi=other.efi")
    other = store.copy(tmp_path / "other")
    other.ctl("host set 52:54:00:77:00:02 --target other")
    base = "http://[2001:db8::1]/" if family == 6 else ""
    with kea.Kea(link, family, {"database": store.directory}) as server:
        assert clients.boot_file(family) == f"{base}ipxe.efi"
        store.directory.rename(tmp_path / "old")
        other.directory.rename(store.directory)
        wait_boot_file(clients, family, f"{base}other.efi")
        server.check()


def test_ordinary_hosts_are_left_alone(link, clients, store):
    plain = Machine(boots=False)
    with kea.Kea(link, 4, subnets=SUBNETS[4]):
        without_hook = same_but_xid(4, clients.ask(4, plain))
    with kea.Kea(link, 4, {"database": store.directory}, subnets=SUBNETS[4]) as server:
        assert same_but_xid(4, clients.ask(4, plain)) == without_hook
        assert server.statistic("netboot.not-ours") == 1


class Unprivileged(kea.Kea):
    """As packages run it: a user of its own, in the group that may read the store, with two capabilities."""

    USER, GROUP = "_kea", 60999
    CAPABILITIES = "+net_raw,+net_bind_service"

    def run(self, *command, environment=None):
        shutil.chown(self.directory, self.USER)
        become = ("--reuid", self.USER, "--regid", self.USER, "--groups", self.GROUP, "--pdeathsig", "KILL")
        keep = ("--inh-caps", self.CAPABILITIES, "--ambient-caps", self.CAPABILITIES)
        super().run("setpriv", *become, *keep, *command, environment=environment)


@pytest.fixture
def reachable():
    """A directory that every user may pass through, which pytest's own are not."""
    directory = Path(tempfile.mkdtemp(prefix="netboot-reachable-"))
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory)


def test_server_in_the_store_s_group_only(link, clients, store, reachable):
    directory = store.copy(reachable / "store").directory
    with Unprivileged(link, 4, {"database": directory}) as server:
        line = server.wait_log("ERROR.*NETBOOT_STORE_UNUSABLE")
        assert str(directory) in line and "ermission" in line
        assert clients.boot_file(4) == ""
        owners.share(directory, group=Unprivileged.GROUP)
        wait_boot_file(clients, 4, "ipxe.efi")
        server.command("config-reload")
        assert clients.boot_file(4, seconds=0.5, again=20) == "ipxe.efi"
