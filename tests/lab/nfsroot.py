# SPDX-License-Identifier: MPL-2.0
"""A system for machines that mount theirs by NFS: what their initrd has beside, and what lies on the server."""

from pathlib import Path

from . import kernel

GUEST = Path(__file__).parent / "guest"
TARGET = "nfsroot"
VERSION = "this file lies on the server"

BANNER = f"""
    +----------------------------------------------------+
    |  Linux with its system on the server
    |  target: {TARGET}
    +----------------------------------------------------+

"""


def place(cache, root):
    """Writes nfsroot.img and the system, in nfsroot/, into the data root."""
    members = ((TARGET, 0o100644, (GUEST / "nfsroot").read_bytes()),)
    beside = kernel.archive_write(Path(root) / f"{TARGET}.img", members)
    # Two archives in one file are as good as two files.
    beside.write_bytes(kernel.modules(cache).read_bytes() + beside.read_bytes())
    files = (
        ("bin/busybox", 0o755, kernel.BUSYBOX.read_bytes()),
        ("sbin/init", 0o755, (GUEST / "nfsinit").read_bytes()),
        ("etc/banner", 0o644, BANNER.encode()),
        ("etc/version", 0o644, f"{VERSION}\n".encode()),
    )
    for name, mode, content in files:
        path = Path(root) / TARGET / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(mode)
