# SPDX-License-Identifier: MPL-2.0
"""dhcpd asked what its configuration gives: dhcpd -t -netboot-dump."""

import json
import subprocess

from lib import dhcp, paths

SECONDS = 30


class Refused(Exception):
    """What dhcpd said of a configuration that it does not accept."""


def _run(config, family, mode, lines="", leases="/dev/null", check=True):
    done = subprocess.run(
        [paths.dhcpd(), "-t", f"-{family}", "-cf", config, "-lf", leases, "-netboot-dump", mode],
        input=lines, capture_output=True, text=True, timeout=SECONDS,
    )  # fmt: skip
    if check and done.returncode:
        raise Refused(done.stderr)
    return [json.loads(line) for line in done.stdout.splitlines()]


def inventory(config, family, leases="/dev/null"):
    """What is declared, {type: [object]}."""
    found = {}
    for line in _run(config, family, "inventory", leases=leases):
        found.setdefault(line.pop("type"), []).append(line)
    return found


def client_line(message, address, family):
    """The line for the client that sent a message and is given an address."""
    if family == 4:
        hardware = bytes([message.hardware_type]) + message.hardware_address
        options = b"".join(bytes([code, len(data)]) + data for code, data in message.options)
    else:
        hardware = b""
        options = b"".join(dhcp.u16(code, len(data)) + data for code, data in message.options)
    return f"{address} {hardware.hex() or '-'} {options.hex() or '-'}"


def answers(config, family, lines):
    return _run(config, family, "answers", "".join(f"{line}\n" for line in lines))
