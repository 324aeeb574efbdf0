# SPDX-License-Identifier: MPL-2.0
"""
The servers of the lab: Kea for both families, tftpd-hpa, nginx, radvd and, where it is wanted, NFS-Ganesha, as
processes in the server's namespace.

All but Kea run with what boot/ installs, Kea with the hook. Everything they write is in one directory.
"""

import contextlib
import os
import re
import shlex
import signal
import subprocess
from pathlib import Path

from lib import kea, netbootd, paths

from . import isc, wire

BOOT = paths.SOURCE / "boot"
START_SECONDS = 60

# nginx's own frame around the site: one process, nothing outside the directory.
NGINX = """\
daemon off;
master_process off;
pid {directory}/nginx.pid;
error_log {directory}/nginx.log info;
events {{ }}
http {{
    client_body_temp_path {directory}/nginx-body;
    proxy_temp_path {directory}/nginx-proxy;
    fastcgi_temp_path {directory}/nginx-fastcgi;
    uwsgi_temp_path {directory}/nginx-uwsgi;
    scgi_temp_path {directory}/nginx-scgi;
    include {directory}/nginx-site.conf;
}}
"""


# NFS-Ganesha's own frame, as /etc/ganesha/ganesha.conf is. No client of a former server is waited for: that takes 90 s.
GANESHA = """\
NFSv4 {{
    Graceless = true;
}}
%include "{site}"
"""

# What rpcbind and NFS-Ganesha keep in /run is theirs alone: a file system of their own, in process ids of their own.
# Ganesha finds what it exports in /etc/mtab, which a bare system may not have.
NFS = """\
set -e
mount -t tmpfs -o mode=755 none /run
mkdir -p /run/rpcbind /run/ganesha
if [ ! -e /etc/mtab ]; then
    cp -a /etc /run/etc
    ln -s /proc/mounts /run/etc/mtab
    mount --bind /run/etc /etc
fi
rpcbind
exec ganesha.nfsd -F -L {log} -f {config} -p {pid}
"""


class ServerError(Exception):
    pass


def fill_in(template, values):
    """The text of boot/`template` with @NAME@ replaced by values["NAME"]."""
    return re.sub(r"@([A-Z]+)@", lambda found: str(values[found.group(1)]), (BOOT / template).read_text())


class Process:
    """A server; `ready` tells whether it serves, and `end` is the signal that ends it."""

    def __init__(self, namespace, name, command, ready, log, end=signal.SIGTERM):
        self.name, self.log, self._end = name, log, end
        with open(log, "ab") as output:
            self._process = namespace.start(*command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        try:
            self._wait(ready)
        except BaseException:
            self.stop()
            raise

    def _wait(self, ready):
        for _ in range(START_SECONDS * 50):
            if ready():
                return
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = self._process.wait(0.02)
                raise ServerError(f"{self.name} ended with {code}:\n{tail(self.log)}")
        raise ServerError(f"{self.name} does not serve after {START_SECONDS} s:\n{tail(self.log)}")

    def stop(self):
        if self._process.poll() is None:
            self._process.send_signal(self._end)
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def tail(path, lines=15):
    return "\n".join(Path(path).read_text(errors="replace").splitlines()[-lines:]) if Path(path).exists() else ""


class Servers:
    """
    All of them. `database` is the hook's store, `root` the data root; `families` those that have a DHCP server;
    `managed` False makes radvd say that there is no DHCPv6, so that no machine looks for it. `dhcp` may be "dhcpd"; `nfs` says whether NFS is served.
    """

    def __init__(self, link, directory, root, database, families=(4, 6), managed=True, dhcp="kea", nfs=False):
        self.server, self.router, self.directory = link.server, link.router, Path(directory)
        self._values = {
            "ROOT": root,
            "LOG": directory,
            "ETC": directory,
            "INTERFACE": link.router_interface,
            "LIFETIME": 1800,
            "CLIENTS": ", ".join(link.subnets[family]["subnet"] for family in (4, 6)),
        }
        self._dhcp = []
        with contextlib.ExitStack() as stack:
            self._netbootd = stack.enter_context(netbootd.Netbootd(database)) if database else None
            for family in families:
                server = self._dhcp_server(dhcp, link, family, database)
                for one in (server, *link.relays(family)):
                    self._dhcp.append(stack.enter_context(one))
            for start in (self._tftpd, self._nginx, lambda: self._radvd(managed), *((self._nfs,) if nfs else ())):
                stack.enter_context(start())
            self._stack = stack.pop_all()

    @staticmethod
    def _dhcp_server(dhcp, link, family, database):
        if dhcp == "dhcpd":
            return isc.Dhcpd(link, family, database)
        parameters = {"database": str(database)}
        return kea.Kea(link, family, parameters, link.kea_settings[family], [link.subnets[family]])

    def _place(self, template, name):
        path = self.directory / name
        path.write_text(fill_in(template, self._values))
        return path

    def _tftpd(self):
        self._place("tftpd-hpa.map", "tftpd-hpa.map")
        defaults = self._place("tftpd-hpa", "tftpd-hpa")
        pid_file = self.directory / "tftpd.pid"
        # As Debian's init script starts it.
        command = (
            f". {shlex.quote(str(defaults))}; exec in.tftpd --foreground --pidfile {shlex.quote(str(pid_file))}"
            ' --user "$TFTP_USERNAME" --address "$TFTP_ADDRESS" $TFTP_OPTIONS "$TFTP_DIRECTORY"'
        )
        return self._start("tftpd", ("sh", "-c", command), pid_file.exists)

    def _nginx(self):
        self._place("nginx.conf", "nginx-site.conf")
        config = self.directory / "nginx.conf"
        config.write_text(NGINX.format(directory=self.directory))
        command = ("nginx", "-c", config, "-e", self.directory / "nginx.log")
        return self._start("nginx", command, (self.directory / "nginx.pid").exists)

    def _radvd(self, managed):
        config = self._place("radvd.conf", "radvd.conf")
        if not managed:
            config.write_text(re.sub(r"(Managed|OtherConfig)Flag on", r"\1Flag off", config.read_text()))
        pid_file = self.directory / "radvd.pid"
        command = ("radvd", "--nodaemon", "--logmethod", "stderr", "-C", config, "-p", pid_file)
        # Its pid file may be there long before its first advertisement, and iPXE asks for a few seconds only.
        with wire.Wire(self.router, self._values["INTERFACE"]) as watch:

            def advertised():
                return any(event.kind == "advertised" for event in watch.events())

            return self._start("radvd", command, advertised, self.router)

    def _nfs(self):
        config, log = self.directory / "ganesha.conf", self.directory / "ganesha.log"
        config.write_text(GANESHA.format(site=self._place("ganesha.conf", "ganesha-site.conf")))
        script = NFS.format(config=config, log=shlex.quote(str(log)), pid=self.directory / "ganesha.pid")
        # Killed with it is what runs in its process ids; it lets no other signal end it.
        command = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", script)

        def exports():
            said = log.read_text() if log.exists() else ""
            if "No export entries found" in said:
                raise ServerError(f"NFS-Ganesha exports nothing:\n{said}")
            return "NFS SERVER INITIALIZED" in said

        return self._start("nfs", command, exports, end=signal.SIGKILL)

    def _start(self, name, command, ready, namespace=None, end=signal.SIGTERM):
        path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
        command = ("env", f"PATH={path}", *command)
        return Process(namespace or self.server, name, command, ready, self.directory / f"{name}.log", end)

    def story(self, lines=15):
        """The ends of all logs."""
        parts = [("netbootd", self._netbootd.log)] if self._netbootd else []
        parts += [(server.name, server.story(lines)) for server in self._dhcp]
        for name in ("tftpd.log", "nginx.log", "netboot.log", "radvd.log", "nfs.log", "ganesha.log"):
            if (self.directory / name).exists():
                parts.append((name, tail(self.directory / name, lines)))
        return "\n".join(f"--- {name}\n{text.rstrip()}" for name, text in parts)

    def __enter__(self):
        return self

    def __exit__(self, *reason):
        # With its reason: a server that ended by the same Ctrl-C is no failure then.
        return self._stack.__exit__(*reason)

