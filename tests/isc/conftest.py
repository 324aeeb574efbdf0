# SPDX-License-Identifier: MPL-2.0
"""What the tests of the patched dhcpd share: stores, a wire, clients of the table."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "servers"))

from lib.fixtures import client, link, shelf  # noqa: E402, F401
from lib.netbootd import Netbootd  # noqa: E402


@pytest.fixture
def store(shelf, tmp_path):
    """A full store of the test's own, with its netbootd."""
    made = shelf["full"].copy(tmp_path / "store")
    with Netbootd(made.directory) as made.netbootd:
        yield made
