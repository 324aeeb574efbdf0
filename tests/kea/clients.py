# SPDX-License-Identifier: MPL-2.0
"""Machines that ask for an address over a lib.wire.Wire, and what they are told to boot."""

import struct
import threading
from dataclasses import dataclass

from lib import dhcp, net, wire

MAC = "52:54:00:77:00:02"
UUID = "11223344-5566-7788-99aa-bbccddeeff01"


@dataclass
class Machine:
    """`boots`: its firmware wants to boot, by PXE over IPv4 and by HTTP over IPv6; else it is any host."""

    mac: str = MAC
    boots: bool = True
    arch: int = 7

    def options4(self):
        boot = [
            (97, b"\0" + dhcp.uuid_octets(UUID, little_endian=True)),
            (93, dhcp.u16(self.arch)),
            (60, f"PXEClient:Arch:{self.arch:05}:UNDI:003000".encode()),
        ]
        return [(55, bytes([1, 3, 6, 60, 66, 67]))] + (boot if self.boots else [])

    def options6(self):
        name = b"HTTPClient:Arch:00016:UNDI:003000"
        boot = [(61, dhcp.u16(16)), (16, bytes.fromhex("00000157") + dhcp.u16(len(name)) + name)]
        return [(1, dhcp.duid_ll(self.mac)), dhcp.ia_na(), (6, dhcp.u16(59, 16, 23))] + (boot if self.boots else [])


class Clients:
    def __init__(self, wire):
        self.wire = wire

    def discover(self, machine=Machine(), seconds=5):
        """The octets of the OFFER, None where there is none in time."""
        message = dhcp.Message4(
            type=dhcp.DISCOVER,
            hardware_address=dhcp.mac_octets(machine.mac),
            xid=self.wire.xid(),
            flags=dhcp.BROADCAST_FLAG,
            options=machine.options4(),
        )
        return self.wire.ask4(message, machine.mac, seconds=seconds)

    def solicit(self, machine=Machine(), seconds=5):
        message = dhcp.Message6(type=dhcp.SOLICIT, xid=self.wire.xid(), options=machine.options6())
        return self.wire.ask6(message, machine.mac, dhcp.link_local(machine.mac), seconds=seconds)

    def ask(self, family, machine=Machine(), seconds=5):
        return (self.discover if family == 4 else self.solicit)(machine, seconds)

    def boot_file(self, family, machine=Machine(), seconds=5, again=0):
        """What the machine is offered to boot, "" for nothing. It asks anew so often; no reply at all is an error."""
        for _ in range(1 + again):
            reply = self.ask(family, machine, seconds)
            if reply is not None:
                break
        else:
            raise AssertionError(f"no reply to {machine}")
        return boot_file_of(family, reply)


def boot_file_of(family, reply):
    """The boot file in a reply's octets, "" for none."""
    if family == 4:
        return dhcp.parse4(reply).file.decode()
    return (dhcp.parse6(reply).option(59) or b"").decode()


class Traffic:
    """
    A machine on a wire of its own that asks all the time, whether it is answered or not. `files` are the boot files
    that it was ever given. At the end of the `with` it is quiet.
    """

    def __init__(self, link, family):
        self.family, self.files, self.answers = family, set(), 0
        self._link, self._stop, self._news = link, threading.Event(), threading.Condition()
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        machine = Machine(mac="52:54:00:77:00:0a")
        with wire.Wire(self._link) as own:
            clients = Clients(own)
            while not self._stop.is_set():
                reply = clients.ask(self.family, machine, seconds=0.02)
                if reply is not None:
                    with self._news:
                        self.files.add(boot_file_of(self.family, reply))
                        self.answers += 1
                        self._news.notify_all()

    def wait_answers(self, count, seconds=20):
        """Waits for so many more answers."""
        with self._news:
            wanted = self.answers + count
            assert self._news.wait_for(lambda: self.answers >= wanted, seconds), f"no {count} answers in {seconds} s"

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()


class Replies:
    """What a server sends over a link, as it passes: each boot file, with how often it came."""

    def __init__(self, link, family):
        self.family, self.files, self._stop = family, {}, threading.Event()
        self._frames = link.client.packet_socket()
        self._frames.settimeout(0.2)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        server = dhcp.mac_octets(net.SERVER_MAC)
        while not self._stop.is_set():
            try:
                frame = self._frames.recv(65536)
            except TimeoutError:
                continue
            payload = self._payload(frame) if frame[6:12] == server else None
            if payload is not None:
                name = boot_file_of(self.family, payload)
                self.files[name] = self.files.get(name, 0) + 1

    def _payload(self, frame):
        ethertype, protocol_at, payload_at = {4: (wire.ETHERTYPE_IP4, 23, 42), 6: (wire.ETHERTYPE_IP6, 20, 62)}[self.family]
        is_it = struct.unpack_from("!H", frame, 12)[0] == ethertype and frame[protocol_at] == wire.UDP
        return frame[payload_at:] if is_it else None

    def stop(self):
        self._stop.set()
        self._thread.join()
        self._frames.close()
        return self.files
