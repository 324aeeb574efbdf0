# SPDX-License-Identifier: MPL-2.0
"""The table of cases through the library alone: facts, decision, reasons and edits."""

import pytest

from cases import table
from runner import InProcess


@pytest.mark.parametrize("case", table(), ids=lambda case: case["name"])
def test_case(case, engines):
    InProcess(engines(case["store"]), case).run()
