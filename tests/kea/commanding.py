# SPDX-License-Identifier: MPL-2.0
"""What the tests of the hook's commands have in common: stores, and servers that take commands."""

import json

import pytest

from lib import kea, net, targets
from lib.netbootd import Netbootd

M1, M2, M3 = (f"52:54:00:12:34:5{digit}" for digit in (6, 7, 8))
U1 = "11223344-5566-7788-99aa-bbccddeeff00"
COMMANDS = {f"netboot-{name}" for name in ("explain", "host-add", "host-del", "host-done", "host-get", "host-get-page",
                                           "host-update", "status")}  # fmt: skip
SITE = "site set default --tftp4 192.0.2.1 --tftp6 2001:db8::1 --http4 http://192.0.2.1 --http6 http://[2001:db8::1]"
SETTINGS = [SITE, "target set debian --script debian.ipxe --file x64-uefi=debian.efi",
            "target set install --script install.ipxe"]  # fmt: skip
DONE, ERROR, UNSUPPORTED, EMPTY = range(4)


def open_server(link, store, family=4, threads=False, changes=True, **more):
    settings = {"multi-threading": {"enable-multi-threading": threads, "thread-pool-size": 2, "packet-queue-size": 64}}
    return kea.Kea(link, family, {"database": store.directory, "allow-changes": changes}, settings, **more)


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """One store for all tests that leave it as it was, with its netbootd."""
    made = targets.Store(tmp_path_factory.mktemp("kept") / "store").init().set_up(
        [*SETTINGS, "target set quiet --silent", f"host set {M1} --name web1 --uuid {U1} --target debian --label rack=12 --note 'to be moved'"]
    )
    with Netbootd(made.directory) as made.netbootd:
        yield made


@pytest.fixture(scope="module")
def server(kept):
    """On a wire of its own: nobody asks it for an address."""
    with net.Link() as apart, open_server(apart, kept) as made:
        yield made


@pytest.fixture
def own(tmp_path):
    made = targets.Store(tmp_path / "store").init().set_up(SETTINGS)
    with Netbootd(made.directory) as made.netbootd:
        yield made


def shown(store, host):
    return json.loads(store.ctl("host", "show", host, "--json").stdout)


def hosts(store):
    return [host["name"] for host in json.loads(store.ctl("host", "list", "--json").stdout)]
