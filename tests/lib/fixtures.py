# SPDX-License-Identifier: MPL-2.0
"""Fixtures that several folders' conftest.py import: a wire and who is on it, and the stores of the table of cases."""

import pytest

from . import net, targets, wire


@pytest.fixture(scope="module")
def link():
    with net.Link() as made:
        yield made


@pytest.fixture(scope="module")
def client(link):
    with wire.Wire(link) as made:
        yield made


@pytest.fixture(scope="session")
def shelf(tmp_path_factory):
    """The stores that the cases name; tests/servers is in the path of who asks for it."""
    import stores

    return targets.Shelf(tmp_path_factory.mktemp("stores"), stores.STORES)
