# SPDX-License-Identifier: MPL-2.0
"""netbootctl on a store of the test's own."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from lib import paths  # noqa: E402
from lib.netbootd import Netbootd  # noqa: E402


class Ctl:
    """Calls netbootctl on one store."""

    def __init__(self, directory):
        self.directory = Path(directory)
        self.program = str(paths.netbootctl())
        self.environment = dict(os.environ, NETBOOT_DIR=str(self.directory))

    def __call__(self, *words, stdin=None, **options):
        if isinstance(stdin, str):
            stdin = stdin.encode()
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("env", self.environment)
        options.setdefault("timeout", 120)
        done = subprocess.run([self.program, *map(str, words)], input=stdin, stderr=subprocess.PIPE, check=False,
                              **options)
        done.out = (done.stdout or b"").decode()
        done.err = done.stderr.decode()
        assert "Sanitizer" not in done.err and "runtime error" not in done.err, done.err
        return done

    def ok(self, *words, **options):
        """Standard output of a call that has to work, without a word on standard error."""
        done = self(*words, **options)
        assert (done.returncode, done.err) == (0, ""), f"{words}: exit {done.returncode}: {done.err}"
        return done.out

    def wrong(self, code, *words, **options):
        """The one line on standard error of a call that has to fail so."""
        done = self(*words, **options)
        assert done.returncode == code, f"{words}: exit {done.returncode}, wanted {code}: {done.err}{done.out}"
        assert done.out == "" and done.err.count("\n") == 1 and done.err.startswith("netbootctl: "), done.err
        return done.err[len("netbootctl: "):-1]

    def json(self, *words):
        return json.loads(self.ok(*words, "--json"))

    def generation(self):
        return self.json("status")["generation"]

    def export(self):
        return self.ok("export")


@pytest.fixture
def open_path():
    """A directory that any user may come to, which those of pytest's are not: it closes the way to them with each run."""
    with tempfile.TemporaryDirectory() as path:
        os.chmod(path, 0o755)
        yield Path(path)


@pytest.fixture
def bare(tmp_path):
    """Without a store."""
    return Ctl(tmp_path / "store")


@pytest.fixture
def alone(bare):
    """Without netbootd."""
    bare.ok("init")
    return bare


@pytest.fixture
def ctl(alone):
    """With netbootd, which ends well."""
    with Netbootd(alone.directory) as alone.netbootd:
        yield alone
