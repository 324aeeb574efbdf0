# SPDX-License-Identifier: MPL-2.0
"""
Boot once with a real netbootd and two servers in processes of their own, for IPv4 and for IPv6. Needs root.
"""

import shutil

import pytest
from machine import (ACK, DISCOVER, INFORM, INFORMATION_REQUEST, RENEW6, REPLY, REQUEST, SOLICIT, Exchange)
from sites import MAC, MACS


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


# ---- stores that are lost, replaced, imported


@pytest.mark.parametrize("used", [False, True])
def test_a_lost_state(site, used):
    site.arm()
    if used:
        assert site.boot4() == "install"
    site.netbootd.kill()
    shutil.rmtree(site.store.directory / "state")
    site.netbootd.start()
    site.eventually(lambda: site.connected() == 2)
    assert site.boot4() == "disk"
    assert site.once() is None
    site.arm()
    assert [site.boot4() for _ in range(2)] == ["install", "disk"]


def test_an_older_state_is_put_back(site, tmp_path):
    site.arm()
    shutil.copytree(site.store.directory / "state", tmp_path / "copy")
    assert site.boot4() == "install"
    site.netbootd.kill()
    shutil.copy2(tmp_path / "copy" / "once", site.store.directory / "state" / "once")
    site.netbootd.start()
    site.eventually(lambda: site.connected() == 2)
    assert "older" in site.netbootd.log or "another time" in site.netbootd.log, site.netbootd.log
    assert site.boot4() == "disk"
    assert site.once() is None


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
