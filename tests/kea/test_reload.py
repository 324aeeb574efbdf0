# SPDX-License-Identifier: MPL-2.0
"""Reloads: under traffic, again and again, without leaving anything behind."""

import os
import signal
import statistics
import subprocess
from pathlib import Path

import pytest

from clients import Traffic
from lib import kea, memory, paths

WARM_UP, ROUNDS, RELOADS = 30, 5, 30
GROWTH = 5 * 1024 * RELOADS  # in most of the rounds: a leak is in each of them, noise comes and goes


def open_files(process):
    """But for the writers' lock, which the thread of the journal has open while it writes."""
    names = []
    for entry in (process / "fd").iterdir():
        try:
            names.append(os.readlink(entry))
        except FileNotFoundError:
            continue  # it was that lock
    return [name for name in names if not name.endswith("/write.lock")]


def holdings(pid):
    """What a process has open, mapped and running."""
    process = Path("/proc") / str(pid)
    maps = (process / "maps").read_text().splitlines()
    files = open_files(process)
    return {
        "files": len(files),
        "files of the store": sum("data.mdb" in name or "lock.mdb" in name for name in files),
        "maps of the hook": sum("libdhcp_netboot" in line for line in maps),
        "maps of the store": sum(".mdb" in line for line in maps),
        "threads": len(list((process / "task").iterdir())),
    }


@pytest.mark.parametrize("family", (4, 6))
def test_reloads_leave_nothing_behind(link, clients, store, family, monkeypatch):
    for name, value in memory.EXACT_MALLOC.items():
        monkeypatch.setenv(name, value)
    expected = {4: "ipxe.efi", 6: "http://[2001:db8::1]/ipxe.efi"}[family]
    with kea.Kea(link, family, {"database": store.directory}) as server:

        def reload(times):
            for _ in range(times):
                server.command("config-reload")
                assert clients.boot_file(family) == expected

        reload(WARM_UP)
        before, growths = holdings(server.pid), []
        assert before["maps of the store"] > 0 and before["maps of the hook"] > 0
        for _ in range(ROUNDS):
            held = memory.anonymous(server.pid)
            reload(RELOADS)
            growths.append(memory.anonymous(server.pid) - held)
        assert holdings(server.pid) == before
        assert statistics.median(growths) < GROWTH, growths
        config = server.config()
        config[f"Dhcp{family}"]["hooks-libraries"] = []
        server.command("config-set", config)
        after = holdings(server.pid)
        assert (after["maps of the hook"], after["maps of the store"], after["files of the store"]) == (0, 0, 0)


@pytest.mark.parametrize("threads", (False, True))
@pytest.mark.parametrize("family", (4, 6))
def test_reload_under_traffic(link, store, family, threads):
    """A machine that asks all the time gets the whole answer each time that it gets one."""
    expected = {4: "ipxe.efi", 6: "http://[2001:db8::1]/ipxe.efi"}[family]
    settings = {"multi-threading": {"enable-multi-threading": threads, "thread-pool-size": 4, "packet-queue-size": 64}}
    with kea.Kea(link, family, {"database": store.directory}, settings) as server, Traffic(link, family) as traffic:
        for number in range(RELOADS):
            server.command(("config-reload", "libreload")[number % 2])
            # What arrives while Kea has its sockets closed is lost, with and without a hook.
            traffic.wait_answers(3)
        assert traffic.files == {expected}
        server.check()
        assert len([line for line in server.log() if "NETBOOT_LOADED" in line]) == 1 + RELOADS
        assert not [line for line in server.log() if line.startswith("ERROR")]


def test_signal_reloads(link, clients, store):
    with kea.Kea(link, 4, {"database": store.directory}) as server:
        since = len(server.log())
        os.kill(server.pid, signal.SIGHUP)
        server.wait_log("NETBOOT_UNLOADED", since=since)
        server.wait_log("NETBOOT_STORE_OPENED", since=since)
        assert clients.boot_file(4, seconds=0.5, again=20) == "ipxe.efi"


def test_no_memory_is_lost(store):
    """Loaded, used and unloaded under a leak checker: a sanitizer that is built in, else valgrind."""
    times = "200" if os.environ.get("NETBOOT_SANITIZE") else "20"
    program = [paths.build() / "tests" / "kea" / "bench_callout", paths.hook(), store.directory, "reload", times]
    if not os.environ.get("NETBOOT_SANITIZE"):
        program = [
            *("valgrind", "--quiet", "--leak-check=full", "--errors-for-leak-kinds=definite,indirect"),
            *("--show-leak-kinds=definite,indirect", "--error-exitcode=9", "--num-callers=40", *program),
        ]
    done = subprocess.run(
        program, capture_output=True, text=True, env={**os.environ, "KEA_LOCKFILE_DIR": "none"}, timeout=280
    )
    assert done.returncode == 0, done.stdout + done.stderr
