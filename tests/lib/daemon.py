# SPDX-License-Identifier: MPL-2.0
"""A server process in a namespace whose log is read as it is written: the tests wait for its lines."""

import atexit
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

START_SECONDS = 20
SANITIZED_END_SECONDS = 2


class Crashed(AssertionError):
    """The server ended by itself, or not as it should."""


class Daemon:
    """
    A server with a temporary directory of its own. A subclass says how it is started: start() calls self.run() and
    waits for what its server logs when it serves. Leaving the `with` ends it and raises if it did not end cleanly.
    """

    clean_exits = (0,)  # after SIGTERM
    # A server that a sanitizer was put under may hang in the exit handlers of its own libraries, after it has logged
    # this: None where it never does. It is killed there.
    last_words = None

    def __init__(self, namespace, name):
        self.name = name
        self.namespace = namespace
        self.directory = Path(tempfile.mkdtemp(prefix=f"netboot-{name}-"))
        atexit.register(self.stop, check=False)
        self._process = None
        self._lines = []
        self._log_ended = False
        self._run = None
        self._news = threading.Condition()

    def start(self):
        raise NotImplementedError

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.stop(check=False)
            raise

    def __exit__(self, kind, *_):
        self.stop(check=kind is None)

    # ---- the process

    def run(self, *command, environment=None):
        """Starts the process; its stdout and stderr are the log."""
        out, into = os.pipe()
        try:
            self._process = self.namespace.start(*command, stdout=into, stderr=into, env=environment)
        except BaseException:
            os.close(out)
            raise
        finally:
            os.close(into)
        self._log_ended = False
        self._run = object()
        threading.Thread(target=self._read, args=(out, self._run), daemon=True).start()

    def _read(self, out, run):
        with open(out, errors="replace") as lines:
            for line in lines:
                with self._news:
                    self._lines.append(line.rstrip("\n"))
                    self._news.notify_all()
        with self._news:
            # Not that of a process before this one, which may be read to its end only now.
            self._log_ended = self._log_ended or run is self._run
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
            raise Crashed(f"{self.name} is not running:\n{self.story()}")

    def wait(self, seconds=START_SECONDS):
        """Waits for the server to end by itself; its exit code."""
        return self._process.wait(seconds)

    def stop(self, check=True):
        """Ends the server; with `check` raises Crashed unless it was running and ended cleanly."""
        atexit.unregister(self.stop)
        process, self._process = self._process, None
        problem = self._end(process) if process else None
        shutil.rmtree(self.directory, ignore_errors=True)
        if problem and check:
            self._wait_log_end()
            raise Crashed(f"{self.name} {problem}:\n{self.story()}")

    def _end(self, process):
        """Ends a process by SIGTERM; what was wrong with that, None if all is well."""
        if process.poll() is not None:
            return f"ended by itself with {process.returncode}"
        process.send_signal(signal.SIGTERM)
        try:
            if self.last_words:
                self._await(self.last_words)
            code = process.wait(SANITIZED_END_SECONDS if self.last_words else START_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            said = self.last_words and self._await(self.last_words, seconds=0)
            return None if said else "did not end"
        return None if code in self.clean_exits else f"ended with {code}"

    # ---- what it says

    def log(self, since=0):
        with self._news:
            return self._lines[since:]

    def story(self, lines=60):
        """The end of its log, for a failure's text."""
        return "\n".join(self.log()[-lines:])

    def wait_log(self, pattern, seconds=10, since=0):
        """Waits for a line that matches `pattern`, from line `since` on; the line."""
        line = self._await(pattern, seconds, since)
        if line is not None:
            return line
        if self._log_ended:
            self._process.wait(START_SECONDS)
        state = "still running" if self.running else f"gone with {self._process.poll()}"
        raise Crashed(f"no log line {pattern!r} in {seconds} s; {self.name} is {state}:\n{self.story()}")

    def _await(self, pattern, seconds=START_SECONDS, since=0):
        """The first line that matches, None if there is none in time or the log has ended."""
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
                    return None
                self._news.wait(left)

    def _wait_log_end(self):
        with self._news:
            self._news.wait_for(lambda: self._log_ended, START_SECONDS)


def find(name, package):
    path = shutil.which(name, path="/usr/sbin:/usr/bin:" + os.environ.get("PATH", ""))
    if path is None:
        raise FileNotFoundError(f"{name} is not installed: apt-get install {package}")
    return path


def unconfined(program, directory):
    """A copy of an installed program: AppArmor's profiles go by path, and allow it the system's own files only."""
    return shutil.copy(program, directory) if Path(program).is_relative_to("/usr") else program


def environment_with_sanitizer(*loaded, **more):
    """This environment, with the sanitizer that a plug-in of the server was built with, which has to be there first."""
    environment = dict(os.environ, **more)
    libraries = [found for each in loaded for found in _sanitizers(each)]
    if libraries:
        environment["LD_PRELOAD"] = ":".join(dict.fromkeys(libraries))
        # What the server itself does not free is not ours, and the plug-in is gone by then.
        environment.setdefault("ASAN_OPTIONS", "detect_leaks=0")
        environment.setdefault("UBSAN_OPTIONS", "print_stacktrace=1")
    return environment


def _sanitizers(path):
    needed = subprocess.run(["ldd", str(path)], capture_output=True, text=True, check=True).stdout
    return re.findall(r"=> (\S*/lib(?:asan|tsan|ubsan)\.so\S*)", needed)
