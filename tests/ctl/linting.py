# SPDX-License-Identifier: MPL-2.0
"""What the tests of netbootctl lint have in common."""

import json

KEYS = ["severity", "code", "record", "key", "file", "path", "problem", "fix", "count"]


def lint(ctl, *words):
    """All findings. The store of a test is root's, below a directory that is nobody else's."""
    done = ctl("lint", "--server-user", "root", *words, "--json")
    assert done.err == "" and done.returncode in (0, 1), done.err
    found = json.loads(done.out)
    assert done.returncode == (1 if found else 0)
    assert all(list(one) == KEYS for one in found)
    return found


def codes(ctl, *words):
    """(code, record, key) of each."""
    return [(one["code"], one["record"], one["key"]) for one in lint(ctl, *words)]


def place(root, name, text="#!ipxe\n"):
    """A file that servers may read."""
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(0o644)
    for directory in [parent for parent in file.parents if root in parent.parents]:
        directory.chmod(0o755)
    return file
