"""Conda environments, from a channel in a folder: they are solved, installed, activated and run for real."""

from __future__ import annotations

import dataclasses
import http.server
import json
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.conda_channel import PLACEHOLDER, PYTHON, SUBDIR, Channel
from tests.real.build.conftest import Builder
from webstead.build import Environment, perform, program_path
from webstead.effects.files import DiskTree
from webstead.errors import BuildError, WebsteadError
from webstead.events import StepOutput, StepProgress
from webstead.plan import Overrides, make_plan
from webstead.project.tree import IGNORED_FOLDERS

APP = "def application(environ, start_response): ...\n"
HELLO = "import os\ndef main(): print('hello', os.environ['LIB_HOME'])\n"


@pytest.fixture(scope="module")
def channel(tmp_path_factory: pytest.TempPathFactory) -> Channel:
    made = Channel(tmp_path_factory.mktemp("channel"))
    made.add_python()
    made.add(
        "hello",
        "1.0",
        depends=["python", "lib"],
        noarch="python",
        files={"site-packages/hello.py": HELLO},
        entry_points=["hello = hello:main"],
    )
    made.add("hello", "2.0", depends=["python", "gone >=3"], noarch="python")
    activate = 'export LIB_HOME="$CONDA_PREFIX/share"\necho "lib is here"\n'
    files = {"etc/conda/activate.d/lib.sh": activate, "share/place.txt": PLACEHOLDER}
    made.add("lib", kind=".tar.bz2", files=files)
    made.add("broken", files={"etc/conda/activate.d/broken.sh": "echo no such place; exit 3\n"})
    made.add("elsewhere", subdir="win-64")
    made.add("forged", files={"share/forged.txt": "1"}, truth=False)
    return made


@dataclasses.dataclass
class Conda:
    """A project with an environment file."""

    builder: Builder
    channel: Channel

    def write(self, *dependencies: str, channels: str = "", more: str = "") -> None:
        lines = "".join(f"- {line}\n" for line in dependencies)
        text = f"channels: [{channels or self.channel.url}]\ndependencies:\n{lines}{more}"
        self.builder.write(environment__yml=text, app__py=APP)

    def build(self, *, allow_build: bool = True) -> Environment:
        builder = self.builder
        builder.events.clear()
        builder.runner.calls.clear()
        plan = make_plan(DiskTree(builder.project, IGNORED_FOLDERS), Overrides(running=PYTHON))
        return perform(
            plan,
            builder.project,
            builder.cache,
            builder.events.append,
            allow_build=allow_build,
            runner=builder.runner,
            environ=builder.environ,
        )

    def fails(self) -> BuildError:
        with pytest.raises(BuildError) as caught:
            self.build()
        home = self.builder.cache / "environments"
        assert not any((home / name / "webstead.json").exists() for name in self.builder.environments())
        return caught.value


@pytest.fixture
def conda(builder: Builder, channel: Channel) -> Conda:
    return Conda(builder, channel)


def test_an_environment_is_solved_installed_activated_and_runs(conda: Conda) -> None:
    conda.write(f"python={PYTHON}", "hello=1", "pip: [six==1.16.0]", more="variables: {GREETING: good day}\n")
    environment = conda.build()
    prefix = environment.prefix
    source = (
        "import hello, os, six, sys; hello.main(); print(sys.prefix, six.__version__, os.environ['GREETING'])"
    )
    assert conda.builder.says(environment, source) == f"hello {prefix}/share\n{prefix} 1.16.0 good day"
    assert (prefix / "share/place.txt").read_text() == str(prefix)
    assert program_path(environment, "hello") == str(prefix / "bin/hello")
    variables = environment.variables({"PATH": "/usr/bin", "LIB_HOME": "mine", "VIRTUAL_ENV": "/x"})
    assert (variables["CONDA_PREFIX"], variables["LIB_HOME"]) == (str(prefix), "mine")
    assert variables["PATH"].split(":")[0] == str(prefix / "bin")
    record = json.loads((prefix / "webstead.json").read_text())
    assert record["python"]["version"] == ".".join(map(str, sys.version_info[:3]))
    explicit = (prefix / "conda-explicit.txt").read_text().splitlines()
    assert explicit[0] == "@EXPLICIT"
    names = [line.rpartition("/")[2].partition("#")[0] for line in explicit[1:]]
    assert sorted(names) == ["hello-1.0-0.conda", "lib-1.0-0.tar.bz2", f"python-{PYTHON}.99-0_cpython.conda"]
    lines = [event.line for event in conda.builder.events if isinstance(event, StepOutput)]
    assert f"Solving 2 packages for {SUBDIR}" in lines
    assert "lib is here" in lines
    counted = [event for event in conda.builder.events if isinstance(event, StepProgress)]
    assert (counted[-1].unit, counted[-1].done, counted[-1].total) == ("packages", 3, 3)


def test_what_is_built_needs_neither_channel_nor_rattler(
    conda: Conda, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own = Channel(tmp_path / "channel")
    own.add_python()
    conda.write("python", channels=own.url)
    first = conda.build()
    shutil.rmtree(own.folder)
    monkeypatch.setitem(sys.modules, "webstead.build.conda.engine", None)
    assert conda.build(allow_build=False) == first
    assert conda.builder.changed == [("conda", False)]
    assert conda.builder.runner.calls == []


def test_another_file_channel_or_override_is_another_environment(conda: Conda, tmp_path: Path) -> None:
    conda.write("python")
    environments = [conda.build().prefix]
    conda.write("python", "lib")
    environments.append(conda.build().prefix)
    conda.builder.environ["CONDA_OVERRIDE_CUDA"] = "12.0"
    environments.append(conda.build().prefix)
    assert len(set(environments)) == 3


def test_names_of_channels_are_seen_from_the_alias(conda: Conda) -> None:
    conda.builder.environ["CONDA_CHANNEL_ALIAS"] = conda.channel.folder.parent.as_uri()
    conda.write("python", channels=conda.channel.folder.name)
    assert conda.build().python.exists()


def test_a_channel_may_stand_in_the_project(conda: Conda) -> None:
    own = Channel(conda.builder.project / "channel")
    own.add_python()
    conda.write("python", channels="./channel")
    assert conda.build().python.exists()


def test_an_included_file_and_a_local_package_are_installed(conda: Conda) -> None:
    conda.builder.write(
        **{"more.txt": "six==1.16.0\n", "own/pyproject.toml": PYPROJECT, "own/own.py": "n = 1\n"}
    )
    conda.write("python", "pip: [-r more.txt, ./own]")
    first = conda.build()
    assert conda.builder.says(first, "import six, own; print(six.__version__, own.n)") == "1.16.0 1"
    conda.builder.write(**{"own/own.py": "n = 22\n"})
    second = conda.build()
    assert conda.builder.says(second, "import own; print(own.n)") == "22"


PYPROJECT = """\
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "own"
version = "1"
[tool.setuptools]
py-modules = ["own"]
"""


@pytest.mark.parametrize(
    ("dependencies", "what", "found", "fix"),
    [
        (["python", "nowhere"], "There is no package nowhere", "environment.yml:4: nowhere", "- pip:"),
        (
            ["python", "hello=2"],
            "There is no package gone of that version",
            "environment.yml:4: hello=2",
            "Check",
        ),
        (
            ["python", "elsewhere"],
            f"There is elsewhere for win-64, and none for {SUBDIR}",
            "",
            "one file for each",
        ),
        (["python", "numpy=>1"], "A line of environment.yml is no package", "yml:4: numpy=>1", "numpy=1.26"),
        (
            ["python=2.7"],
            "There is no package python of that version",
            "environment.yml:3: python=2.7",
            "Check",
        ),
        (
            ["python", "broken"],
            "An activation script of a conda package failed",
            "broken.sh",
            "another version",
        ),
    ],
)
def test_what_cannot_be_installed_is_explained(
    conda: Conda, dependencies: list[str], what: str, found: str, fix: str
) -> None:
    conda.write(*dependencies)
    error = conda.fails()
    assert error.what.startswith(what)
    assert found in error.found
    assert fix in error.fix


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("http://127.0.0.1:1/channel", "The channel cannot be reached: http://127.0.0.1:1/channel"),
        ("file:///nowhere/channel", "There is no such channel: file:///nowhere/channel"),
    ],
)
def test_a_channel_that_is_not_there_is_named(conda: Conda, url: str, what: str) -> None:
    conda.write("python", channels=url)
    assert conda.fails().what.startswith(what)


def test_without_its_part_webstead_says_what_to_install(
    conda: Conda, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "webstead.build.conda.engine", None)
    conda.write("python")
    assert "pip install 'webstead[conda]'" in conda.fails().fix


def test_a_configuration_that_is_none_is_named(conda: Conda, tmp_path: Path) -> None:
    (tmp_path / "condarc").write_text("- a\n")
    conda.builder.environ["CONDARC"] = str(tmp_path / "condarc")
    conda.write("python")
    with pytest.raises(WebsteadError) as caught:
        conda.build()
    assert caught.value.what == "conda's configuration cannot be read"


@pytest.fixture
def served(channel: Channel) -> Iterator[str]:
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(channel.folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_over_http_bytes_are_counted_and_what_was_fetched_serves_offline(conda: Conda, served: str) -> None:
    conda.write("python", "hello=1", channels=served)
    conda.build()
    units = {event.unit for event in conda.builder.events if isinstance(event, StepProgress)}
    assert "packages" in units
    conda.builder.environ["CONDA_OFFLINE"] = "1"
    shutil.rmtree(conda.builder.cache / "environments")
    assert conda.build().python.exists()
    conda.write("python", "forged", channels=served)
    error = conda_error(conda.build)
    assert error.what == "A package has to be downloaded, and the network is switched off"
    assert "forged-1.0-0.conda" in error.found


def test_a_package_whose_hash_differs_is_refused(conda: Conda, served: str) -> None:
    conda.write("python", "forged", channels=served)
    assert conda.fails().what.startswith("A package is not the one that its channel's list names")


def conda_error(build: Callable[[], object]) -> BuildError:
    with pytest.raises(BuildError) as caught:
        build()
    return caught.value


def lock(channel: Channel, platform: str) -> str:
    records = [
        (name, version, path, record["md5"], record["sha256"])
        for path, name, version in (
            (f"{SUBDIR}/python-{PYTHON}.99-0_cpython.conda", "python", f"{PYTHON}.99"),
            (f"{SUBDIR}/lib-1.0-0.tar.bz2", "lib", "1.0"),
        )
        for record in [repodata(channel)[path.rpartition("/")[2]]]
    ]
    head = f"version: 1\nmetadata:\n  content_hash: {{{platform}: abc}}\n  channels: []\n"
    head += f"  platforms: [{platform}]\n  sources: [environment.yml]\npackage:\n"
    return head + "".join(
        f"- {{name: {name}, version: '{version}', manager: conda, platform: {platform}, dependencies: {{}}, "
        f"url: '{channel.url}/{path}', hash: {{md5: '{md5}', sha256: '{sha256}'}}, category: main, "
        "optional: false}\n"
        for name, version, path, md5, sha256 in records
    )


def repodata(channel: Channel) -> dict[str, dict[str, object]]:
    data = json.loads((channel.folder / SUBDIR / "repodata.json").read_text())
    return {**data["packages"], **data["packages.conda"]}


def test_a_lock_is_installed_as_it_is(conda: Conda) -> None:
    conda.write("python", "hello=2")
    conda.builder.write(**{"conda-lock.yml": lock(conda.channel, SUBDIR)})
    environment = conda.build()
    assert (environment.prefix / "share/place.txt").exists()
    assert sorted(path.stem for path in (environment.prefix / "conda-meta").glob("*.json")) == [
        "lib-1.0-0",
        f"python-{PYTHON}.99-0_cpython",
    ]


def test_a_lock_for_another_platform_says_which_it_has(conda: Conda) -> None:
    conda.builder.write(**{"conda-lock.yml": lock(conda.channel, "osx-64"), "app.py": APP})
    error = conda.fails()
    assert error.what == f"conda-lock.yml has no packages for {SUBDIR}"
    assert error.found == "it is locked for osx-64"
    assert error.fix.endswith(f"--platform {SUBDIR}")
