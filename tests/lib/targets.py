# SPDX-License-Identifier: MPL-2.0
"""Targets stores for tests, set up through netbootctl as an operator would."""

import shlex
import shutil
import subprocess
from pathlib import Path

from . import paths


class Store:
    """A store directory and the tool that changes it."""

    def __init__(self, directory):
        self.directory = Path(directory)

    def ctl(self, *arguments, check=True, text=None, seconds=60):
        """Runs netbootctl on this store; arguments as a list, or a single line as typed."""
        if len(arguments) == 1:
            arguments = shlex.split(arguments[0])
        command = [str(paths.netbootctl()), "-d", str(self.directory), *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, input=text, timeout=seconds)
        if check and done.returncode:
            raise RuntimeError(f"netbootctl {shlex.join(command[3:])}: exit {done.returncode}: {done.stderr.strip()}")
        return done

    def init(self):
        self.ctl("init")
        return self

    def set_up(self, lines):
        for line in lines:
            self.ctl(line)
        return self

    def copy(self, directory):
        """A copy of what is netbootctl's; nobody may have the store open meanwhile."""
        shutil.copytree(self.directory, directory, ignore=shutil.ignore_patterns("run", "state", "journal"))
        return Store(directory)


class Shelf:
    """
    Named stores, made when they are first asked for. `recipes` are {name: (name to begin with or None, lines)}.
    """

    def __init__(self, directory, recipes):
        self.directory = Path(directory)
        self.recipes = recipes
        self._stores, self._masters = {}, {}

    def __getitem__(self, name):
        """A store for servers to open."""
        if name not in self._stores:
            self._stores[name] = self._master(name).copy(self.directory / name)
        return self._stores[name]

    def _master(self, name):
        """The store as its recipe makes it, only to be copied: nobody else opens it."""
        if name not in self._masters:
            base, lines = self.recipes[name]
            place = self.directory / f"{name}.master"
            store = self._master(base).copy(place) if base else Store(place).init()
            self._masters[name] = store.set_up(lines)
        return self._masters[name]
