# SPDX-License-Identifier: MPL-2.0
"""A store, and netbootctl replay on it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from lib import paths, targets  # noqa: E402

SITE = "site set default --tftp4 192.0.2.1 --http4 http://192.0.2.1 --tftp6 2001:db8::1 --http6 http://[2001:db8::1]"


class Replay:
    def __init__(self, store):
        self.store = store
        self.command = [str(paths.netbootctl()), "-d", str(store.directory), "replay"]

    def run(self, *words, stdin=None, **options):
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "timeout": 120, **options}
        done = subprocess.run([*self.command, *map(str, words)], input=stdin, **options)
        done.out, done.err = (done.stdout or b"").decode(), (done.stderr or b"").decode()
        assert "Sanitizer" not in done.err and "runtime error" not in done.err, done.err
        return done

    def json(self, *words, code=0, **options):
        done = self.run("--json", *words, **options)
        assert done.returncode == code, f"exit {done.returncode}, wanted {code}: {done.err}{done.out}"
        return json.loads(done.out)

    def trouble(self, *words, **options):
        """The one line on standard error of a call that has to end in trouble."""
        done = self.run(*words, **options)
        assert done.returncode == 2, f"exit {done.returncode}: {done.err}{done.out}"
        assert done.err.startswith("netbootctl: ") and done.err.count("\n") == 1, done.err
        return done.err[len("netbootctl: ") : -1]


@pytest.fixture(scope="session")
def replay(tmp_path_factory):
    """On a store with a site's addresses and what init puts there: tests do not change it."""
    store = targets.Store(tmp_path_factory.mktemp("replay") / "store").init()
    return Replay(store.set_up([SITE]))


@pytest.fixture
def new_replay(tmp_path):
    """Makes one on a store of the test's own, set up by the given lines."""

    def make(*lines):
        return Replay(targets.Store(tmp_path / "store").init().set_up([SITE, *lines]))

    return make


@pytest.fixture
def no_store(tmp_path):
    return Replay(targets.Store(tmp_path / "nowhere"))


def pytest_configure(config):
    os.environ["LC_ALL"] = "C.UTF-8"
