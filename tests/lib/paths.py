# SPDX-License-Identifier: MPL-2.0
"""Where the tests find what was built. NETBOOT_BUILD names the build directory."""

import os
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
SOURCE = TESTS.parent
DATA = TESTS / "data"


def build():
    return Path(os.environ.get("NETBOOT_BUILD", SOURCE / "build")).resolve()


def _built(variable, *below):
    path = Path(os.environ[variable]) if variable in os.environ else build().joinpath(*below)
    if not path.exists():
        raise FileNotFoundError(f"{path} is not there: build it, or set NETBOOT_BUILD or {variable}")
    return path


def hook():
    return _built("NETBOOT_HOOK", "kea-hook", "libdhcp_netboot.so")


def netbootctl():
    return _built("NETBOOT_CTL", "ctl", "netbootctl")


def netbootd():
    return _built("NETBOOT_DAEMON", "daemon", "netbootd")


def netboot_migrate():
    return _built("NETBOOT_MIGRATE", "migrate", "netboot-migrate")


def installed():
    """An environment in which programs find netbootctl."""
    return dict(os.environ, PATH=f"{netbootctl().parent}:{os.environ['PATH']}")


def engine():
    return _built("NETBOOT_ENGINE", "tests", "servers", "engine")


def dhcpd():
    """ISC dhcpd with netboot, as isc-patch/build makes it."""
    return _built("NETBOOT_DHCPD", "isc", "dhcpd")
