# SPDX-License-Identifier: MPL-2.0
"""nginx and tftpd-hpa with what boot/ installs, asked over IPv4 and IPv6."""

import contextlib
import http.client
import os
import socket
import struct

import pytest

from lab import network, servers

SECONDS = 10
ADDRESSES = {4: network.SERVER4, 6: network.SERVER6}

# File and the media type that UEFI firmware, browsers and live systems want to see.
TYPES = {
    "ipxe.efi": "application/efi",
    "live.iso": "application/vnd.efi-iso",
    "script.ipxe": "text/plain",
    "undionly.kpxe": "application/octet-stream",
    "pxelinux.0": "application/octet-stream",
    "filesystem.squashfs": "application/octet-stream",
    "vmlinuz": "application/octet-stream",
}
CONTENT = bytes(range(256))

# What clients call boot/file.
TFTP_NAMES = {
    "relative": b"boot/file",
    "absolute": b"/boot/file",
    "backslashes": b"\\boot\\file",
    "with the octet that ends the options": b"boot/file\xff",
}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    directory, root = tmp_path_factory.mktemp("servers"), tmp_path_factory.mktemp("root")
    for path in (directory, root, root / "boot"):
        path.mkdir(exist_ok=True)
    for path in (root, *root.parents):  # tftpd reads as a user of its own
        if path.is_relative_to(tmp_path_factory.getbasetemp()) or path == tmp_path_factory.getbasetemp().parent:
            os.chmod(path, 0o755)
    for name in (*TYPES, "boot/file"):
        (root / name).write_bytes(CONTENT)
    (root.parent / "secret").write_bytes(CONTENT)
    with network.Network() as link, servers.Servers(link, directory, root, None, families=()):
        yield link.server, root, directory


@contextlib.contextmanager
def web(namespace, family):
    """A connection of a client in `namespace`."""
    connection = http.client.HTTPConnection(ADDRESSES[family], 80, timeout=SECONDS)
    with namespace.entered():
        connection.connect()
    with contextlib.closing(connection):
        yield connection


def tftp(namespace, family, name):
    """The first block of a file, or the error's text."""
    with namespace.socket({4: socket.AF_INET, 6: socket.AF_INET6}[family], socket.SOCK_DGRAM) as client:
        client.settimeout(SECONDS)
        client.sendto(b"\0\1" + name + b"\0octet\0", (ADDRESSES[family], 69))
        answer, server = client.recvfrom(1024)
        if answer[:4] == b"\0\3\0\1":
            client.sendto(b"\0\4\0\1", server)
            return answer[4:]
        assert answer[:2] == b"\0\5"
        return answer[4:-1].decode()


@pytest.mark.parametrize("family", ADDRESSES)
@pytest.mark.parametrize("name", TYPES)
def test_media_type(served, family, name):
    with web(served[0], family) as connection:
        connection.request("GET", f"/{name}")
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, CONTENT)
        assert answer.getheader("Content-Type") == TYPES[name]
        assert answer.getheader("Content-Length") == str(len(CONTENT))


@pytest.mark.parametrize("family", ADDRESSES)
def test_range(served, family):
    with web(served[0], family) as connection:
        connection.request("GET", "/filesystem.squashfs", headers={"Range": "bytes=16-31"})
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (206, CONTENT[16:32])


@pytest.mark.parametrize("method, status", [("HEAD", 200), ("PUT", 403), ("POST", 403), ("DELETE", 403)])
def test_methods(served, method, status):
    with web(served[0], 4) as connection:
        connection.request(method, "/vmlinuz")
        assert connection.getresponse().status == status


def test_a_path_that_goes_up_from_the_script_is_the_file_beside_it(served):
    with web(served[0], 6) as connection:
        connection.request("GET", "/script.ipxe/../boot/file")
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, CONTENT)


def test_access_log_names_file_and_loader(served):
    namespace, _, directory = served
    with web(namespace, 4) as connection:
        connection.request("GET", "/ipxe.efi", headers={"User-Agent": "UefiHttpBoot/1.0"})
        connection.getresponse().read()
    with web(namespace, 4) as connection:  # its answer is later than the line of the one before
        connection.request("GET", "/vmlinuz")
        connection.getresponse().read()
    lines = (directory / "netboot.log").read_text().splitlines()
    wanted = f'{network.SERVER4} "UefiHttpBoot/1.0" GET /ipxe.efi 200 {len(CONTENT)} octets'
    assert [line for line in lines if wanted in line]


@pytest.mark.parametrize("family", ADDRESSES)
@pytest.mark.parametrize("case", TFTP_NAMES)
def test_tftp_name(served, family, case):
    assert tftp(served[0], family, TFTP_NAMES[case]) == CONTENT


@pytest.mark.parametrize("name", [b"../secret", b"boot/../../secret", b"\\..\\secret"])
def test_tftp_stays_below_its_root(served, name):
    assert isinstance(tftp(served[0], 4, name), str)


@pytest.mark.parametrize("family", ADDRESSES)
def test_tftp_says_what_is_missing(served, family):
    assert "not found" in tftp(served[0], family, b"nosuch").lower()


def test_tftp_takes_no_files(served):
    namespace, root, _ = served
    with namespace.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(SECONDS)
        client.sendto(b"\0\2new\0octet\0", (network.SERVER4, 69))
        answer = client.recv(1024)
    assert struct.unpack_from("!H", answer) == (5,)
    assert not (root / "new").exists()
