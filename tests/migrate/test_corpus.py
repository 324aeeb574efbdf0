# SPDX-License-Identifier: MPL-2.0
"""
Configurations in the style of those that provisioning systems write, each with the report that it is to have, and
proven: the old server and the new one give the same clients the same, or the report says what not.

expected.txt is what the report says beside network boot; write it anew with NETBOOT_UPDATE=1 and read the difference.
"""

import os

import pytest

from conftest import CONFIGS, found

NAMES = sorted(path.name for path in CONFIGS.iterdir())


def inputs(name):
    words = ["-4", f"{name}/dhcpd.conf"]
    if (CONFIGS / name / "dhcpd6.conf").exists():
        words += ["-6", f"{name}/dhcpd6.conf"]
    if (CONFIGS / name / "dhcpd.leases").exists():
        words += ["--leases", f"{name}/dhcpd.leases"]
    return words


@pytest.mark.parametrize("name", NAMES)
def test_report_and_answers(at, name):
    migrate = at(CONFIGS)
    report = migrate(*inputs(name))
    lines = [f"{severity}\t{place}\t{text}\n" for severity in ("changed", "person")
             for place, text in found(report, severity)]
    expected = CONFIGS / name / "expected.txt"
    if os.environ.get("NETBOOT_UPDATE"):
        expected.write_text("".join(lines))
    assert "".join(lines) == expected.read_text()
    # Not before the report is right: then this says whether it is true.
    for difference in migrate.verify(*inputs(name)):
        assert difference["announced"], difference
