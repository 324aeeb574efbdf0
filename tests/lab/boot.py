# SPDX-License-Identifier: MPL-2.0
"""One boot of one machine: what happens on the wire and on the console, waited for in order."""

import re
import selectors
import time

from lib.closing import Closing


class BootError(Exception):
    """A boot did not go as it should: `step` is what was waited for."""

    def __init__(self, step, reason, console):
        super().__init__(f"{step}: {reason}")
        self.step, self.reason, self.console = step, reason, console


class Boot(Closing):
    """
    A boot of a machine that was just switched on. `seen` is called with each event of the wire.

        with Boot(machine.Machine(network.switch, "x64", "pxe4", directory), wire) as boot:
            boot.wait_event("the loader is fetched", lambda event: event.kind == "fetched", 60)
            boot.wait_text("the banner", "target: rescue", 60)
    """

    def __init__(self, machine, wire, seen=lambda event: None):
        self.machine, self.wire, self._seen = machine, wire, seen
        self.started = time.monotonic()
        self.events, self._next = [], 0
        wire.forget()
        self._selector = selectors.DefaultSelector()
        self._selector.register(wire, selectors.EVENT_READ)
        self._selector.register(self.machine, selectors.EVENT_READ)

    @property
    def seconds(self):
        """Since power-on."""
        return time.monotonic() - self.started

    def wait_event(self, step, wanted, seconds):
        """Waits for the next event that `wanted` says yes to; the event. Those passed over are not looked at again."""

        def found():
            while self._next < len(self.events):
                self._next += 1
                if wanted(self.events[self._next - 1]):
                    return self.events[self._next - 1]
            return None

        return self._wait(step, found, seconds)

    def wait_text(self, step, pattern, seconds):
        """Waits until the console shows what the pattern matches; the match."""
        return self._wait(step, lambda: re.search(pattern, self.machine.text, re.MULTILINE), seconds)

    def wait_end(self, step, seconds):
        """Waits until the machine has switched itself off."""
        self._wait(step, lambda: self.machine.ended, seconds)

    def _wait(self, step, found, seconds):
        deadline = time.monotonic() + seconds
        while True:
            result = found()
            if result:
                return result
            if self.machine.ended:
                raise BootError(step, "the machine switched itself off", self.console())
            left = deadline - time.monotonic()
            if left <= 0:
                raise BootError(step, f"did not happen within {seconds} s", self.console())
            self._read(left)

    def _read(self, seconds):
        for key, _ in self._selector.select(seconds):
            if key.fileobj is self.wire:
                for event in self.wire.events():
                    self.events.append(event)
                    self._seen(event)
            else:
                self.machine.read()

    def console(self, lines=20):
        """The last lines of the console that show something."""
        shown = [line.rstrip() for line in self.machine.text.splitlines() if line.strip()]
        return "\n".join(shown[-lines:])

    def close(self):
        self._selector.close()
        self.machine.stop()
