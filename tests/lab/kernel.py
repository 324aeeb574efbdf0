# SPDX-License-Identifier: MPL-2.0
"""
A Linux kernel from Debian's archive, an initrd that prints a banner and powers the machine off, and one with modules.

All are kept in a cache directory: the first run fetches them, later ones find them there.
"""

import gzip
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

PACKAGES = {"x64": "linux-image-cloud-amd64"}
MODULES = ("virtio_pci", "virtio_net", "nfsv3", "nfsv4")
BUSYBOX = Path("/bin/busybox")  # of busybox-static

INIT = """\
#!/bin/busybox sh
/bin/busybox mkdir /proc
/bin/busybox mount -t proc proc /proc
target='none named'
for word in $(/bin/busybox cat /proc/cmdline); do
    case $word in netboot.target=*) target=${word#*=} ;; esac
done
[ ! -e /nfsroot ] || exec /bin/busybox sh /nfsroot # of the initrd with modules
/bin/busybox cat <<END

    +----------------------------------------------------+
    |  Linux $(/bin/busybox uname -r) has booted from the network
    |  target: $target
    +----------------------------------------------------+
    command line: $(/bin/busybox cat /proc/cmdline)

END
/bin/busybox poweroff -f
"""


def banner(target):
    """A pattern for what the initrd prints when `target` is on the kernel's command line."""
    return rf"target: {re.escape(target)}\s"


class KernelError(Exception):
    pass


def _run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if done.returncode:
        raise KernelError(f"{' '.join(map(str, command))}: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def _download(package, directory):
    """The .deb of the kernel that the metapackage `package` depends on."""
    found = re.search(r"^Depends: (linux-image-\S+)", _run("apt-cache", "show", package), re.MULTILINE)
    if not found:
        raise KernelError(f"{package}: apt knows no kernel for it: run apt-get update")
    _run("apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", found.group(1), cwd=directory)
    return next(Path(directory).glob("*.deb"))


def _download_or_update(package, directory):
    """Lists that are older than the archive name files that are gone: then update them and try again."""
    try:
        return _download(package, directory)
    except KernelError:
        _run("apt-get", "-q", "update")
        return _download(package, directory)


def _kernel(cache, firmware):
    return Path(cache) / f"linux-{firmware}"


def _modules(cache, firmware):
    return Path(cache) / f"modules-{firmware}.img"


def _fetch(cache, firmware):
    """Kernel and modules for that firmware's processor, from one package."""
    with tempfile.TemporaryDirectory(dir=cache) as work:
        package = _download_or_update(PACKAGES[firmware], work)
        _run("dpkg-deb", "-x", package, f"{work}/files")
        (image,) = Path(work, "files", "boot").glob("vmlinuz-*")
        archive_write(_modules(cache, firmware), _module_members(Path(work, "files", "lib", "modules")))
        os.replace(image, _kernel(cache, firmware))


def _needed(cache, firmware, path):
    if not (_kernel(cache, firmware).exists() and _modules(cache, firmware).exists()):
        Path(cache).mkdir(parents=True, exist_ok=True)
        _fetch(cache, firmware)
    return path


def kernel(cache, firmware="x64"):
    """Path of the kernel for that firmware's processor."""
    return _needed(cache, firmware, _kernel(cache, firmware))


def modules(cache, firmware="x64"):
    """Path of an initrd with modules of that kernel for the network and NFS, in /modules, and their order."""
    return _needed(cache, firmware, _modules(cache, firmware))


def _module_members(directory):
    """Members of an archive: the modules of MODULES with those that they need, and in which order they go in."""
    files = {path.stem.replace("-", "_"): path for path in directory.rglob("*.ko")}
    order, content = [], {}

    def add(name):
        if name in content or name not in files:  # what is no file is built in
            return
        content[name] = files[name].read_bytes()
        for needed in re.search(rb"\0depends=([^\0]*)\0", content[name]).group(1).decode().split(","):
            add(needed.replace("-", "_"))
        order.append(name)

    for name in MODULES:
        if name not in files:
            raise KernelError(f"{directory}: there is no module {name}")
        add(name)
    yield "modules", 0o040755, b""
    for name in order:
        yield f"modules/{name}.ko", 0o100644, content[name]
    yield "modules/order", 0o100644, "\n".join([*order, ""]).encode()


def _entry(number, name, mode, data=b""):
    """One member of a cpio archive in the "newc" format."""
    path = name.encode() + b"\0"
    fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(path), 0)
    header = b"070701" + b"".join(b"%08x" % field for field in fields) + path
    return header + b"\0" * (-len(header) % 4) + data + b"\0" * (-len(data) % 4)


def archive_write(path, members):
    """Writes an initrd of (name, mode, content) to `path`."""
    whole = b"".join(_entry(number, *member) for number, member in enumerate((*members, ("TRAILER!!!", 0, b"")), 1))
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(gzip.compress(whole, 6, mtime=0))
    os.chmod(file.name, 0o644)
    os.replace(file.name, path)
    return path


def initrd(cache):
    """Path of the initrd."""
    members = (
        ("bin", 0o040755, b""),
        ("bin/busybox", 0o100755, BUSYBOX.read_bytes()),
        ("init", 0o100755, INIT.encode()),
    )
    return archive_write(Path(cache) / "initrd.img", members)


def place(cache, root, firmware="x64"):
    """Copies both into the data root, as `linux` and `initrd.img`."""
    shutil.copyfile(kernel(cache, firmware), Path(root) / "linux")
    shutil.copyfile(initrd(cache), Path(root) / "initrd.img")
