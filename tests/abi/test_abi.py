# SPDX-License-Identifier: MPL-2.0
"""Programs that were built with another version of libnetboot go on working."""

import difflib
import importlib.machinery
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lib import paths, targets
from lib.netbootd import Netbootd

HERE = Path(__file__).resolve().parent
COMMON = paths.SOURCE / "common"
WHAT_TO_DO = """
This is not what programs were built against: they would read and write elsewhere, or call what is not there.
A structure that a program fills grows at its end only, one that the library fills into what is reserved, a record within
its room, an enumeration at its end; a call that changes gets another name.
Where the difference is meant: tests/abi/describe build > tests/abi/baseline.txt, and where a line of before is gone or
another one, a release that has been made is broken: raise SOVERSION in common/CMakeLists.txt.
"""


def describe():
    loader = importlib.machinery.SourceFileLoader("describe", str(HERE / "describe"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("describe", loader))
    loader.exec_module(module)
    return module


@pytest.mark.skipif(sys.maxsize < 2 ** 32, reason="the baseline is of 64-bit machines")
def test_nothing_has_moved():
    was, now = (HERE / "baseline.txt").read_text().splitlines(), describe().description(paths.build())
    lines = list(difflib.unified_diff(was, now, "tests/abi/baseline.txt", "now", lineterm="", n=1))
    assert not lines, "\n".join(lines) + WHAT_TO_DO


def test_what_is_declared_is_exported():
    """The headers, the map and the library have the same calls."""
    exported = {line.split()[1].split("@")[0] for line in describe().symbols(paths.build()) if line.startswith("symbol")}
    mapped = set(re.findall(r"^ *(netboot_\w+);", (COMMON / "libnetboot.map").read_text(), re.M))
    declared = {re.search(r"\b(netboot_\w+) ?\(", line)[1] for line in describe().calls() if "typedef" not in line}
    assert exported == mapped
    assert exported == declared


def replaced(path, *changes):
    text = path.read_text()
    for pattern, replacement in changes:
        text, count = re.subn(pattern, replacement, text, flags=re.M)
        assert count > 0, f"{path.name}: {pattern}"
    path.write_text(text)


def grown(structure):
    """Another member at its end."""
    return rf"^(struct {structure} \{{(?:.|\n)*?)^\}};", r"\1    uint64_t later;\n};"


def make_later(common):
    """The next version: a member more wherever one may come, and a field more in a target."""
    include = common / "include"
    replaced(include / "netboot.h", grown("netboot_query"), grown("netboot_store_options"),
             (r"uint64_t reserved\[(8|32)\];", r"uint64_t later, reserved[\1 - 1];"))
    replaced(include / "netboot-store.h", grown("netboot_once_request"), grown("netboot_journal_filter"),
             grown("netboot_history"), grown("netboot_journal_machine"),
             (r"uint64_t reserved\[(6|8)\];", r"uint64_t later, reserved[\1 - 1];"),
             (r"^(struct netboot_target \{(?:.|\n)*?)^\};", r"\1    struct netboot_bytes later;\n};"))
    (schema,) = [path for path in common.rglob("*.c") if "netboot_target, order," in path.read_text()]
    replaced(schema, (r"^( *FIELD_OPTIONAL\(9, netboot_target, order,.*)$",
                      r'\1\n    FIELD_BYTES(10, netboot_target, later, 1, RECORD_TEXT_MAX, "later", NULL, NULL),'))


def compiled(common, work):
    """libnetboot of that tree."""
    sources = re.findall(r"\b[\w/]+\.c\b", re.search(r"^set\(sources(.*?)\)", (common / "CMakeLists.txt").read_text(),
                                                     re.M | re.S)[1])
    flags = ["-std=gnu11", "-D_GNU_SOURCE", "-O0", "-w", "-fPIC", f"-I{common / 'include'}", f"-I{common}"]

    def compile_one(source):
        target = work / (source.replace("/", "-") + ".o")
        subprocess.run(["gcc", *flags, "-c", common / source, "-o", target], check=True)
        return target

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        objects = list(pool.map(compile_one, sources))
    subprocess.run(["gcc", "-shared", "-Wl,-soname,libnetboot.so.0", f"-Wl,--version-script={common / 'libnetboot.map'}",
                    *objects, "-o", work / "libnetboot.so.0", "-llmdb", "-pthread"], check=True)
    (work / "libnetboot.so").symlink_to("libnetboot.so.0")


def linked(name, include, libraries, *flags):
    subprocess.run(["gcc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", *flags, f"-I{include}", HERE / "program.c",
                    "-o", name, f"-L{libraries}", "-lnetboot"], check=True)
    return name


@pytest.fixture(scope="module")
def versions(tmp_path_factory):
    """Two programs and two libraries: of now, and of later."""
    if os.environ.get("NETBOOT_SANITIZE"):
        pytest.skip("the next version is built without sanitizers")
    work = tmp_path_factory.mktemp("later")
    shutil.copytree(COMMON, work / "common")
    make_later(work / "common")
    compiled(work / "common", work)
    now = paths.build() / "common"
    return {"now": (linked(work / "now", COMMON / "include", now), now),
            "later": (linked(work / "program", work / "common" / "include", work, "-DLATER"), work)}


@pytest.fixture
def store(tmp_path):
    made = targets.Store(tmp_path / "store").init().set_up(
        ["site set default --http4 http://192.0.2.1", "host set 52:54:00:00:00:01 --name web1"])
    with Netbootd(made.directory):
        yield made


def run(program, libraries, *words):
    done = subprocess.run([program, *words], capture_output=True, text=True, check=False,
                          env=dict(os.environ, LD_LIBRARY_PATH=str(libraries)))
    assert done.returncode == 0, f"{done.returncode}: {done.stdout}{done.stderr}"
    return done.stdout.splitlines()


@pytest.mark.parametrize("program", ["now", "later"])
@pytest.mark.parametrize("library", ["now", "later"])
def test_each_program_works_with_each_library(versions, store, program, library):
    lines = run(versions[program][0], versions[library][1], store.directory, "a text")
    kept = program == "now" or library == "later"  # a field that the library does not know is none
    assert lines == ["armed 1 default", "a text" if kept else "", "answered http://192.0.2.1/script.ipxe 3"]


def test_a_program_keeps_fields_that_it_does_not_know(versions, store):
    later, now = versions["later"], versions["now"]
    run(*later, store.directory, "of later")
    run(now[0], later[1], store.directory, "of now")
    assert run(*later, store.directory)[1] == "of later"
    assert run(now[0], later[1], store.directory)[1] == "of now"


def test_the_tool_works_with_the_next_library(versions, store):
    tool, library = paths.netbootctl(), versions["later"][1]

    def netbootctl(*words):
        return run(tool, library, "-d", store.directory, *words)

    linked_to = subprocess.run(["ldd", tool], capture_output=True, text=True, check=True,
                               env=dict(os.environ, LD_LIBRARY_PATH=str(library))).stdout
    assert str(library / "libnetboot.so.0") in linked_to
    assert netbootctl("host", "set", "web2", "--mac", "52:54:00:00:00:02", "--once", "default")[0].startswith("added")
    assert [line for line in netbootctl("host", "show", "web2") if "armed" in line]
    assert netbootctl("export") == store.ctl("export").stdout.splitlines()


def test_a_policy_works_with_the_next_library(versions, store):
    words = ("explain", "web1", "--family", "4", "--json")
    explained = run(paths.netbootctl(), versions["later"][1], "-d", store.directory, *words)
    assert explained == store.ctl(*words).stdout.splitlines()
