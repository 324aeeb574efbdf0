# SPDX-License-Identifier: MPL-2.0
"""Manual pages that are built."""

import subprocess


def assert_sound(page):
    """The page is without an error of its language."""
    done = subprocess.run(["mandoc", "-Tlint", "-Wwarning", str(page)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
