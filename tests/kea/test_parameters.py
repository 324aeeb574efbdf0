# SPDX-License-Identifier: MPL-2.0
"""The hook's parameters: wrong ones fail the load with a message that names key, value and rule."""

import json
import subprocess

import pytest

from lib import kea, paths
from lib.daemon import find, unconfined

KEYS = '"database", "existing-boot-file", "journal", "join-identifiers", "question-deadline", "allow-changes"'

# name: (parameters, what the message says)
WRONG = {
    "unknown key": ({"databse": "/x"}, f'parameter "databse" with value "/x" is unknown: the parameters are {KEYS}'),
    "unknown key among good ones": ({"database": "/x", "Journal": True}, 'parameter "Journal" with value true is unknown'),
    "database is no text": ({"database": 4}, 'parameter "database" is 4: it must be the absolute path of a directory'),
    "database is empty": ({"database": ""}, 'parameter "database" is "": it must be the absolute path of a directory'),
    "database is relative": ({"database": "netboot"}, 'parameter "database" is "netboot": it must be the absolute path'),
    "database is a list": ({"database": ["/x"]}, 'parameter "database" is [ "/x" ]: it must be the absolute path'),
    "existing-boot-file has no such value": (
        {"existing-boot-file": "maybe"},
        'parameter "existing-boot-file" is "maybe": it must be "keep", "replace" or "remove"',
    ),
    "existing-boot-file in capitals": ({"existing-boot-file": "Keep"}, 'is "Keep": it must be "keep", "replace" or "remove"'),
    "existing-boot-file is a boolean": ({"existing-boot-file": True}, 'is true: it must be "keep", "replace" or "remove"'),
    "journal is text": ({"journal": "yes"}, 'parameter "journal" is "yes": it must be true or false'),
    "journal is null": ({"journal": None}, 'parameter "journal" is null: it must be true or false'),
    "journal-size, which netbootd has now": ({"journal-size": 256}, 'parameter "journal-size" with value 256 is unknown'),
    "question-deadline is nothing": (
        {"question-deadline": 0}, 'parameter "question-deadline" is 0: it must be milliseconds, 1 to 1000'),
    "question-deadline is negative": ({"question-deadline": -1}, 'is -1: it must be milliseconds, 1 to 1000'),
    "question-deadline is too large": ({"question-deadline": 1001}, 'is 1001: it must be milliseconds, 1 to 1000'),
    "question-deadline is huge": ({"question-deadline": 2**40 + 1}, 'it must be milliseconds, 1 to 1000'),
    "question-deadline is text": ({"question-deadline": "1s"}, 'is "1s": it must be milliseconds, 1 to 1000'),
    "join-identifiers is text": ({"join-identifiers": "on"}, 'is "on": it must be true or false'),
    "allow-changes is a number": ({"allow-changes": 1}, 'parameter "allow-changes" is 1: it must be true or false'),
}

# name: (parameters, what NETBOOT_LOADED says)
GOOD = {
    "remove": ({"existing-boot-file": "remove"}, "existing-boot-file is remove, database is /var/lib/netboot"),
    "none": ({}, "existing-boot-file is keep, database is /var/lib/netboot"),
    "all": (
        {"database": "/nowhere/netboot", "existing-boot-file": "replace", "journal": False, "allow-changes": False},
        "existing-boot-file is replace, database is /nowhere/netboot",
    ),
    "all on": (
        {"database": "/nowhere/netboot", "existing-boot-file": "keep", "journal": True, "question-deadline": 1000,
         "join-identifiers": True, "allow-changes": True},
        "existing-boot-file is keep, database is /nowhere/netboot",
    ),
}


def with_parameters(link, family, parameters):
    """A server whose hook has these parameters, whatever they are."""
    return kea.Kea(link, family, {}, {"hooks-libraries": [{"library": str(paths.hook()), "parameters": parameters}]})


def config_with(server, parameters):
    config = server.config()
    config[f"Dhcp{server.family}"]["hooks-libraries"][0]["parameters"] = parameters
    return config


@pytest.mark.parametrize("family", (4, 6))
@pytest.mark.parametrize("name", WRONG)
def test_wrong_parameters_fail_the_start(link, name, family):
    parameters, message = WRONG[name]
    server = with_parameters(link, family, parameters)
    try:
        server.start(wait=False)
        assert message in server.wait_log("NETBOOT_LOAD_FAILED")
        assert server.wait() != 0
    finally:
        server.stop(check=False)


@pytest.mark.parametrize("name", GOOD)
def test_good_parameters(link, name):
    parameters, message = GOOD[name]
    with with_parameters(link, 4, parameters) as server:
        assert message in server.wait_log("NETBOOT_LOADED")


def test_wrong_parameters_in_a_running_server(link, clients, store):
    good = {"database": str(store.directory)}
    with with_parameters(link, 4, good) as server:
        assert clients.boot_file(4) == "ipxe.efi"
        for wrong, message in (
            ({"existing-boot-file": "maybe"}, '"existing-boot-file" is "maybe": it must be "keep", "replace" or "remove"'),
            (["database"], f'"parameters" is [ "database" ]: it must be a map of {KEYS}'),
        ):
            since = len(server.log())
            answer = server.command("config-set", config_with(server, wrong), check=False)
            assert answer["result"] == 1
            assert message in server.wait_log("NETBOOT_LOAD_FAILED", since=since)
        server.command("config-set", config_with(server, good))
        assert clients.boot_file(4) == "ipxe.efi"


@pytest.mark.parametrize("family", (4, 6))
def test_configuration_check_touches_nothing(link, tmp_path, family):
    directory = tmp_path / "store"
    server = with_parameters(link, family, {"database": str(directory)})
    try:
        program = unconfined(find(f"kea-dhcp{family}", f"kea-dhcp{family}-server"), tmp_path)
        done = link.server.run(program, "-t", server.write_config(), check=False)
    finally:
        server.stop(check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not directory.exists()


def test_another_daemon_is_refused_by_name(link, tmp_path):
    config = {
        "Control-agent": {
            "http-host": "127.0.0.1",
            "http-port": 8000,
            "hooks-libraries": [{"library": str(paths.hook())}],
            "loggers": [{"name": "kea-ctrl-agent", "severity": "INFO", "output_options": [{"output": "stdout"}]}],
        }
    }
    path = tmp_path / "agent.json"
    path.write_text(json.dumps(config))
    environment = {"KEA_PIDFILE_DIR": str(tmp_path), "KEA_LOCKFILE_DIR": str(tmp_path), "PATH": "/usr/sbin:/usr/bin:/bin"}
    done = link.server.run(
        unconfined(find("kea-ctrl-agent", "kea-ctrl-agent"), tmp_path), "-c", path, env=environment, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, capture_output=False, timeout=20,
    )
    assert done.returncode != 0
    assert "NETBOOT_LOAD_FAILED" in done.stdout
    assert "it is for kea-dhcp4 and kea-dhcp6, but this daemon is kea-ctrl-agent" in done.stdout


def twice(server, store):
    config = server.config()
    again = {"library": str(paths.hook()), "parameters": {"database": str(store.directory)}}
    config["Dhcp4"]["hooks-libraries"] = [*config["Dhcp4"]["hooks-libraries"], again]
    return config


def test_twice_in_one_configuration(link, clients, store):
    """One library file is one library: its second load() would take the place of the first one's threads and store."""
    with with_parameters(link, 4, {"database": str(store.directory)}) as server:
        assert clients.boot_file(4) == "ipxe.efi"
        since = len(server.log())
        assert server.command("config-set", twice(server, store), check=False)["result"] == 1
        assert "already loaded: name it only once" in server.wait_log("NETBOOT_LOAD_FAILED", since=since)
        for _ in range(3):
            server.command("config-set", server.config())
            assert clients.boot_file(4) == "ipxe.efi"
        without = server.config()
        without["Dhcp4"]["hooks-libraries"] = []
        server.command("config-set", without)
        assert clients.boot_file(4) in (None, "")
        server.check()
