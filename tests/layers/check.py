#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""
The walls of the house: which room may use which.

Reads the symbols of the built objects and the includes of the sources. Finds: a call or an include of a room that
rooms.py does not allow; a circle of files or of rooms; a private header of the library used outside of it.

usage: check.py [--build DIR] [--include FILE:HEADER]... [--call CALLER:CALLED]...

  --build DIR              the build whose objects are read (build)
  --include FILE:HEADER    as if that file included the header too, to see that it is found
  --call CALLER:CALLED     as if a function of the file CALLER called one of the file CALLED
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

import rooms

ROOT = Path(__file__).resolve().parents[2]
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)


def sources():
    """Path of each source file, below the root, and its text."""
    for tree in rooms.TREES:
        for path in sorted((ROOT / tree).rglob("*")):
            if path.suffix in (".c", ".h", ".cc"):
                yield str(path.relative_to(ROOT)), path.read_text()


def room_of(path):
    """The room of a file: its folder, or the tree for what lies at its top."""
    folder = str(Path(path).parent)
    while folder not in rooms.ROOMS:
        if "/" not in folder:
            return None
        folder = str(Path(folder).parent)
    return folder


def find_header(path, name, files):
    """The file that an include names: beside the one that includes it, or below one of the include paths."""
    for folder in (str(Path(path).parent), *rooms.INCLUDE_PATHS):
        candidate = f"{folder}/{name}" if folder != "." else name
        if candidate in files:
            return candidate
    return None


def include_edges(files, extra):
    edges = {}
    for path, text in files.items():
        for name in (*INCLUDE.findall(text), *extra.get(path, [])):
            header = find_header(path, name, files)
            if header:
                edges.setdefault((path, header), f'{path} includes "{name}"')
            elif path in extra and name in extra[path]:
                sys.exit(f"check.py: there is no header {name}")
    return edges


def object_files(build, files):
    """Of each source that was built: the object."""
    for path in build.rglob("*.o"):
        place = re.match(r"(.*?)/?CMakeFiles/[^/]+\.dir/(.*)\.o$", str(path.relative_to(build)))
        if place:
            source = f"{place.group(1)}/{place.group(2)}"
            if source in files:
                yield source, path


def symbols(objects):
    defined, wanted = {}, {}
    for source, path in objects:
        lines = subprocess.run(["nm", path], stdout=subprocess.PIPE, check=True, text=True).stdout.splitlines()
        for line in lines:
            kind, name = line.split()[-2:]
            if kind == "U":
                wanted.setdefault(source, set()).add(name)
            elif kind.isupper():
                defined[name] = source
    return defined, wanted


def call_edges(build, files, extra):
    defined, wanted = symbols(object_files(build, files))
    if not defined:
        sys.exit(f"check.py: {build} has no objects: build it first")
    edges = {}
    for source, names in wanted.items():
        for name in sorted(names):
            if name in defined and defined[name] != source:
                edges.setdefault((source, defined[name]), f"{source} uses {name} of {defined[name]}")
    for caller, called in extra:
        edges.setdefault((caller, called), f"{caller} uses something of {called}")
    return edges


def allowed(user, used):
    """Whether a room may use another one."""
    return user == used or used in rooms.ROOMS[user]


def wrong_edges(edges):
    for (user, used), how in sorted(edges.items()):
        of, to = room_of(user), room_of(used)
        tree = used.split("/")[0]
        if used in rooms.PUBLIC:
            continue
        if tree == "common" and not user.startswith("common/"):
            if used.endswith(".h") and used not in rooms.LENT:
                yield f"{how}: a private header of the library; lent are only {', '.join(sorted(rooms.LENT))}"
        elif not allowed(of, to):
            yield f"{how}: {of} may not use {to}"


def circles(edges):
    """Sets of nodes that reach each other (Tarjan)."""
    following, number, low, stack, found = {}, {}, {}, [], []
    for user, used in edges:
        following.setdefault(user, []).append(used)

    def visit(node):
        number[node] = low[node] = len(number)
        stack.append(node)
        for after in following.get(node, []):
            if after not in number:
                visit(after)
            if after in stack:
                low[node] = min(low[node], low[after])
        if low[node] == number[node]:
            circle = []
            while not circle or circle[-1] != node:
                circle.append(stack.pop())
            if len(circle) > 1:
                found.append(sorted(circle))

    for node in list(following):
        if node not in number:
            visit(node)
    return found


def unit(path):
    """A source and its header are one file of the house; a header of several sources is one of its own."""
    return str(Path(path).with_suffix(""))


def findings(files, includes, calls):
    for path in files:
        if room_of(path) is None:
            yield f"{path} is in no room of rooms.py"
    yield from wrong_edges(includes)
    yield from wrong_edges(calls)
    both = [*includes, *calls]
    inside = {(unit(user), unit(used)) for user, used in both if unit(user) != unit(used)}
    for circle in circles(inside):
        yield f"a circle of files: {', '.join(circle)}"
    between = {(room_of(user), room_of(used)) for user, used in both if used not in rooms.PUBLIC}
    for circle in circles({(user, used) for user, used in between if user != used}):
        yield f"a circle of rooms: {', '.join(circle)}"


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=Path, default=ROOT / "build")
    parser.add_argument("--include", action="append", default=[])
    parser.add_argument("--call", action="append", default=[])
    return parser.parse_args()


def main():
    sys.setrecursionlimit(10000)
    options = arguments()
    files = dict(sources())
    extra = {}
    for item in options.include:
        path, _, name = item.partition(":")
        if path not in files:
            sys.exit(f"check.py: there is no file {path}")
        extra.setdefault(path, []).append(name)
    includes = include_edges(files, extra)
    calls = call_edges(options.build, files, [item.split(":") for item in options.call])
    found = sorted(set(findings(files, includes, calls)))
    for finding in found:
        print(finding)
    print(f"{len(files)} files, {len(includes)} includes, {len(calls)} files that use functions of another: "
          f"{len(found)} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
