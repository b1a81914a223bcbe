"""Environments built by the real uv from the real package index, at their addresses."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import psutil
import pytest
import uv

from webstead.build import Environment, program_path
from webstead.effects import RecordingRunner, run
from webstead.errors import BuildError, RuntimeMissing
from webstead.events import Event, Note, StepOutput
from webstead.plan.model import InstallStep


class Builds(Protocol):
    """`conftest.Builder`, as the tests see it."""

    project: Path
    cache: Path
    events: list[Event]
    runner: RecordingRunner
    environ: dict[str, str]

    @property
    def changed(self) -> list[tuple[str, bool]]: ...

    def write(self, **files: str) -> None: ...

    def environments(self) -> list[str]: ...

    def says(self, environment: Environment, source: str) -> str: ...

    def build(
        self, *steps: InstallStep, allow_build: bool = True, runtime: str | None = None
    ) -> Environment: ...


REQUIREMENTS = InstallStep("requirements", "Install requirements.txt", path="requirements.txt")
PYPROJECT = InstallStep("pyproject", "Install pyproject.toml", path="pyproject.toml")
LOCK = InstallStep("lock", "Install uv.lock", path="uv.lock", inputs=("pyproject.toml", "uv.lock"))


def uv_lock(folder: Path) -> None:
    done = run([uv.find_uv_bin(), "lock"], cwd=folder, env=dict(os.environ), timeout=60)
    assert done.code == 0, done.tail


@pytest.mark.alone
def test_requirements_are_installed_and_an_unchanged_build_runs_nothing(builder: Builds) -> None:
    builder.write(requirements__txt="six==1.16.0\nidna\n")
    environment = builder.build(REQUIREMENTS)
    assert builder.says(environment, "import six, idna; print(six.__version__)") == "1.16.0"
    assert builder.changed == [("environment", True), ("requirements", True)]
    assert any(isinstance(event, StepOutput) and "six==1.16.0" in event.line for event in builder.events)
    assert os.listdir(builder.project) == ["requirements.txt"]

    times = []
    for _ in range(5):
        began = time.perf_counter()
        assert builder.build(REQUIREMENTS) == environment
        times.append(time.perf_counter() - began)
        assert builder.runner.calls == []
        assert builder.changed == [("environment", False), ("requirements", False)]
    assert min(times) < 0.05


def test_what_is_pinned_and_cached_needs_no_index(builder: Builds) -> None:
    builder.write(requirements__txt="jinja2==3.1.6\nmarkupsafe==3.0.2\n")
    builder.build(REQUIREMENTS)
    builder.write(requirements__txt="markupsafe==3.0.2\njinja2==3.1.6\n")
    environment = builder.build(REQUIREMENTS)
    assert [words[-1] for words in installs(builder)] == ["--offline"]
    assert builder.says(environment, "import jinja2; print(jinja2.__version__)") == "3.1.6"


def test_what_comes_in_with_pinned_packages_is_the_newest_of_the_index(builder: Builds) -> None:
    builder.write(requirements__txt="markupsafe==3.0.1\n")
    builder.build(REQUIREMENTS)
    builder.write(requirements__txt="jinja2==3.1.6\n")
    environment = builder.build(REQUIREMENTS)
    assert installs(builder)[-1][-1] != "--offline"
    newest = "from importlib.metadata import version as v; print(v('markupsafe') not in ('3.0.1', '3.0.2'))"
    assert builder.says(environment, newest) == "True"


def installs(builder: Builds) -> list[tuple[str, ...]]:
    return [call.words for call in builder.runner.calls if "install" in call.words]


def test_the_marker_tells_what_was_built_and_when_it_was_used(builder: Builds) -> None:
    builder.write(requirements__txt="six\n")
    marker = builder.build(REQUIREMENTS).prefix / "webstead.json"
    record = json.loads(marker.read_text())
    assert record["version"] == 1
    assert record["python"]["version"] == ".".join(map(str, sys.version_info[:3]))
    assert list(record["inputs"]) == ["requirements.txt"]
    os.utime(marker, (1, 1))
    builder.build(REQUIREMENTS)
    assert marker.stat().st_mtime > 1000


def test_a_changed_include_is_another_environment_and_the_old_one_stays(builder: Builds) -> None:
    builder.write(requirements__txt="-r base.txt\n", base__txt="six==1.16.0\n")
    first = builder.build(REQUIREMENTS)
    builder.write(base__txt="six==1.17.0\n")
    second = builder.build(REQUIREMENTS)
    assert first.prefix != second.prefix
    assert [builder.says(each, "import six; print(six.__version__)") for each in (first, second)] == [
        "1.16.0",
        "1.17.0",
    ]


def test_two_projects_with_equal_inputs_share_one_environment(builder: Builds, tmp_path: Path) -> None:
    builder.write(requirements__txt="six\n")
    first = builder.build(REQUIREMENTS)
    shutil.copytree(builder.project, tmp_path / "other")
    builder.project = tmp_path / "other"
    assert builder.build(REQUIREMENTS) == first
    assert builder.runner.calls == []


def test_only_the_dependencies_of_a_pyproject_are_installed(builder: Builds) -> None:
    builder.write(pyproject__toml='[project]\nname = "shop"\nversion = "1"\ndependencies = ["six"]\n')
    environment = builder.build(PYPROJECT)
    assert builder.says(
        environment, "import importlib.metadata as m; print([d.name for d in m.distributions()])"
    ) == ("['six']")
    assert os.listdir(builder.project) == ["pyproject.toml"]


def test_a_lock_is_installed_as_it_is_without_touching_the_project(builder: Builds) -> None:
    builder.write(
        pyproject__toml='[project]\nname = "shop"\nversion = "1"\nrequires-python = ">=3.11"\n'
        'dependencies = ["six<1.17"]\n[dependency-groups]\ndev = ["idna"]\ndocs = ["idna"]\n'
        '[tool.uv]\ndefault-groups = "all"\n'
    )
    uv_lock(builder.project)
    before = {path.name: path.read_bytes() for path in builder.project.iterdir()}
    environment = builder.build(LOCK)
    source = "import six, importlib.util as u; print(six.__version__, u.find_spec('idna'))"
    assert builder.says(environment, source) == "1.16.0 None"
    assert {path.name: path.read_bytes() for path in builder.project.iterdir()} == before
    builder.build(LOCK)
    assert builder.runner.calls == []


def test_of_a_workspace_the_packages_of_the_member_are_installed(builder: Builds) -> None:
    member = '[project]\nname = "{}"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["{}"]\n'
    builder.write(
        pyproject__toml=member.format("root", "attrs") + '[tool.uv.workspace]\nmembers = ["apps/*"]\n',
        **{
            "apps/web/pyproject__toml": member.format("web", "six"),
            "apps/worker/pyproject__toml": member.format("worker", "idna"),
        },
    )
    uv_lock(builder.project)
    environment = builder.build(replace(LOCK, words=("web",)))
    source = "import six, importlib.util as u; print(u.find_spec('idna'), u.find_spec('attrs'))"
    assert builder.says(environment, source) == "None None"


def test_a_stale_lock_is_refused_with_the_command_that_mends_it(builder: Builds) -> None:
    text = '[project]\nname = "shop"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["six"]\n'
    builder.write(pyproject__toml=text)
    uv_lock(builder.project)
    builder.write(pyproject__toml=text.replace('"six"', '"six", "idna"'))
    with pytest.raises(BuildError) as caught:
        builder.build(LOCK)
    assert caught.value.what == "uv.lock does not fit pyproject.toml"
    assert caught.value.fix == f"Run `uv lock` in {builder.project}."
    assert builder.environments() == []


def test_the_overlay_agrees_with_the_app_and_never_shadows_it(builder: Builds) -> None:
    builder.write(requirements__txt="click==8.1.7\n")
    environment = builder.build(REQUIREMENTS, InstallStep("overlay", "Add uvicorn", words=("uvicorn",)))
    source = "import click, uvicorn; print(click.__file__); print(uvicorn.__file__)"
    click, uvicorn = builder.says(environment, source).splitlines()
    assert "site-packages" in click
    assert Path(uvicorn).is_relative_to(environment.prefix / "overlay")
    assert Path(program_path(environment, "uvicorn")).is_relative_to(environment.prefix / "overlay")
    path = json.loads(builder.says(environment, "import json, sys; print(json.dumps(sys.path))"))
    assert path[-1] == str(environment.prefix / "overlay")
    listed = (environment.prefix / "webstead-constraints.txt").read_text()
    assert "click==8.1.7" in listed


def test_an_overlay_that_contradicts_the_app_is_an_error(builder: Builds) -> None:
    builder.write(requirements__txt="h11==0.7.0\n")
    with pytest.raises(BuildError) as caught:
        builder.build(REQUIREMENTS, InstallStep("overlay", "Add uvicorn", words=("uvicorn>=0.30",)))
    assert "h11" in caught.value.detail


def test_a_requirement_that_does_not_exist_is_named_with_its_line(builder: Builds) -> None:
    builder.write(requirements__txt="six\n# a comment\nwebstead-no-such-package==1\n")
    with pytest.raises(BuildError) as caught:
        builder.build(REQUIREMENTS)
    error = caught.value
    assert error.what == "There is no package webstead-no-such-package on the package index"
    assert error.found == "requirements.txt:3: webstead-no-such-package==1"
    assert "requirements.txt" in error.fix
    assert "No solution found" in error.detail
    assert builder.environments() == []
    assert builder.changed == [("environment", True)]


def test_a_version_that_does_not_exist_is_named(builder: Builds) -> None:
    builder.write(requirements__txt="six==99.0\n")
    with pytest.raises(BuildError) as caught:
        builder.build(REQUIREMENTS)
    assert caught.value.what == "There is no six==99.0 on the package index"
    assert caught.value.found == "requirements.txt:1: six==99.0"


def test_an_index_that_does_not_answer_is_named_without_its_password(builder: Builds) -> None:
    builder.write(requirements__txt="webstead-not-in-any-cache\n")
    builder.environ |= {"PIP_INDEX_URL": "http://me:secret@127.0.0.1:9/simple", "UV_HTTP_RETRIES": "0"}
    builder.environ.pop("UV_DEFAULT_INDEX", None)
    builder.environ.pop("UV_INDEX_URL", None)
    with pytest.raises(BuildError) as caught:
        builder.build(REQUIREMENTS)
    assert caught.value.what.startswith("The package index cannot be reached: http://")
    assert "127.0.0.1:9/simple/" in caught.value.what
    assert "secret" not in json.dumps([caught.value.as_json(), [event.as_json() for event in builder.events]])


def test_a_wrong_hash_is_told(builder: Builds) -> None:
    builder.write(requirements__txt=f"six==1.16.0 --hash=sha256:{'0' * 64}\n")
    with pytest.raises(BuildError, match=r"The file of six==1\.16\.0 is not the one that its hash names"):
        builder.build(REQUIREMENTS)


def test_a_compilation_that_fails_names_the_missing_header(builder: Builds) -> None:
    extension = builder.project / "extension"
    extension.mkdir()
    (extension / "setup.py").write_text(
        "from setuptools import Extension, setup\n"
        "setup(name='extension', version='1', ext_modules=[Extension('extension', ['x.c'])])\n"
    )
    (extension / "x.c").write_text("#include <nowhere/lib.h>\n")
    builder.write(requirements__txt="./extension\n")
    with pytest.raises(BuildError) as caught:
        builder.build(REQUIREMENTS)
    assert "building it here failed: the C header nowhere/lib.h is missing" in caught.value.what
    assert "fatal error" in caught.value.detail


def test_requirements_from_powershell_are_read(builder: Builds) -> None:
    (builder.project / "requirements.txt").write_bytes("six==1.16.0\r\n".encode("utf-16"))
    environment = builder.build(REQUIREMENTS)
    assert builder.says(environment, "import six; print(six.__version__)") == "1.16.0"


def write_library(folder: Path, number: int) -> None:
    folder.mkdir(exist_ok=True)
    metadata = folder / "pyproject.toml"
    if not metadata.exists():  # that it stays as it is keeps uv from seeing the change by itself
        metadata.write_text('[project]\nname = "library"\nversion = "1"\n')
    (folder / "library.py").write_text(f"NUMBER = {number}\n")


def test_a_local_package_that_changes_is_installed_anew(builder: Builds) -> None:
    builder.write(requirements__txt="./source\n")
    for number in (1, 22):
        write_library(builder.project / "source", number)
        environment = builder.build(REQUIREMENTS)
        assert builder.says(environment, "import library; print(library.NUMBER)") == str(number)
        builder.build(REQUIREMENTS)
        assert builder.runner.calls == []


def test_an_editable_package_is_used_where_it_is(builder: Builds) -> None:
    builder.write(requirements__txt="-e ./source\n")
    write_library(builder.project / "source", 1)
    environment = builder.build(REQUIREMENTS)
    (builder.project / "source" / "library.py").write_text("NUMBER = 22\n")
    assert builder.build(REQUIREMENTS) == environment
    assert builder.runner.calls == []
    assert builder.says(environment, "import library; print(library.NUMBER)") == "22"


def test_a_local_package_of_a_lock_that_changes_is_installed_anew(builder: Builds) -> None:
    write_library(builder.project / "source", 1)
    builder.write(
        pyproject__toml='[project]\nname = "shop"\nversion = "1"\nrequires-python = ">=3.11"\n'
        'dependencies = ["library"]\n[tool.uv.sources]\nlibrary = { path = "./source" }\n'
    )
    uv_lock(builder.project)
    for number in (1, 22):
        write_library(builder.project / "source", number)
        environment = builder.build(LOCK)
        assert builder.says(environment, "import library; print(library.NUMBER)") == str(number)


def test_a_missing_input_is_a_build_error(builder: Builds) -> None:
    with pytest.raises(BuildError, match=r"The file requirements\.txt is missing"):
        builder.build(REQUIREMENTS)


def test_a_cache_that_cannot_be_written_is_told(builder: Builds) -> None:
    builder.cache.write_text("a file")
    with pytest.raises(BuildError, match="The folder for environments cannot be written") as caught:
        builder.build()
    assert "WEBSTEAD_CACHE_DIR" in caught.value.fix


def test_an_error_of_the_listener_is_not_blamed_on_the_cache(builder: Builds) -> None:
    class Closed(list[Event]):
        def append(self, event: Event) -> None:
            raise BrokenPipeError(32, "Broken pipe")

    builder.events = Closed()
    with pytest.raises(BrokenPipeError):
        builder.build()


def test_no_build_uses_what_is_there_and_refuses_what_is_not(builder: Builds) -> None:
    builder.write(requirements__txt="six\n")
    with pytest.raises(BuildError) as caught:
        builder.build(REQUIREMENTS, allow_build=False)
    assert "is not built" in caught.value.what
    assert f"webstead build {builder.project}" in caught.value.fix
    environment = builder.build(REQUIREMENTS)
    assert builder.build(REQUIREMENTS, allow_build=False) == environment


def test_a_folder_without_its_marker_is_rubbish_and_built_anew(builder: Builds) -> None:
    builder.write(requirements__txt="six\n")
    environment = builder.build(REQUIREMENTS)
    (environment.prefix / "webstead.json").unlink()
    (environment.prefix / "leftover").write_text("half")
    assert builder.build(REQUIREMENTS) == environment
    assert not (environment.prefix / "leftover").exists()
    assert builder.changed == [("environment", True), ("requirements", True)]


def test_an_environment_that_was_moved_does_not_count(builder: Builds, tmp_path: Path) -> None:
    builder.write(requirements__txt="six\n")
    builder.build(REQUIREMENTS)
    builder.cache.rename(tmp_path / "moved")
    builder.cache = tmp_path / "moved"
    environment = builder.build(REQUIREMENTS)
    assert environment.prefix.is_relative_to(tmp_path / "moved")
    assert ("requirements", True) in builder.changed


BUILD = """
import json, sys
from pathlib import Path
from webstead.build import perform
from webstead.plan.model import InstallStep, Plan, PythonChoice
project, cache = map(Path, sys.argv[1:])
steps = (InstallStep("environment", "e"), InstallStep("requirements", "r", path="requirements.txt"))
plan = Plan(PythonChoice(sys.executable, "cpython"), steps, None)
environment = perform(
    plan, project, cache, lambda e: print(json.dumps(e.as_json()), flush=True), allow_build=True
)
print(json.dumps({"event": "built", "prefix": str(environment.prefix)}), flush=True)
"""


def build_in_another_process(builder: Builds) -> subprocess.Popen[str]:
    words = [sys.executable, "-c", BUILD, str(builder.project), str(builder.cache)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)


def test_two_builds_of_one_environment_at_once_build_it_once(builder: Builds) -> None:
    builder.write(requirements__txt="flask\n")
    with build_in_another_process(builder) as one, build_in_another_process(builder) as two:
        outputs = [process.communicate(timeout=100)[0] for process in (one, two)]
    assert (one.returncode, two.returncode) == (0, 0)
    events = [[json.loads(line) for line in output.splitlines()] for output in outputs]
    changed = sorted(
        any(event.get("changed") for event in each if event["event"] == "step.done") for each in events
    )
    assert changed == [False, True]
    assert len({each[-1]["prefix"] for each in events}) == 1
    assert len(builder.environments()) == 1


def test_a_build_that_is_killed_leaves_nothing_that_is_used(builder: Builds) -> None:
    """kill -9 while a package builds: its child still holds the lock, and then the next build starts
    clean.
    """
    slow = builder.project / "slow"
    slow.mkdir()
    pipe = builder.project / "pipe"
    os.mkfifo(pipe)
    (slow / "setup.py").write_text(
        "import os\n"
        f"if os.path.exists({str(pipe)!r}):\n"
        f"    open({str(pipe)!r}, 'w').write(str(os.getpid()))\n"
        f"    open({str(pipe)!r}).read()\n"
        "from setuptools import setup\n"
        "setup(name='slow', version='1', py_modules=[])\n"
    )
    builder.write(requirements__txt="six\n./slow\n")
    with build_in_another_process(builder) as process:
        inside = int(pipe.read_text())
        process.send_signal(signal.SIGKILL)
        process.wait()
    (half,) = builder.environments()
    assert not (builder.cache / "environments" / half / "webstead.json").exists()
    pipe.unlink()
    waited = threading.Event()

    def kill_the_orphan() -> None:
        """The next build says that it waits; only then the orphaned child ends."""
        if waited.wait(60):
            psutil.Process(inside).kill()

    killer = threading.Thread(target=kill_the_orphan)
    killer.start()

    class Watching(list[Event]):
        def append(self, event: Event) -> None:
            super().append(event)
            if isinstance(event, Note):
                waited.set()

    builder.events = Watching()
    environment = builder.build(REQUIREMENTS)
    killer.join()
    assert waited.is_set()
    assert builder.says(environment, "import six; print('whole')") == "whole"
    assert builder.changed == [("environment", True), ("requirements", True)]


def test_ctrl_c_in_the_middle_removes_what_was_begun(builder: Builds) -> None:
    builder.write(requirements__txt="six\n")

    class Interrupting(list[Event]):
        def append(self, event: Event) -> None:
            if isinstance(event, StepOutput):
                raise KeyboardInterrupt

    builder.events = Interrupting()
    with pytest.raises(KeyboardInterrupt):
        builder.build(REQUIREMENTS)
    assert builder.environments() == []


def test_programs_are_found_in_the_environment_then_on_path(builder: Builds, tmp_path: Path) -> None:
    builder.write(requirements__txt="idna\n")
    environment = builder.build(REQUIREMENTS)
    assert program_path(environment, "python") == str(environment.python)
    assert program_path(environment, "python3") == str(environment.python)
    assert program_path(environment, "./run.sh") == "./run.sh"
    tool = tmp_path / "bin" / "tool"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\n")
    tool.chmod(0o755)
    assert program_path(environment, "tool", {"PATH": str(tool.parent)}) == str(tool)
    with pytest.raises(RuntimeMissing, match="`gunicorn` is not there"):
        program_path(environment, "gunicorn", {"PATH": str(tool.parent)})


def test_the_variables_put_the_environment_first(builder: Builds) -> None:
    environment = builder.build()
    variables = environment.variables({"PATH": "/usr/bin", "PYTHONHOME": "/x", "A": "1"})
    assert variables["PATH"].split(os.pathsep)[0] == str(environment.prefix / "bin")
    assert variables["PATH"].endswith(":/usr/bin")
    assert variables["VIRTUAL_ENV"] == str(environment.prefix)
    assert "PYTHONHOME" not in variables
    assert variables["A"] == "1"
