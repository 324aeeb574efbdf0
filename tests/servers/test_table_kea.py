# SPDX-License-Identifier: MPL-2.0
"""The table of cases over the wire, against kea-dhcp4 and kea-dhcp6 with the hook."""

import pytest

from cases import table
from runner import OnTheWire


@pytest.mark.parametrize("case", table(), ids=lambda case: case["name"])
def test_case(case, client, running):
    server = running.server("kea", case["family"], case["settings"], case["store"])
    OnTheWire(client, server, case).run()
