# SPDX-License-Identifier: MPL-2.0
"""Ctrl-C, SIGTERM and SIGHUP end a program through its clean-up, which nothing then stops."""

import signal

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _interrupted(number, _):
    for other in _SIGNALS:
        signal.signal(other, signal.SIG_IGN)
    raise SystemExit(128 + number)


def handle():
    for number in _SIGNALS:
        signal.signal(number, _interrupted)
