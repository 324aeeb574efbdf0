# SPDX-License-Identifier: MPL-2.0
"""netboot-kea(8): free of errors, and it names whatever the hook offers to a server that runs."""

import re

import pytest

from lib import kea, manual, paths


@pytest.fixture(scope="module")
def page():
    return paths.build() / "kea-hook" / "netboot-kea.8"


def test_lint(page):
    manual.assert_sound(page)


def test_it_names_what_there_is(page, link, store):
    named = set(re.findall(r"netboot[.-][a-z-]+", page.read_text()))
    with kea.Kea(link, 4, {"database": store.directory}) as server:
        commands = {name for name in server.command("list-commands")["arguments"] if name.startswith("netboot-")}
        statistics = {name for name in server.command("statistic-get-all")["arguments"] if name.startswith("netboot.")}
    assert len(commands) >= 7 and len(statistics) >= 5
    assert commands <= named and statistics <= named


def test_it_has_every_message(page):
    text = page.read_text()
    messages = re.findall(r"^% ?([A-Z0-9_]+)", (paths.SOURCE / "kea-hook" / "netboot_messages.mes").read_text(), re.M)
    assert len(messages) > 5
    assert [name for name in messages if f".It Li {name}\n" not in text] == []
