# SPDX-License-Identifier: MPL-2.0
"""
ISC dhcpd in a network namespace: the stock one of Debian's package or the one with netboot.

    with dhcpd.Dhcpd(link, family=4, statements=[f'netboot-database "{store}";']) as server:
        server.wait_log("netboot: using")

The server runs in the foreground as root, in a temporary directory of its own. Leaving the `with` ends it and raises
if it had crashed.
"""

import atexit
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from . import net, paths

STOCK = Path("/usr/sbin/dhcpd")
START_SECONDS = 20
STARTED = "Server starting service"

# The same networks and pools as kea.SUBNETS. POOL4 and SUBNET4 are further statements of each pool and subnet.
_GLOBAL = {
    4: """authoritative;
default-lease-time 3600;
max-lease-time 3600;
ping-check false;
option dhcp-renewal-time 900;
option dhcp-rebinding-time 1800;
""",
    6: """authoritative;
default-lease-time 3600;
preferred-lifetime 1800;
option dhcp-renewal-time 900;
option dhcp-rebinding-time 1800;
server-duid llt ethernet 1 {mac};
""",
}
_SUBNETS = {
    4: """subnet 192.0.2.0 netmask 255.255.255.0 {{
  pool {{ range {bootp}192.0.2.64 192.0.2.250; {pool} }}
  {subnet}
}}
subnet 198.51.100.0 netmask 255.255.255.0 {{
  pool {{ range {bootp}198.51.100.64 198.51.100.250; {pool} }}
  {subnet}
}}
""",
    6: """subnet6 2001:db8::/64 {{
  pool6 {{ range6 2001:db8::1:0/112; {pool} }}
  {subnet}
}}
subnet6 2001:db8:1::/64 {{
  pool6 {{ range6 2001:db8:1::1:0/112; {pool} }}
  {subnet}
}}
""",
}


def config(family, statements=(), subnet=(), pool=(), bootp=False):
    """A dhcpd.conf with these further statements: global ones, and of each subnet and pool."""
    head = _GLOBAL[family].format(mac=net.SERVER_MAC)
    if family == 4:
        head += "" if bootp else "deny bootp;\n"
    body = _SUBNETS[family].format(
        bootp="dynamic-bootp " if bootp else "", subnet=" ".join(subnet), pool=" ".join(pool)
    )
    return head + "".join(f"{statement}\n" for statement in statements) + body


def quoted(value):
    """A data expression for octets or a text."""
    octets = value.encode() if isinstance(value, str) else value
    return ":".join(f"{octet:02x}" for octet in octets)


class Crashed(AssertionError):
    """The server ended by itself, or not as it should."""


class Dhcpd:
    """`text` is the whole configuration; `arguments` go before the interface."""

    def __init__(self, link, family, text, binary=None, arguments=(), environment=None):
        self.family = family
        self.namespace = link.server
        self.directory = Path(tempfile.mkdtemp(prefix=f"netboot-dhcpd{family}-"))
        self.directory.chmod(0o755)
        atexit.register(self.stop, check=False)
        self.leases = self.directory / "leases"
        self.leases.touch()
        self.conf = self.directory / "dhcpd.conf"
        self.conf.write_text(text)
        self.binary = Path(binary or paths.dhcpd())
        self._arguments, self._environment = list(arguments), environment
        self._process = None
        self._lines = []
        self._log_ended = False
        self._news = threading.Condition()

    def command(self, *more, interface=True):
        files = ("-cf", self.conf, "-lf", self.leases, "--no-pid")
        return [self.binary, f"-{self.family}", *files, *self._arguments, *more, *([net.INTERFACE] if interface else [])]

    def start(self, wait=True):
        self._log_ended = False
        self._process = self.namespace.start(
            *self.command("-d"), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=self._environment
        )
        threading.Thread(target=self._read, args=(self._process.stderr,), daemon=True).start()
        if wait:
            self.wait_log(STARTED, START_SECONDS)
        return self

    def _read(self, stream):
        with stream:
            for line in stream:
                with self._news:
                    self._lines.append(line.decode(errors="replace").rstrip("\n"))
                    self._news.notify_all()
        with self._news:
            self._log_ended = True
            self._news.notify_all()

    @property
    def pid(self):
        return self._process.pid

    def check(self):
        """Raises if the server is gone."""
        if self._process is None or self._process.poll() is not None:
            raise Crashed(f"{self.binary} is not running:\n{self.story()}")

    def end(self):
        """Ends the process, as `systemctl stop` does; its files stay. What went wrong, or None."""
        process, self._process = self._process, None
        if process is None:
            return None
        if process.poll() is not None:
            return f"ended by itself with {process.returncode}"
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(START_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return "did not end"
        # dhcpd has no handler for it.
        return None if process.returncode == -signal.SIGTERM else f"ended with {process.returncode}"

    def restart(self):
        problem = self.end()
        if problem:
            raise Crashed(f"{self.binary} {problem}:\n{self.story()}")
        since = len(self.log())
        self.start(wait=False)
        self.wait_log(STARTED, START_SECONDS, since)

    def stop(self, check=True):
        atexit.unregister(self.stop)
        problem = self.end()
        story = self.story()
        shutil.rmtree(self.directory, ignore_errors=True)
        if problem and check:
            raise Crashed(f"{self.binary} {problem}:\n{story}")

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.stop(check=False)
            raise

    def __exit__(self, kind, *_):
        self.stop(check=kind is None)

    # ---- what it says

    def log(self, since=0):
        with self._news:
            return self._lines[since:]

    def story(self, lines=40):
        return "\n".join(self.log()[-lines:])

    def wait_log(self, pattern, seconds=10, since=0):
        """Waits for a line that matches `pattern`, from line `since` on; the line."""
        wanted = re.compile(pattern)
        deadline = time.monotonic() + seconds
        with self._news:
            while True:
                for line in self._lines[since:]:
                    if wanted.search(line):
                        return line
                since = max(since, len(self._lines))
                left = deadline - time.monotonic()
                if left <= 0 or self._log_ended:
                    break
                self._news.wait(left)
        raise Crashed(f"no log line {pattern!r} in {seconds} s:\n{self.story()}")
