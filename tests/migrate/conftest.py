# SPDX-License-Identifier: MPL-2.0
"""netboot-migrate, with the programs that isc-patch/build makes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from lib import paths  # noqa: E402

CONFIGS = Path(__file__).resolve().parent / "configs"


class Migrate:
    """Calls it; `inputs` are -4, -6 and --leases with their files, relative to `start`."""

    def __init__(self, start, output):
        self.start, self.output = Path(start), Path(output)

    def run(self, *words, output=True):
        where = ("--output", self.output) if output else ()
        dhcpd = paths.dhcpd()
        done = subprocess.run(
            [paths.netboot_migrate(), "--dhcpd", dhcpd, "--keama", dhcpd.parent / "keama",
             "--hook", paths.hook(), *map(str, (*words, *where))],
            cwd=self.start, env=paths.installed(), capture_output=True, text=True, timeout=500, check=False,
        )
        assert "Sanitizer" not in done.stderr and "runtime error" not in done.stderr, done.stderr
        return done

    def __call__(self, *words):
        """Converts; the report, with the exit code that goes with it."""
        done = self.run(*words, "--force")
        assert done.returncode in (0, 1), done.stderr
        report = self.report()
        persons = [each for each in report["findings"] if each["severity"] == "person"]
        assert done.returncode == (1 if persons else 0), done.stdout + done.stderr
        return report

    def report(self):
        return json.loads((self.output / "report.json").read_text())

    def kea(self, family):
        return json.loads((self.output / f"kea-dhcp{family}.conf").read_text())[f"Dhcp{family}"]

    def verify(self, *words):
        """Plays the clients; the differences that the report does not announce have to be none."""
        done = self.run(*words, "--verify", "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def migrate(tmp_path):
    return Migrate(tmp_path, tmp_path / "kea")


@pytest.fixture
def at(tmp_path):
    """Makes one that starts in another directory."""
    return lambda start: Migrate(start, tmp_path / "kea")


def found(report, severity="person"):
    """(place, text) of what was found, network boot apart: that has tests of its own."""
    return [
        (f"{each['file']}:{each['line']}" if each["file"] else "-", each["text"])
        for each in report["findings"]
        if each["severity"] == severity and each["differs"] != 1
    ]
