# SPDX-License-Identifier: MPL-2.0
"""dhcpd with netboot, started in every way that it can be, and a firmware client that asks it."""

import os
import signal
import time
from pathlib import Path

from cases import case, firmware
from exchange import boot_fields, run
from lib import daemon, dhcpd, net, paths

STOCK = Path("/usr/sbin/dhcpd")
HEAL_SECONDS = 20
# What an ordinary start does with its own name of the boot file, and so whether netboot answered.
OWN = {4: 'filename "own.0";', 6: 'option dhcp6.bootfile-url "tftp://[2001:db8::9]/own.efi";'}
OWN_FILE = {4: "own.0", 6: "tftp://[2001:db8::9]/own.efi"}
REPLACE = "netboot-existing-boot-file replace;"


def statements(family, store, *more):
    """Global statements with which netboot's answer is told from dhcpd's own."""
    return [f'netboot-database "{store}";', OWN[family], REPLACE, *more]


class Server(dhcpd.Dhcpd):
    """
    `arguments` go to dhcpd, `wrapper` is a command line before it. `subnet` lines go into each subnet, `text` is a
    configuration to use as it is. `daemonize`: dhcpd forks, and start() returns when its parent says that it is ready.
    """

    def __init__(self, link, family, lines=(), arguments=(), wrapper=(), text=None, daemonize=False, binary=None, **more):
        binary = str(binary or paths.dhcpd())
        self._arguments, self._wrapper = list(arguments), list(wrapper)
        self._text, self._daemonize = text, daemonize
        super().__init__(link, family, lines, **more)
        self._binary = daemon.unconfined(binary, self.directory)
        self.directory.chmod(0o755)
        self.conf = self.directory / "dhcpd.conf"
        self.leases = self.directory / "leases"
        self.pid_file = self.directory / "pid"
        self.conf.write_text(self.config())
        self.leases.touch()

    def config(self):
        return super().config() if self._text is None else self._text

    def command(self, *more):
        files = ("-cf", self.conf, "-lf", self.leases, "-pf", self.pid_file)
        return [*self._wrapper, self._binary, f"-{self.family}", *more, *files, *self._arguments, net.INTERFACE]

    def start(self, wait=True):
        environment = daemon.environment_with_sanitizer()
        if self._daemonize:
            done = self.namespace.run(*self.command(), check=False, timeout=daemon.START_SECONDS, env=environment)
            if done.returncode:
                raise daemon.Crashed(f"dhcpd's parent ended with {done.returncode}:\n{done.stdout}{done.stderr}")
            return self
        since = len(self.log())
        self.run(*self.command("-f", "-d"), environment=environment)
        if wait:
            self.wait_log("Server starting service", daemon.START_SECONDS, since)
        return self

    def test(self):
        """`dhcpd -t`: its exit code and what it says."""
        done = self.namespace.run(*self.command("-t"), check=False, timeout=daemon.START_SECONDS)
        return done.returncode, done.stdout + done.stderr

    def daemon_pid(self):
        return int(self.pid_file.read_text())

    def end(self):
        """Ends the process as `systemctl stop` does; its files stay."""
        process, self._process = self._process, None
        process.send_signal(signal.SIGTERM)
        assert process.wait(daemon.START_SECONDS) in self.clean_exits, self.story()

    def restart(self):
        self.end()
        self.start()

    def stop(self, check=True):
        if self._daemonize and self.pid_file.exists():
            end_daemon(self.daemon_pid(), self._binary)
        super().stop(check)


def end_daemon(pid, binary):
    """Ends a daemon that is nobody's child any more, if it still is what it was."""
    try:
        watch = os.pidfd_open(pid)
        if not os.path.samefile(f"/proc/{pid}/exe", binary):
            return
        os.kill(pid, signal.SIGTERM)
    except (ProcessLookupError, FileNotFoundError):
        return
    import select

    if not select.select([watch], [], [], daemon.START_SECONDS)[0]:
        os.kill(pid, signal.SIGKILL)
    os.close(watch)


# ---- Clients


def ask(client, family, what=None, exchange="boot", relay=None):
    """The replies to a client of the table, by default an x64 UEFI PXE one, as dhcp.Message."""
    from runner import _way
    from lib import dhcp

    row = case("asked", family, what if what is not None else firmware(family, "PXE", 7), {}, exchange=exchange)
    row["relay"] = relay

    def send(message, where):
        one = client.ask4 if family == 4 else client.ask6
        way = {name: value for name, value in _way(where, family).items() if value is not None}
        octets = one(message, where.mac, **way)
        if octets is None:
            return None
        return dhcp.parse4(octets) if family == 4 else dhcp.parse6(octets)

    return [reply for _, reply, _ in run(row, client.xid, send)]


def boot_files(client, family, what=None, **more):
    """The boot file of each reply; an empty text where it names none."""
    files = []
    for reply in ask(client, family, what, **more):
        assert reply is not None, "no reply"
        fields = boot_fields(reply)
        files.append(fields.get("file" if family == 4 else 59, fields.get(67, b"")).decode())
    return files


def boot_file(client, family, what=None, **more):
    """The one boot file that all replies name."""
    files = set(boot_files(client, family, what, **more))
    assert len(files) == 1, files
    return files.pop()


def wait_boot_file(client, family, wanted, what=None):
    """Asks until the boot file is the wanted one; until then there may be others, also within an exchange."""
    deadline = time.monotonic() + HEAL_SECONDS
    while (file := boot_files(client, family, what)[-1]) != wanted:
        assert time.monotonic() < deadline, f"still {file!r}, not {wanted!r}, after {HEAL_SECONDS} s"


LOADER = {4: "ipxe.efi", 6: "tftp://[2001:db8::1]/ipxe.efi"}
