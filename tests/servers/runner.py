# SPDX-License-Identifier: MPL-2.0
"""
The two ways to run a case: InProcess hands the same packets to the library, OnTheWire to a real server. Both compare
the boot fields of every reply with what the case expects.
"""

import itertools
import json
import subprocess

from cases import NO_REPLY, UNCHANGED
from exchange import boot_fields, normal, run
from lib import dhcp, net, paths
from settings import SETTINGS, has_boot_file, own_fields

REPLY_TYPES = {
    4: {dhcp.BOOTP: dhcp.BOOTP, dhcp.DISCOVER: dhcp.OFFER, dhcp.REQUEST: dhcp.ACK, dhcp.INFORM: dhcp.ACK},
    6: {dhcp.SOLICIT: dhcp.ADVERTISE},
}


def expected(case, server, carries):
    """The boot fields that a reply is to have; NO_REPLY. Without `carries` the message is one that has none of ours."""
    expect = case["servers"].get(server.name, case["expect"])
    if expect == NO_REPLY:
        return NO_REPLY
    own = own_fields(case["settings"], case["family"], case["client"], server.all_unasked)
    if not carries:
        return {}
    return normal(own if expect == UNCHANGED else expect)


def compare(case, message, fields, want):
    assert fields == want, (
        f"{case['name']}: the reply to message type {message.type} has other boot fields\n"
        f"  got      {fields}\n  expected {want}"
    )


# ---- through the library alone


class Engine:
    """The engine program on a store."""

    def __init__(self, directory):
        self._process = subprocess.Popen(
            [str(paths.engine()), str(directory)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def serve(self, query):
        self._process.stdin.write(json.dumps(query) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"the engine ended with {self._process.wait()}"
        return json.loads(line)

    def close(self):
        self._process.stdin.close()
        code = self._process.wait()
        assert code == 0, f"the engine ended with {code}"


def joined(options):
    """DHCPv4 options with the parts of each joined (RFC 3396)."""
    parts = {}
    for code, data in options:
        parts[code] = parts.get(code, b"") + data
    return list(parts.items())


def link_of(message):
    """Where the relays say that the client is: the nearest one that says it."""
    return next((relay.link for relay in message.relays if relay.link != "::"), "::")


def query_of(message, where, reply, interface):
    """struct netboot_query of a message and the server's reply, as a server's shim fills it."""
    if isinstance(message, dhcp.Message4):
        return {
            "family": 4,
            "message_type": message.type,
            "reply_type": reply.type,
            "hardware_type": message.hardware_type,
            "hardware_address": message.hardware_address.hex(),
            "assigned_address": dhcp.address_octets(reply.yiaddr).hex(),
            "client_address": dhcp.address_octets(message.ciaddr).hex(),
            "relay_address": dhcp.address_octets(message.giaddr).hex(),
            "interface_address": dhcp.address_octets(interface).hex(),
            "options": [[code, data.hex()] for code, data in joined(dhcp.parse4(message.pack()).options)],
        }
    nearest = message.relays[0] if message.relays else None
    link_layer = dict(nearest.options).get(79, b"") if nearest else b""
    return {
        "family": 6,
        "message_type": message.type,
        "reply_type": reply.type,
        "link_layer_address": link_layer.hex(),
        "peer_address": dhcp.address_octets(nearest.peer if nearest else where.source).hex(),
        "assigned_address": dhcp.address_octets(dhcp.ia_address(reply) or "::").hex(),
        "relay_address": dhcp.address_octets(link_of(message)).hex(),
        "interface_address": dhcp.address_octets(interface).hex(),
        "options": [[code, data.hex()] for code, data in dhcp.parse6(message.pack()).options],
    }


class InProcess:
    """Stands for the server around the library: its plain reply, and the library's edits carried out on it."""

    name, all_unasked = "engine", False

    def __init__(self, engine, case):
        self.engine = engine
        self.case = case
        self.answers = []

    def ask(self, message, where):
        own = own_fields(self.case["settings"], self.case["family"], self.case["client"])
        reply = self._plain4(message) if self.case["family"] == 4 else self._plain6(message)
        interface = net.ADDRESS4 if self.case["family"] == 4 else net.ADDRESS6
        query = query_of(message, where, reply, interface)
        query["reply_has_boot_file"] = has_boot_file(own, self.case["family"])
        query["existing_boot_file"] = SETTINGS[self.case["settings"]].get("existing", "keep")
        answer = self.engine.serve(query)
        assert answer["status"] >= 0, answer
        self.answers.append(answer)
        bare = {} if reply.type == dhcp.NAK and self.case["family"] == 4 else own
        self._write(reply, edited(normal(bare), answer["edits"]))
        return reply

    def _plain4(self, message):
        reply_type = dhcp.NAK if self.case["exchange"] == "nak" else REPLY_TYPES[4][message.type]
        lab = message.giaddr.startswith("198.51.100.")
        address = "198.51.100.64" if lab else "192.0.2.64"
        yiaddr = "0.0.0.0" if message.type == dhcp.INFORM or reply_type == dhcp.NAK else address
        return dhcp.Message4(reply_type, op=2, yiaddr=yiaddr, options=[(54, dhcp.address_octets(net.ADDRESS4))])

    def _plain6(self, message):
        rapid = message.option(14) is not None
        reply_type = dhcp.REPLY if rapid else REPLY_TYPES[6].get(message.type, dhcp.REPLY)
        options = [(2, b"\0\1\0\1")]
        if message.option(3) is not None and message.type not in (dhcp.CONFIRM, dhcp.RELEASE6):
            lab = link_of(message).startswith("2001:db8:1:")
            options.append(dhcp.ia_na(address="2001:db8:1::1:0" if lab else "2001:db8::1:0"))
        return dhcp.Message6(reply_type, message.xid, options)

    @staticmethod
    def _write(reply, fields):
        if isinstance(reply, dhcp.Message4):
            reply.file, reply.sname = fields.pop("file", b""), fields.pop("sname", b"")
            reply.siaddr = dhcp.address_text(fields.pop("siaddr", bytes(4)))
        reply.options += list(fields.items())

    def replies(self):
        """(message, boot fields of the reply, whether it carries any of ours), one after the other."""
        for message, reply, carries in run(self.case, itertools.count(1).__next__, self.ask):
            yield message, boot_fields(reply), carries

    def run(self):
        for message, fields, carries in self.replies():
            compare(self.case, message, fields, expected(self.case, self, carries))
            if carries:
                self._compare_decision(self.answers[-1])

    def _compare_decision(self, answer):
        facts = {**answer["client"], **answer["decision"]}
        got = {name: facts[name] for name in self.case["decision"]}
        assert got == self.case["decision"], f"{self.case['name']}: {answer}"
        assert answer["reasons"], "a decision without reasons"
        unchanged = facts["outcome"] not in ("answered", "silent") and not facts["own_file_goes"]
        assert unchanged == (answer["edits"] == []), answer


def edited(fields, edits):
    for field, remove, data in edits:
        fields.pop(field, None)
        if not remove:
            fields[field] = bytes.fromhex(data)
    return {name: value for name, value in fields.items() if isinstance(name, int) or any(value)}


# ---- over the wire


class OnTheWire:
    def __init__(self, wire_, server, case):
        self.wire, self.server, self.case = wire_, server, case
        self.packets = []  # of the replies, as they came

    def ask(self, message, where):
        family = self.case["family"]
        post, either = (self.wire.post4, self.wire.either4) if family == 4 else (self.wire.post6, self.wire.either6)
        post(message, where.mac, **_way(where, family))
        xids = {message.xid}
        if self.case["servers"].get(self.server.name, self.case["expect"]) == NO_REPLY:
            # Servers answer in order: once the next message is answered, this one is not going to be.
            probe, place = self._probe()
            post(probe, place.mac, **_way(place, family))
            xids.add(probe.xid)
        xid, packet = either(xids)
        if xid is None:
            self.server.check()
        if xid != message.xid:
            return None
        self.packets.append(packet)
        return dhcp.parse4(packet) if family == 4 else dhcp.parse6(packet)

    def _probe(self):
        plain = {**self.case, "client": {"mac": "52:54:00:00:99:99"}, "relay": None, "exchange": "boot"}
        asked = []
        next(run(plain, self.wire.xid, lambda *ask: asked.append(ask)))
        return asked[0]

    def replies(self):
        """As InProcess.replies(), with NO_REPLY for the fields where there is none."""
        for message, reply, carries in run(self.case, self.wire.xid, self.ask):
            yield message, NO_REPLY if reply is None else boot_fields(reply), carries

    def run(self):
        for message, fields, carries in self.replies():
            compare(self.case, message, fields, expected(self.case, self.server, carries))


def _way(where, family):
    way = {"source": where.source, "port": where.port}
    if where.target or family == 4:
        way["target"] = where.target
    return way
