# SPDX-License-Identifier: MPL-2.0
"""What the table's runners share: the stores, one wire, and servers that stay up while cases want the same one."""

import pytest

from lib.fixtures import client, link, shelf  # noqa: F401
from plugins import PLUGINS
from runner import Engine


class Running:
    """At most one server a family; another one is started when a case wants other settings or another store."""

    def __init__(self, link, shelf):
        self._link, self._shelf = link, shelf
        self._servers = {}

    def server(self, plugin, family, settings, store):
        wanted = (plugin, settings, store)
        running, server = self._servers.get(family, (None, None))
        if running == wanted:
            return server
        if server:
            del self._servers[family]
            server.stop()
        directory = None if store is None else self._shelf[store].directory
        server = PLUGINS[plugin](self._link, family, settings, directory).start()
        self._servers[family] = (wanted, server)
        return server

    def stop(self):
        servers = [self._servers.popitem()[1][1] for _ in range(len(self._servers))]
        for server in servers:
            server.stop()


@pytest.fixture(scope="module")
def running(link, shelf):
    made = Running(link, shelf)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def engines(shelf):
    """The library's engine on a store, by the store's name."""
    made = {}

    def engine(store):
        if store not in made:
            made[store] = Engine(shelf[store].directory)
        return made[store]

    yield engine
    for each in made.values():
        each.close()
