# SPDX-License-Identifier: MPL-2.0
"""
Boot once with a real state store and two servers in processes of their own, for IPv4 and for IPv6. Needs root.
"""

import fcntl
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import time

import pytest
from lib.targets import Store
from machine import (ACK, DISCOVER, INFORM, INFORMATION_REQUEST, RENEW6, REPLY, REQUEST, SOLICIT, Engine, Exchange)

MAC, MACS = "52:54:00:00:00:01", [f"52:54:00:00:00:0{card}" for card in range(1, 5)]
SET_UP = [
    "site set default --tftp4 192.0.2.1 --tftp6 2001:db8::1 --http4 http://192.0.2.1/ --http6 http://[2001:db8::1]/",
    "target set install --script install.ipxe",
    "target set direct --file x64-uefi=direct.efi",
    "target set own-ipxe --file x64-uefi=own.efi --script own.ipxe",
    "target set own-kernel --file x64-uefi=own.efi --kernel vmlinuz",
    "target set own-disk --local --file x64-uefi=own.efi",
    "target set disk --local",
    f"host set {MAC} {' '.join('--mac ' + mac for mac in MACS)} --name web1 --target disk",
]


class Site:
    """A store and the two servers on it."""

    def __init__(self, directory):
        self.store = Store(directory).init().set_up(SET_UP)
        self.servers = {family: Engine(directory) for family in (4, 6)}

    def close(self):
        for server in self.servers.values():
            server.kill()

    def restart(self, family):
        self.servers[family].kill()
        self.servers[family] = Engine(self.store.directory)

    def ask(self, family, query):
        answer = self.servers[family].ask(query)
        assert answer is None or answer["status"] == 0, answer
        return answer and answer["decision"]["target"]

    def begin(self, exchange, **more):
        return self.ask(exchange.family, exchange.begin(**more))

    def request(self, exchange, **more):
        return self.ask(exchange.family, exchange.request(**more))

    def both(self, exchange):
        """The targets of offer and final reply, which are one."""
        targets = {self.begin(exchange), self.request(exchange)}
        assert len(targets) == 1, targets
        return targets.pop()

    def boot4(self, mac=MAC, rom=False):
        """Firmware and iPXE over IPv4: what iPXE got."""
        if not rom:
            self.both(Exchange("PXE", 4, mac))
        return self.both(Exchange("iPXE", 4, mac, None if rom else 0xFFB53E3E))

    def arm(self, words="--once install", host="web1"):
        self.store.ctl(f"host set {host} {words}")

    def once(self, host="web1"):
        import json
        return json.loads(self.store.ctl(f"host show {host} --json").stdout).get("once")

    def state(self):
        return (self.once() or {}).get("state")

    def eventually(self, condition):
        deadline = time.monotonic() + 20
        while not condition():
            assert time.monotonic() < deadline, "never"
            time.sleep(0.05)


@pytest.fixture
def site(tmp_path):
    site = Site(tmp_path / "store")
    yield site
    site.close()


# ---- whole boots


def test_three_boots_through_ipxe(site):
    site.arm()
    assert [site.boot4() for _ in range(3)] == ["install", "disk", "disk"]


def test_three_boots_of_ipxe_in_rom(site):
    site.arm()
    assert [site.boot4(rom=True) for _ in range(3)] == ["install", "disk", "disk"]


@pytest.mark.parametrize("stage", ["PXE", "HTTP"])
@pytest.mark.parametrize("family", [4, 6])
def test_three_boots_of_a_direct_target(site, stage, family):
    site.arm("--once direct")
    assert [site.both(Exchange(stage, family, MAC)) for _ in range(3)] == ["direct", "disk", "disk"]


def boot_both_families(site, firmware=4):
    """As captured: iPXE asks over IPv4 before and after its exchange over IPv6."""
    site.both(Exchange("PXE", firmware, MAC))
    four, six = Exchange("iPXE", 4, MAC, 0xFFB53E3E), Exchange("iPXE", 6, MAC, 0x5C141C)
    got = [site.begin(four), site.both(six), site.begin(four), site.request(four)]
    return got[1:]


@pytest.mark.parametrize("firmware", [4, 6])
def test_both_families_are_one_boot(site, firmware):
    site.arm()
    assert boot_both_families(site, firmware) == ["install"] * 3
    assert boot_both_families(site, firmware) == ["disk"] * 3


def test_four_cards_are_one_machine(site):
    site.arm()
    for mac in MACS[:3]:
        site.begin(Exchange("PXE", 4, mac))
    assert [site.boot4(mac=mac) for mac in (MACS[3], MACS[0], MACS[1])] == ["install", "disk", "disk"]


@pytest.mark.parametrize("target", ["own-ipxe", "own-kernel", "own-disk"])
def test_an_ipxe_of_the_targets_own_goes_on(site, target):
    site.arm(f"--once {target}")
    assert [site.boot4() for _ in range(2)] == [target, "disk"]


def test_the_next_attempts_of_a_direct_target(site):
    site.arm("--once direct")
    tried = [Exchange("PXE", 4, MAC), Exchange("PXE", 6, MAC), Exchange("HTTP", 4, MAC), Exchange("HTTP", 6, MAC)]
    assert [site.both(exchange) for exchange in tried] == ["direct"] * 4
    assert site.both(Exchange("PXE", 4, MAC)) == "disk"
    assert site.both(Exchange("PXE", 6, MAC)) == "disk"


@pytest.mark.parametrize("family, message, reply", [
    (4, INFORM, ACK), (4, DISCOVER, ACK), (6, SOLICIT, REPLY), (6, INFORMATION_REQUEST, REPLY)])
def test_one_message_is_a_whole_exchange(site, family, message, reply):
    site.arm("--once direct")
    exchange = Exchange("PXE", family, MAC)
    assert site.ask(family, exchange.query(message, reply)) == "direct"
    assert site.ask(family, exchange.query(message, reply)) == "direct", "the reply was lost"
    assert site.ask(family, Exchange("PXE", family, MAC).query(message, reply)) == "disk"
    assert site.ask(family, exchange.query(message, reply)) == "disk"


def test_a_retransmission_gets_the_same_answer(site):
    site.arm()
    site.both(Exchange("PXE", 4, MAC))
    ipxe = Exchange("iPXE", 4, MAC, 0xFFB53E3E)
    assert [site.begin(ipxe), site.begin(ipxe)] + [site.request(ipxe) for _ in range(4)] == ["install"] * 6
    assert site.request(Exchange("iPXE", 4, MAC)) == "disk", "another transaction"


def test_prolonging_a_lease_is_no_boot(site):
    site.arm()
    six = Exchange("iPXE", 6, MAC)
    assert site.ask(6, six.query(RENEW6, REPLY)) == "disk"
    assert site.ask(4, Exchange("iPXE", 4, MAC).query(REQUEST, ACK, client_address="c0000264")) == "disk"
    assert site.state() == "armed"
    assert site.both(six) == "install"


def test_armed_wins_over_the_servers_own_boot_file(site):
    site.store.ctl("host set web1 --no-target")
    ipxe = Exchange("iPXE", 4, MAC)
    assert site.ask(4, ipxe.begin(reply_has_boot_file=True)) == ""
    site.arm()
    assert site.ask(4, ipxe.request(reply_has_boot_file=True)) == "install"


def test_other_hosts_are_left_alone(site):
    site.arm()
    assert site.boot4(mac="52:54:00:00:00:77") == "default"
    assert site.boot4() == "install"


# ---- what is shown


def test_states(site):
    assert site.once() is None
    site.arm("--once install --expires 2h")
    assert site.state() == "armed"
    site.both(Exchange("PXE", 4, MAC))
    assert site.state() == "in-progress"
    assert site.both(Exchange("iPXE", 4, MAC)) == "install"
    used = site.once()
    assert used["state"] == "used" and used["boots"] == 1 and used["server"] == "engine", used
    assert used["boot_file"] == "http://192.0.2.1/install.ipxe" and (used["stage"], used["family"]) == ("iPXE", "IPv4")
    site.boot4()
    assert site.once() | {"used": 0} == used | {"used": 0}
    assert "once" in site.store.ctl("status").stdout
    site.arm("--no-once")
    assert site.once() is None


def test_expiry(site):
    site.arm("--once install --expires 1s")
    site.eventually(lambda: site.state() == "expired")
    assert site.boot4() == "disk"
    assert site.state() == "expired"


def test_until_done(site):
    site.arm("--until-done install --tries 3")
    assert [site.boot4() for _ in range(2)] == ["install"] * 2
    assert site.state() == "waiting"
    site.store.ctl("host done web1")
    assert site.state() == "done"
    assert site.boot4() == "disk"


def test_until_done_that_is_never_reported(site):
    site.arm("--until-done install --tries 2")
    assert [site.boot4() for _ in range(4)] == ["install", "install", "disk", "disk"]
    assert site.state() == "never-done"


def test_arming_anew(site):
    site.arm()
    assert [site.boot4() for _ in range(2)] == ["install", "disk"]
    site.arm()
    assert [site.boot4() for _ in range(2)] == ["install", "disk"]


def test_the_window(site):
    site.arm("--once direct --window 0")
    assert site.both(Exchange("PXE", 4, MAC)) == "direct"
    assert site.both(Exchange("PXE", 6, MAC)) == "disk"


# ---- servers that die, marks that cannot be written


def test_killed_between_mark_and_send(site):
    site.arm()
    site.both(Exchange("PXE", 4, MAC))
    ipxe = Exchange("iPXE", 4, MAC, 0xFFB53E3E)
    assert site.begin(ipxe) == "install"
    assert site.request(ipxe, die=True) is None
    assert site.state() == "used"
    site.restart(4)
    assert site.request(ipxe) == "install", "a retransmission of the same boot"
    assert site.boot4() == "disk"


def test_killed_and_booted_anew(site):
    site.arm()
    assert site.request(Exchange("iPXE", 4, MAC), die=True) is None
    site.restart(4)
    assert site.boot4() == "disk", "a crash may lose a boot, never repeat it"


class StoppedWriter:
    """Another process that holds the writers' lock of the state store, and is stopped."""

    def __init__(self, site):
        path = site.store.directory / "state" / "write.lock"
        program = ("import fcntl, struct, sys; f = open(sys.argv[1], 'r+b'); "
                   "fcntl.fcntl(f, 37, struct.pack('hhqqi4x', fcntl.F_WRLCK, 0, 0, 0, 0)); "
                   "print('held', flush=True); sys.stdin.read()")
        self.process = subprocess.Popen([sys.executable, "-c", program, str(path)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)
        assert self.process.stdout.readline() == b"held\n"
        self.process.send_signal(signal.SIGSTOP)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


def test_a_stopped_writer(site):
    site.arm()
    with StoppedWriter(site):
        begun = time.monotonic()
        got = site.request(Exchange("iPXE", 4, MAC))
        took = time.monotonic() - begun
        assert got == "disk", "it cannot be marked"
        assert 0.09 < took < 1, took
    assert site.state() == "armed"
    assert site.boot4() == "install"


def test_a_new_boot_that_could_not_be_written_down(site):
    site.arm()
    assert site.boot4(rom=True) == "install"
    rom = Exchange("iPXE", 4, MAC, 0xFFB53E3E)
    site.arm()
    assert site.both(rom) == "install"
    with StoppedWriter(site):
        assert site.begin(rom) == "disk"
    # The same transaction id again: without the doubt it would look like a retransmission.
    assert site.request(rom) == "disk"


def test_an_offer_that_cannot_be_marked(site):
    """UEFI's HTTP boot loads what it was offered, whatever the final reply says."""
    site.arm("--once direct")
    with StoppedWriter(site):
        assert site.begin(Exchange("HTTP", 4, MAC)) == "disk"
    http = Exchange("HTTP", 4, MAC)
    assert site.begin(http) == "direct"
    with StoppedWriter(site):
        assert site.request(http) == "disk", "but it may boot it"
    assert site.both(Exchange("HTTP", 4, MAC)) == "disk"
    assert site.state() == "used"


@pytest.mark.parametrize("change", ["target delete direct --force", "target set direct --silent"])
def test_a_target_that_goes_between_offer_and_request(site, change):
    site.arm("--once direct")
    http = Exchange("HTTP", 4, MAC)
    assert site.begin(http) == "direct"
    site.store.ctl(change)
    assert site.request(http) == "disk", "but it may boot what it was offered"
    once = site.once()
    assert (once["state"], once["boots"]) == ("used", 1), once
    assert "boot_file" not in once, "what it was is not known any more"


def test_a_new_boot_that_only_the_other_server_saw(site):
    site.arm()
    site.both(Exchange("PXE", 4, MAC))
    four, six = Exchange("iPXE", 4, MAC, 0xFFB53E3E), Exchange("iPXE", 6, MAC, 0x5C141C)
    assert site.begin(four) == "install" and site.both(six) == "install"
    with StoppedWriter(site):
        site.both(Exchange("PXE", 4, MAC))
    site.restart(4)
    assert [site.both(six), site.both(four)] == ["disk", "disk"]


def test_a_full_disk(tmp_path):
    place = tmp_path / "small"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1M", "tmpfs", str(place)], check=True)
    site = None
    try:
        site = Site(place / "store")
        site.arm()
        filler = place / "filler"
        with open(filler, "wb", buffering=0) as file, pytest.raises(OSError):
            while True:
                file.write(b"\0" * 4096)
        assert site.request(Exchange("iPXE", 4, MAC)) == "disk"
        filler.unlink()
        assert [site.boot4() for _ in range(2)] == ["install", "disk"]
    finally:
        if site:
            site.close()
        subprocess.run(["umount", str(place)], check=True)


def test_a_state_store_that_servers_may_not_write(site):
    site.arm()
    for directory, _, files in os.walk(site.store.directory):
        os.chown(directory, 0, 65534)
        for name in files:
            os.chown(os.path.join(directory, name), 0, 65534)
    for parent in site.store.directory.parents:
        if parent.stat().st_mode & 0o001 == 0:
            parent.chmod(parent.stat().st_mode | 0o011)
    data = site.store.directory / "state" / "data.mdb"
    data.chmod(0o640)
    site.servers[4].kill()
    site.servers[4] = Engine(site.store.directory, user=65534, group=65534, extra_groups=[])
    assert site.request(Exchange("iPXE", 4, MAC)) == "disk"
    assert site.state() == "armed"
    data.chmod(0o660)
    site.servers[4].kill()
    site.servers[4] = Engine(site.store.directory, user=65534, group=65534, extra_groups=[])
    assert [site.boot4() for _ in range(2)] == ["install", "disk"]


# ---- stores that are lost, replaced, imported


def state_of(site):
    return site.store.directory / "state"


@pytest.mark.parametrize("used", [False, True])
def test_a_lost_state_store(site, used):
    site.arm()
    if used:
        assert site.boot4() == "install"
    shutil.rmtree(state_of(site))
    site.both(Exchange("PXE", 4, MAC))
    assert site.request(Exchange("iPXE", 4, MAC)) == "disk"
    assert site.once() is None
    site.arm()
    site.eventually(lambda: site.begin(Exchange("iPXE", 4, MAC)) == "install")
    assert [site.boot4() for _ in range(2)] == ["install", "disk"]


def test_an_empty_state_store(site):
    site.arm()
    state_of(site).rename(site.store.directory / "old")
    site.store.ctl("init")
    assert state_of(site).is_dir() and site.once() is None
    assert site.boot4() == "disk"


def test_another_targets_store_disarms(site):
    site.arm()
    export = site.store.ctl("export").stdout
    (site.store.directory / "targets").rename(site.store.directory / "old")
    site.store.ctl("init")
    site.store.ctl("import", "-", text=export)
    assert site.once() is None
    site.eventually(lambda: site.boot4() == "disk")


def test_a_host_that_comes_back_is_not_armed(site):
    site.arm()
    export = site.store.ctl("export").stdout
    site.store.ctl("host delete web1")
    site.store.ctl("import", "-", text=export)
    assert site.once() is None
    assert site.boot4() == "disk"


def test_an_import_of_the_same_hosts_leaves_it_armed(site):
    site.arm()
    site.store.ctl("import", "-", "--replace", text=site.store.ctl("export").stdout)
    assert site.state() == "armed"
    assert site.boot4() == "install"


def test_targets_that_change(site):
    site.arm()
    site.store.ctl("target delete install --force")
    assert site.boot4() == "disk"
    site.store.ctl("target set install --silent")
    assert site.boot4() == "disk"
    assert site.state() == "armed"
    site.store.ctl("target delete install --force")
    site.store.ctl("target set install --script other.ipxe")
    assert [site.boot4() for _ in range(2)] == ["install", "disk"]


def test_a_target_that_the_client_cannot_load_waits(site):
    site.store.ctl("target set arm --file arm64-uefi=arm.efi")
    site.arm("--once arm")
    assert site.boot4() == "disk" and site.state() == "in-progress"


# ---- generated


def disturbed_boot(site, dice, rom, both):
    """One boot with losses, duplicates and deaths; the targets that final iPXE replies carried."""
    finals = []

    def ask(exchange, final):
        if dice.random() < 0.1:
            return
        for _ in range(2 if dice.random() < 0.15 else 1):
            die = dice.random() < 0.05
            got = site.ask(exchange.family, (exchange.request if final else exchange.begin)(die=die))
            if got is None:
                site.restart(exchange.family)
            if final and exchange.stage == "iPXE":
                finals.append(got)

    if not rom:
        firmware = Exchange("PXE", dice.choice([4, 6]), MAC)
        site.begin(firmware)  # without it there is no chained iPXE
        site.request(firmware)
    four = Exchange("iPXE", 4, MAC, None if rom else 0xFFB53E3E)
    six = Exchange("iPXE", 6, MAC, None if rom else 0x5C141C)
    steps = [[(four, False), (four, False), (four, True)]] + ([[(six, False), (six, True)]] if both else [])
    while any(steps):
        steps = [step for step in steps if step]
        ask(*dice.choice(steps).pop(0))
        if dice.random() < 0.05:
            break  # reset
    return finals


@pytest.mark.parametrize("seed", range(40))
def test_generated(site, seed):
    dice = random.Random(seed)
    rom, both, stuck = dice.random() < 0.5, dice.random() < 0.7, dice.random() < 0.3
    site.arm()
    boots = []
    for _ in range(5):
        if stuck and dice.random() < 0.3:
            with StoppedWriter(site):
                boots.append(disturbed_boot(site, dice, rom, both))
        else:
            boots.append(disturbed_boot(site, dice, rom, both))
    served = [index for index, finals in enumerate(boots) if "install" in finals]
    assert len(served) <= 1, boots
    if served:
        assert "used" == site.state()
