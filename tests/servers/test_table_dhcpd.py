# SPDX-License-Identifier: MPL-2.0
"""The table of cases over the wire, against ISC dhcpd with netboot built in. NETBOOT_DHCPD names the binary."""

import os

import pytest

from cases import table
from runner import OnTheWire


@pytest.fixture(scope="module", autouse=True)
def patched():
    assert os.path.exists(os.environ.get("NETBOOT_DHCPD", "")), "set NETBOOT_DHCPD to the patched dhcpd"


@pytest.mark.parametrize("case", table(), ids=lambda case: case["name"])
def test_case(case, client, running):
    server = running.server("dhcpd", case["family"], case["settings"], case["store"])
    OnTheWire(client, server, case).run()
