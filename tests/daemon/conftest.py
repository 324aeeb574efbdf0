# SPDX-License-Identifier: MPL-2.0
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(TESTS / "daemon"), str(TESTS / "servers"), str(TESTS / "kea"), str(TESTS / "isc"),
                str(TESTS / "once"), str(TESTS)]

import pytest  # noqa: E402

from lib import targets  # noqa: E402
from lib.fixtures import client, link  # noqa: E402, F401

SITE = "site set default --tftp4 192.0.2.1 --tftp6 2001:db8::1 --http4 http://192.0.2.1 --http6 http://[2001:db8::1]"
MAC = "52:54:00:77:00:02"


@pytest.fixture
def store(tmp_path):
    """A store with a host that boots disk.efi, and install.efi when it is armed."""
    return targets.Store(tmp_path / "store").init().set_up([
        SITE, "target set disk --file x64-uefi=disk.efi", "target set install --file x64-uefi=install.efi",
        f"host set {MAC} --name web1 --target disk"])
