"""`webstead env`: what is listed, what goes, and what never does."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.live import WEBSTEAD
from webstead.build.kept import prune
from webstead.effects.lock import locked

APP = "def app(environ, start_response):\n    start_response('200 OK', [])\n    return [b'x']\n"


class Machine:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cache = folder / "cache"

    def webstead(self, *words: str) -> str:
        done = subprocess.run(
            [*WEBSTEAD, *words],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={**os.environ, "WEBSTEAD_CACHE_DIR": str(self.cache)},
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def build(self, name: str, requirements: str) -> Path:
        project = self.folder / name
        project.mkdir()
        (project / "app.py").write_text(APP)
        (project / "requirements.txt").write_text(requirements)
        self.webstead("build", str(project), "--no-verify")
        return project

    def environments(self) -> dict[str, dict[str, Any]]:
        """By the name of the first project that holds it, or by its own."""
        found = json.loads(self.webstead("env", "list", "--json"))["environments"]
        return {Path(each["holders"][0]).name if each["holders"] else each["key"]: each for each in found}


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_what_no_site_is_built_with_goes_and_the_rest_stays(machine: Machine) -> None:
    kept, gone = machine.build("kept", "six\n"), machine.build("gone", "")
    before = machine.environments()
    assert set(before) == {"kept", "gone"}
    assert before["kept"]["python"]
    assert str(kept) in machine.webstead("env", "list")
    shutil.rmtree(gone)
    interrupted = machine.cache / "environments" / "interrupted"
    (interrupted / "bin").mkdir(parents=True)
    assert machine.webstead("env", "prune", "--dry-run").count("Would go") == 1
    dry = machine.webstead("env", "prune", "--dry-run", "--older-than", "0")
    assert dry.count("Would go") == 2
    assert len(machine.environments()) == 3
    done = json.loads(machine.webstead("env", "prune", "--older-than", "0", "--json"))
    assert {Path(each["path"]).name for each in done["environments"] if each["removed"]} == {
        "interrupted",
        before["gone"]["key"],
    }
    assert set(machine.environments()) == {"kept"}
    assert not interrupted.exists()


def test_a_site_that_is_built_with_another_lets_the_old_go(machine: Machine) -> None:
    project = machine.build("shop", "")
    old = machine.environments()["shop"]["key"]
    (project / "requirements.txt").write_text("six\n")
    machine.webstead("build", str(project), "--no-verify")
    assert machine.environments()["shop"]["key"] != old
    assert f"Kept       {old}: was used within 30 days" in machine.webstead("env", "prune")
    assert f"Removed    {old}" in machine.webstead("env", "prune", "--older-than", "0")


def test_what_runs_or_is_being_built_stays(machine: Machine) -> None:
    shutil.rmtree(machine.build("gone", ""))
    ((key, found),) = machine.environments().items()
    building = machine.cache / "environments" / "building"
    building.mkdir()
    python = Path(found["path"]) / "bin" / "python"
    process = subprocess.Popen([str(python), "-c", "input()"], stdin=subprocess.PIPE)
    try:
        with locked(building.with_name("building.lock")):
            listed = machine.environments()
            assert listed[key]["running"] == [process.pid]
            assert listed["building"]["state"] == "building"
            printed = machine.webstead("env", "prune", "--older-than", "0")
    finally:
        process.communicate(b"\n", timeout=10)
    assert f"Kept       {key}: is running (process {process.pid})" in printed
    assert "Kept       building: is being built" in printed
    assert python.exists()
    assert "Removed    building" in machine.webstead("env", "prune", "--older-than", "0")


def test_byte_code_and_servers_that_nothing_shares_go(machine: Machine) -> None:
    machine.build("kept", "")
    alone = machine.cache / "bytecode" / "1" / "alone"
    shared = machine.cache / "bytecode" / "1" / "shared"
    server = machine.cache / "servers" / "old"
    for folder in (alone, shared, server):
        folder.mkdir(parents=True)
        (folder / "x.pyc").write_bytes(b"12345")
    os.link(shared / "x.pyc", machine.cache / "x.pyc")
    later = datetime.now(UTC) + timedelta(days=40)
    done = prune(machine.cache, later, timedelta(days=30))
    assert set(done.aside) >= {str(alone), str(server)}
    assert (alone.exists(), server.exists(), shared.exists()) == (False, False, True)
    assert machine.environments().keys() == {"kept"}


def test_an_empty_cache_has_nothing_to_list(machine: Machine) -> None:
    assert machine.webstead("env", "list").startswith("0 environments")
    assert machine.webstead("env", "prune") == "Freed      0 B\n"
