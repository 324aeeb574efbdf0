# SPDX-License-Identifier: MPL-2.0
"""
Kea's control agent in front of a server's control socket, and kea-shell to talk to it, as an operator at a distance.

    with agent.Agent(link, server) as control:
        control.shell("netboot-host-get", {"id": "web1"})
"""

import json

from .daemon import START_SECONDS, Daemon, find, unconfined

_PORT = 8000


class Agent(Daemon):
    def __init__(self, link, server):
        super().__init__(link.server, "kea-ctrl-agent")
        self._service = f"dhcp{server.family}"
        self._socket = server.control

    def config(self):
        return {
            "Control-agent": {
                "http-host": "127.0.0.1",
                "http-port": _PORT,
                "control-sockets": {self._service: {"socket-type": "unix", "socket-name": str(self._socket)}},
                "loggers": [{"name": "kea-ctrl-agent", "severity": "INFO", "output_options": [{"output": "stdout"}]}],
            }
        }

    def start(self):
        path = self.directory / "agent.json"
        path.write_text(json.dumps(self.config()))
        program = unconfined(find(self.name, self.name), self.directory)
        environment = {"KEA_PIDFILE_DIR": str(self.directory), "KEA_LOCKFILE_DIR": str(self.directory)}
        self.run(program, "-c", path, environment=environment)
        self.wait_log("CTRL_AGENT_STARTED", START_SECONDS)
        return self

    def shell(self, command, arguments=None):
        """What kea-shell prints of the server's answer. It takes the arguments without their braces."""
        typed = _ascii(json.dumps(arguments, ensure_ascii=False))[1:-1] if arguments else ""
        done = self.namespace.run(
            *(find("kea-shell", "kea-ctrl-agent"), "--port", _PORT, "--service", self._service, command), input=typed
        )
        return json.loads(done.stdout)[0]

    def post(self, request):
        """The status and the answer to a body of octets over HTTP."""
        program = (
            "import http.client, sys\n"
            f"agent = http.client.HTTPConnection('127.0.0.1', {_PORT}, timeout={START_SECONDS})\n"
            "agent.request('POST', '/', sys.stdin.buffer.read(), {'Content-Type': 'application/json'})\n"
            "answer = agent.getresponse()\n"
            "print(answer.status)\n"
            "sys.stdout.flush()\n"
            "sys.stdout.buffer.write(answer.read())\n"
        )
        done = self.namespace.run("/usr/bin/python3", "-c", program, input=request, text=False)
        status, _, body = done.stdout.partition(b"\n")
        return int(status), json.loads(body)


def _ascii(text):
    """Each octet of UTF-8 as Kea writes and reads it: kea-shell cuts a request short that has more than ASCII."""
    return "".join(chr(octet) if octet < 128 else f"\\u00{octet:02x}" for octet in text.encode())
