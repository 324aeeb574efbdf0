# SPDX-License-Identifier: MPL-2.0
"""Something at netbootd's place that is not what a DHCP server hopes for."""

import array
import os
import random
import socket
import struct
import subprocess
import sys
import threading
from pathlib import Path

MAGIC, VERSION = 0x6E6574626F6F7464, 1
TESTS = Path(__file__).resolve().parent.parent
WELCOME = struct.Struct("=QI4xQ")
SEAL_SHRINK, SEAL_GROW, SEAL_SEAL, SEAL_FUTURE_WRITE = 2, 4, 1, 16
ADD_SEALS = 1033


def memory(size, seals):
    """A file in memory with those seals."""
    import fcntl

    file = os.memfd_create("armed", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(file, size)
    if seals:
        fcntl.fcntl(file, ADD_SEALS, seals)
    return file


def listen(directory, backlog=64):
    place = Path(directory) / "run"
    place.mkdir(exist_ok=True)
    path = place / "servers"
    path.unlink(missing_ok=True)
    here = os.getcwd()
    os.chdir(place)  # the path of a socket may have 107 octets
    try:
        door = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        door.bind("servers")
        os.chmod("servers", 0o666)
        door.listen(backlog)
    finally:
        os.chdir(here)
    return door


class Fake:
    """Does the same to everyone who connects: `behave(connection, dice)`, until it returns."""

    def __init__(self, directory, behave, seed=1):
        self.met = 0
        self._door, self._behave, self._dice = listen(directory), behave, random.Random(seed)
        self._stop = False
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        while True:
            try:
                connection, _ = self._door.accept()
            except OSError:
                return
            if self._stop:
                return
            self.met += 1
            threading.Thread(target=self._meet, args=(connection,), daemon=True).start()

    def _meet(self, connection):
        with connection:
            try:
                self._behave(connection, self._dice)
            except OSError:
                pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._stop = True
        self._door.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._door.close()


# ---- What it may do

def silence(connection, _dice):
    while connection.recv(65536):
        pass


def hang_up(_connection, _dice):
    pass


def garbage(connection, dice):
    while connection.recv(65536):
        connection.send(dice.randbytes(dice.choice([1, 10, 16, 24, 100, 5000])))


def welcome(files):
    """The right words, with files that may be anything."""
    def behave(connection, dice):
        connection.recv(65536)
        octets = WELCOME.pack(MAGIC, VERSION, 7)
        connection.sendmsg([octets], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", files()))])
        while connection.recv(65536):
            connection.send(dice.randbytes(16))
    return behave


def zeros():
    """As large as a set of armed hosts, sealed like one, and empty."""
    return [memory(4096 + 65536 * 192, SEAL_SHRINK | SEAL_GROW | SEAL_SEAL | SEAL_FUTURE_WRITE)]


def unsealed():
    return [memory(4096 + 65536 * 192, 0)]


def small():
    return [memory(4096, SEAL_SHRINK | SEAL_GROW | SEAL_SEAL | SEAL_FUTURE_WRITE)]


BEHAVIOURS = {
    "silent": silence,
    "hangs up": hang_up,
    "garbage": garbage,
    "nothing in it": welcome(zeros),
    "not sealed": welcome(unsealed),
    "too small": welcome(small),
    "no file at all": welcome(list),
    "a pipe": welcome(lambda: list(os.pipe())),
}


def other_users(directory, user):
    """The same place, held by a process of another user; what it is told is counted in its output."""
    (Path(directory) / "run").mkdir(exist_ok=True)
    (Path(directory) / "run").chmod(0o777)
    program = (f"import sys; sys.path.insert(0, {str(TESTS / 'daemon')!r}); import fake; "
               "door = fake.listen(sys.argv[1]); print('listens', flush=True)\n"
               "while True:\n"
               "    connection, _ = door.accept()\n"
               "    print('told' if connection.recv(65536) else 'nothing', flush=True)")
    process = subprocess.Popen([sys.executable, "-c", program, str(directory)], stdout=subprocess.PIPE, text=True,
                               user=user, group=user, extra_groups=[])
    assert process.stdout.readline() == "listens\n"
    return process
