# SPDX-License-Identifier: MPL-2.0
"""The command as people and scripts call it: what it reads, what it prints, how it ends."""

import json
import resource
import subprocess

import pytest
from pcaps import *  # noqa: F403
from pcaps import dhcp

from lib import paths

QUESTION, ANSWER = ethernet(to_server4(discover())), ethernet(to_client4(offer()))
OTHER_ANSWER = ethernet(to_client4(offer(file=b"grub.efi")))


@pytest.fixture
def capture(tmp_path):
    return pcap(tmp_path / "day.pcap", [QUESTION, ANSWER])


# ---- Exit status


@pytest.mark.parametrize(
    "frames, words, code",
    [
        ([QUESTION, ANSWER], [], 0),
        ([QUESTION, ANSWER], ["--compare"], 0),
        ([QUESTION, OTHER_ANSWER], [], 0),
        ([QUESTION, OTHER_ANSWER], ["--compare"], 1),
        ([QUESTION, OTHER_ANSWER], ["--compare", "--json"], 1),
        ([QUESTION, OTHER_ANSWER], ["--compare", "--summary"], 1),
        ([], [], 0),
        ([QUESTION], ["--compare"], 2),
    ],
)
def test_exit_status(frames, words, code, replay, tmp_path):
    assert replay.run(*words, pcap(tmp_path / "pcap", frames)).returncode == code


def test_nothing_to_compare_is_trouble(replay, tmp_path):
    done = replay.run("--compare", pcap(tmp_path / "pcap", [QUESTION]))
    assert done.returncode == 2 and "nothing to compare" in done.err


def test_output_that_cannot_be_written_is_trouble(replay, capture):
    with open("/dev/full", "w") as full:
        done = replay.run("--compare", capture, stdout=full)
    assert done.returncode == 2 and done.err.count("\n") == 1 and "standard output" in done.err


# ---- Wrong input


def wrong_files(folder):
    (folder / "empty").write_bytes(b"")
    (folder / "text").write_text("52:54:00:77:00:02 is no capture\n" * 10)
    (folder / "zeros").write_bytes(bytes(100))
    (folder / "header").write_bytes(pcap(folder / "whole", []).read_bytes()[:20])
    return {
        "missing": f"cannot open {folder / 'missing'}: No such file",
        ".": "not a capture file",
        "empty": "not a capture file",
        "text": "not a capture file",
        "zeros": "not a capture file",
        "header": "not a capture file",
    }


@pytest.mark.parametrize("name", ["missing", ".", "empty", "text", "zeros", "header"])
def test_what_is_no_capture(name, replay, tmp_path):
    expected = wrong_files(tmp_path)[name]
    text = replay.trouble(tmp_path / name)
    assert expected in text and str(tmp_path / name) in text


@pytest.mark.parametrize("json_wanted", [False, True])
def test_a_capture_that_ends_early(json_wanted, replay, capture):
    """What there is was read; that there should be more is trouble."""
    capture.write_bytes(capture.read_bytes()[:-5])
    done = replay.run("--compare", *(["--json"] if json_wanted else []), capture)
    assert done.returncode == 2 and "past packet 1" in done.err
    if json_wanted:
        assert [packet["packet"] for packet in json.loads(done.out)["packets"]] == [1]
    else:
        assert "packet 1 " in done.out


@pytest.mark.parametrize(
    "words, text",
    [
        ([], "needs a capture file"),
        (["FILE", "--interface", "eth0"], "a capture file or --interface, not both"),
        (["FILE", "--existing-boot-file", "gone"], "keep, replace or remove, not `gone`"),
        (["FILE", "--compared"], "did you mean"),
        (["FILE", "FILE"], "unexpected argument `"),
        (["--interface", "nonesuch0"], "no interface `nonesuch0`"),
    ],
)
def test_wrong_use(words, text, replay, capture):
    words = [str(capture) if word == "FILE" else word for word in words]
    assert text in replay.trouble(*words)


def test_no_store(no_store, capture):
    text = no_store.trouble(capture)
    assert "no targets store" in text and "init" in text


def test_a_terminal_is_no_capture(replay):
    shell = subprocess.run(
        ["script", "-qec", " ".join([*replay.command, "-"]), "/dev/null"], capture_output=True, text=True, timeout=60
    )
    assert shell.returncode == 2 and "is a terminal" in shell.stdout


# ---- What it reads


def test_standard_input(replay, capture):
    assert replay.json("--compare", "-", stdin=capture.read_bytes()) == replay.json("--compare", capture)


def test_a_pipe_of_tcpdump(replay, capture):
    """tcpdump filters, and writes its own flavour of the format."""
    with subprocess.Popen(["tcpdump", "-r", capture, "-w", "-", "udp"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as tcpdump:
        octets = tcpdump.stdout.read()
    assert replay.json("--compare", "-", stdin=octets)["summary"]["same"] == 1


def test_nothing_is_changed(replay, capture):
    before = replay.store.ctl("export").stdout, replay.store.ctl("status --json").stdout
    replay.run("--compare", capture)
    assert before == (replay.store.ctl("export").stdout, replay.store.ctl("status --json").stdout)


def test_a_name_is_no_message_to_the_terminal(new_replay, tmp_path):
    answer = ethernet(to_client4(offer(file=b"\x1b[2Jgrub\xff.efi")))
    done = new_replay().run("--compare", pcap(tmp_path / "pcap", [QUESTION, answer]))
    assert "\x1b" not in done.out and "\\x1b[2Jgrub\\xff.efi" in done.out


def test_a_long_day(replay, tmp_path):
    """A hundred thousand packets of ten thousand machines: what is kept is a few seconds' worth, and the clients."""
    frames = []
    one, other = ethernet(to_server4(b"")), ethernet(to_client4(b""))
    for number in range(10_000):
        mac = f"52:54:01:{number >> 16:02x}:{number >> 8 & 255:02x}:{number & 255:02x}"
        frames += pair_of(one, other, discover(mac, number), offer(mac, number)) * 5
    path = pcap(tmp_path / "pcap", frames, gap=0.01)
    result = replay.json("--compare", "--summary", path)
    assert len(result["clients"]) == 10_000
    assert result["summary"]["same"] + result["summary"]["retransmitted"] == 50_000
    kilobytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    assert kilobytes < 500_000


def pair_of(question, answer, *messages):
    """The frames with these messages in place of none; scapy would take minutes."""
    return [with_payload(frame, message) for frame, message in zip((question, answer), messages)]


def with_payload(frame, message):
    header = bytearray(frame[:42])
    header[16:18] = dhcp.u16(28 + len(message))
    header[38:40] = dhcp.u16(8 + len(message))
    return bytes(header) + message


# ---- What it prints


BLOCK = """\
packet 1  2023-11-14T22:13:20.000000Z  DHCPDISCOVER  52:54:00:77:00:02
  facts      stage PXE, platform x64-uefi, architecture type 7, address 192.0.2.50
             asks for 1 3 66 67
  decision   answered, target default, site default
              1. stage PXE, IPv4, platform x64-uefi
              2. no host has any of the client's identifiers
              3. target default: it is for all clients without another target
              4. site default: no other site contains the client's address
              5. the target's file: there is none for x64-uefi
              6. the platform's loader: taken
  answer     siaddr                              192.0.2.1
             sname                               is removed
             file                                ipxe.efi
             option 66 (tftp-server-name)        192.0.2.1
             option 67 (boot-file-name)          ipxe.efi
  captured   packet 2, DHCPOFFER, from 192.0.2.1, assigns 192.0.2.50
             siaddr                              192.0.2.1
             file                                grub.efi
  verdict    different, file: grub.efi -> ipxe.efi

CLIENT             HOST  STAGES  SAME  BETTER  DIFFERENT  UNANSWERED  BECAUSE
52:54:00:77:00:02  -     PXE     0     0       1          0           -

replies compared: 0 same, 0 better, 1 different
"""


def test_text(replay, tmp_path):
    assert replay.run("--compare", pcap(tmp_path / "pcap", [QUESTION, OTHER_ANSWER])).out == BLOCK


def test_text_of_a_summary(replay, tmp_path):
    frames = [QUESTION, ethernet(to_client4(offer(file=b"undionly.kpxe")))]
    frames.append(ethernet(to_server4(discover(OTHER_MAC))))
    assert replay.run("--compare", "--summary", pcap(tmp_path / "pcap", frames)).out == (
        "CLIENT             HOST  STAGES  SAME  BETTER  DIFFERENT  UNANSWERED  BECAUSE\n"
        "52:54:00:77:00:02  -     PXE     0     1       0          0           platform-loader\n"
        "52:54:00:77:00:09  -     PXE     0     0       0          1           -\n"
        "\n"
        "replies compared: 0 same, 1 better, 0 different\n"
        "      1  platform-loader    the client gets the loader of its platform instead of the one for BIOS\n"
        "packets without a reply in the capture: 1\n"
    )


def test_lines_fit_a_terminal(new_replay, tmp_path):
    """100 columns, but for what has no blank to be broken at."""
    replay = new_replay(f"host set {MAC} --name {'a' * 60} --target default")
    options = options4(requested=range(1, 200)) + [(97, b"\0" + dhcp.uuid_octets("11223344-5566-7788-99aa-bbccddeeff01"))]
    frames = [to_server4(discover(options=options)), to_client4(offer(file=b"x" * 90))]
    done = replay.run("--compare", pcap(tmp_path / "pcap", map(ethernet, frames)))
    too_long = [line for line in done.out.splitlines() if len(line) > 100 and " " in line[53:].strip()]
    assert not [line for line in too_long if not line.startswith(("CLIENT", MAC))], too_long


def test_json_keys(replay, capture):
    result = replay.json("--compare", capture)
    assert list(result) == ["packets", "clients", "summary"]
    assert " ".join(result["packets"][0]) == (
        "packet time message xid vlans relay options_cut_off retransmission_of one_more_answer"
        " family stage platform arch mac uuid duid address requested"
        " outcome host target site boot_file next_server tftp_server_name vendor_class reasons edits"
        " captured verdict differences"
    )
    assert result["packets"][0]["captured"] == {
        "packet": 2,
        "message": "DHCPOFFER",
        "from": SERVER4,
        "assigned": ADDRESS4,
        "fields": {"siaddr": SERVER4, "file": "ipxe.efi"},
    }
    assert " ".join(result["clients"][0]) == "client host stages packets unanswered same better different because"
    assert " ".join(result["summary"]) == (
        "same better different because shown unanswered retransmitted ordinary others lone_answers repeated_answers"
        " malformed incomplete cut_off"
    )
    plain = replay.json(capture)
    assert "verdict" not in plain["packets"][0] and "same" not in plain["summary"]


def test_json_of_nothing(replay, tmp_path):
    result = replay.json(pcap(tmp_path / "pcap", []))
    assert (result["packets"], result["clients"], result["summary"]["shown"]) == ([], [], 0)


def test_the_library_decides_alike(replay, capture):
    """What explain says of such a client is what replay says of its packet."""
    words = f"explain --family 4 --mac {MAC} --arch 7 --address {ADDRESS4} --requested 1,3,66,67 --json"
    explained = json.loads(replay.store.ctl(words).stdout)
    (packet,) = replay.json(capture)["packets"]
    shared = explained.keys() & packet.keys()
    assert {"outcome", "reasons", "edits", "boot_file"} <= shared
    assert {key: packet[key] for key in shared} == {key: explained[key] for key in shared}


def test_the_manual_is_in_the_program():
    help_text = subprocess.run([paths.netbootctl(), "help", "replay"], capture_output=True, text=True, timeout=60).stdout
    for word in ("--compare", "--existing-boot-file", "--interface", "--json", "diff(1)", "tcpdump"):
        assert word in help_text
