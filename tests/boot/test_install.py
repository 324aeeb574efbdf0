# SPDX-License-Identifier: MPL-2.0
"""boot/install: what it puts where, what it leaves alone, what it says."""

import subprocess

import pytest

from lib import paths

INSTALL = paths.SOURCE / "boot" / "install"


def install(directory, *arguments):
    return subprocess.run((INSTALL, "--destdir", directory, *arguments), capture_output=True, text=True, check=False)


def content(directory):
    return {path: path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def test_puts_files_and_configuration_in_place(tmp_path):
    done = install(tmp_path, "--root", "/srv/boot", "--interface", "lan0", "--clients", "192.0.2.0/24")
    assert done.returncode == 0, done.stderr
    for name in ("script.ipxe", "local.ipxe", "undionly.kpxe", "ipxe.efi"):
        assert (tmp_path / "srv/boot" / name).stat().st_size > 0
    assert "root /srv/boot;" in (tmp_path / "etc/nginx/sites-available/netboot").read_text()
    assert (tmp_path / "etc/nginx/sites-enabled/netboot").is_symlink()
    assert 'TFTP_DIRECTORY="/srv/boot"' in (tmp_path / "etc/default/tftpd-hpa").read_text()
    assert "interface lan0 {" in (tmp_path / "etc/radvd.conf").read_text()
    assert "/srv/boot 192.0.2.0/24(ro," in (tmp_path / "etc/exports.d/netboot.exports").read_text()
    left = [path for path, text in content(tmp_path / "etc").items() if b"@" in text]
    assert not left, "placeholders that nobody filled in"


@pytest.mark.parametrize("ended", ["\n", ""], ids=["ended", "last line not ended"])
def test_ganesha_in_the_place_of_the_kernels_server(tmp_path, ended):
    theirs = tmp_path / "etc/ganesha/ganesha.conf"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("# the operator's" + ended)
    wanted = ("--root", "/srv/boot", "--clients", "192.0.2.0/24", "--nfs", "ganesha")
    done = install(tmp_path, *wanted)
    assert done.returncode == 0, done.stderr
    assert "next: systemctl restart nfs-ganesha\n" in done.stdout
    ours = (tmp_path / "etc/ganesha/netboot.conf").read_text()
    assert 'Path = "/srv/boot";' in ours and "Clients = 192.0.2.0/24;" in ours and "@" not in ours
    assert theirs.read_text() == '# the operator\'s\n%include "/etc/ganesha/netboot.conf"\n'
    assert not (tmp_path / "etc/exports.d").exists()
    before = content(tmp_path)
    assert install(tmp_path, *wanted).stdout == ""
    assert content(tmp_path) == before


def test_second_run_changes_nothing(tmp_path):
    install(tmp_path)
    before = content(tmp_path)
    again = install(tmp_path)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert content(tmp_path) == before


def test_dry_run_touches_nothing(tmp_path):
    done = install(tmp_path, "--dry-run")
    assert done.returncode == 0
    assert "would be placed" in done.stdout
    assert not list(tmp_path.iterdir())


def test_leaves_out_what_was_not_asked_for(tmp_path):
    install(tmp_path)
    assert not (tmp_path / "etc/radvd.conf").exists()
    assert not (tmp_path / "etc/exports.d").exists()


def test_keeps_an_edited_file_unless_forced(tmp_path):
    install(tmp_path)
    script = tmp_path / "srv/tftp/script.ipxe"
    script.write_text("#!ipxe\nshell\n")
    kept = install(tmp_path)
    assert kept.returncode == 0
    assert f"kept      {script}" in kept.stdout
    assert script.read_text() == "#!ipxe\nshell\n"
    forced = install(tmp_path, "--force")
    assert forced.returncode == 0
    assert script.read_bytes() == (paths.SOURCE / "boot/script.ipxe").read_bytes()
    assert (tmp_path / "srv/tftp/script.ipxe.~1~").read_text() == "#!ipxe\nshell\n"


def test_does_not_enable_a_second_site_on_the_same_port(tmp_path):
    default = tmp_path / "etc/nginx/sites-enabled/default"
    default.parent.mkdir(parents=True)
    default.symlink_to("/etc/nginx/sites-available/default")
    default.parent.joinpath("../sites-available").mkdir()
    (tmp_path / "etc/nginx/sites-available/default").touch()
    kept = install(tmp_path)
    if default.exists():  # the link leads to this machine's own file, where nginx is installed
        assert "--force removes its link" in kept.stdout
        assert not (tmp_path / "etc/nginx/sites-enabled/netboot").is_symlink()
    install(tmp_path, "--force")
    assert (tmp_path / "etc/nginx/sites-enabled/netboot").is_symlink()


RELOAD = "nginx -t && systemctl reload nginx"


def test_says_what_enables_the_site_where_the_default_one_was_kept(tmp_path):
    sites = tmp_path / "etc/nginx/sites-enabled"
    sites.mkdir(parents=True)
    (sites / "default").touch()
    for run in ("first", "again"):  # as long as it is so
        (line,) = [line for line in install(tmp_path).stdout.splitlines() if "reload nginx" in line]
        enable = "rm /etc/nginx/sites-enabled/default && ln -s /etc/nginx/sites-available/netboot /etc/nginx/sites-enabled/"
        assert line == f"next: {enable} && {RELOAD} (until then nginx does not serve /srv/tftp)", run
    (sites / "default").unlink()
    assert f"next: {RELOAD}\n" in install(tmp_path).stdout, "enabled now"
    assert install(tmp_path).stdout == ""


def test_both_sites_are_the_operators_choice(tmp_path):
    install(tmp_path)
    (tmp_path / "etc/nginx/sites-enabled/default").touch()
    assert "reload nginx" not in install(tmp_path).stdout
    assert f"next: {RELOAD}\n" in install(tmp_path, "--force").stdout


@pytest.mark.parametrize(
    "arguments",
    [("--root", "srv/tftp"), ("--root", "/a b"), ("--root",), ("--interface", "a;b"), ("--clients", "a b"), ("--what",),
     ("--nfs", "samba", "--clients", "*"), ("--nfs", "ganesha")],
    ids=" ".join,
)
def test_wrong_use_ends_with_2_and_touches_nothing(tmp_path, arguments):
    done = install(tmp_path, *arguments)
    assert done.returncode == 2
    assert "--help" in done.stderr
    assert not list(tmp_path.iterdir())
