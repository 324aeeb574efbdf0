# SPDX-License-Identifier: MPL-2.0
"""The hook's commands over a real control socket: what they answer, what they change, and what they refuse."""

import fcntl
import json
import os
import pwd
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from clients import Machine, Traffic
from commanding import *  # noqa: F403
from lib import kea, owners, paths, targets
from lib.netbootd import Netbootd

KEAS_USER = pwd.getpwuid(os.geteuid()).pw_name  # in whose name netbootd does it

# ---- What they do


def test_they_are_there_as_long_as_the_hook_is(link, kept):
    with open_server(link, kept) as server:
        assert COMMANDS <= set(server.command("list-commands")["arguments"])
        config = server.config()
        config["Dhcp4"]["hooks-libraries"] = []
        server.command("config-set", config)
        assert not COMMANDS & set(server.command("list-commands")["arguments"])
        server.command("config-set", server.config())
        assert server.command("netboot-status")["arguments"]["hosts"] == 1


@pytest.mark.parametrize("threads", (False, True))
@pytest.mark.parametrize("family", (4, 6))
def test_the_life_of_a_host(link, clients, own, family, threads):
    """Added, got, changed and deleted; each is in the next reply, and as netbootctl shows it."""
    machine = Machine(mac=M1)
    loader, own_file = {4: ("ipxe.efi", "debian.efi"), 6: ("http://[2001:db8::1]/ipxe.efi",
                                                          "http://[2001:db8::1]/debian.efi")}[family]  # fmt: skip
    with open_server(link, own, family, threads) as server:
        assert clients.boot_file(family, machine) == loader
        host = {"name": "web1", "mac": [M1], "target": "debian", "labels": {"rack": "12"}, "note": "Büro 3"}
        answer = server.command("netboot-host-add", host)
        assert (answer["result"], answer["text"]) == (DONE, "Host added.")
        assert clients.boot_file(family, machine) == own_file
        answer["arguments"]["note"] = as_sent(answer["arguments"]["note"])
        assert answer["arguments"] == shown(own, "web1")
        assert {key: answer["arguments"][key] for key in host} == host

        answer = server.command("netboot-host-update", {"id": M1, "name": "web2", "target": None, "note": "moved"})
        assert answer["text"] == "Host updated."
        assert clients.boot_file(family, machine) == loader
        assert server.command("netboot-host-get", {"id": "web2"})["arguments"] == shown(own, M1)
        assert shown(own, M1)["note"] == "moved" and shown(own, M1)["target"] is None
        assert server.command("netboot-host-update", {"id": "web2", "note": "moved"})["text"] == "Host unchanged."

        answer = server.command("netboot-host-del", {"id": M1})
        assert answer == {"result": DONE, "text": "Host deleted."}
        assert hosts(own) == []


def as_sent(text):
    """Kea writes the octets of UTF-8 as characters."""
    return text.encode("latin-1").decode()


def test_boot_once(link, clients, own):
    with open_server(link, own) as server:
        server.command("netboot-host-add", {"mac": M1, "once": "install", "expires": "2h", "window": 0})
        once = shown(own, M1)["once"]
        assert (once["state"], once["target"], once["by"], once["window"]) == ("armed", "install", KEAS_USER, 0)
        assert server.command("netboot-host-get", {"id": M1})["arguments"]["once"] == once
        generation = server.command("netboot-status")["arguments"]["generation"]
        server.command("netboot-host-update", {"id": M1, "until-done": "debian", "tries": 2})
        once = shown(own, M1)["once"]
        assert (once["target"], once["until_done"], once["tries"]) == ("debian", True, 2)
        server.command("netboot-host-update", {"id": M1, "once": None})
        assert "once" not in shown(own, M1)
        # The record stays as it was, and so does the generation of the store.
        assert server.command("netboot-status")["arguments"]["generation"] == generation


@pytest.mark.parametrize("words, arguments", [
    ("web1 --arch 7", {"id": "web1", "arch": 7}),
    ("web1 --arch x64-uefi --user-class iPXE", {"id": "web1", "arch": "x64-uefi", "user-class": "iPXE"}),
    (f"--mac {M2} --arch 9 --arch 7 --address 192.0.2.7", {"mac": M2, "arch": [9, 7], "address": "192.0.2.7"}),
    (f"--uuid {U1} --arch 16 --requested 66,67", {"uuid": U1, "arch": 16, "requested": [66, 67]}),
    ("web1 --vendor-class PXEClient", {"id": "web1", "vendor-class": "PXEClient"}),
    (f"--uuid {U1} --arch 7 --join-identifiers off", {"uuid": U1, "arch": 7, "join-identifiers": False}),
    ("", None),
])  # fmt: skip
def test_explain_is_that_of_netbootctl(server, kept, words, arguments):
    told = json.loads(kept.ctl(f"explain --family 4 --json {words}").stdout)
    assert server.command("netboot-explain", arguments)["arguments"] == told


def test_explain_of_the_other_family(server, kept):
    told = json.loads(kept.ctl("explain --family 6 web1 --arch 7 --json").stdout)
    assert server.command("netboot-explain", {"id": "web1", "arch": 7, "family": 6})["arguments"] == told


def test_explain_changes_nothing(link, own):
    """The first packet of an HTTP boot is one that would be marked."""
    own.ctl(f"host set {M1} --once debian")
    with open_server(link, own) as server:
        for arguments in ({"arch": 16}, {"arch": 7}, {"arch": 7, "user-class": "iPXE"}):
            server.command("netboot-explain", {"id": M1, **arguments})
            assert shown(own, M1)["once"]["state"] == "armed"


def test_status(server, kept):
    told = json.loads(kept.ctl("status --json").stdout)
    answer = server.command("netboot-status")["arguments"]
    for key in ("store", "format", "generation", "changed", "hosts", "sites", "targets", "loaders", "size"):
        assert answer[key] == told[key]
    assert (answer["state"], answer["errors"], answer["allow_changes"]) == ("usable", 0, True)
    assert answer["readers"] > 0
    (user,) = (one for one in told["used_by"] if one["program"] == "kea-dhcp4")
    assert f"kea-dhcp4 ({user['pid']})" in kept.ctl("status").stdout


def test_status_of_the_journal(link, clients, own):
    with kea.Kea(link, 4, {"database": own.directory, "journal": True}) as server:
        clients.discover()
        deadline = time.monotonic() + 20
        while (journal := server.command("netboot-status")["arguments"]["journal"])["entries"] == 0:
            assert time.monotonic() < deadline, journal
        assert (journal["dropped"], journal["entries"], journal["machines"]) == (0, 1, 1)
        assert 0 < journal["size"] < journal["limit"]


def test_changes_are_in_the_history(link, own):
    with open_server(link, own) as server:
        server.command("netboot-host-add", {"mac": M1, "name": "web1"})
        server.command("netboot-host-update", {"id": M1, "note": "x"})
        server.command("netboot-host-del", {"id": "web1"})
    entries = json.loads(own.ctl("history --last 3 --json").stdout)
    assert [(entry["by"], entry["what"], entry["hosts"]) for entry in reversed(entries)] == [
        (KEAS_USER, "netboot-host-add host web1", 1),
        (KEAS_USER, "netboot-host-update host web1", 1),
        (KEAS_USER, "netboot-host-del host web1", 1),
    ]
    own.ctl(f"revert {entries[1]['generation']}")
    assert shown(own, "web1")["note"] == "x"


# ---- Pages


def import_hosts(store, count):
    lines = [json.dumps({"type": "host", "mac": f"52:54:00:77:{n >> 8:02x}:{n & 255:02x}"}) for n in range(count)]
    store.ctl("import", "-", text="\n".join(lines))


def test_pages(link, own):
    import_hosts(own, 25)
    with open_server(link, own) as server:
        got, place = [], "start"
        for count in (10, 10, 5):
            answer = server.command("netboot-host-get-page", {"limit": 10, "from": place})
            assert (answer["text"], answer["arguments"]["count"]) == (f"{count} host(s) found.", count)
            got += [host["mac"][0] for host in answer["arguments"]["hosts"]]
            place = answer["arguments"].get("next", {}).get("from")
        assert place is None
        assert got == sorted(set(got)) and len(got) == 25
        # A host that is deleted between two pages takes no other one with it.
        server.command("netboot-host-del", {"id": got[9]})
        answer = server.command("netboot-host-get-page", {"limit": 10, "from": got[9]})
        assert answer["arguments"]["hosts"][0]["mac"] == [got[10]]
        answer = server.command("netboot-host-get-page", {"limit": 10, "from": got[24]}, check=False)
        assert answer == {"result": EMPTY, "text": "0 host(s) found.", "arguments": {"count": 0, "hosts": []}}


def test_a_page_of_no_store_full(link, own):
    with open_server(link, own) as server:
        assert server.command("netboot-host-get-page", {"limit": 500}, check=False)["result"] == EMPTY


# ---- What they refuse

LONG = "x" * 20000
WRONG = {
    "no arguments": ("host-add", None, "arguments are missing"),
    "a list of arguments": ("host-add", [1], "must be an object"),
    "a text as arguments": ("host-add", "x", "must be an object"),
    "tries as text": ("host-update", {"id": "web1", "until-done": "install", "tries": "3"}, "tries: the text `3`"),
    "an unknown key": ("host-add", {"mac": M2, "targt": "debian"}, "did you mean `target`"),
    "no identifier": ("host-add", {"name": "web2"}, "needs a MAC, UUID or DUID"),
    "a wrong mac": ("host-add", {"mac": "52:54:00"}, "mac: `52:54:00` is not a MAC"),
    "a mac that is a number": ("host-add", {"mac": 5}, "mac: give a list of strings"),
    "a list with a number": ("host-add", {"mac": [M2, 5]}, "mac: give a string"),
    "a mac twice": ("host-add", {"mac": [M2, M2]}, "is given twice"),
    "a wrong uuid": ("host-add", {"uuid": "1"}, "uuid: `1` is not a UUID"),
    "a name that is a number": ("host-add", {"mac": M2, "name": 7}, "name: give a string"),
    "a wrong name": ("host-add", {"mac": M2, "name": "a b"}, "name: `a b`"),
    "a wrong platform": ("host-add", {"mac": M2, "loader": {"x64": "a"}}, "did you mean `x64-uefi`"),
    "a wrong file": ("host-add", {"mac": M2, "loader": {"x64-uefi": "a b"}}, "loader:"),
    "a host that is there": ("host-add", {"mac": M1}, "already belongs to host web1"),
    "another card of a host that is there": ("host-add", {"mac": M2, "uuid": U1}, "already belongs to host web1"),
    "a name that is taken": ("host-add", {"mac": M2, "name": "web1"}, "already belongs to host web1"),
    "no such target": ("host-add", {"mac": M2, "target": "nope"}, "there is no target nope"),
    "no such target once": ("host-add", {"mac": M2, "once": "nope"}, "there is no target nope"),
    "a target that cannot be once": ("host-add", {"mac": M2, "once": "quiet"}, "of kind silent"),
    "tries of nothing": ("host-update", {"id": "web1", "tries": 3}, "tries needs until-done"),
    "too many tries": ("host-update", {"id": "web1", "until-done": "install", "tries": 1001}, "tries:"),
    "both": ("host-update", {"id": "web1", "once": "install", "until-done": "install"}, "exclude each other"),
    "it is over": ("host-update", {"id": "web1", "once": "install", "expires": "2001-01-01T00:00:00Z"}, "is in the past"),
    "it was over before 1970": ("host-update", {"id": "web1", "once": "install", "expires": "1969-12-31T00:00:00Z"}, "is in the past"),
    "no time": ("host-update", {"id": "web1", "once": "install", "expires": "soon"}, "`soon` is not a time"),
    "no id": ("host-update", {"name": "web1"}, "`id` is missing"),
    "an id that is none": ("host-update", {"id": "a b"}, "`a b` is not an ID of a host"),
    "the last identifier": ("host-update", {"id": "web1", "mac": [], "uuid": None}, "needs a MAC, UUID or DUID"),
    "a long note": ("host-update", {"id": "web1", "note": LONG}, "note"),
    "a long name": ("host-update", {"id": "web1", "name": LONG}, "name:"),
    "a NUL": ("host-update", {"id": "web1", "note": "a\0b"}, "NUL"),
    "a control character": ("host-update", {"id": "web1", "note": "a\x1b[31m"}, "control character"),
    "nested": ("host-update", {"id": "web1", "labels": json.loads("[" * 40 + "]" * 40)}, "nested too deeply"),
    "get nothing": ("host-get", None, "`id` is missing"),
    "get a number": ("host-get", {"id": 1}, "id: give a string"),
    "get more": ("host-get", {"id": "web1", "from": "x"}, "no argument `from`"),
    "delete nothing": ("host-del", {}, "`id` is missing"),
    "delete more": ("host-del", {"id": "web1", "name": "web1"}, "no argument `name`"),
    "no limit": ("host-get-page", {"from": "start"}, "`limit` is missing"),
    "a limit of 0": ("host-get-page", {"limit": 0}, "limit: give a number from 1 to 500"),
    "too high a limit": ("host-get-page", {"limit": 501}, "limit: give a number from 1 to 500"),
    "half a host": ("host-get-page", {"limit": 1.5}, "limit: give a number"),
    "a limit that is no number": ("host-get-page", {"limit": "ten"}, "`ten` is not a number"),
    "a limit as text": ("host-get-page", {"limit": "5"}, "limit: the text `5` is not a number"),
    "from no host": ("host-get-page", {"limit": 1, "from": "a b"}, "`a b` is not an ID of a host"),
    "explain family": ("explain", {"family": 5}, "not `5`"),
    "explain arch": ("explain", {"arch": "x64"}, "did you mean `x64-uefi`"),
    "explain arch too high": ("explain", {"arch": 65536}, "65535"),
    "explain address": ("explain", {"address": "2001:db8::1"}, "IPv4"),
    "explain requested": ("explain", {"requested": [256]}, "256"),
    "explain join": ("explain", {"join-identifiers": "on"}, "join-identifiers: give true or false"),
    "explain key": ("explain", {"ach": 7}, "netboot-explain has no argument `ach`; did you mean `arch`"),
    "explain vendor class": ("explain", {"vendor-class": "x" * 256}, "255"),
    "status of what": ("status", {"store": "x"}, "takes no arguments"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_arguments(server, kept, name):
    command, arguments, told = WRONG[name]
    before = kept.ctl("export").stdout
    answer = server.command(f"netboot-{command}", arguments, check=False)
    assert answer["result"] == ERROR and told in answer["text"], answer
    assert kept.ctl("export").stdout == before
    assert "once" not in shown(kept, "web1")


def test_the_arguments_that_are_told_are_those_that_are_taken(server):
    """Of an unknown one: all others are named, and none of them is unknown."""
    keys = {"name", "mac", "uuid", "duid", "target", "loader", "labels", "note", "changed", "type", "once", "until-done",
            "expires", "tries", "window"}  # fmt: skip
    for command, wanted in (("netboot-host-add", keys), ("netboot-host-update", keys | {"id"})):
        answer = server.command(command, {"until_done": "install"}, check=False)
        assert answer["result"] == ERROR and f"{command} has no argument `until_done`; did you mean `until-done`" in answer["text"]
        told = answer["text"].split("(its arguments are ")[1].rstrip(")").split(", ")
        assert set(told) == wanted and len(told) == len(wanted)
        for key in told:
            answer = server.command(command, {"id": "web9", key: None} if "id" in wanted else {key: None}, check=False)
            assert answer["result"] in (ERROR, EMPTY) and "has no argument" not in answer["text"], answer


@pytest.mark.parametrize("command, arguments", [
    ("host-get", {"id": "web9"}),
    ("host-get", {"id": M3}),
    ("host-update", {"id": "web9", "note": "x"}),
    ("host-update", {"id": M3, "once": "install"}),
    ("host-del", {"id": "web9"}),
    ("host-get-page", {"limit": 1, "from": "web9"}),
    ("explain", {"id": "web9"}),
])  # fmt: skip
def test_no_such_host(server, command, arguments):
    answer = server.command(f"netboot-{command}", arguments, check=False)
    assert answer["result"] == EMPTY and "there is no host" in answer["text"]
    assert "arguments" not in answer


def test_text_that_is_no_utf8(server):
    request = b'{"command": "netboot-host-update", "arguments": {"id": "web1", "note": "B\xfcro"}}'
    answer = server.send(request)
    assert answer["result"] == ERROR and "invalid UTF-8 at octet" in answer["text"]


def test_changes_that_are_not_allowed(link, clients, kept):
    with open_server(link, kept, changes=False) as server:
        for command in ("add", "update", "del"):
            answer = server.command(f"netboot-host-{command}", {"id": "web1"}, check=False)
            assert answer["result"] == UNSUPPORTED and "allow-changes" in answer["text"]
        assert server.command("netboot-host-get", {"id": "web1"})["arguments"]["name"] == "web1"
        assert server.command("netboot-status")["arguments"]["allow_changes"] is False
        assert clients.boot_file(4, Machine(mac=M1)) == "debian.efi"


def test_a_busy_store(link, clients, own):
    """Another writer is an error at once; who asks to boot does not notice."""
    own.ctl(f"host set {M1} --name web1")
    with open_server(link, own) as server, open(own.directory / "targets" / "write.lock", "r+") as lock:
        fcntl.lockf(lock, fcntl.LOCK_EX)
        for command, arguments in (("add", {"mac": M2}), ("update", {"id": "web1", "note": "x"}), ("del", {"id": "web1"})):
            answer = server.command(f"netboot-host-{command}", arguments, check=False)
            assert answer["result"] == ERROR and "is being changed by" in answer["text"]
            assert clients.boot_file(4, Machine(mac=M1)) == "ipxe.efi"
        assert server.command("netboot-host-get", {"id": "web1"})["arguments"]["note"] is None
        fcntl.lockf(lock, fcntl.LOCK_UN)
        server.command("netboot-host-update", {"id": "web1", "note": "x"})


def test_a_store_that_is_missing(link, clients, tmp_path):
    store = targets.Store(tmp_path / "store")
    with open_server(link, store) as server:
        clients.discover()
        for command, arguments in (("host-get", {"id": "web1"}), ("host-get-page", {"limit": 1}), ("explain", {}),
                                   ("host-add", {"mac": M1})):  # fmt: skip
            answer = server.command(f"netboot-{command}", arguments, check=False)
            assert answer["result"] == ERROR and str(store.directory) in answer["text"], answer
        status = server.command("netboot-status")["arguments"]
        assert (status["state"], status["errors"], status["store"]) == ("unusable", 1, str(store.directory))
        assert f"netbootctl -d {store.directory} init" in status["problem"]
        store.init().set_up(SETTINGS)
        deadline = time.monotonic() + 20
        while clients.boot_file(4) != "ipxe.efi":
            assert time.monotonic() < deadline
        assert server.command("netboot-status")["arguments"]["state"] == "usable"
        with Netbootd(store.directory):
            server.command("netboot-host-add", {"mac": M1})


@pytest.fixture
def open_directory():
    """One that every user can get at, as pytest's are not."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        yield Path(directory)


@pytest.mark.parametrize("operator", (False, True))
def test_the_permissions_of_keas_user(link, clients, open_directory, operator):
    """As Debian runs it: whoever may only read the store changes hosts and arms if netbootd lets him."""
    own = targets.Store(open_directory / "store").init().set_up(SETTINGS)
    own.ctl(f"host set {M1} --name web1 --target debian")
    owners.share(own.directory, group="_kea")
    operators = ["--operators", "_kea" if operator else "games"]
    with Netbootd(own.directory, *operators), open_server(link, own, user="_kea") as server:
        assert clients.boot_file(4, Machine(mac=M1)) == "debian.efi"
        assert server.command("netboot-host-get", {"id": "web1"})["arguments"] == shown(own, "web1")
        answer = server.command("netboot-host-add", {"mac": M2}, check=False)
        if operator:
            assert answer["result"] == DONE and clients.boot_file(4, Machine(mac=M2)) == "ipxe.efi"
            own.ctl("host set web1 --note 'changed by root meanwhile'")
        else:
            assert answer["result"] == ERROR and "add it to the group netboot-operator, if that is what you want" in answer["text"]
        answer = server.command("netboot-host-update", {"id": "web1", "once": "install"}, check=False)
        assert answer["result"] == (DONE if operator else ERROR)
        assert shown(own, "web1").get("once", {}).get("state") == ("armed" if operator else None)
        if operator:
            assert json.loads(own.ctl("history --json").stdout)[0]["by"] == "_kea"


def test_done(link, own):
    own.ctl(f"host set {M1} --name web1 --until-done install")
    with open_server(link, own) as server:
        assert server.command("netboot-host-done", {"id": "web1"})["result"] == DONE
        assert shown(own, "web1")["once"]["state"] == "done"
        answer = server.command("netboot-host-done", {"id": "web9"}, check=False)
        assert answer["result"] == EMPTY and "there is no host" in answer["text"]


# ---- Under traffic


@pytest.mark.parametrize("threads", (False, True))
@pytest.mark.parametrize("family", (4, 6))
def test_commands_under_traffic_and_reloads(link, own, family, threads):
    import_hosts(own, 600)
    expected = {4: "ipxe.efi", 6: "http://[2001:db8::1]/ipxe.efi"}[family]
    with open_server(link, own, family, threads) as server, Traffic(link, family) as traffic:
        for number in range(30):
            server.command("netboot-host-add", {"mac": f"52:54:00:78:00:{number:02x}", "name": f"n{number}"})
            server.command("netboot-host-update", {"id": f"n{number}", "note": "x", "once": "install"})
            place, count = "start", 0
            while place:
                page = server.command("netboot-host-get-page", {"limit": 500, "from": place})["arguments"]
                place, count = page.get("next", {}).get("from"), count + page["count"]
            assert count == 601
            server.command("netboot-host-del", {"id": f"n{number}"})
            if number % 5 == 4:
                server.command("config-reload")
            traffic.wait_answers(2)
        assert traffic.files == {expected}
        server.check()
        assert not [line for line in server.log() if line.startswith("ERROR")]


# ---- The library


def test_what_the_hook_exports():
    """Nothing of cJSON, of LMDB's callers or of the C++ library that another hook could be bound to."""
    listing = subprocess.run(["nm", "-D", "--defined-only", paths.hook()], capture_output=True, text=True, check=True)
    names = {line.split()[-1] for line in listing.stdout.splitlines()}
    assert names == {"version", "load", "unload", "multi_threading_compatible", "pkt4_send", "pkt6_send"}
