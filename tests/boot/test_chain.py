# SPDX-License-Identifier: MPL-2.0
"""netbootctl explain --chain --fetch, asking nginx and tftpd-hpa with what boot/ installs, over IPv4 and IPv6."""

import json
import os
import tempfile
from pathlib import Path

import pytest

from lab import network, servers
from lib import paths, targets

MAC = "52:54:00:00:00:01"
BLOCK = bytes(range(256)) * 8  # more than a block of TFTP


@pytest.fixture(scope="module")
def root():
    """Any user may come to it, tftpd's for one."""
    with tempfile.TemporaryDirectory() as path:
        os.chmod(path, 0o755)
        yield Path(path)


@pytest.fixture(scope="module")
def served(tmp_path_factory, root):
    directory = tmp_path_factory.mktemp("servers")
    (root / "ipxe.efi").write_bytes(BLOCK)
    (root / "vmlinuz").write_bytes(BLOCK[:300])
    (root / "empty").touch()
    (root / "script.ipxe").write_text("#!ipxe\nkernel vmlinuz\ninitrd nosuch\nchain settings.ipxe ||\n")
    (root / "closed").write_bytes(BLOCK)
    (root / "closed").chmod(0o600)
    store = targets.Store(directory / "store").init().set_up([
        f"site set default --tftp4 {network.SERVER4} --http4 http://{network.SERVER4}/ --tftp6 {network.SERVER6}"
        f" --http6 http://[{network.SERVER6}]/",
        "loader delete x86-bios x86-uefi",
    ])
    with network.Network() as link, servers.Servers(link, directory, root, None, families=()):
        yield link.server, store


def chain(served, *words, code=0):
    """{way: [step]}"""
    namespace, store = served
    done = namespace.run(paths.netbootctl(), "-d", store.directory, "explain", "--chain", MAC, "--fetch", "--json", *words,
                         check=False, timeout=120)
    assert (done.returncode, done.stderr) == (code, ""), done.stderr or done.stdout
    return {way["way"]: way["steps"] for way in json.loads(done.stdout)["ways"]}


def target(served, options):
    """The target of every machine has these options and no others."""
    served[1].ctl("target delete --force default", check=False)
    served[1].ctl(f"target set default {options}")


def test_all_there_by_every_way(served):
    target(served, "--script vmlinuz")
    found = chain(served)
    sizes = {way: [(step["state"], step["size"]) for step in steps] for way, steps in found.items()}
    loader, script = [("there", len(BLOCK))], [("there", 300)]
    assert sizes == {"IPv4 PXE": loader, "IPv4 HTTP": loader, "IPv4 iPXE": script,
                     "IPv6 PXE": loader, "IPv6 HTTP": loader, "IPv6 iPXE": script}


@pytest.mark.parametrize("way", ["IPv4 iPXE", "IPv6 iPXE"])
@pytest.mark.parametrize("transport", ["HTTP", "TFTP"])
def test_scripts_are_read_from_the_server(served, way, transport):
    family = way[3]
    server = {"4": network.SERVER4, "6": f"[{network.SERVER6}]"}[family]
    target(served, f"--script {transport.lower()}://{server}/script.ipxe")
    steps = chain(served, "--family", family, code=1)[way]
    assert [(step["what"], step["line"], step["state"]) for step in steps] == [
        ("script", None, "there"), ("kernel", 2, "there"), ("initrd", 3, "missing"), ("chain", 4, "optional")]
    assert steps[1]["size"] == 300
    assert steps[2]["problem"] == {"HTTP": "the HTTP server does not have it (404)",
                                   "TFTP": "the TFTP server says: File not found"}[transport]


# A boot file, and the name of the file that firmware asks for over IPv4 and IPv6.
@pytest.mark.parametrize("file, names, code", [
    ("tftp://{}/a%20b.efi", {"4": "a b.efi", "6": "a b.efi"}, 0),
    ("a%20b#c?d.efi", {"4": "a%20b#c?d.efi"}, 1),  # not over HTTP
    ("a#b.efi", {"4": "a#b.efi", "6": "a#b.efi"}, 0),
])
def test_names_with_escapes(served, root, file, names, code):
    for family, name in names.items():
        server = {"4": network.SERVER4, "6": f"[{network.SERVER6}]"}[family]
        target(served, f"--file x64-uefi={file.format(server)}")
        (root / name).write_bytes(BLOCK[:200 + len(name)])
        try:
            (step,) = chain(served, "--family", family, "--platform", "x64-uefi", code=code)[f"IPv{family} PXE"]
        finally:
            (root / name).unlink()
        assert (step["state"], step["size"], step["path"]) == ("there", 200 + len(name), name)


# What firmware is sent to; how that ends over TFTP and HTTP.
@pytest.mark.parametrize("file, tftp, http", [
    ("nosuch", "the TFTP server says: File not found", "the HTTP server does not have it (404)"),
    ("closed", "the TFTP server says: Permission denied", None),  # nginx is root's here
    ("empty", "the TFTP server's response is malformed", "is empty"),
])
@pytest.mark.parametrize("family", ["4", "6"])
def test_what_went_wrong(served, file, tftp, http, family):
    target(served, f"--file x64-uefi={file}")
    found = chain(served, "--family", family, code=1)
    (step,) = found[f"IPv{family} PXE"]
    assert (step["state"], step["problem"]) == ("missing", tftp) and step["fix"]
    (step,) = found[f"IPv{family} HTTP"]
    assert (step["state"], step["problem"]) == ("missing" if http else "there", http)


@pytest.mark.parametrize("url, problem", [
    (f"http://{network.SERVER4}:81/a", "no server listens there"),
    (f"tftp://{network.SERVER4}:70/a", "no response within 1 second"),
    ("http://no-such-host.invalid/a", "cannot resolve the server's name"),
])
def test_no_server(served, url, problem):
    target(served, f"--script {url}")
    (step,) = chain(served, "--family", "4", "--timeout", "1", code=1)["IPv4 iPXE"]
    assert (step["state"], step["problem"]) == ("missing", problem) and step["fix"]


def test_a_scheme_that_only_machines_know(served):
    target(served, "--script nfs://192.0.2.1/a.ipxe")
    (step,) = chain(served, "--family", "4")["IPv4 iPXE"]
    assert step["state"] == "unknown"
