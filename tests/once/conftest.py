# SPDX-License-Identifier: MPL-2.0
import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parent.parent)]

from sites import Site  # noqa: E402


@pytest.fixture
def site(tmp_path):
    site = Site(tmp_path / "store")
    yield site
    site.close()
