# SPDX-License-Identifier: MPL-2.0
"""
A real kea-dhcp4 or kea-dhcp6 in a network namespace, with or without the hook.

    with kea.Kea(link, family=4, parameters={"database": store}) as server:
        server.wait_log("DHCP4_STARTED")
        server.command("statistic-get-all")

The server runs as root in a temporary directory of its own and keeps its leases in memory. Leaving the `with` ends it
and raises if it crashed or did not end cleanly.
"""

import atexit
import copy
import json
import os
import re
import shutil
import signal
import socket
import tempfile
import threading
import time
from pathlib import Path

from . import net, paths

# Where 4 and 6 are asked for: the networks of the server's own link, and another one that only relays reach.
SUBNETS = {
    4: [
        {"subnet": "192.0.2.0/24", "pools": [{"pool": "192.0.2.64 - 192.0.2.250"}]},
        {"subnet": "198.51.100.0/24", "pools": [{"pool": "198.51.100.64 - 198.51.100.250"}]},
    ],
    6: [
        {"subnet": "2001:db8::/64", "pools": [{"pool": "2001:db8::1:0/112"}], "interface": net.INTERFACE},
        {"subnet": "2001:db8:1::/64", "pools": [{"pool": "2001:db8:1::1:0/112"}]},
    ],
}

START_SECONDS = 20
_DAEMON = {4: "kea-dhcp4", 6: "kea-dhcp6"}


class Crashed(AssertionError):
    """The server ended by itself, or not as it should."""


class Kea:
    """
    `parameters` are the hook's; None loads no hook. `settings` are merged over the Dhcp4 or Dhcp6 object, `subnets`
    replaces SUBNETS, `hooks` are further entries of hooks-libraries, `severity` is the log's ("DEBUG" at level 99).
    """

    def __init__(self, link, family, parameters=None, settings=None, subnets=None, hooks=(), hook=None, severity="INFO"):
        self.family = family
        self.namespace = link.server
        self.directory = Path(tempfile.mkdtemp(prefix=f"netboot-kea{family}-"))
        atexit.register(self.stop, check=False)
        self.control = self.directory / "control"
        self._settings = copy.deepcopy(settings or {})
        self._subnets = copy.deepcopy(SUBNETS[family] if subnets is None else subnets)
        self._libraries = [dict(library) for library in hooks]
        self._hook = None
        if parameters is not None:
            self._hook = str(hook or paths.hook())
            self._libraries.insert(0, {"library": self._hook, "parameters": _texts(parameters)})
        self._severity = severity
        self._process = None
        self._lines = []
        self._log_ended = False
        self._news = threading.Condition()

    # ---- configuration

    def config(self):
        """The whole configuration, to change and hand to command("config-set")."""
        dhcp = {
            "interfaces-config": {"interfaces": [net.INTERFACE]},
            "lease-database": {"type": "memfile", "persist": False, "lfc-interval": 0},
            "control-socket": {"socket-type": "unix", "socket-name": str(self.control)},
            "valid-lifetime": 3600,
            "renew-timer": 900,
            "rebind-timer": 1800,
            f"subnet{self.family}": [dict(subnet, id=number) for number, subnet in enumerate(self._subnets, 1)],
            "hooks-libraries": self._libraries,
            "loggers": [
                {
                    "name": _DAEMON[self.family],
                    "severity": self._severity,
                    "debuglevel": 99 if self._severity == "DEBUG" else 0,
                    "output_options": [{"output": "stdout", "flush": True, "pattern": "%-5p [%c] %m\n"}],
                }
            ],
        }
        if self.family == 4:
            dhcp["authoritative"] = True
            dhcp["interfaces-config"]["dhcp-socket-type"] = "raw"
        else:
            dhcp["data-directory"] = str(self.directory)
            dhcp["preferred-lifetime"] = 1800
            dhcp["server-id"] = {
                "type": "LLT",
                "htype": 1,
                "identifier": net.SERVER_MAC.replace(":", ""),
                "time": 1,
                "persist": False,
            }
        dhcp.update(self._settings)
        return {f"Dhcp{self.family}": dhcp}

    def write_config(self, config=None):
        path = self.directory / "kea.json"
        path.write_text(json.dumps(config or self.config(), indent=1))
        return path

    # ---- the process

    def start(self, wait=True):
        """Starts the server and waits until it serves. With wait=False the caller waits for what it expects."""
        config = self.write_config()
        environment = dict(
            os.environ,
            KEA_PIDFILE_DIR=str(self.directory),
            KEA_LOCKFILE_DIR=str(self.directory),
        )
        if self._hook:  # newer servers load hooks from one folder only
            environment["KEA_HOOKS_PATH"] = str(Path(self._hook).parent)
        if "NETBOOT_PRELOAD" in os.environ:  # the sanitizer of a hook that was built with one
            environment["LD_PRELOAD"] = os.environ["NETBOOT_PRELOAD"]
        with open(self.directory / "stderr", "wb") as errors, _pipe() as (out, into):
            self._process = self.namespace.start(
                _daemon(self.family), "-c", config, stdout=into, stderr=errors, env=environment
            )
            self._log_ended = False
            threading.Thread(target=self._read, args=(os.dup(out),), daemon=True).start()
        if wait:
            self.wait_log(f"DHCP{self.family}_STARTED", START_SECONDS)
        return self

    def _read(self, out):
        with open(out, errors="replace") as lines:
            for line in lines:
                with self._news:
                    self._lines.append(line.rstrip("\n"))
                    self._news.notify_all()
        with self._news:
            self._log_ended = True
            self._news.notify_all()

    @property
    def pid(self):
        return self._process.pid

    @property
    def running(self):
        return self._process is not None and self._process.poll() is None

    def check(self):
        """Raises if the server is gone."""
        if not self.running:
            raise Crashed(f"{_DAEMON[self.family]} is not running:\n{self.story()}")

    def wait(self, seconds=START_SECONDS):
        """Waits for the server to end by itself; its exit code."""
        return self._process.wait(seconds)

    def stop(self, check=True):
        """Ends the server; with `check` raises Crashed unless it was running and ended cleanly."""
        atexit.unregister(self.stop)
        process, self._process = self._process, None
        problem = None
        if process is not None:
            if process.poll() is not None:
                problem = f"ended by itself with {process.returncode}"
            else:
                process.send_signal(signal.SIGTERM)
                try:
                    if process.wait(START_SECONDS):
                        problem = f"ended with {process.returncode}"
                except Exception:
                    process.kill()
                    process.wait()
                    problem = "did not end"
        story = self.story() if problem and check else ""
        shutil.rmtree(self.directory, ignore_errors=True)
        if problem and check:
            raise Crashed(f"{_DAEMON[self.family]} {problem}:\n{story}")

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
        """The end of its log and its stderr, for a failure's text."""
        errors = self.directory / "stderr"
        return "\n".join(self.log()[-lines:]) + "\n" + (errors.read_text(errors="replace") if errors.exists() else "")

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
        if self._log_ended:
            self._process.wait(START_SECONDS)
        state = "still running" if self.running else f"gone with {self._process.poll()}"
        raise Crashed(f"no log line {pattern!r} in {seconds} s; the server is {state}:\n{self.story()}")

    # ---- the control socket

    def command(self, name, arguments=None, check=True):
        """The answer to a command; with `check`, one that Kea refused is an error."""
        request = {"command": name}
        if arguments is not None:
            request["arguments"] = arguments
        with socket.socket(socket.AF_UNIX) as control:
            control.settimeout(START_SECONDS)
            control.connect(str(self.control))
            control.sendall(json.dumps(request).encode())
            control.shutdown(socket.SHUT_WR)
            answer = json.loads(b"".join(iter(lambda: control.recv(65536), b"")))
        if check and answer["result"] != 0:
            raise RuntimeError(f"{name}: {answer}")
        return answer

    def statistic(self, name):
        """The latest value of a statistic, None where there is none."""
        samples = self.command("statistic-get", {"name": name})["arguments"].get(name)
        return samples[0][0] if samples else None


def _texts(parameters):
    return {name: str(value) if isinstance(value, Path) else value for name, value in parameters.items()}


def _daemon(family):
    path = shutil.which(_DAEMON[family], path="/usr/sbin:/usr/bin:" + os.environ.get("PATH", ""))
    if path is None:
        raise FileNotFoundError(f"{_DAEMON[family]} is not installed: apt-get install {_DAEMON[family]}-server")
    return path


class _pipe:
    """Both ends of a pipe for the length of a `with`; who needs one longer duplicates it."""

    def __enter__(self):
        self.ends = os.pipe()
        return self.ends

    def __exit__(self, *_):
        for end in self.ends:
            os.close(end)
