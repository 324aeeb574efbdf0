# SPDX-License-Identifier: MPL-2.0
"""Peers of netbootd's that mean it harm: raw messages, as any user."""

import array
import contextlib
import os
import socket
import struct

from lib import owners

(ARM, DISARM, DONE, HOSTS, DO, GET, LIST, ACTS, SERVERS, JOURNAL, RESULT, ROWS, ACT, SERVER, RUN, EXIT, FIGURES) = range(1, 18)
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

    def ask(self, kind=SERVERS):
        """The result of a list."""
        self.say(kind)
        while (answer := self.hear()) and answer[0] != RESULT:
            pass
        return answer

    def command(self, *words):
        """Its exit code, or netbootd's refusal; and what it said."""
        self.ask()  # until netbootd has seen who it is, the kernel lets no files pass
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


class Lingering:
    """A connection of TCP whose last close() waits for a minute."""

    def __init__(self):
        listening = socket.create_server(("127.0.0.1", 0))
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        self.socket = socket.create_connection(listening.getsockname())
        self.others = [listening, listening.accept()[0]]
        self.socket.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                self.socket.send(b"x" * 65536)
        self._linger(60)

    def _linger(self, seconds):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", seconds > 0, seconds))

    def pass_on(self, peer, message, often=5):
        """Whether it was taken; then nobody else has it any more."""
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [self.socket.fileno()]))]
        taken = 0
        for _ in range(often):
            with contextlib.suppress(OSError):
                peer.socket.sendmsg([message], rights, socket.MSG_DONTWAIT)
                taken += 1
        if not taken:
            self._linger(0)
        self.socket.close()
        return taken > 0

    def end(self):
        for other in self.others:
            other.close()
