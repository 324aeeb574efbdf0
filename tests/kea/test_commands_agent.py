# SPDX-License-Identifier: MPL-2.0
"""The hook's commands from afar: kea-shell and plain HTTP, through Kea's control agent."""

import json
import os
import pwd

import pytest

from lib import agent, kea, targets
from lib.netbootd import Netbootd

MAC = "52:54:00:12:34:56"
DONE, ERROR, UNSUPPORTED, EMPTY = range(4)


@pytest.fixture
def own(tmp_path):
    made = targets.Store(tmp_path / "store").init().set_up(["target set debian --script debian.ipxe"])
    with Netbootd(made.directory):
        yield made


@pytest.mark.parametrize("family", (4, 6))
def test_kea_shell(link, own, family):
    with kea.Kea(link, family, {"database": own.directory, "allow-changes": True}) as server:
        with agent.Agent(link, server) as control:
            assert control.shell("netboot-host-get-page", {"limit": 10})["result"] == EMPTY
            host = {"name": "web1", "mac": [MAC], "target": "debian", "note": "Büro 3", "once": "debian"}
            assert control.shell("netboot-host-add", host)["result"] == DONE
            assert control.shell("netboot-host-update", {"id": MAC, "labels": {"rack": "12"}})["result"] == DONE
            shown = json.loads(own.ctl("host show web1 --json").stdout)
            assert shown["labels"] == {"rack": "12"} and shown["note"] == "Büro 3"
            assert (shown["once"]["state"], shown["once"]["by"]) == ("armed", pwd.getpwuid(os.geteuid()).pw_name)
            answer = control.shell("netboot-host-get", {"id": "web1"})
            assert answer["arguments"]["labels"] == {"rack": "12"}
            assert [host["name"] for host in control.shell("netboot-host-get-page", {"limit": 10})["arguments"]["hosts"]
                    ] == ["web1"]  # fmt: skip
            answer = control.shell("netboot-explain", {"id": "web1", "arch": "x64-uefi", "user-class": "iPXE"})
            assert answer["arguments"]["family"] == family and answer["arguments"]["target"] == "debian"
            assert control.shell("netboot-status")["arguments"]["hosts"] == 1
            assert control.shell("netboot-host-del", {"id": "web1"})["result"] == DONE
            assert control.shell("netboot-host-del", {"id": "web1"})["result"] == EMPTY
            assert control.shell("netboot-host-add", {"mac": "52"})["result"] == ERROR


def test_http(link, own):
    """A thousand hosts in pages, and what Kea makes of a request that is none."""
    lines = [json.dumps({"mac": f"52:54:00:77:{n >> 8:02x}:{n & 255:02x}", "note": "ü" * 40}) for n in range(1000)]
    own.ctl("import", "-", text="\n".join(lines))

    def ask(control, command, **arguments):
        request = {"command": command, "service": ["dhcp4"], "arguments": arguments}
        status, answer = control.post(json.dumps(request).encode())
        assert status == 200
        return answer[0]

    with kea.Kea(link, 4, {"database": own.directory}) as server, agent.Agent(link, server) as control:
        place, got = "start", set()
        while place:
            page = ask(control, "netboot-host-get-page", limit=500, **{"from": place})["arguments"]
            got |= {host["mac"][0] for host in page["hosts"]}
            place = page.get("next", {}).get("from")
        assert len(got) == 1000
        assert ask(control, "netboot-host-del", id=MAC)["result"] == UNSUPPORTED
        status, _ = control.post(b'{ "command": "netboot-host-get", "service": [ "dhcp4" ], "arguments": { "id": ')
        assert status == 400
        assert ask(control, "netboot-status")["result"] == DONE
        server.check()
