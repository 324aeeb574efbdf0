# SPDX-License-Identifier: MPL-2.0
"""No test is forgotten: each file of tests is in what ctest runs."""

import json
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("NETBOOT_BUILD", ROOT / "build"))


def files(*patterns):
    return {str(path) for pattern in patterns for path in (ROOT / "tests").rglob(pattern)}


def test_python():
    shown = json.loads(subprocess.check_output(["ctest", "--test-dir", BUILD, "--show-only=json-v1"]))
    run = {word for test in shown["tests"] for word in test.get("command", ())}
    assert files("test_*.py") - run == set()


def test_compiled():
    """Each is compiled, into a program that a test is."""
    built = {entry["file"] for entry in json.loads((BUILD / "compile_commands.json").read_text())}
    assert files("test_*.c", "test_*.cc", "fuzz_*.c", "fuzz_*.cc") - built == set()
