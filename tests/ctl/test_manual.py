# SPDX-License-Identifier: MPL-2.0
"""The manual page that is built: whole, and without an error of its language."""

import re
import subprocess

import pytest

from lib import manual, paths


@pytest.fixture(scope="module")
def page():
    return paths.build() / "ctl" / "netbootctl.8"


def test_lint(page):
    manual.assert_sound(page)


def test_every_command_and_option(page, ctl):
    """What help shows is in the page, option by option."""
    shown = subprocess.run(["mandoc", "-Tascii", "-Owidth=200", str(page)], capture_output=True, text=True, check=True)
    text = re.sub(".\b", "", shown.stdout)
    sections = dict(re.findall(r"^   ([a-z]\S*(?: \S+)?)\n(.*?)(?=^   \S|^[A-Z])", text, re.M | re.S))
    lines = ctl.ok("help").split("\n\n")[1].splitlines()
    listed = [line.split() for line in lines if line.startswith("  ") and line[2] != " "]
    names = [" ".join(words[:2]) if " ".join(words[:2]) in sections else words[0] for words in listed]
    assert sorted(names) == sorted(sections) and len(names) > 20
    for name, section in sections.items():
        options = re.findall(r"^  (?:-\w, )?(--[a-z0-9-]+)", ctl.ok("help", *name.split()), re.M)
        assert [option for option in options if option not in section] == [], name


def test_template(ctl, tmp_path):
    """Backslashes, quotes and points of a text are text; a template without the place is an error."""
    template = tmp_path / "page"
    template.write_text("no place\n")
    done = ctl("manual", template)
    assert (done.returncode, done.out) == (1, "no place\n") and "where the commands go" in done.err
    done = ctl("manual", tmp_path / "none")
    assert done.returncode == 1 and "none" in done.err
