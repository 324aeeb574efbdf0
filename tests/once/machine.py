# SPDX-License-Identifier: MPL-2.0
"""What a machine sends while it boots, as queries for the engine."""

import itertools
import json
import subprocess

from lib import paths

DISCOVER, OFFER, REQUEST, ACK, INFORM = 1, 2, 3, 5, 8
SOLICIT, ADVERTISE, REQUEST6, RENEW6, REPLY, INFORMATION_REQUEST = 1, 2, 3, 5, 7, 11
UUID = bytes.fromhex("112233445566778899aabbccddeeff01")
SMBIOS_UUID = bytes.fromhex("443322116655887799aabbccddeeff01")

_transactions = itertools.count(0x1000)


class Engine:
    """A server: the library with a store, in a process of its own."""

    def __init__(self, directory, mode="follow", **options):
        self.process = subprocess.Popen(
            [str(paths.engine()), str(directory), mode],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **options,
        )

    def ask(self, query):
        """The answer; None if the server dies first."""
        self.process.stdin.write(json.dumps(query) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        return json.loads(line) if line else None

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait(timeout=20)

    def kill(self):
        self.process.kill()
        self.close()


class Exchange:
    """One exchange of one method: its messages have one transaction id."""

    def __init__(self, stage, family, mac, transaction=None):
        self.stage, self.family, self.mac = stage, family, bytes.fromhex(mac.replace(":", ""))
        self.transaction = next(_transactions) if transaction is None else transaction

    def _options4(self):
        arch = {"PXE": 7, "HTTP": 16, "iPXE": 7}[self.stage]
        vendor = "HTTPClient" if self.stage == "HTTP" else "PXEClient"
        yield 60, f"{vendor}:Arch:{arch:05}:UNDI:003016".encode()
        yield 93, arch.to_bytes(2, "big")
        yield 97, b"\0" + SMBIOS_UUID
        yield 55, bytes([1, 3, 6, 43, 60, 66, 67])
        if self.stage == "iPXE":
            yield 77, b"iPXE"

    def _options6(self):
        arch = {"PXE": 7, "HTTP": 16, "iPXE": 7}[self.stage]
        vendor = f"{'HTTP' if self.stage == 'HTTP' else 'PXE'}Client:Arch:{arch:05}:UNDI:003016".encode()
        yield 1, b"\0\4" + (UUID if self.stage == "iPXE" else SMBIOS_UUID)
        yield 6, bytes([0, 59, 0, 60, 0, 16])
        yield 16, (343).to_bytes(4, "big") + len(vendor).to_bytes(2, "big") + vendor
        yield 61, arch.to_bytes(2, "big")
        if self.stage == "iPXE":
            yield 15, b"\0\4iPXE"

    def query(self, message, reply, **more):
        query = {"family": self.family, "message_type": message, "reply_type": reply, "transaction": self.transaction}
        if self.family == 4:
            query.update(hardware_type=1, hardware_address=self.mac.hex(), assigned_address="c0000264" + "00" * 12)
            options = self._options4()
        else:
            eui = bytes([self.mac[0] ^ 2]) + self.mac[1:3] + b"\xff\xfe" + self.mac[3:]
            query.update(peer_address="fe80" + "00" * 6 + eui.hex(),
                         assigned_address="20010db8" + "00" * 11 + "64")
            options = self._options6()
        query["options"] = [[code, data.hex()] for code, data in options]
        return {**query, **more}

    def begin(self, **more):
        return self.query(*((DISCOVER, OFFER) if self.family == 4 else (SOLICIT, ADVERTISE)), **more)

    def request(self, **more):
        return self.query(*((REQUEST, ACK) if self.family == 4 else (REQUEST6, REPLY)), **more)
