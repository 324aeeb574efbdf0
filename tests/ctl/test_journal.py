# SPDX-License-Identifier: MPL-2.0
"""log, watch, seen, explain ID, host set --from-seen: what the journal tells."""

import json
import os
import queue
import re
import shutil
import signal
import subprocess
import threading
import time

import pytest

from conftest import Ctl
from identities import Wrapped
from lib import owners, paths
from lib.netbootd import Netbootd

MAC, OTHER, STRANGER = "52:54:00:00:00:01", "52:54:00:00:00:02", "52:54:00:00:00:99"
UUID = "11111111-2222-3333-4444-555555555501"
DUID = "00:04:" + ":".join(re.findall("..", UUID.replace("-", "")))
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z"


def boots(ctl, *lines, options=()):
    """Packets served by a server without a network; what it decided for each. netbootd has all of them then."""
    agent = paths.build() / "tests/journal/journal_agent"
    done = subprocess.run([agent, ctl.directory, *options], input="\n".join(lines) + "\n", text=True,
                          stdout=subprocess.PIPE, timeout=60, check=True)
    eventually(lambda: ctl.json("status")["servers"] == [])  # it writes what the ring has, then lets the server go
    return [dict(zip(("outcome", "host", "target", "boot_file", "once"), line.split("\t")))
            for line in done.stdout.splitlines()]


def eventually(condition):
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, "never"
        time.sleep(0.02)


def fill(ctl):
    ctl.ok("site", "set", "default", "--tftp4", "192.0.2.1", "--tftp6", "2001:db8::1", "--http4", "http://192.0.2.1/",
           "--http6", "http://[2001:db8::1]/")
    ctl.ok("target", "set", "debian", "--script", "debian.ipxe")
    ctl.ok("host", "set", MAC, "--name", "web1", "--mac", OTHER, "--target", "debian")
    return ctl


@pytest.fixture
def lab(ctl):
    return fill(ctl)


def lose_journal(ctl):
    """For good: with netbootd it would come back."""
    ctl.netbootd.stop()
    shutil.rmtree(ctl.directory / "journal")


BOOTS = [f"4 discover mac={MAC} uuid={UUID}", f"4 request mac={MAC} uuid={UUID}", f"4 discover mac={MAC} ipxe",
         f"4 request mac={MAC} ipxe", f"4 discover mac={OTHER}", f"6 discover uuid={UUID}",
         f"4 discover mac={STRANGER} address=198.51.100.7"]


@pytest.fixture
def booted(lab):
    """web1 over DHCPv4 with both its cards, its DHCPv6 by UUID alone, and a stranger that has only been offered."""
    boots(lab, *BOOTS)
    return lab


# ---- log

def test_log_has_a_line_for_each_step_the_newest_last(booted):
    lines = booted.ok("log").splitlines()
    assert lines[0].split()[:4] == ["TIME", "HOST", "MACHINE", "STEP"]
    rows = [line.split() for line in lines[1:]]
    assert all(re.fullmatch(TIME, row[0]) for row in rows)
    assert [row[1:8] for row in rows] == [
        ["web1", MAC, "v4", "PXE", "x64-uefi", "given", "answered"],
        ["web1", MAC, "v4", "iPXE", "x64-uefi", "given", "answered"],
        ["web1", OTHER, "v4", "PXE", "x64-uefi", "offered", "answered"],
        ["-", UUID, "v6", "PXE", "x64-uefi", "offered", "answered"],
        ["-", STRANGER, "v4", "PXE", "x64-uefi", "offered", "answered"]]
    assert lines[2].endswith("debian: http://192.0.2.1/debian.ipxe")


@pytest.mark.parametrize("word, count", [("web1", 3), (MAC, 3), (OTHER, 3), (UUID, 3), (STRANGER, 1)])
def test_log_of_a_machine_has_all_its_cards(booted, word, count):
    assert len(booted.json("log", word)) == count


def test_log_json(booted):
    entry = booted.json("log")[1]
    assert list(entry) == [
        "number", "first", "last", "packets", "first_reply", "last_reply", "server", "family", "stage", "platform", "arch",
        "mac", "uuid", "duid", "address", "transport", "once", "outcome", "host", "target", "site", "boot_file",
        "next_server", "tftp_server_name", "vendor_class", "reasons"]
    assert (entry["packets"], entry["first_reply"], entry["last_reply"]) == (2, "OFFER", "ACK")
    assert (entry["server"], entry["stage"], entry["transport"], entry["mac"]) == ("agent", "iPXE", "HTTP", MAC)
    assert entry["boot_file"] == "http://192.0.2.1/debian.ipxe"
    assert "host web1 has one of the client's identifiers" in entry["reasons"]
    assert re.fullmatch(TIME, entry["first"]) and entry["first"] <= entry["last"]


@pytest.mark.parametrize("words, count", [
    (["--since", "1h"], 5), (["--since", "2000-01-01T00:00:00Z"], 5), (["--since", "2099-01-01T00:00:00Z"], 0),
    (["--since", "1969-12-31T23:59:59Z"], 5),
    (["--last", "2"], 2), (["web1", "--last", "1"], 1), (["web1", "--since", "1h", "--last", "9"], 3)])
def test_log_of_a_part(booted, words, count):
    assert len(booted.json("log", *words)) == count


@pytest.mark.parametrize("words, code, text", [
    (["--since", "yesterday"], 2, "--since: `yesterday` is not a time"),
    (["--last", "0"], 2, "--last: `0` is not a number"),
    (["web9"], 1, "there is no host web9"),
    (["not a name"], 2, "not a name")])
def test_log_says_what_is_wrong(booted, words, code, text):
    assert text in booted.wrong(code, "log", *words)


def test_log_of_nothing(lab):
    done = lab("log")
    assert (done.returncode, done.out) == (0, "") and "has nothing about any machine" in done.err
    assert lab.json("log") == []


@pytest.mark.parametrize("command", [["log"], ["seen"], ["seen", "--join"], ["watch"]])
def test_without_a_journal(lab, command):
    lose_journal(lab)
    assert f"there is no journal in {lab.directory}: netbootd makes it when it starts" in lab.wrong(1, *command)
    lab.netbootd.start()
    assert lab.json("log") == []


def test_no_control_characters(lab):
    """A damaged entry is left out, and does nothing to a terminal."""
    boots(lab, f"4 discover mac={MAC} ipxe", f"4 discover mac={STRANGER} ipxe")
    data = lab.directory / "journal/known"
    data.write_bytes(data.read_bytes().replace(b"debian", b"d\x1b[2\x9bn"))
    for command in (["log"], ["log", "--json"], ["explain", "web1"], ["seen"], ["seen", "--json"]):
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", lab(*command).out), command
    assert [entry["mac"] for entry in lab.json("log")] == [STRANGER]


# ---- explain

def test_explain_tells_what_it_got_and_what_it_would_get(booted):
    text = booted.ok("explain", "web1")
    assert text.count("now  the same") == 3
    assert "\n  got  answered, http://192.0.2.1/debian.ipxe\n        1. stage iPXE" in text
    booted.ok("target", "set", "debian", "--script", "other.ipxe")
    text = booted.ok("explain", "web1")
    assert text.count("now  the same") == 2
    assert "\n  now  answered, http://192.0.2.1/other.ipxe\n        1. stage iPXE" in text


def test_explain_json(booted):
    booted.ok("target", "set", "debian", "--local")
    result = booted.json("explain", "web1")
    assert list(result) == ["journal", "now"]
    assert result["journal"] == booted.json("log", "web1")
    assert [(now["mac"], now["stage"], now["same"]) for now in result["now"]] == [
        (MAC, "PXE", True), (MAC, "iPXE", False), (OTHER, "PXE", True)]
    assert result["now"][1]["boot_file"].endswith("local.ipxe")


def test_explain_of_a_boot_once(lab):
    lab.ok("host", "set", "web1", "--once", "default")
    boots(lab, f"4 discover mac={MAC} ipxe", f"4 request mac={MAC} ipxe")
    entry, = lab.json("log", "web1")
    assert (entry["once"], entry["target"]) == (True, "default")
    assert "(once)" in lab.ok("log")
    now, = lab.json("explain", "web1")["now"]
    assert (now["same"], now["target"]) == (False, "debian")


def test_explain_without_a_journal_asks_for_more(lab):
    assert lab.wrong(2, "explain", "web1").startswith("explain needs --family 4 or --family 6")


# ---- explain, and servers that join identifiers

SOLICIT = f"6 discover uuid={UUID}"


def asked6(ctl, *words):
    return ctl.json("explain", "--family", "6", "--uuid", UUID, "--arch", "7", *words)


@pytest.mark.parametrize("joins", (True, False))
def test_explain_asks_as_the_server_that_answered(booted, joins):
    boots(booted, SOLICIT, options=["join"] if joins else [])
    assert booted.json("log", UUID)[-1]["host"] == ("web1" if joins else None)
    now = booted.json("explain", UUID)["now"][-1]
    assert (now["uuid"], now["mac"], now["join_identifiers"], now["same"]) == (UUID, None, joins, True)
    assert now["host"] == ("web1" if joins else None)
    text = booted.ok("explain", UUID)
    assert f"by agent, which {'joins' if joins else 'does not join'} identifiers\n" in text
    assert text.count("by agent, which") == 1  # the steps with a MAC have nothing to do with it


@pytest.mark.parametrize("joins", (True, False))
def test_explain_asks_as_another_server(booted, joins):
    boots(booted, SOLICIT, options=["join"] if joins else [])
    other = "off" if joins else "on"
    now = booted.json("explain", UUID, "--join-identifiers", other)["now"][-1]
    assert (now["join_identifiers"], now["same"], now["host"]) == (not joins, False, None if joins else "web1")
    assert f"identifiers; now, as --join-identifiers {other} says, one that " in booted.ok("explain", UUID, "--join-identifiers",
                                                                                      other)


def test_explain_of_a_packet_says_what_it_assumed(booted):
    for words, joins in (([], False), (["--join-identifiers", "off"], False), (["--join-identifiers", "on"], True)):
        result = asked6(booted, *words)
        assert (result["join_identifiers"], result["host"]) == (joins, "web1" if joins else None)
        text = booted.ok("explain", "--family", "6", "--uuid", UUID, "--arch", "7", *words)
        assert ("This assumes a server that joins identifiers." if joins else "use --join-identifiers on") in text
    assert "joins identifiers" not in booted.ok("explain", "--family", "6", "--mac", MAC, "--arch", "7")


def test_explain_chain_of_a_machine_that_is_joined(booted):
    hosts = {}
    for word in ("on", "off"):
        ways = booted("explain", "--chain", "--uuid", UUID, "--platform", "x64-uefi", "--join-identifiers", word, "--json")
        hosts[word] = "web1" in ways.out
    assert hosts == {"on": True, "off": False}


@pytest.mark.parametrize("words", [["web1"], ["--family", "6", "--uuid", UUID], ["--chain", "web1"]])
def test_explain_join_identifiers_is_on_or_off(booted, words):
    assert "--join-identifiers: give on or off, not `yes`" in booted.wrong(2, "explain", *words, "--join-identifiers", "yes")


def test_explain_cannot_join_without_a_journal(lab):
    lose_journal(lab)
    reason = lab.wrong(1, "explain", "--family", "6", "--uuid", UUID, "--arch", "7", "--join-identifiers", "on")
    assert reason.startswith(f"--join-identifiers: there is no journal in {lab.directory}")


# ---- seen

def test_seen(booted):
    machines = {machine["id"]: machine for machine in booted.json("seen")}
    assert list(machines) == [MAC, OTHER, STRANGER, UUID]
    assert list(machines[MAC]) == [
        "id", "host", "mac", "uuid", "duid", "shared", "platform", "arch", "stages", "transport", "addresses", "first",
        "last", "count", "outcome", "target"]
    assert machines[MAC]["stages"] == ["v4 PXE", "v4 iPXE"]
    assert (machines[MAC]["host"], machines[MAC]["uuid"], machines[MAC]["count"]) == ("web1", [UUID], 2)
    assert (machines[STRANGER]["host"], machines[STRANGER]["addresses"]) == (None, ["198.51.100.7"])
    assert (machines[UUID]["stages"], machines[UUID]["duid"][0][:5]) == (["v6 PXE"], "00:04")
    assert [machine["id"] for machine in booted.json("seen", "--unknown")] == [STRANGER, UUID]
    titles, *rows = booted.ok("seen", "--unknown").splitlines()
    assert titles.startswith("MACHINE") and [row.split()[0] for row in rows] == [STRANGER, UUID]


def test_a_host_from_what_was_seen(booted):
    booted.ok("host", "set", STRANGER, "--from-seen", "--name", "new", "--target", "debian")
    assert booted.json("host", "show", "new")["mac"] == [STRANGER]
    assert [machine["id"] for machine in booted.json("seen", "--unknown")] == [UUID]


def test_identifiers_that_belong_together(booted):
    join, = booted.json("seen", "--join")
    assert (join["mac"], join["host"], join["uuid"]) == (MAC, "web1", UUID)
    command = join["command"].split()
    assert command[:3] == ["netbootctl", "host", "set"]
    before = booted.export()
    assert "uuid" in booted.ok(*command[1:], "--dry-run") and booted.export() == before
    booted.ok(*command[1:])
    host = booted.json("host", "show", "web1")
    assert (host["mac"], host["uuid"], len(host["duid"]), host["target"]) == ([MAC, OTHER], [UUID], 1, "debian")
    assert booted.json("seen", "--join") == [] and booted.ok("host", "set", MAC, "--from-seen").startswith("unchanged")


def test_what_others_have_shown_is_left_out(lab):
    boots(lab, f"4 discover mac={MAC} uuid={UUID}", f"4 discover mac={STRANGER} uuid={UUID}", f"6 discover uuid={UUID}")
    assert lab.json("seen", "--join") == []
    done = lab("host", "set", STRANGER, "--from-seen")
    assert done.returncode == 0 and f"{UUID} is left out" in done.err
    assert lab.json("host", "show", STRANGER)["uuid"] == []
    assert "2 machines have sent" in lab.wrong(1, "host", "set", UUID, "--from-seen")


def test_what_was_never_seen(booted):
    assert "the journal has not seen 52:54:00:00:00:77" in booted.wrong(1, "host", "set", "52:54:00:00:00:77",
                                                                        "--from-seen")
    assert booted("host", "show", "52:54:00:00:00:77").returncode == 1


def test_what_the_store_has_outlives_a_flood(alone):
    """100,000 machines that nobody knows, in a journal that has room for some hundreds of steps of such."""
    ctl = fill(alone)
    with Netbootd(ctl.directory, "--journal-size", "1"):
        boots(ctl, *BOOTS)
        before = ctl.json("log", "web1")
        seen = [machine for machine in ctl.json("seen") if machine["host"]]
        boots(ctl, *(f"4 discover mac=02:{n >> 16:02x}:{n >> 8 & 255:02x}:{n & 255:02x}:00:00" for n in range(100000)))
        after = ctl.json("seen")
    assert 500 < len(after) < 2000 and STRANGER not in [machine["id"] for machine in after]
    assert [machine for machine in after if machine["host"]] == seen and len(seen) == 2
    assert ctl.json("log", "web1") == before
    assert (ctl.directory / "journal/known").stat().st_size + (ctl.directory / "journal/strangers").stat().st_size <= 1 << 20


def test_journal_of_another_size(lab):
    """What there is stays, as far as it fits; a later start without a size is the default again."""
    boots(lab, *BOOTS)
    before = lab.json("log")
    for words, limit in ((["--journal-size", "1"], 1), (["--journal-size", "3"], 3), ([], 256)):
        lab.netbootd.stop()
        lab.netbootd.options = words
        lab.netbootd.start()
        assert lab.json("status")["journal"]["limit"] == limit << 20
        assert lab.json("log") == before


@pytest.mark.parametrize("size", ["0", "1048577", "-1", "1M", "1.5"])
def test_sizes_that_a_journal_cannot_have(alone, size):
    done = subprocess.run([paths.netbootd(), "-d", alone.directory, f"--journal-size={size}"], capture_output=True,
                          text=True, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--journal-size: give mebibytes, 1 to 1048576" in done.stderr


# ---- watch

class Watch:
    """A `netbootctl watch` that runs, its lines in a queue."""

    def __init__(self, ctl, *words):
        self.process = subprocess.Popen([ctl.program, "watch", *words], env=ctl.environment, text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.lines = queue.Queue()
        threading.Thread(target=lambda: [self.lines.put(line) for line in self.process.stdout], daemon=True).start()

    def line(self):
        return self.lines.get(timeout=30)

    def end(self, number):
        self.process.send_signal(number)
        assert self.process.wait(30) == 0
        assert self.process.stderr.read() == ""


@pytest.fixture
def watch(lab):
    running = []

    def start(*words):
        running.append(Watch(lab, *words))
        return running[-1]

    yield start
    for one in running:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()
        one.process.stdout.close()
        one.process.stderr.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_watch(lab, watch, number):
    boots(lab, f"4 discover mac={STRANGER}")  # before it began
    one = watch()
    assert one.line().startswith("TIME")
    boots(lab, f"4 discover mac={MAC}")
    assert one.line().split()[1:7] == ["web1", MAC, "v4", "PXE", "x64-uefi", "offered"]
    boots(lab, f"4 request mac={MAC}")
    assert one.line().split()[1:7] == ["web1", MAC, "v4", "PXE", "x64-uefi", "given"]
    one.end(number)


def test_watch_json_goes_on_with_another_journal(lab, watch):
    machine, all_machines = watch("--json", "web1"), watch("--json")
    # Both have begun once they tell of a step; which of them sees the first ones is open.
    started = threading.Event()

    def knock():
        while not started.wait(0.2):
            boots(lab, f"4 discover mac={MAC} uuid={UUID}")

    knocking = threading.Thread(target=knock)
    knocking.start()
    try:
        first = json.loads(machine.line())
        all_machines.line()
    finally:
        started.set()
        knocking.join()
    assert (first["host"], first["mac"], first["uuid"]) == ("web1", MAC, UUID)
    shutil.rmtree(lab.directory / "journal")
    eventually((lab.directory / "journal/known").exists)  # netbootd makes it anew
    boots(lab, f"4 discover mac={STRANGER}", f"4 discover mac={MAC} ipxe")
    while (entry := json.loads(machine.line()))["stage"] != "iPXE":
        assert entry["mac"] == MAC
    while json.loads(all_machines.line())["mac"] != STRANGER:
        pass
    for one in (machine, all_machines):
        one.process.send_signal(signal.SIGINT)
        assert one.process.wait(30) == 0


def test_status_counts_it(lab):
    boots(lab, f"4 discover mac={MAC} ipxe", f"4 discover mac={STRANGER}")
    told = lab.json("status")["journal"]
    assert (told["entries"], told["machines"], told["dropped"]) == (2, 2, 0) and 0 < told["size"] < told["limit"]
    assert "2 steps of 2 machines, 0 dropped" in lab.ok("status")
    lab.netbootd.stop()
    assert lab.json("status")["journal"] == told  # by its files
    (lab.directory / "journal/known").write_bytes(b"junk" * 4096)
    assert lab.json("status")["journal_trouble"].startswith(f"a file of the journal in {lab.directory} is damaged")


def test_status_says_why_nothing_is_written(lab):
    lab.netbootd.stop()
    shutil.rmtree(lab.directory / "journal")
    (lab.directory / "journal").write_text("in the way")
    lab.netbootd.start()
    trouble = lab.json("status")["journal_trouble"]
    assert trouble == (f"netbootd cannot write the journal in {lab.directory}: Not a directory; 0 records were dropped so "
                       "far")
    (lab.directory / "journal").unlink()
    eventually(lambda: "journal" in lab.json("status"))


# ---- who may read it

GROUP = owners.GROUP


@pytest.fixture
def shared(open_path):
    """The store of a user of its own, with a boot of web1."""
    ctl = Ctl(open_path / "store")
    ctl.ok("init")
    owners.share(ctl.directory)
    with Netbootd(ctl.directory) as ctl.netbootd:
        boots(fill(ctl), *BOOTS)
        yield ctl


def as_nobody(ctl, *groups):
    rest = ["--groups", ",".join(map(str, groups))] if groups else ["--clear-groups"]
    return Wrapped(ctl.directory, ["setpriv", "--reuid", "65534", "--regid", "65534", *rest])


def test_a_member_of_the_group_sees_how_much_there_is(shared):
    """Its figures from netbootd, and nothing of what it tells."""
    member = as_nobody(shared, GROUP)
    figures = shared.json("status")["journal"]
    assert member.json("status")["journal"] == figures and figures["entries"] == 5
    only = f"only root and the user netboot may read the journal in {shared.directory}, which tells what each machine was given"
    for words in (["log"], ["log", "web1"], ["seen"], ["seen", "--join"], ["watch"], ["explain", "web1"]):
        assert member.wrong(1, *words) == only
    assert only in member.wrong(1, "explain", "--family", "6", "--uuid", UUID, "--arch", "7", "--join-identifiers", "on")
    assert "web1" in member.ok("explain", "--family", "4", "--mac", MAC, "--arch", "7")
    assert only in member("lint").err
    shared.netbootd.stop()
    assert member.json("status")["journal_trouble"] == only


def test_a_stranger_is_told_nothing(shared):
    """Where the store itself is open to everybody."""
    for path in (shared.directory, shared.directory / "targets", *(shared.directory / "targets").iterdir()):
        path.chmod(0o755 if path.is_dir() else 0o666)
    told = as_nobody(shared).json("status")
    assert "journal" not in told and "only root and the user netboot may read the journal" in told["journal_trouble"]
