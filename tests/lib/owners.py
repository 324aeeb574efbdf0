# SPDX-License-Identifier: MPL-2.0
"""Whose stores are. Numbers without a name, but for the group of a server's user."""

import shutil

OWNER, GROUP = 64911, 64912  # as netboot:netboot


def share(directory, user=OWNER, group=GROUP):
    """Gives a store away, with the modes that `netbootctl init` sets where there is a user netboot."""
    for path in (directory, *directory.rglob("*")):
        shutil.chown(path, user, group)
        below = path.relative_to(directory).parts[:1]
        if below in (("state",), ("journal",)):  # netbootd's alone
            path.chmod(0o700 if path.is_dir() else 0o600)
        elif below == ("run",):
            path.chmod(0o755)
        else:
            path.chmod(0o2750 if path.is_dir() else 0o640 if path.match("targets/data.mdb") else 0o660)


def open_way(path):
    """Lets every user come to it: pytest's own directories are closed."""
    for parent in path.parents:
        if parent.stat().st_mode & 0o001 == 0:
            parent.chmod(parent.stat().st_mode | 0o011)


def as_netboot(place, *members):
    """A command line that runs another where there is a user netboot, which only that process sees."""
    passwd, group = place / "passwd", place / "group"
    passwd.write_text(f"{open('/etc/passwd').read()}netboot:x:{OWNER}:{GROUP}::/:/bin/false\n")
    group.write_text(f"{open('/etc/group').read()}netboot:x:{GROUP}:{','.join(members)}\n")
    mount = f"mount --bind {passwd} /etc/passwd && mount --bind {group} /etc/group && exec \"$@\""
    return ["unshare", "--mount", "sh", "-c", mount, "sh"]


def ids(pid):
    """Of a process: its user ids, group ids, other groups, and capabilities that it may use."""
    lines = dict(line.split(":", 1) for line in open(f"/proc/{pid}/status").read().splitlines())
    return ([int(one) for one in lines["Uid"].split()], [int(one) for one in lines["Gid"].split()],
            [int(one) for one in lines["Groups"].split()], int(lines["CapEff"], 16))


def maps(pid):
    """Whether it has a file of a store in memory."""
    try:
        return ".mdb" in open(f"/proc/{pid}/maps").read()
    except (OSError, ProcessLookupError):
        return False
