"""`webstead site extensions …` on a home that nobody serves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.packages import nupkg


def webstead(home: Path, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "webstead", "site", *words],
        cwd=home.parent,
        env={**os.environ, "WEBSTEAD_HOME": str(home), "WEBSTEAD_STATE_DIR": str(home.parent / "state")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == code, f"{words}\n{done.stdout}{done.stderr}"
    return done


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    webstead(home, "create", "shop")
    (tmp_path / "hello.1.0.0.nupkg").write_bytes(nupkg())
    later = {"install.sh": 'echo "$@" > words', "install.cmd": ""}
    (tmp_path / "later.nupkg").write_bytes(nupkg(version="2.0.0", content=later))
    return home


def listed(home: Path) -> list[dict[str, object]]:
    value: list[dict[str, object]] = json.loads(webstead(home, "extensions", "list", "--json").stdout)
    return value


def test_an_extension_is_installed_replaced_listed_and_removed(home: Path) -> None:
    folder = home / "sites" / "shop" / "SiteExtensions" / "hello"
    assert webstead(home, "extensions", "list").stdout == "No extensions.\n"
    said = webstead(home, "extensions", "install", "hello.1.0.0.nupkg").stdout
    assert said.startswith("Done       Uploading to ")
    assert said.endswith(f"\nInstalled hello 1.0.0 in {folder}\n")
    assert webstead(home, "extensions", "list").stdout.startswith("hello  1.0.0  Succeeded  20")
    webstead(home, "extensions", "install", "later.nupkg", "--arguments", "a 'b c'", "--json")
    assert (folder / "words").read_text() == "a b c\n"
    assert [(each["id"], each["version"]) for each in listed(home)] == [("hello", "2.0.0")]
    assert webstead(home, "extensions", "remove", "HELLO").stdout == "Removed HELLO\n"
    assert listed(home) == []


def test_what_cannot_be_done_is_said_in_words(home: Path) -> None:
    (home.parent / "broken.nupkg").write_bytes(b"no zip")
    assert "no zip" in webstead(home, "extensions", "install", "broken.nupkg", code=2).stderr
    assert "cannot be read" in webstead(home, "extensions", "install", "missing.nupkg", code=2).stderr
    (home.parent / "failing.nupkg").write_bytes(nupkg(content={"install.sh": "echo a reason >&2; exit 4"}))
    failed = webstead(home, "extensions", "install", "failing.nupkg", code=10).stderr
    assert "exit code 4: a reason" in failed
    assert "not found" in webstead(home, "extensions", "remove", "hello", code=10).stderr
    assert listed(home) == []
