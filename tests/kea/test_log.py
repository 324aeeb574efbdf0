# SPDX-License-Identifier: MPL-2.0
"""What the hook says of each decision, and how often."""

import re
import time

import pytest

from clients import MAC, Machine
from lib import kea, paths

MESSAGES = paths.SOURCE / "kea-hook" / "netboot_messages.mes"


@pytest.mark.parametrize("family", (4, 6))
def test_debug_line_has_client_outcome_and_reasons(link, clients, store, family):
    store.ctl(f"host set {MAC} --name web1")
    with kea.Kea(link, family, {"database": store.directory}, severity="DEBUG") as server:
        clients.ask(family)
        line = server.wait_log("DEBUG.*netboot-hooks.*NETBOOT_DECISION")
        assert MAC.replace(":", "") in line.replace(":", "")
        assert " answered: " in line
        assert line.count(";") >= 2, "the reasons, rule by rule"
        assert "web1" in line
        since = len(server.log())
        clients.ask(family, Machine(mac="52:54:00:77:00:09", boots=False))
        assert " not-ours: " in server.wait_log("NETBOOT_DECISION", since=since)


def test_no_line_a_packet_without_debug(link, clients, store):
    with kea.Kea(link, 4, {"database": store.directory}) as server:
        clients.ask(4)
        server.wait_log("NETBOOT_DAEMON_CONNECTED")
        before = len([line for line in server.log() if "NETBOOT_" in line])
        for _ in range(5):
            clients.ask(4)
        assert len([line for line in server.log() if "NETBOOT_" in line]) == before


def test_reasons_are_those_of_explain(link, clients, store):
    with kea.Kea(link, 4, {"database": store.directory}, severity="DEBUG") as server:
        clients.ask(4)
        line = server.wait_log("NETBOOT_DECISION")
    explained = store.ctl(
        *("explain", "--family", "4", "--mac", MAC, "--arch", "7", "--uuid", "11223344-5566-7788-99aa-bbccddeeff01"),
        *("--vendor-class", "PXEClient:Arch:00007:UNDI:003000", "--requested", "1,3,6,60,66,67"),
    ).stdout
    reasons = line.split(" answered: ")[1].split("; ")
    assert reasons
    for reason in reasons:
        assert reason in explained


def test_nothing_to_boot_is_told_ten_times_a_minute_at_most(link, clients, store):
    store.ctl('site set default --no-tftp4')
    with kea.Kea(link, 4, {"database": store.directory}) as server:
        for _ in range(40):
            assert clients.boot_file(4) == ""
        lines = [line for line in server.log() if "NETBOOT_NOTHING_TO_BOOT" in line]
        # A new minute may begin meanwhile.
        assert 10 <= len(lines) <= 20
        assert lines[0].startswith("WARN")
        assert MAC in lines[0] and "site" in lines[0]
        assert server.statistic("netboot.no-boot-file") == 40


def test_log_of_a_whole_life(link, store):
    with kea.Kea(link, 4, {"database": store.directory}) as server:
        server.command("config-reload")
        server.wait_log("NETBOOT_UNLOADED")
        names = [re.search(r"NETBOOT_[A-Z_]+", line).group() for line in server.log() if "NETBOOT_" in line]
        first = ["NETBOOT_LOADED", "NETBOOT_STORE_OPENED"]
        assert names == first + ["NETBOOT_UNLOADED"] + first


@pytest.mark.parametrize("family", (4, 6))
def test_netbootd_that_comes_and_goes(link, clients, store, family):
    """Told once each time; an armed host boots its regular target meanwhile."""
    for name in ("install", "later"):
        store.ctl(f"target set {name} --file x64-uefi={name}.efi")
    store.ctl(f"host set {MAC} --name web1 --target later --once install")
    store.netbootd.stop()
    with kea.Kea(link, family, {"database": store.directory}) as server:
        assert clients.boot_file(family).endswith("later.efi")
        line = server.wait_log("NETBOOT_DAEMON_MISSING")
        assert line.startswith("WARN") and f"netbootd does not run for {store.directory}" in line
        store.netbootd.start()
        ask_until(clients, family, "install.efi")
        line = server.wait_log("NETBOOT_DAEMON_CONNECTED")
        assert line.startswith("INFO") and str(store.directory) in line
        store.netbootd.stop()
        ask_until(clients, family, "later.efi")
        while len([line for line in server.log() if "NETBOOT_DAEMON" in line]) < 3:
            clients.ask(family)
        assert [line.split()[0] for line in server.log() if "NETBOOT_DAEMON" in line] == ["WARN", "INFO", "WARN"]
    store.netbootd.start()


def ask_until(clients, family, file):
    """Until the server has noticed what became of netbootd."""
    deadline = time.monotonic() + 20
    while not clients.boot_file(family).endswith(file):
        assert time.monotonic() < deadline


def test_unmarked_boot_once(link, clients, store):
    """netbootd does not answer in time: the regular target, no later than the deadline, and a line in the log."""
    for name in ("install", "later"):
        store.ctl(f"target set {name} --file x64-uefi={name}.efi")
    store.ctl(f"host set {MAC} --name web1 --target later --once install")
    with kea.Kea(link, 4, {"database": store.directory, "question-deadline": 50}) as server:
        ask_until(clients, 4, "install.efi")
        store.netbootd.pause()
        assert clients.boot_file(4).endswith("later.efi")
        store.netbootd.go_on()
        line = server.wait_log("NETBOOT_ONCE_UNMARKED")
        assert line.startswith("ERROR") and MAC in line and "host web1" in line


def test_every_message_has_its_paragraph_and_its_use():
    blocks = re.split(r"^% ", MESSAGES.read_text(), flags=re.MULTILINE)[1:]
    sources = "".join(path.read_text() for path in (paths.SOURCE / "kea-hook").glob("*.cc"))
    assert blocks
    for block in blocks:
        name, paragraph = block.split(None, 1)[0], block.split("\n", 1)[1]
        assert len(paragraph.split()) > 15, f"{name} tells an operator too little"
        assert name in sources, f"{name} is never logged"
