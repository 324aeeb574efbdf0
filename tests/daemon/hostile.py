# SPDX-License-Identifier: MPL-2.0
"""Peers of netbootd's that mean it harm: raw messages, as any user."""

import array
import contextlib
import os
import socket
import struct

from lib import owners

(ARM, DISARM, DONE, HOSTS, DO, GET, LIST, ACTS, SERVERS, RESULT, ROWS, ACT, SERVER, RUN, EXIT) = range(1, 16)
OPERATORS = 64913  # a number without a name
ROOT, OPERATOR, NOBODY = (0, 0), (64914, OPERATORS), (65534, 65534)
HELLO = struct.Struct("=QIIQ64sBB6x")
HELLO_MAGIC, HELLO_VERSION, HELLO_SERVER = 0x6E6574626F6F7464, 1, 1


@contextlib.contextmanager
def being(user):
    """This process is somebody else, for those it connects to."""
    groups = os.getgroups()
    os.setgroups([])
    os.setegid(user[1])
    os.seteuid(user[0])
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)


class Peer:
    """A connection to a socket of netbootd's; closed at the end of the context."""

    def __init__(self, store, user=ROOT, name="control", seconds=20):
        owners.open_way(store.directory / "run")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(seconds)
        with being(user):
            self.socket.connect(str(store.directory / "run" / name))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def say(self, kind, more=b"", count=0, files=()):
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", files))] if files else []
        self.socket.sendmsg([struct.pack("=III", 1, kind, count) + more], rights)

    def hear(self):
        """The kind of the next message, and its code and text, if it is a result; None: it hung up."""
        message = self.socket.recv(65536)
        if not message:
            return None
        kind = struct.unpack_from("=I", message, 4)[0]
        if kind not in (RESULT, EXIT):
            return (kind,)
        return kind, struct.unpack_from("=i", message, 12)[0], message[16:].split(b"\0")[0].decode()

    def command(self, *words):
        """Its exit code, or netbootd's refusal; and what it said."""
        said, end = os.pipe()
        octets = b"".join(os.fsencode(word) + b"\0" for word in words)
        try:
            self.say(RUN, octets, len(octets), [end, end])
        finally:
            os.close(end)
        answer = self.hear()
        with open(said) as file:
            return *answer, file.read()


def hello(name=b"evil", journal=0, join=0):
    return HELLO.pack(HELLO_MAGIC, HELLO_VERSION, HELLO_SERVER, 0, name, journal, join)
