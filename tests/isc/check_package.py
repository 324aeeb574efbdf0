# SPDX-License-Identifier: MPL-2.0
"""
The Debian package over the stock one, in a root of its own, started by its init script. tests/isc/package runs this:
it takes minutes and the archive.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from server import LOADER, boot_file, end_daemon, statements
from lib import dhcpd, net

PACKAGE = Path(os.environ["NETBOOT_PACKAGE"])
INSTALLED = "isc-dhcp-server,iproute2,liblmdb0,procps"  # procps: the init script looks for the daemon with ps


def in_root(root, *command, **more):
    done = subprocess.run(["chroot", root, *command], capture_output=True, text=True, **more)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Debian's release with the stock server, and then our package over it."""
    place = tmp_path_factory.mktemp("package") / "root"
    release = subprocess.run(["sh", "-c", ". /etc/os-release; echo $VERSION_CODENAME"], capture_output=True, text=True)
    sources = sorted(map(str, Path("/etc/apt/sources.list.d").glob("debian*.sources"))) or ["/etc/apt/sources.list"]
    subprocess.run(
        ["mmdebstrap", "--quiet", "--variant=apt", f"--include={INSTALLED}", release.stdout.strip(), place, *sources],
        check=True,
    )
    stock = in_root(place, "dpkg-query", "-W", "-f", "${Version}", "isc-dhcp-server")
    assert "netboot" not in stock
    shutil.copy(PACKAGE, place / "tmp")
    in_root(place, "dpkg", "--install", f"/tmp/{PACKAGE.name}", env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})
    yield place
    shutil.rmtree(place)


def test_it_is_an_upgrade(root):
    version = in_root(root, "dpkg-query", "-W", "-f", "${Version}", "isc-dhcp-server")
    assert version == f"{version.split('+')[0]}+netboot1"
    assert in_root(root, "dpkg", "--verify", "isc-dhcp-server") == ""
    assert (root / "etc/apparmor.d/dhcpd.d/netboot").exists()
    assert (root / "usr/share/man/man5/dhcpd-netboot.5.gz").exists()


@pytest.mark.parametrize("family", (4, 6))
@pytest.mark.parametrize("lines", ("netboot", "stock"))
def test_init_script_starts_it(lines, family, root, link, client, shelf):
    """With netboot's statements, and with a configuration that knows nothing of them."""
    store = root / "var/lib/netboot"
    shutil.rmtree(store, ignore_errors=True)
    shelf["full"].copy(store)
    server = dhcpd.Dhcpd(link, family, statements(family, "/var/lib/netboot") if lines == "netboot" else ())
    name = "dhcpd" if family == 4 else "dhcpd6"
    (root / f"etc/dhcp/{name}.conf").write_text(server.config())
    (root / "etc/default/isc-dhcp-server").write_text(f'INTERFACESv{family}="{net.INTERFACE}"\n')
    (root / "var/lib/dhcp" / f"{name}.leases").write_text("")
    start = f"mount -t proc proc {root}/proc && exec chroot {root} /etc/init.d/isc-dhcp-server start"
    done = link.server.run("sh", "-c", start, check=False)
    try:
        assert done.returncode == 0, done.stdout + done.stderr
        assert boot_file(client, family) == (LOADER[family] if lines == "netboot" else "")
    finally:
        server.stop()
        pid_file = root / f"run/{name}.pid"
        end_daemon(int(pid_file.read_text()), root / "usr/sbin/dhcpd")
        pid_file.unlink()
