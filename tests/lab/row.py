# SPDX-License-Identifier: MPL-2.0
"""Runs one row of the table: a network and servers of its own, then its boots, step by step."""

import os
import shutil
import tempfile
from pathlib import Path

from lib import paths, targets

from . import boot, disk, efi, kernel, machine, network, nfsroot, rows, servers, wire

STEP_SECONDS = 240  # the longest: firmware that is offered nothing tries every method before its disk


class RowError(Exception):
    """`logs` are the ends of the servers' logs and of the console."""

    def __init__(self, reason, logs=""):
        super().__init__(reason)
        self.logs = logs


def check(names):
    """Raises FileNotFoundError if what a row needs was not built."""
    if any(rows.ROWS[name].get("dhcp") == "dhcpd" for name in names):
        try:
            paths.dhcpd()
        except FileNotFoundError as error:
            raise FileNotFoundError(f"{error}; isc-patch/build --output {paths.build() / 'isc'} does") from error


def prepare(directory):
    """The data root that all rows share."""
    root = Path(directory)
    root.mkdir()
    kernel.place(paths.build() / "lab", root)
    for name in ("ipxe.efi", "undionly.kpxe"):
        shutil.copy(machine.IPXE / name, root)
    for name in ("script.ipxe", "local.ipxe"):
        shutil.copy(servers.BOOT / name, root)
    for target in rows.TARGETS:
        (root / f"{target}.ipxe").write_text(rows.SCRIPT.format(target=target))
        for firmware in ("ia32", "arm64"):
            efi.banner(root / f"{target}-{firmware}.efi", firmware, target)
    efi.local(root, "x64")
    for name in ("once.efi", "later.efi"):
        efi.reset(root / name, "x64")
    return root


def _data_root(shared, directory, row):
    """The shared files (by another name, not copied) and the row's own."""
    root = directory / "tftp"
    shutil.copytree(shared, root, copy_function=os.link)
    for name, content in row.get("files", {}).items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        _place(root, root / name, content)
    return root


def _place(root, path, content):
    """A file of a row: its text, or (how it is made, of what)."""
    if isinstance(content, str):
        path.write_text(content)
        return
    kind, what = content
    if kind == "link":
        os.link(root / what, path)
    elif kind == "copy":
        shutil.copy(what, path)
    elif kind == "grub":
        efi.grub(path, what)
    elif kind == "efi":
        efi.banner(path, "x64", what)
    else:
        {"floppy": disk.floppy, "iso": disk.iso}[kind](path, what)


def _fetch(run, protocol, family, file):
    def wanted(event):
        names = event.name == file or event.name.endswith(f"/{file}")
        return event.kind == "fetched" and event.protocol == protocol and family in (None, event.family) and names

    return run.wait_event(f"{file} arrives by {protocol}", wanted, STEP_SECONDS)


def _next(run, files, file):
    """Of several files, the next one that arrives."""
    event = run.wait_event(
        f"{file} arrives", lambda event: event.kind == "fetched" and event.name.rsplit("/", 1)[-1] in files, STEP_SECONDS
    )
    if not event.name.endswith(file):
        raise boot.BootError(f"{file} arrives", f"it is {event.name}", run.console())
    return event


def _no_file(run):
    """A final answer to the firmware that holds no boot file; none did before."""
    answer = run.wait_event(
        "the server answers", lambda event: event.kind == "dhcp" and event.name in wire.BOOT_REPLIES, STEP_SECONDS
    )
    if answer.boot_file:
        raise boot.BootError("an answer without a boot file", f"it holds {answer.boot_file}", run.console())


STEPS = {
    "fetch": _fetch,
    "next": _next,
    "text": lambda run, pattern: run.wait_text(f"the console shows {pattern}", pattern, STEP_SECONDS),
    "type": lambda run, keys: run.machine.type(keys),
    "banner": lambda run, target: run.wait_text(f"the banner of {target}", kernel.banner(target), STEP_SECONDS),
    "off": lambda run: run.wait_end("the machine switches itself off", STEP_SECONDS),
    "no file": _no_file,
}


class Row:
    """A row under way. `first_file` and `banner` are seconds after power-on, of its last boot."""

    def __init__(self, name, shared, seen=lambda event: None):
        self.name, self.row, self._shared, self._seen = name, rows.ROWS[name], shared, seen
        self.first_file = self.banner = None

    def run(self):
        with tempfile.TemporaryDirectory(prefix=f"netboot-{self.name}-", dir=self._shared.parent) as path:
            directory = Path(path)
            directory.chmod(0o755)  # tftpd reads as a user of its own
            root = _data_root(self._shared, directory, self.row)
            lines = [line.replace("@ROOT@", str(root)) for line in (*rows.COMMON_STORE, *self.row.get("store", ()))]
            store = targets.Store(directory / "netboot").set_up(lines)
            nfs = self.row.get("nfs", False)
            if nfs:
                nfsroot.place(paths.build() / "lab", root)
            if "menu" in self.row:
                store.ctl("menu", "--output", root, *self.row["menu"].split())
            families = self.row.get("families", (4, 6))
            network_class = network.RelayedNetwork if self.row.get("relay") else network.Network
            options = {"families": families, "managed": 6 in families, "dhcp": self.row.get("dhcp", "kea"), "nfs": nfs}
            with network_class() as link, servers.Servers(
                link, directory, root, store.directory, **options
            ) as running, wire.Wire(link.server) as watch:
                for one in self.row["boots"]:
                    store.set_up(one.get("before", ()))
                    self._boot(one, link, watch, directory, running)

    def _boot(self, one, link, watch, directory, running):
        image = disk.build(directory / "disk.img", self.row["firmware"]) if self.row.get("disk") else None
        power_on = machine.Machine(
            *(link.switch, self.row["firmware"], one["method"], directory, image, self.row.get("reboots", False)),
            *(self.row.get("machine", ()),),
        )
        with boot.Boot(power_on, watch, self._seen) as run:
            try:
                for step, *arguments in one["steps"]:
                    found = STEPS[step](run, *arguments)
                    if step in ("fetch", "next") and self.first_file is None:
                        self.first_file = found.time - run.started
                    if step == "banner":
                        self.banner = run.seconds
            except boot.BootError as error:
                watch.save(directory / "wire.pcap")
                (directory / "console.txt").write_text(run.machine.text)
                (directory / "servers.log").write_text(running.story(1000))
                self._keep(directory)
                raise RowError(str(error), f"--- console\n{error.console}\n{running.story()}") from error

    def _keep(self, directory):
        """Logs, capture and console of a row that failed."""
        kept = failed_directory(self.name)
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(directory, kept, ignore=shutil.ignore_patterns("tftp", "*.fd", "*.img", "netboot", "nginx-*"))


def failed_directory(name):
    return paths.build() / "lab" / "failed" / name
