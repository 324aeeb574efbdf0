# SPDX-License-Identifier: MPL-2.0
"""Live capture, on an interface of a network namespace of the test's own. Needs root."""

import json
import re
import selectors
import signal
import subprocess
import time

import pytest
from pcaps import *  # noqa: F403
from scapy.layers.inet import fragment
from scapy.layers.l2 import Dot1Q

from lib import net

SECONDS = 30


class Live:
    """netbootctl replay --interface in the server's namespace; what the client's end sends is what it sees."""

    def __init__(self, link, replay, *words, interface=net.INTERFACE):
        self.frames = link.client.packet_socket()
        self.process = link.server.start(
            *replay.command,
            *("--interface", interface),
            *words,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.out = b""
        self.selector = selectors.DefaultSelector()
        assert b"capturing on" in self.process.stderr.readline()
        self.selector.register(self.process.stdout, selectors.EVENT_READ)

    def send(self, *frames):
        for frame in frames:
            self.frames.send(frame)

    def wait_for(self, text):
        """Reads standard output until the text is there."""
        deadline = time.monotonic() + SECONDS
        while text.encode() not in self.out:
            left = deadline - time.monotonic()
            assert left > 0 and self.selector.select(left), f"no {text!r} in {self.out.decode()}"
            octets = self.process.stdout.read1(65536)
            assert octets, f"ended without {text!r}: {self.out.decode()}"
            self.out += octets
        return self

    def interrupt(self, number=signal.SIGINT):
        """Its exit status; the rest of its output is in `out` and `err`."""
        self.process.send_signal(number)
        rest, err = self.process.communicate(timeout=SECONDS)
        self.out, self.err = (self.out + rest).decode(), err.decode()
        return self.process.returncode

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()
        self.frames.close()


@pytest.fixture(scope="module")
def link():
    """Silent but for the tests: what the kernel says of its IPv6 addresses would be counted as packets."""
    with net.Link() as made:
        made.server.sysctl(f"net.ipv6.conf.{net.INTERFACE}.disable_ipv6", 1)
        yield made


@pytest.fixture
def live(link):
    started = []

    def start(*arguments, **more):
        started.append(Live(link, *arguments, **more))
        return started[-1]

    yield start
    for each in started:
        each.close()


QUESTION, ANSWER = to_server4(discover()), to_client4(offer())
OTHER_ANSWER = to_client4(offer(file=b"grub.efi"))
NOISE = ethernet(IP(src="192.0.2.9", dst=SERVER4) / UDP(sport=53, dport=53) / Raw(b"x" * 300))


def test_shown_at_once(live, replay):
    """An answered question is shown when its answer comes, not at the end."""
    running = live(replay, "--compare")
    running.send(NOISE, ethernet(QUESTION), ethernet(ANSWER))
    running.wait_for("verdict    same")
    running.send(ethernet(to_server6(solicit())), ethernet(to_client6(advertise())))
    running.wait_for("Solicit")
    (question,) = re.findall(rb"^packet (\d+)  .*  Solicit  ", running.out, re.MULTILINE)
    running.wait_for(f"captured   packet {int(question) + 1}, Advertise")
    assert running.interrupt() == 0
    assert "replies compared: 2 same, 0 better, 0 different" in running.out


def test_different(live, replay):
    running = live(replay, "--compare")
    running.send(ethernet(QUESTION), ethernet(OTHER_ANSWER))
    running.wait_for("grub.efi -> ipxe.efi")
    assert running.interrupt(signal.SIGTERM) == 1


def test_unanswered_at_the_end(live, replay):
    running = live(replay)
    running.send(ethernet(QUESTION), ethernet(to_server4(discover(OTHER_MAC))), ethernet(to_client4(offer(OTHER_MAC))))
    running.wait_for(OTHER_MAC)
    assert running.interrupt() == 0
    assert running.out.index(OTHER_MAC) < running.out.index(MAC) and "no reply" in running.out


def test_unanswered_after_a_while(live, replay):
    """A server that is silent is told of without any further packet."""
    running = live(replay)
    running.send(ethernet(QUESTION))
    running.wait_for("captured   no reply")
    assert running.interrupt() == 0


@pytest.mark.parametrize("interface", [net.INTERFACE, "any"])
def test_tags_and_fragments(interface, live, replay):
    running = live(replay, "--json", interface=interface)
    long_answer = to_client4(offer(options=[(43, b"x" * 2000)]), id=4)
    parts = [ethernet(part) for part in fragment(long_answer, fragsize=800)]
    assert len(parts) > 2
    running.send(ethernet(QUESTION, tags=Dot1Q(vlan=12)), ethernet(to_client4(offer()), tags=Dot1Q(vlan=12)))
    running.send(ethernet(to_server4(discover(xid=9))), *parts[::-1])
    running.send(ethernet(to_server4(discover(xid=77))), ethernet(to_client4(offer(xid=77))))
    running.wait_for('"0x0000004d"')
    assert running.interrupt() == 0
    packets = {packet["xid"]: packet for packet in json.loads(running.out)["packets"]}
    if interface == net.INTERFACE:
        assert packets["0x00001234"]["vlans"] == [12]
    assert packets["0x00001234"]["captured"]["fields"]["file"] == "ipxe.efi"


def test_a_change_is_seen(live, link, new_replay):
    replay = new_replay()
    running = live(replay)
    running.send(ethernet(QUESTION), ethernet(ANSWER))
    running.wait_for("ipxe.efi")
    replay.store.ctl("loader set x64-uefi changed.efi")
    running.send(ethernet(to_server4(discover(xid=8))), ethernet(to_client4(offer(xid=8))))
    running.wait_for("changed.efi")
    assert running.interrupt() == 0


def test_other_people_may_not(link, replay):
    """Without the right to capture it says which one is missing."""
    command = ["setpriv", "--reuid=65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"]
    done = link.server.run(*command, *replay.command, "--interface", net.INTERFACE, check=False)
    assert done.returncode == 2 and "CAP_NET_RAW" in done.stderr
