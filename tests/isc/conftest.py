# SPDX-License-Identifier: MPL-2.0
"""What the tests of the patched dhcpd share: stores, a wire, clients of the table."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "servers"))

from lib.fixtures import client, link, shelf  # noqa: E402, F401


@pytest.fixture
def store(shelf, tmp_path):
    """The directory of a full store of the test's own."""
    return shelf["full"].copy(tmp_path / "store")
