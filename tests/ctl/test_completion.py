# SPDX-License-Identifier: MPL-2.0
"""The completion script, in a real bash."""

import pytest

from conftest import Ctl
from lib import completion, paths


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    ctl = Ctl(tmp_path_factory.mktemp("completion") / "store")
    ctl.ok("init")
    ctl.ok("site", "set", "lab")
    ctl.ok("target", "set", "debian")
    ctl.ok("target", "set", "disk", "--local")
    ctl.ok("host", "set", "52:54:00:00:00:01", "--name", "web1")
    ctl.ok("host", "set", "52:54:00:00:00:02")
    return ctl


def offered(ctl, line, tmp_path):
    script = tmp_path / "completion"
    script.write_text(ctl.ok("completion", "bash"))
    line = line.replace("netbootctl", ctl.program, 1)
    return completion.offered(script, "netbootctl", line, env=ctl.environment, cwd=tmp_path)


@pytest.mark.parametrize("line, wanted", [
    ("netbootctl st", ["status"]),
    ("netbootctl e", ["explain", "export"]),
    ("netbootctl host ", ["set", "show", "list", "delete", "done"]),
    ("netbootctl host s", ["set", "show"]),
    ("netbootctl -d /nowhere loader ", ["set", "list", "delete"]),
    ("netbootctl host list --l", ["--label"]),
    ("netbootctl host set x --no-l", ["--no-loader", "--no-label"]),
    ("netbootctl host set x --target ", ["debian", "default", "disk"]),
    ("netbootctl host set x --target de", ["debian", "default"]),
    ("netbootctl target show d", ["debian", "default", "disk"]),
    ("netbootctl target set x --kind l", ["local"]),
    ("netbootctl site delete ", ["default", "lab"]),
    ("netbootctl host show w", ["web1"]),
    ("netbootctl host show 52:54:00:00:00:", ["01", "02"]),
    ("netbootctl loader set arm", ["arm32-uefi", "arm64-uefi"]),
    ("netbootctl loader set x64-uefi ", []),
    ("netbootctl host set x --loader x64", ["x64-uefi="]),
    ("netbootctl import --format c", ["csv"]),
    ("netbootctl help tar", ["target"]),
    ("netbootctl help platf", ["platforms"]),
    ("netbootctl completion ", ["bash"]),
    ("netbootctl -d /nowhere target show ", []),
    ("netbootctl xyzzy ", []),
])
def test_offers(lab, tmp_path, line, wanted):
    offers = offered(lab, line, tmp_path)
    if line.startswith("netbootctl loader set arm"):
        assert set(wanted) <= set(offers) and all(offer.startswith("arm") for offer in offers)
    else:
        assert sorted(offers) == sorted(wanted)


def test_every_command_is_offered(lab, tmp_path):
    offers = offered(lab, "netbootctl ", tmp_path)
    assert {"init", "site", "loader", "target", "host", "explain", "import", "export", "status", "help"} <= set(offers)
    assert "complete" not in offers


def test_files_are_offered_for_import(lab, tmp_path):
    (tmp_path / "hosts 1.jsonl").touch()
    (tmp_path / "hosts2.csv").touch()
    assert sorted(offered(lab, "netbootctl import hosts2", tmp_path)) == ["hosts2.csv"]


def test_the_script_is_what_is_installed(lab):
    assert (paths.build() / "ctl" / "netbootctl.bash").read_text() == lab.ok("completion", "bash")
