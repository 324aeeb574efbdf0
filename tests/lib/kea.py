# SPDX-License-Identifier: MPL-2.0
"""
A real kea-dhcp4 or kea-dhcp6 in a network namespace, with or without the hook.

    with kea.Kea(link, family=4, parameters={"database": store}) as server:
        server.wait_log("DHCP4_STARTED")
        server.command("statistic-get-all")

The server runs as root in a temporary directory of its own and keeps its leases in memory. Leaving the `with` ends it
and raises if it crashed or did not end cleanly.
"""

import copy
import json
import shutil
import socket
from pathlib import Path

from . import net, paths
from .daemon import START_SECONDS, Crashed, Daemon, environment_with_sanitizer, find, unconfined

__all__ = ["Crashed", "Kea", "SUBNETS"]

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

_DAEMON = {4: "kea-dhcp4", 6: "kea-dhcp6"}


class Kea(Daemon):
    """
    `parameters` are the hook's; None loads no hook. `settings` are merged over the Dhcp4 or Dhcp6 object, `subnets`
    replaces SUBNETS, `hooks` are further entries of hooks-libraries, `severity` is the log's ("DEBUG" at level 99),
    `user` is who it runs as: with the capabilities that it has as a service.
    """

    def __init__(self, link, family, parameters=None, settings=None, subnets=None, hooks=(), hook=None, severity="INFO",
                 user=None):
        super().__init__(link.server, _DAEMON[family])
        self.family = family
        self.control = self.directory / "control"
        self._settings = copy.deepcopy(settings or {})
        self._subnets = copy.deepcopy(SUBNETS[family] if subnets is None else subnets)
        self._libraries = [dict(library) for library in hooks]
        self._hook = None
        if parameters is not None:
            self._hook = str(hook or paths.hook())
            self._libraries.insert(0, {"library": self._hook, "parameters": _texts(parameters)})
        self._severity = severity
        self._user = user

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
        loaded = [self._hook] if self._hook else []
        environment = environment_with_sanitizer(
            *loaded, KEA_PIDFILE_DIR=str(self.directory), KEA_LOCKFILE_DIR=str(self.directory)
        )
        if self._hook:  # newer servers load hooks from one folder only
            environment["KEA_HOOKS_PATH"] = str(Path(self._hook).parent)
        if "LD_PRELOAD" in environment and self._severity in ("INFO", "DEBUG"):
            self.last_words = f"DHCP{self.family}_SHUTDOWN"
        daemon = unconfined(find(self.name, f"{self.name}-server"), self.directory)
        self.run(*self._as_user(), daemon, "-c", self.write_config(), environment=environment)
        if wait:
            self.wait_log(f"DHCP{self.family}_STARTED", START_SECONDS)
        return self

    def _as_user(self):
        if not self._user:
            return ()
        shutil.chown(self.directory, self._user, self._user)
        capabilities = "+net_raw,+net_bind_service"
        return (
            *("setpriv", "--reuid", self._user, "--regid", self._user, "--init-groups", "--pdeathsig", "KILL"),
            *("--inh-caps", capabilities, "--ambient-caps", capabilities),
        )

    # ---- the control socket

    def command(self, name, arguments=None, check=True):
        """The answer to a command; with `check`, one that Kea refused is an error."""
        request = {"command": name}
        if arguments is not None:
            request["arguments"] = arguments
        answer = self.send(json.dumps(request, ensure_ascii=False).encode())
        if check and answer["result"] != 0:
            raise RuntimeError(f"{name}: {answer}")
        return answer

    def send(self, request):
        """The answer to the octets of a request. Kea writes each octet of UTF-8 as a character of its own."""
        with socket.socket(socket.AF_UNIX) as control:
            control.settimeout(START_SECONDS)
            control.connect(str(self.control))
            control.sendall(request)
            control.shutdown(socket.SHUT_WR)
            return json.loads(b"".join(iter(lambda: control.recv(65536), b"")))

    def statistic(self, name):
        """The latest value of a statistic, None where there is none."""
        samples = self.command("statistic-get", {"name": name})["arguments"].get(name)
        return samples[0][0] if samples else None


def _texts(parameters):
    return {name: str(value) if isinstance(value, Path) else value for name, value in parameters.items()}
