# SPDX-License-Identifier: MPL-2.0
"""Boot once with servers that die and marks that cannot be written, also at random. Needs root."""

import random
import subprocess
import time

import pytest
from machine import Engine, Exchange
from lib import owners
from sites import MAC, Site, Stopped


def test_killed_between_mark_and_send(site):
    site.arm()
    site.both(Exchange("PXE", 4, MAC))
    ipxe = Exchange("iPXE", 4, MAC, 0xFFB53E3E)
    assert site.begin(ipxe) == "install"
    assert site.request(ipxe, die=True) is None
    assert site.state() == "used"
    site.restart(4)
    assert site.request(ipxe) == "disk", "a server that is gone may not have told of a new boot"
    assert site.boot4() == "disk"


def test_killed_and_booted_anew(site):
    site.arm()
    assert site.request(Exchange("iPXE", 4, MAC), die=True) is None
    site.restart(4)
    assert site.boot4() == "disk", "a crash may lose a boot, never repeat it"


def test_a_stopped_netbootd(site):
    site.arm()
    with Stopped(site):
        begun = time.monotonic()
        got = site.request(Exchange("iPXE", 4, MAC))
        took = time.monotonic() - begun
        assert got == "disk", "it cannot be marked"
        assert 0.09 < took < 5, took
    assert site.state() == "armed"
    assert site.boot4() == "install"


def test_a_new_boot_that_could_not_be_written_down(site):
    site.arm()
    assert site.boot4(rom=True) == "install"
    rom = Exchange("iPXE", 4, MAC, 0xFFB53E3E)
    site.arm()
    assert site.both(rom) == "install"
    with Stopped(site):
        assert site.begin(rom) == "disk"
    # The same transaction id again: without the doubt it would look like a retransmission.
    assert site.request(rom) == "disk"


def test_an_offer_that_cannot_be_marked(site):
    """UEFI's HTTP boot loads what it was offered, whatever the final reply says."""
    site.arm("--once direct")
    with Stopped(site):
        assert site.begin(Exchange("HTTP", 4, MAC)) == "disk"
    http = Exchange("HTTP", 4, MAC)
    assert site.begin(http) == "direct"
    with Stopped(site):
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
    with Stopped(site):
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
        with pytest.raises(RuntimeError, match="No space left"):
            while True:
                site.arm()
        assert site.request(Exchange("iPXE", 4, MAC)) == "disk"
        filler.unlink()
        assert [site.boot4() for _ in range(2)] == ["install", "disk"]
    finally:
        if site:
            site.close()
        subprocess.run(["umount", str(place)], check=True)


def test_servers_that_may_not_connect(site):
    site.arm()
    site.netbootd.kill()
    owners.share(site.store.directory, group=65534)
    owners.open_way(site.store.directory)
    site.netbootd.start()
    (site.store.directory / "run" / "servers").chmod(0o600)
    site.servers[4].kill()
    site.servers[4] = Engine(site.store.directory, user=65534, group=65534, extra_groups=[])
    assert site.request(Exchange("iPXE", 4, MAC)) == "disk"
    assert site.state() == "armed"
    (site.store.directory / "run" / "servers").chmod(0o660)
    site.eventually(lambda: site.connected() == 2)
    assert [site.boot4() for _ in range(2)] == ["install", "disk"]


def test_a_reply_that_does_not_leave(site):
    site.arm()
    rom = Exchange("iPXE", 4, MAC)
    assert site.begin(rom) == "install"
    assert site.request(rom, sent=False) == "install"
    site.eventually(lambda: site.state() == "in-progress")
    assert site.boot4(rom=True) == "install"
    assert site.boot4(rom=True) == "disk"


def test_netbootd_is_restarted(site):
    site.arm()
    site.both(Exchange("PXE", 4, MAC))
    site.restart_netbootd()
    assert site.state() in ("armed", "in-progress")
    ipxe = Exchange("iPXE", 4, MAC, 0xFFB53E3E)
    assert site.both(ipxe) == "install"
    site.restart_netbootd()
    assert site.request(ipxe) == "disk", "whether it is the same boot is not known any more"
    assert site.boot4() == "disk"
    assert site.state() == "used"


def test_without_netbootd(site):
    site.arm()
    site.netbootd.kill()
    assert site.boot4() == "disk"
    assert site.state() == "?"
    site.netbootd.start()
    site.eventually(lambda: site.connected() == 2)
    assert [site.boot4() for _ in range(2)] == ["install", "disk"]


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
            with Stopped(site):
                boots.append(disturbed_boot(site, dice, rom, both))
        else:
            boots.append(disturbed_boot(site, dice, rom, both))
    served = [index for index, finals in enumerate(boots) if "install" in finals]
    assert len(served) <= 1, boots
    if served:
        assert "used" == site.state()
