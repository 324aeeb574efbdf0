# SPDX-License-Identifier: MPL-2.0
"""Every test can `from lib import ...`."""

import signal
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))


def pytest_configure(config):
    # What ends the run from outside is to remove namespaces and servers as well.
    signal.signal(signal.SIGTERM, lambda *_: pytest.exit("ended by SIGTERM", 1))
