# SPDX-License-Identifier: MPL-2.0
"""The examples of docs/kea-commands.md: what each request is answered."""

import json
import re

from commanding import *  # noqa: F403
from lib import paths

DOCUMENTED = paths.SOURCE / "docs" / "kea-commands.md"
VARIES = ("changed", "armed", "by", "done", "expires", "size", "map_size", "readers", "store", "generation")


def without_what_varies(value):
    if isinstance(value, list):
        return [without_what_varies(item) for item in value]
    if isinstance(value, dict):
        return {key: key if key in VARIES else without_what_varies(item) for key, item in value.items()}
    return value


def test_the_documented_examples(link, own):
    """Each request in the order of the text, and the answer that follows it."""
    blocks = [json.loads(block) for block in re.findall(r"^```json$(.*?)^```$", DOCUMENTED.read_text(), re.M | re.S)]
    requests, answers = blocks[::2], blocks[1::2]
    assert {request["command"] for request in requests} == COMMANDS
    own.set_up(["host set 52:54:00:aa:00:00 --name db1", "host set 52:54:00:aa:00:01 --name db2"])
    with open_server(link, own) as server:
        for request, documented in zip(requests, answers):
            answer = server.command(request["command"], request.get("arguments"), check=False)
            assert without_what_varies(answer) == without_what_varies(documented)
