# SPDX-License-Identifier: MPL-2.0
"""What the tests of netbootctl lint have in common."""

import json
import subprocess

from lib import paths

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


def boot(ctl, *packets):
    """Packets served with a journal: (family, stage, last octet of the MAC, architecture)."""
    options = {
        (4, "PXE"): ([60, b"PXEClient"],), (4, "HTTP"): ([60, b"HTTPClient"],), (4, "iPXE"): ([77, b"iPXE"],),
        (6, "PXE"): ([16, b"\0\0\1\x57\0\x09PXEClient"],), (6, "HTTP"): ([16, b"\0\0\1\x57\0\x0aHTTPClient"],),
        (6, "iPXE"): ([15, b"\0\4iPXE"],),
    }
    lines = []
    for family, stage, number, arch in packets:
        query = {"family": family, "message_type": 1, "reply_type": 2, "options": [
            [code, data.hex()] for code, data in (*options[family, stage], [{4: 93, 6: 61}[family],
                                                                            arch.to_bytes(2, "big")])]}
        if family == 4:
            query.update(hardware_type=1, hardware_address=f"5254000000{number:02x}", assigned_address="c6336407")
        else:
            query.update(link_layer_address=f"00015254000000{number:02x}")
        lines.append(json.dumps(query))
    subprocess.run([paths.engine(), ctl.directory, "journal"], input="\n".join(lines) + "\n", text=True, check=True,
                   stdout=subprocess.PIPE, timeout=60)
    ctl.netbootd.wait_servers()  # it has written them
