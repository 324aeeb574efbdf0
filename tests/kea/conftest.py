# SPDX-License-Identifier: MPL-2.0
"""A wire to a server, a store with something to boot, and booting clients on that wire."""

import pytest

from clients import Clients
from lib import targets
from lib.fixtures import client, link  # noqa: F401
from lib.netbootd import Netbootd

SITE = "site set default --tftp4 192.0.2.1 --tftp6 2001:db8::1 --http4 http://192.0.2.1 --http6 http://[2001:db8::1]"


@pytest.fixture(scope="module")
def clients(client):
    return Clients(client)


@pytest.fixture
def store(tmp_path):
    """A store in which the default site can serve everything, with its netbootd."""
    made = targets.Store(tmp_path / "store").init().set_up([SITE])
    with Netbootd(made.directory) as made.netbootd:
        yield made
