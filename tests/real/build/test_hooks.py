"""Hooks run with the right Python, once for what is there, and what they break is said."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import pytest

from webstead.build import Environment, perform_before
from webstead.build.os_packages import install_os_packages
from webstead.build.steps import Steps
from webstead.effects import Answer, RecordingRunner
from webstead.effects.clock import SystemClock
from webstead.effects.processes import Stream
from webstead.errors import BuildError
from webstead.events import Event, StepOutput
from webstead.plan.model import InstallStep, Plan
from webstead.settings import Setting


class Builds(Protocol):
    """`conftest.Builder`, as the tests see it."""

    project: Path
    cache: Path
    events: list[Event]
    environ: dict[str, str]

    def write(self, **files: str) -> None: ...

    def build(self, *steps: InstallStep, settings: Sequence[Setting] = ()) -> Environment: ...

    def plan(self, *steps: InstallStep, settings: Sequence[Setting] = ()) -> Plan: ...

    def says(self, environment: Environment, source: str, **variables: str) -> str: ...

    @property
    def changed(self) -> list[tuple[str, bool]]: ...


def after(text: str = "", path: str = "") -> InstallStep:
    return InstallStep("post-build", "post-build", path, (text,) if text else ())


def before(text: str) -> InstallStep:
    return InstallStep("pre-build", "pre-build", words=(text,))


def output(builder: Builds) -> list[str]:
    return [event.line for event in builder.events if isinstance(event, StepOutput)]


def test_post_build_runs_in_the_environment_with_the_settings(builder: Builds) -> None:
    text = "python -c 'import sys; print(sys.prefix)'; echo $COLOUR; pwd"
    environment = builder.build(after(text), settings=[Setting("COLOUR", "red", "test")])
    assert output(builder)[-3:] == [str(environment.prefix), "red", str(builder.project)]


def test_a_hook_runs_again_only_when_something_changed(builder: Builds) -> None:
    builder.write(app__py="x = 1\n")
    hook = after("echo made > made.txt")
    builder.build(hook)
    assert ("post-build", True) in builder.changed
    builder.build(hook)
    assert ("post-build", False) in builder.changed
    builder.write(app__py="x = 22\n")
    builder.build(hook)
    assert ("post-build", True) in builder.changed


def test_a_hook_that_failed_runs_again(builder: Builds) -> None:
    for _ in range(2):
        with pytest.raises(BuildError, match="post-build step of post-build failed") as caught:
            builder.build(after("echo first; false; echo never"))
        assert caught.value.found == "exit code 1: first"


def test_a_script_needs_no_bit_to_be_executed(builder: Builds) -> None:
    builder.write(**{"tools/after__sh": "#!/usr/bin/env python\nimport sys\nprint(sys.prefix)\n"})
    environment = builder.build(after(path="tools/after.sh"))
    assert output(builder)[-1] == str(environment.prefix)


def test_what_post_build_installs_is_in_no_other_projects_environment(builder: Builds) -> None:
    plain = builder.build()
    hooked = builder.build(after("touch $VIRTUAL_ENV/installed"))
    assert plain.prefix != hooked.prefix
    assert (hooked.prefix / "installed").is_file()


def test_pre_build_runs_before_the_manifest_is_read(builder: Builds) -> None:
    plan = builder.plan(before("python -c 'import sys; print(sys.prefix)'; echo > requirements.txt"))
    assert perform_before(plan, builder.project, builder.cache, builder.events.append)
    assert str(builder.cache) in output(builder)[-1]
    assert (builder.project / "requirements.txt").is_file()
    assert not perform_before(plan, builder.project, builder.cache, builder.events.append)


def test_a_command_of_ones_own_makes_the_environment_anew_with_the_files(builder: Builds) -> None:
    builder.write(module__txt="A = 1\n")
    text = "cp module.txt $(python -c 'import site; print(site.getsitepackages()[0])')/own.py"
    custom = InstallStep("custom", "build command", words=(text,))
    first = builder.build(custom)
    assert builder.says(first, "import own; print(own.A)") == "1"
    builder.write(module__txt="A = 22\n")
    second = builder.build(custom)
    assert builder.says(second, "import own; print(own.A)") == "22"
    assert builder.build(custom).prefix == second.prefix
    assert ("custom", False) in builder.changed


def test_a_failing_command_leaves_no_environment(builder: Builds) -> None:
    with pytest.raises(BuildError, match="The build command of custom failed"):
        builder.build(InstallStep("custom", "build command", words=("exit 3",)))
    assert not list((builder.cache / "environments").glob("*/webstead.json"))


PACKAGES = InstallStep("os-packages", "packages", words=("libgl1", "ffmpeg=7"))


def apt(installed: Sequence[str], code: int = 0) -> RecordingRunner:
    lines: tuple[tuple[Stream, str], ...] = tuple(
        ("stdout", f"{name}:amd64\tinstall ok installed") for name in installed
    )
    return RecordingRunner(
        [
            Answer(lambda words: words[0] == "dpkg-query", lines),
            Answer(lambda words: words[1] == "update"),
            Answer(lambda words: words[1] == "install", (("stderr", "E: Unable to locate"),), code),
        ]
    )


@pytest.fixture
def as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)


def install(runner: RecordingRunner, events: list[Event]) -> None:
    install_os_packages(PACKAGES, Steps(events.append, SystemClock()), runner, os.environ)


@pytest.mark.usefixtures("as_root")
def test_only_missing_packages_of_the_system_are_installed() -> None:
    runner = apt(["libgl1"])
    install(runner, [])
    assert runner.calls[-1].words[-2:] == ("--no-install-recommends", "ffmpeg=7")


@pytest.mark.usefixtures("as_root")
def test_packages_that_are_there_ask_nobody() -> None:
    runner = apt(["libgl1", "ffmpeg"])
    install(runner, [])
    assert [call.words[0] for call in runner.calls] == ["dpkg-query"]


@pytest.mark.usefixtures("as_root")
def test_a_package_that_apt_does_not_know_is_said() -> None:
    with pytest.raises(BuildError, match="libgl1, ffmpeg=7") as caught:
        install(apt([], code=100), [])
    assert caught.value.found == "E: Unable to locate"


def test_who_may_not_install_is_told_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(BuildError) as caught:
        install(apt([]), [])
    assert caught.value.fix == "sudo apt-get install libgl1 ffmpeg=7"
