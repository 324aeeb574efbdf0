# SPDX-License-Identifier: MPL-2.0
"""What the tests of the patched dhcpd share: stores, a wire, clients of the table."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "servers"))

from lib import net, targets, wire  # noqa: E402


@pytest.fixture(scope="session")
def shelf(tmp_path_factory):
    import stores

    return targets.Shelf(tmp_path_factory.mktemp("stores"), stores.STORES)


@pytest.fixture(scope="module")
def link():
    with net.Link() as made:
        yield made


@pytest.fixture(scope="module")
def client(link):
    with wire.Wire(link) as made:
        yield made


@pytest.fixture
def store(shelf, tmp_path):
    """The directory of a full store of the test's own."""
    return shelf["full"].copy(tmp_path / "store")
