# SPDX-License-Identifier: MPL-2.0
"""What `cmake --install` puts in place: programs of others build against it, and netbootctl runs from it."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from lib import paths, targets
from lib.netbootd import Netbootd

PROGRAM = r"""
#include <netboot.h>
#include <netboot-store.h>
#include <stdio.h>
#include <string.h>
int main(void)
{
    struct netboot_answer answer;
    struct netboot_client client;
    struct netboot_decision decision;
    struct netboot_query query;
    struct netboot_record record;

    netboot_query_init(&query, NETBOOT_V4);
    netboot_client_parse(&query, &client);
    memset(&decision, 0, sizeof(decision));
    netboot_answer_encode(&client, &decision, &answer);
    netboot_record_clear(NETBOOT_RECORD_LOADER, &record);
    record.loader.platform = 7;
    printf("%s %u %s", netboot_platform_name(record.loader.platform), answer.edit_count, netboot_version());
    return 0;
}
"""


def run(*words, **environment):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False,
                          env=dict(os.environ, **environment))
    assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    """A prefix that the loader of programs does not know."""
    path = tmp_path_factory.mktemp("prefix")
    run("cmake", "--install", paths.build(), "--prefix", path)
    return path


def pkg_config(prefix):
    (found,) = Path(prefix).rglob("netboot.pc")
    return run("pkg-config", "--cflags", "--libs", "netboot", PKG_CONFIG_PATH=str(found.parent)).split()


@pytest.mark.parametrize("compiler, standard, suffix", [("gcc", "-std=c99", "c"), ("gcc", "-std=c11", "c"), ("g++", "-std=c++14", "cc")])
def test_programs_build_against_it(prefix, tmp_path, compiler, standard, suffix):
    source, program = tmp_path / f"program.{suffix}", tmp_path / "program"
    source.write_text(PROGRAM)
    flags = pkg_config(prefix)
    libraries = [flag[2:] for flag in flags if flag.startswith("-L")]
    assert [Path(path).resolve().is_relative_to(prefix.resolve()) for path in libraries] == [True]
    (version,) = re.findall(r'^#define NETBOOT_VERSION "(.*)"', (paths.SOURCE / "common/include/netboot.h").read_text(), re.M)
    run(compiler, standard, "-Wall", "-Wextra", "-Werror", "-Wshadow", "-pedantic", source, "-o", program, *flags,
        f"-Wl,-rpath,{libraries[0]}")
    assert run(program) == f"x64-uefi 0 {version}"


def test_the_tool_finds_its_library(prefix):
    """Wherever it was installed, without LD_LIBRARY_PATH."""
    tool = prefix / "sbin" / "netbootctl"
    (library,) = [line for line in run("ldd", tool).splitlines() if "libnetboot.so" in line]
    assert str(prefix) in library
    assert "Exit status" in run(tool, "help")


def test_what_netbootd_needs(prefix):
    """The unit starts what is there, as a user that is made."""
    unit = (prefix / "lib/systemd/system/netbootd.service").read_text()
    (program,) = re.findall(r"^ExecStart=(\S+) -d /var/lib/netboot$", unit, re.M)
    assert Path(program).parent.name == "sbin"
    assert "--journal-size MEBIBYTES" in run(prefix / "sbin" / Path(program).name, "help")
    (user,) = re.findall(r"^User=(.*)", unit, re.M)
    assert re.search(rf"^u {user} ", (prefix / "lib/sysusers.d/netboot.conf").read_text(), re.M)
    assert ".Nm netbootd" in (prefix / "share/man/man8/netbootd.8").read_text()


def test_the_example_of_the_manual_page(prefix, tmp_path):
    page = subprocess.run(["mandoc", "-Tascii", "-Owidth=200", "-Oindent=0", str(paths.SOURCE / "docs" / "libnetboot.3")],
                          capture_output=True, text=True, check=True).stdout
    example = re.sub(".\b", "", page).split("EXAMPLES")[1].split("ERRORS")[0]
    source, program = tmp_path / "example.c", tmp_path / "example"
    source.write_text(example[example.index("#include"):example.rindex("}") + 1])
    flags = pkg_config(prefix)
    (library,) = [flag[2:] for flag in flags if flag.startswith("-L")]
    run("gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", source, "-o", program, *flags, f"-Wl,-rpath,{library}")
    store = targets.Store(tmp_path / "store").init().set_up(["site set default --tftp4 192.0.2.1", "host set 52:54:00:00:00:01"])
    assert run(program, store.directory) == "answered ipxe.efi\n1 hosts\n"


def test_documents_that_pages_name(prefix):
    """What a manual page refers to is there, and what README.md says of it leads there."""
    documents = prefix / "share" / "doc" / "netboot"
    pages = [path for path in (paths.SOURCE / "docs").iterdir() if path.suffix in (".3", ".5", ".8")]
    named = {f"docs/{name}" for page in pages for name in re.findall(r"^\.Pa ([\w-]+\.md)\b", page.read_text(), re.M)}
    assert "docs/operating.md" in named
    named |= {str(path.relative_to(paths.SOURCE)) for path in (paths.SOURCE / "docs").glob("*.md")}
    for name in sorted(named | {"README.md", "CHANGELOG.md", "boot/README.md", "docker/README.md"}):
        assert (documents / name).read_bytes() == (paths.SOURCE / name).read_bytes(), name
    linked = re.findall(r"\]\(((?:docs|boot|docker)/[\w./-]+\.md)", (documents / "README.md").read_text())
    assert linked and [name for name in linked if not (documents / name).exists()] == []


def test_the_image_has_what_is_installed():
    """`cmake --install` fails in docker/Dockerfile for a file that it does not copy, or that .dockerignore leaves out."""
    stage = (paths.SOURCE / "docker" / "Dockerfile").read_text().split("cmake --install")[0]
    copied = [Path(name) for line in re.findall(r"^COPY (?!--)(.*)", stage, re.M) for name in line.split()[:-1]]
    let_in = [Path(name) for name in re.findall(r"^!(.*)", (paths.SOURCE / ".dockerignore").read_text(), re.M)]
    scripts = "".join(path.read_text() for path in paths.build().rglob("cmake_install.cmake"))
    sources = {Path(name) for name in re.findall(rf'"{re.escape(str(paths.SOURCE))}/([^"]+)"', scripts)}
    installed = {path for path in sources if not (paths.SOURCE / path).is_relative_to(paths.build())}
    assert {Path("README.md"), Path("docs")} <= installed
    assert [path for path in copied if not any(path.is_relative_to(place) for place in let_in)] == []
    for places in (copied, let_in):
        assert [path for path in installed if not any(path.is_relative_to(place) for place in places)] == []


@pytest.mark.parametrize("rules", ["docs/kea.md", "isc-patch/debian/apparmor"])
def test_apparmor_allows_every_file(rules, tmp_path):
    """A server may read the targets, lock them, and ask netbootd; there is nothing else that it opens."""
    store = targets.Store(tmp_path / "store").init()
    allowed = dict(re.findall(r"^ *(/var/lib/netboot/\S*) (\w+),$", (paths.SOURCE / rules).read_text(), re.M))
    assert not [known for known in allowed if "/state" in known or "/journal" in known]
    with Netbootd(store.directory):
        found = [path for name in ("targets", "run") for path in (store.directory / name, *(store.directory / name).iterdir())]
    for path in found:
        known = f"/var/lib/netboot/{path.relative_to(store.directory)}" + "/" * path.is_dir()
        if known.endswith(("targets/write.lock", "run/control", "run/once.serial")):
            continue
        needed = "r" if path.is_dir() or known.endswith("data.mdb") else "rw" if "/run/" in known else "rwk"
        assert set(needed) <= set(allowed.get(known, "")), known
