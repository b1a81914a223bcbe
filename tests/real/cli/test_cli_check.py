"""`webstead check` on the command line: exit codes, formats, and what --fix writes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FAULTS = Path(__file__).parents[2] / "fixtures" / "faults"


def run(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "webstead", "check", "--no-import", *words],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    return shutil.copytree(FAULTS / "handler_with_colon", tmp_path / "site")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--target", "iis"], 1),
        (["--target", "iis", "--ignore", "handler-colon-form"], 0),
        (["--target", "iis", "--ignore", "handler-colon-form", "--strict"], 1),
        (["--target", "iis", "--select", "module-needed", "--strict"], 0),
        (["--target", "webstead"], 0),
        (["--target", "azure"], 2),
        (["--format", "xml"], 2),
        (["--select", "handler-colon-from"], 2),
        (["--ignore", "section-locked,nonsense"], 2),
        (["no-such-folder"], 2),
    ],
)
def test_exit_codes(copied: Path, words: list[str], code: int) -> None:
    done = run(*words, cwd=copied)
    assert done.returncode == code, done.stdout + done.stderr


def test_a_misspelt_rule_is_answered_with_the_right_one(copied: Path) -> None:
    done = run("--select", "handler-colon-from", cwd=copied)
    assert "Did you mean handler-colon-form?" in done.stderr


def test_fix_mends_and_says_what_it_did(copied: Path) -> None:
    before = (copied / "web.config").read_text()
    shown = run("--target", "iis", "--fix", "--dry-run", cwd=copied)
    assert '+    <add key="WSGI_HANDLER" value="app.app" />' in shown.stdout
    assert shown.returncode == 1
    assert (copied / "web.config").read_text() == before
    done = run("--target", "iis", "--fix", cwd=copied)
    assert done.returncode == 0
    assert done.stdout.startswith('Mended: web.config:4: Write value="app.app".  [handler-colon-form]')
    assert (copied / "web.config").read_text() == before.replace("app:app", "app.app")
    again = run("--target", "iis", "--fix", cwd=copied)
    assert "Mended" not in again.stdout


def test_fix_makes_a_file_that_is_missing(tmp_path: Path) -> None:
    site = shutil.copytree(FAULTS / "placeholder_file_missing", tmp_path / "site")
    assert run("--target", "iis", "--fix", cwd=site).returncode == 0
    assert (site / "handler.fcgi").read_bytes() == b""


def test_fix_mends_only_what_is_selected(copied: Path) -> None:
    run("--target", "iis", "--fix", "--ignore", "handler-colon-form", cwd=copied)
    assert "app:app" in (copied / "web.config").read_text()


def test_json_and_sarif_are_data_and_nothing_else(copied: Path) -> None:
    done = run("--target", "iis", "--json", cwd=copied)
    data = json.loads(done.stdout)
    assert (data["target"], data["counts"]["errors"], done.returncode) == ("iis", 1, 1)
    sarif = json.loads(run("--target", "iis", "--format", "sarif", cwd=copied).stdout)
    assert sarif["version"] == "2.1.0"
    mended = json.loads(run("--target", "iis", "--json", "--fix", cwd=copied).stdout)
    assert [each["rule"] for each in mended["mended"]] == ["handler-colon-form"]
    error = json.loads(run("--json", "--target", "azure", cwd=copied).stdout)
    assert error["error"]["exit_code"] == 2


def test_a_rule_that_is_like_none_is_told_in_one_short_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "webstead", "check", ".", "--ignore", "zzz"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    fix = "fix:   Write the name in brackets behind a finding, as section-often-locked."
    assert done.stderr.splitlines() == ["error: There is no such rule", "found: --ignore zzz", fix]
