# SPDX-License-Identifier: MPL-2.0
"""What ./demo shows when everything is built: two boots of one machine, the second one armed to boot a target once."""

import argparse
import contextlib
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from lib import paths

from . import boot, interrupt, kernel, machine, network, servers, wire

FIRMWARE = "x64"
HOST = "lab-x64"
IPXE = Path("/usr/lib/ipxe")
BANNER_SECONDS = 180

SCRIPT = """\
#!ipxe
kernel linux
initrd initrd.img
imgargs linux initrd=initrd.img console=ttyS0 quiet netboot.target={target}
boot
"""

# How the firmware boots, what `explain` is asked about it, and what must have been seen on the wire.
BOOTS = (
    {
        "title": "x64 UEFI, PXE over IPv4",
        "method": "pxe4",
        "target": "rescue",
        "explain": ("--family", "4", "--arch", "7", "--vendor-class", "PXEClient"),
        "loader": ("TFTP", 4),
    },
    {
        "title": "x64 UEFI, HTTP over IPv6",
        "method": "http6",
        "target": "install",
        "explain": ("--family", "6", "--arch", "16", "--vendor-class", "HTTPClient"),
        "loader": ("HTTP", 6),
    },
)


SERVERS = {
    "kea": "kea-dhcp4 and kea-dhcp6 with the hook",
    "dhcpd": "ISC dhcpd for IPv4 and for IPv6, with netboot built in",
}


class DemoError(Exception):
    pass


class Demo:
    def __init__(self, directory, started):
        self.directory, self.started = directory, started
        self.root, self.store = directory / "tftp", directory / "netboot"
        self.results = []

    # ---- telling

    def step(self, text):
        print(f"{time.time() - self.started:6.1f} s  {text}", flush=True)

    @staticmethod
    def show(text, mark="|"):
        for line in text.rstrip().splitlines():
            print(f"          {mark} {line}".rstrip(), flush=True)

    def netbootctl(self, *arguments, show_output=False):
        """Runs the tool, shown as one would type it."""
        self.show(" ".join(("netbootctl", *map(shlex.quote, arguments))), "$")
        done = subprocess.run(
            (paths.netbootctl(), "-d", self.store, *arguments), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise DemoError(f"netbootctl {arguments[0]} failed: {(done.stderr or done.stdout).strip()}")
        if show_output:
            self.show(done.stdout)

    def seen(self, event):
        """One line for what matters of the wire."""
        if event.kind == "dhcp" and event.name not in wire.BOOT_REPLIES:
            self.asking = "iPXE" if event.ipxe else event.vendor_class.split(":")[0]
        elif event.kind == "dhcp" and event.name in ("ACK", "REPLY") and event.boot_file:
            who = "iPXE" if self.asking == "iPXE" else f"the firmware ({self.asking})"
            self.at(f"DHCPv{event.family}", f"{who} gets {event.text} and {event.boot_file}")
        elif event.kind == "fetched":
            self.at(event.protocol, f"{event.name}, {event.size:,} octets over IPv{event.family}")
        elif event.kind == "refused":
            self.at(event.protocol, f"{event.name}: {event.status}")

    def at(self, what, text):
        self.show(f"+{time.monotonic() - self.power_on:5.1f} s  {what:<7}{text}")

    # ---- what is shown

    def prepare(self):
        self.step("A Linux kernel from Debian's archive, and a small initrd that prints a banner")
        self.root.mkdir()
        kernel.place(paths.build() / "lab", self.root)
        shutil.copy(IPXE / "ipxe.efi", self.root)
        for row in BOOTS:
            (self.root / f"{row['target']}.ipxe").write_text(SCRIPT.format(target=row["target"]))

    def fill_store(self):
        self.step("The targets store: where the files are, two targets, one host")
        server4, server6 = network.SERVER4, network.SERVER6
        self.netbootctl("init")
        self.netbootctl(
            *("site", "set", "default", "--tftp4", server4, "--tftp6", server6),
            *("--http4", f"http://{server4}/", "--http6", f"http://[{server6}]/"),
        )
        self.netbootctl("target", "set", "rescue", "--script", "rescue.ipxe")
        # A full URL: iPXE, which asks both DHCP servers, takes this one over IPv6 whichever answers first.
        self.netbootctl("target", "set", "install", "--script", f"http://[{server6}]/install.ipxe")
        self.netbootctl("host", "set", machine.mac(FIRMWARE), "--name", HOST, "--target", "rescue")

    def explain(self, row):
        self.step("What would the firmware get, and why?")
        self.netbootctl("explain", *row["explain"], "--mac", machine.mac(FIRMWARE), show_output=True)

    def boot(self, number, row, link, watch):
        self.step(f"Boot {number}: {row['title']}; QEMU is switched on")
        self.asking, self.power_on = "", time.monotonic()
        power_on = machine.Machine(link.switch, FIRMWARE, row["method"], self.directory)
        with boot.Boot(power_on, watch, self.seen) as run:
            protocol, family = row["loader"]
            self.run = run
            fetched = run.wait_event(
                "the firmware fetches ipxe.efi",
                lambda event: (event.kind, event.protocol, event.family) == ("fetched", protocol, family)
                and event.name.endswith("ipxe.efi"),
                BANNER_SECONDS,
            )
            loader = fetched.time - run.started
            script = f"{row['target']}.ipxe"
            run.wait_event(
                "iPXE fetches the target's script",
                lambda event: event.kind == "fetched" and event.name.endswith(script),
                BANNER_SECONDS,
            )
            run.wait_text("Linux prints the banner", kernel.banner(row["target"]), BANNER_SECONDS)
            seconds = run.seconds
            run.wait_end("Linux switches the machine off", 30)
        self.step(f"The serial console, {seconds:.1f} s after power-on:")
        self.show("\n".join(re.findall(r"^ {4}([+|].*)$", run.machine.text, re.MULTILINE)), " ")
        self.results.append((row, loader, seconds))

    def change(self):
        self.step("Another target for this machine, for one boot. No server is told, reloaded or restarted:")
        self.netbootctl("host", "set", HOST, "--once", "install")

    def look_back(self, row):
        self.step("The boot was counted; from now on the machine boots its lasting target again:")
        self.netbootctl("host", "list", show_output=True)
        self.netbootctl("explain", *row["explain"], "--mac", machine.mac(FIRMWARE), show_output=True)

    def summary(self):
        self.step("Done")
        self.show(f"{'':<28}{'target':<10}{'ipxe.efi':>9}{'banner':>9}", " ")
        for number, (row, loader, seconds) in enumerate(self.results, 1):
            self.show(f"{number}. {row['title']:<25}{row['target']:<10}{loader:>7.1f} s{seconds:>7.1f} s", " ")

    def keep(self, link):
        script = self.directory / "boot"
        lines = ["#!/bin/sh", "# Boots the machine: boot [pxe4|pxe6|http4|http6]", "case ${1:-pxe4} in"]
        for method in machine.FIRMWARE[FIRMWARE]["methods"]:
            command = link.switch.command(*machine.command(FIRMWARE, method, self.directory))
            lines.append(f"    {method}) exec {shlex.join(command)} ;;")
        script.write_text("\n".join([*lines, '    *) echo "$0: no method $1" >&2; exit 2 ;;', "esac", ""]))
        script.chmod(0o755)
        self.step("The servers stay up. From another terminal, as root:")
        for what, command in (
            ("the tool, on this store", f"export NETBOOT_DIR={self.store} PATH={paths.netbootctl().parent}:$PATH"),
            ("another target, once", f"netbootctl host set {HOST} --once install"),
            ("the machine, its console in your terminal; Ctrl-C ends it", f"{script} pxe6"),
            ("a shell beside the servers", f"ip netns exec {link.server.name} bash"),
            ("what they serve", f"ls {self.root}"),
            ("their configuration and logs", f"ls {self.directory}"),
        ):
            self.show(f"# {what}\n{command}", " ")
        print("\nEnter or Ctrl-C ends it.", flush=True)
        if not sys.stdin.readline():  # nobody there to press Enter
            signal.pause()

    def show_logs(self, name):
        kept = paths.build() / "lab" / "failed" / "demo"
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(self.directory, kept, ignore=shutil.ignore_patterns("tftp", "*.fd", "netboot"))
        print(f"\n{name}; more in {kept}", file=sys.stderr)


def _play(demo, arguments):
    demo.prepare()
    demo.fill_store()
    with network.Network() as link:
        dhcp = arguments.server
        demo.step(f"Servers in a network namespace: netbootd, {SERVERS[dhcp]}, in.tftpd, nginx, radvd")
        started = servers.Servers(link, demo.directory, demo.root, demo.store, dhcp=dhcp)
        with started as running, wire.Wire(link.server) as watch:
            try:
                for number, row in enumerate(BOOTS, 1):
                    if number > 1:
                        demo.change()
                    demo.explain(row)
                    demo.boot(number, row, link, watch)
            except boot.BootError as error:
                watch.save(demo.directory / "wire.pcap")
                (demo.directory / "console.txt").write_text(demo.run.machine.text)
                (demo.directory / "servers.log").write_text(running.story(1000))
                raise DemoError(
                    f"boot {number} ({row['title']}): {error}\n--- serial console\n{error.console}\n{running.story()}"
                ) from error
            demo.look_back(BOOTS[0])
            demo.summary()
            if arguments.keep:
                demo.keep(link)


def main():
    parser = argparse.ArgumentParser(prog="demo")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--server", choices=tuple(SERVERS), default="kea")
    parser.add_argument("--started", type=float, default=time.time())
    arguments = parser.parse_args()
    interrupt.handle()
    with tempfile.TemporaryDirectory(prefix="netboot-demo-") as directory:
        os.chmod(directory, 0o755)  # tftpd reads as a user of its own
        demo = Demo(Path(directory), arguments.started)
        try:
            _play(demo, arguments)
        except (DemoError, kernel.KernelError, servers.ServerError, AssertionError, OSError, RuntimeError) as error:
            with contextlib.suppress(OSError):
                demo.show_logs(f"demo: {error}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
