# SPDX-License-Identifier: MPL-2.0
"""netbootd of a store, as its unit would start it."""

import json
import signal
import subprocess
import time

from . import paths

READY_SECONDS = 20


class Netbootd:
    """Runs from the start on; a context that ends it. Its log is kept in `log`, complete when it has ended."""

    def __init__(self, directory, *options, program=None, **more):
        self.directory, self.options, self.program, self.more = directory, options, program, more
        self.log, self.paused = "", False
        self.start()

    def start(self):
        """Returns when servers and programs are answered."""
        command = [str(self.program or paths.netbootd()), "-d", str(self.directory), "--tool", str(paths.netbootctl()), *self.options]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, **self.more)
        for line in self.process.stderr:
            self.log += line
            if "ready for" in line:
                return self
        self.process.wait(READY_SECONDS)
        raise RuntimeError(f"netbootd did not start ({self.process.returncode}):\n{self.log}")

    @property
    def pid(self):
        return self.process.pid

    def servers(self):
        """The names of the servers that are connected."""
        done = subprocess.run([str(paths.netbootctl()), "-d", str(self.directory), "status", "--json"], text=True,
                              capture_output=True, timeout=60)
        return sorted(server["name"] for server in json.loads(done.stdout or "{}").get("servers", []))

    def wait_servers(self, *names):
        """Until these are connected, and no others."""
        end = time.monotonic() + READY_SECONDS
        while (connected := self.servers()) != sorted(names):
            assert time.monotonic() < end, f"connected are {connected}, not {names}"
            time.sleep(0.02)

    def pause(self):
        self.paused = True
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.paused = False
        self.process.send_signal(signal.SIGCONT)

    def _end(self, number):
        if self.process.stderr.closed:
            return self.process.returncode
        if self.process.poll() is None:
            self.process.send_signal(number)
            self.go_on()
        self.log += self.process.stderr.read()
        self.process.stderr.close()
        return self.process.wait(READY_SECONDS)

    def kill(self):
        return self._end(signal.SIGKILL)

    def stop(self):
        code = self._end(signal.SIGTERM)
        if code != 0:
            raise RuntimeError(f"netbootd ended with {code}:\n{self.log}")

    def restart(self):
        self.kill()
        return self.start()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None and self.process.poll() is None:
            self.stop()
        else:
            self.kill()
