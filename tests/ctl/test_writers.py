# SPDX-License-Identifier: MPL-2.0
"""Several writers at once, and writers that die."""

import json
import os
import signal
import subprocess
import threading

import pytest

PROCESSES = 8
ROUNDS = 12


def spawn(ctl, *words, **options):
    return subprocess.Popen([ctl.program, *words], env=ctl.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            **options)


def test_writers_lose_nothing(ctl):
    generation = ctl.generation()
    failures = []

    def write(worker):
        for number in range(ROUNDS):
            done = ctl("host", "set", f"52:54:00:00:{worker:02x}:{number:02x}", "--name", f"w{worker}-{number}")
            if done.returncode:
                failures.append(done.err)

    threads = [threading.Thread(target=write, args=(worker,)) for worker in range(PROCESSES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(ctl.json("host", "list")) == PROCESSES * ROUNDS
    assert ctl.generation() == generation + PROCESSES * ROUNDS


def test_of_two_that_want_the_same_name_one_gets_it(ctl):
    for number in range(ROUNDS):
        first = spawn(ctl, "host", "set", f"52:54:00:00:00:{number:02x}", "--name", f"web{number}")
        second = spawn(ctl, "host", "set", f"52:54:00:00:01:{number:02x}", "--name", f"web{number}")
        for process in (first, second):
            process.communicate(timeout=60)
        assert sorted((first.returncode, second.returncode)) == [0, 1]
    assert len(ctl.json("host", "list")) == ROUNDS


def test_an_import_is_seen_whole_or_not_at_all(ctl):
    text = "".join('{"mac":"52:54:00:01:%02x:%02x"}\n' % (n >> 8, n & 255) for n in range(20000)).encode()
    process = spawn(ctl, "import", "-", stdin=subprocess.PIPE)
    feeder = threading.Thread(target=lambda: (process.stdin.write(text), process.stdin.close()))
    feeder.start()
    seen = set()
    while process.poll() is None:
        seen.add(ctl.json("status")["hosts"])
    feeder.join()
    seen.add(ctl.json("status")["hosts"])
    process.stdout.close()
    process.stderr.close()
    assert process.returncode == 0 and seen <= {0, 20000} and 20000 in seen


def test_an_import_that_is_killed_changes_nothing(ctl):
    ctl.ok("host", "set", "52:54:00:00:00:01", "--name", "web1")
    before = ctl.export()
    process = spawn(ctl, "import", "-", stdin=subprocess.PIPE)
    process.stdin.write(b"".join(b'{"mac":"52:54:00:02:%02x:%02x"}\n' % (n >> 8, n & 255) for n in range(65536)))
    process.stdin.flush()  # more than the pipe holds: it has begun, and waits for more
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert ctl.export() == before
    ctl.ok("host", "set", "52:54:00:00:00:02")


def test_a_writer_waits_for_another(ctl):
    importing = spawn(ctl, "import", "-", stdin=subprocess.PIPE)
    importing.stdin.write(b"".join(b'{"mac":"52:54:00:02:%02x:%02x"}\n' % (n >> 8, n & 255) for n in range(65536)))
    importing.stdin.flush()
    waiting = spawn(ctl, "host", "set", "52:54:00:00:00:01", "--name", "web1")
    importing.stdin.close()
    out, err = waiting.communicate(timeout=60)
    assert (waiting.returncode, err) == (0, b"") and b"web1" in out
    assert importing.wait(timeout=60) == 0
    importing.stdout.close()
    importing.stderr.close()
    assert ctl.json("status")["hosts"] == 65537


def test_readers_read_while_others_write(ctl):
    stop = threading.Event()

    def write():
        number = 0
        while not stop.is_set():
            ctl.ok("host", "set", "52:54:00:00:00:01", "--note", f"number {number}", "--label", f"n={number}")
            number += 1

    ctl.ok("host", "set", "52:54:00:00:00:01", "--note", "number 0", "--label", "n=0")
    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(50):
            host = json.loads(ctl.ok("host", "show", "52:54:00:00:00:01", "--json"))
            assert host["note"] == f"number {host['labels']['n']}"
    finally:
        stop.set()
        writer.join()


@pytest.mark.parametrize("runs", (True, False))
def test_who_may_only_read(ctl, runs):
    """Another user: what it may not do is told, and nothing breaks. netbootd says who may change hosts through it."""
    ctl.ok("host", "set", "52:54:00:00:00:01")
    assert os.geteuid() == 0, "needs root: it becomes another user"
    for path in (ctl.directory, *ctl.directory.parents):
        if str(path).startswith("/tmp/"):
            os.chmod(path, os.stat(path).st_mode | 0o055)

    def become():
        os.setgid(65534)
        os.setuid(65534)

    if not runs:
        ctl.netbootd.stop()
        (ctl.directory / "run/control").unlink(missing_ok=True)
    done = ctl("host", "set", "52:54:00:00:00:02", preexec_fn=become)
    assert done.returncode == 1 and done.err.count("\n") == 1
    if runs:
        assert done.err == "netbootctl: netbootd answers root and members of the groups netboot and netboot-operator\n"
    else:
        assert done.err.startswith("netbootctl: no permission for ") and ": run this as root" in done.err
    assert "server" not in done.err and "AppArmor" not in done.err
    assert ctl.json("status")["hosts"] == 1
