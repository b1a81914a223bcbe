"""Interpreters found on this machine, remembered, and missed with words that help."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import pytest

from webstead.build import Environment
from webstead.build.runtimes import Finder
from webstead.build.uv import Uv
from webstead.effects import Answer, RecordingRunner, run
from webstead.errors import RuntimeMissing
from webstead.events import Event, Note

OWN = ".".join(map(str, sys.version_info[:2]))


class Builds(Protocol):
    """`conftest.Builder`, as the tests see it."""

    project: Path
    cache: Path
    events: list[Event]
    runner: RecordingRunner
    environ: dict[str, str]

    def environments(self) -> list[str]: ...

    def says(self, environment: Environment, source: str) -> str: ...

    def build(self, *, allow_build: bool = True, runtime: str | None = None) -> Environment: ...


def is_uv(*verbs: str) -> Answer:
    """uv finds nothing and can fetch nothing."""

    def matches(words: Sequence[str]) -> bool:
        return tuple(words[1 : 1 + len(verbs)]) == verbs

    return Answer(matches, (("stderr", "error: no luck"),), 1)


def finder(builder: Builds, runner: RecordingRunner, told: list[str], *, download: bool = True) -> Finder:
    uv = Uv(runner, builder.environ, builder.project, lambda line: None)
    return Finder(uv, runner, builder.cache, builder.environ, told.append, download=download)


@pytest.mark.parametrize("request_", [OWN, f"=={OWN}.*", f">={OWN},<4", "", f"cpython@{OWN}"])
def test_a_version_is_found_and_remembered(builder: Builds, request_: str) -> None:
    told: list[str] = []
    found = finder(builder, builder.runner, told).find(request_)
    assert found.version.startswith(OWN) or request_ in ("", f">={OWN},<4")
    assert Path(found.base).is_file()
    builder.runner.calls.clear()
    assert finder(builder, builder.runner, told).find(request_) == found
    assert builder.runner.calls == []


def test_an_interpreter_that_changed_is_asked_again(builder: Builds, tmp_path: Path) -> None:
    script = tmp_path / "python"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    script.chmod(0o755)
    told: list[str] = []
    first = finder(builder, builder.runner, told).find(str(script))
    script.write_text(f'#!/bin/sh\n# newer\nexec {sys.executable} "$@"\n')
    builder.runner.calls.clear()
    assert finder(builder, builder.runner, told).find(str(script)) == first
    assert len(builder.runner.calls) == 1


def test_the_runtime_overrides_the_plan(builder: Builds) -> None:
    environment = builder.build(runtime=sys.executable)
    assert builder.says(environment, "import sys; print(sys.version_info[0])") == "3"
    with pytest.raises(RuntimeMissing, match="There is no Python at /no/such/python") as caught:
        builder.build(runtime="/no/such/python")
    assert OWN in caught.value.found


def test_a_version_that_nobody_has_is_told_with_what_is_installed(builder: Builds) -> None:
    with pytest.raises(RuntimeMissing) as caught:
        builder.build(runtime="3.99")
    assert caught.value.what == "Python 3.99 is not on this machine"
    assert f"installed: {OWN}" in caught.value.found
    assert "uv cannot download it: " in caught.value.found
    assert "--runtime" in caught.value.fix
    assert [event.text for event in builder.events if isinstance(event, Note)] == [
        "No cpython@3.99 on this machine; uv tries to download it."
    ]
    assert builder.environments() == []


def test_without_building_nothing_is_downloaded(builder: Builds) -> None:
    with pytest.raises(RuntimeMissing) as caught:
        builder.build(runtime="3.99", allow_build=False)
    assert not any("install" in call.words for call in builder.runner.calls)
    assert "nothing may be built" in caught.value.found


def test_a_program_that_is_no_python_is_told(builder: Builds) -> None:
    with pytest.raises(RuntimeMissing, match="is not a Python that works") as caught:
        builder.build(runtime=shutil.which("true"))
    assert "it ended with code 0" in caught.value.found


def test_a_python_that_is_too_old_is_told(builder: Builds, tmp_path: Path) -> None:
    script = tmp_path / "python"
    script.write_text(
        '#!/bin/sh\necho \'{"implementation":"cpython","version":"3.6.1","platform":"p","base":"/b"}\'\n'
    )
    script.chmod(0o755)
    with pytest.raises(RuntimeMissing, match=r"Python 3\.6\.1 is too old: .* 3\.9 and newer"):
        builder.build(runtime=str(script))


def test_a_version_of_pyenv_that_is_not_switched_on_is_found(builder: Builds, tmp_path: Path) -> None:
    for version in (f"{OWN}.1", f"{OWN}.30", "2.7.18", "mine"):
        folder = tmp_path / "pyenv" / "versions" / version / "bin"
        folder.mkdir(parents=True)
        (folder / "python").symlink_to(sys.executable)
    builder.environ["PYENV_ROOT"] = str(tmp_path / "pyenv")
    runner = RecordingRunner([is_uv("python", "find")], through=run)
    finder(builder, runner, []).find(OWN)
    assert runner.calls[-1].words[0] == str(tmp_path / "pyenv" / "versions" / f"{OWN}.30" / "bin" / "python")


def test_what_uv_downloads_is_used(builder: Builds) -> None:
    """uv finds nothing, installs, and finds: the download itself is scripted, as it is too big for a test."""
    installed: list[bool] = []

    def finds(words: Sequence[str]) -> bool:
        return tuple(words[1:3]) == ("python", "find") and bool(installed)

    def installs(words: Sequence[str]) -> bool:
        return tuple(words[1:3]) == ("python", "install")

    builder.environ["PYENV_ROOT"] = os.devnull
    runner = RecordingRunner(
        [
            Answer(finds, (("stdout", sys.executable),)),
            Answer(installs, act=lambda call: installed.append(True)),
            is_uv("python", "find"),
        ],
        through=run,
    )
    told: list[str] = []
    assert finder(builder, runner, told).find("3.98").version.startswith(OWN)
    assert told == ["No cpython@3.98 on this machine; uv tries to download it."]
