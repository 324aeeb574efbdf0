# SPDX-License-Identifier: MPL-2.0
"""What netboot-migrate says of itself, and that it runs where it is installed. No server is asked."""

import re
import subprocess

import pytest

from lib import completion, manual, paths


def run(*words, **options):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False, timeout=60, **options)
    assert (done.returncode, done.stderr) == (0, ""), f"{words}: {done.stdout}{done.stderr}"
    return done.stdout


def options_of(text):
    return re.findall(r"^  (?:-\w, )?(--[a-z0-9-]+)", text, re.M)


@pytest.fixture(scope="module")
def shown():
    return run(paths.netboot_migrate(), "--help")


def test_help(shown):
    lines = shown.splitlines()
    assert lines[:2] == ["netboot-migrate [OPTION]...", "  from ISC dhcpd to Kea with netboot"]
    assert {"--dhcpd4", "--leases", "--verify", "--directory", "--help", "--version"} <= set(options_of(shown))
    assert "netbootctl migrate" not in shown
    for words in (["-h"], ["help"], ["-4", "dhcpd.conf", "--help"]):
        assert run(paths.netboot_migrate(), *words) == shown


def test_version():
    name, version = run(paths.netboot_migrate(), "--version").split()
    assert name == "netboot-migrate" and run(paths.netbootctl(), "--version") == f"netbootctl {version}\n"


@pytest.mark.parametrize("words, told", [
    (["conf"], "unexpected argument `conf`: netboot-migrate takes only options"),
    (["--verifi"], "there is no option `--verifi` here; did you mean `--verify`?"),
    (["help", "xyzzy"], "there is no help on `xyzzy`: see netboot-migrate help"),
])
def test_wrong_use(words, told):
    done = subprocess.run([paths.netboot_migrate(), *words], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"netboot-migrate: {told}\n")


def test_manual_page(shown):
    """Without an error of its language, and with every option that help shows."""
    page = paths.build() / "migrate" / "netboot-migrate.8"
    manual.assert_sound(page)
    text = re.sub(".\b", "", run("mandoc", "-Tascii", "-Owidth=200", page))
    listed = re.findall(r"^     (?:-\w, )?(--[a-z0-9-]+)", text, re.M)
    assert [option for option in options_of(shown) if option not in listed] == []


@pytest.mark.parametrize("typed, wanted", [
    ("--ver", ["--verify", "--version"]),
    ("--dhcpd", ["--dhcpd4", "--dhcpd6", "--dhcpd"]),
    ("-4 dhcpd", ["dhcpd.conf"]),
    ("--output ", ["kea"]),
    ("", []),
])
def test_completion(tmp_path, typed, wanted):
    """Its own script, and netbootctl's, which asks it."""
    here, programs = tmp_path / "here", tmp_path / "programs"
    (here / "kea").mkdir(parents=True)
    (here / "dhcpd.conf").touch()
    programs.mkdir()
    for path in (paths.netbootctl(), paths.netboot_migrate()):
        (programs / path.name).symlink_to(path)
    for script, command in (("migrate/netboot-migrate", "netboot-migrate"), ("ctl/netbootctl", "netbootctl migrate")):
        offers = completion.offered(paths.build() / f"{script}.bash", command.split()[0], f"{command} {typed}", cwd=here,
                                    env={"PATH": f"{programs}:/usr/bin:/bin"})
        assert sorted(offers) == sorted(wanted), command


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    path = tmp_path_factory.mktemp("prefix")
    run("cmake", "--install", paths.build(), "--prefix", path)
    return path


def test_installed(prefix, shown):
    """It finds its library, and netbootctl finds it."""
    assert "netboot-migrate" in (prefix / "share" / "man" / "man8" / "netboot-migrate.8").read_text()
    assert (prefix / "share" / "bash-completion" / "completions" / "netboot-migrate").exists()
    (library,) = [line for line in run("ldd", prefix / "sbin" / "netboot-migrate").splitlines() if "libnetboot.so" in line]
    assert str(prefix) in library
    assert run(prefix / "sbin" / "netbootctl", "migrate", "--help", env={"PATH": "/usr/bin"}) == shown
