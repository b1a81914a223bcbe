"""Builds that may not ask a package index: from folders of wheels and from uv's cache, and what they lack."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from tests.package_index import PackageIndex, package_index, wheel
from webstead.build import Environment
from webstead.errors import BuildError
from webstead.plan.model import InstallStep

ASKS = InstallStep("requirements", "requirements", "requirements.txt", (), ("requirements.txt",))
VERSIONS = "import first, second; print(first.VERSION, second.VERSION)"


class Builds(Protocol):
    """`conftest.Builder`, as the tests see it."""

    project: Path
    cache: Path
    environ: dict[str, str]

    def write(self, **files: str) -> None: ...

    def environments(self) -> list[str]: ...

    def says(self, environment: Environment, source: str) -> str: ...

    def build(self, *steps: InstallStep) -> Environment: ...


@pytest.fixture
def index(tmp_path: Path, builder: Builds) -> Iterator[PackageIndex]:
    """The only one that the builds know, with a cache of uv that is theirs."""
    kept = ("PATH", "LANG", "TMPDIR")
    builder.environ = {name: os.environ[name] for name in kept if name in os.environ}
    builder.environ |= {"UV_CACHE_DIR": str(tmp_path / "uv"), "HOME": str(tmp_path)}
    with package_index(tmp_path / "index") as served:
        builder.environ["PIP_INDEX_URL"] = served.url
        yield served


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    folder = tmp_path / "wheels"
    folder.mkdir()
    wheel(folder, "first", needs="second")
    wheel(folder, "second", "2.0")
    return folder


def test_preloaded_wheels_are_taken_without_an_index(
    builder: Builds, index: PackageIndex, wheels: Path
) -> None:
    builder.write(requirements__txt="first\n")
    builder.environ |= {"PYTHON_PRELOADED_WHEELS_DIR": str(wheels), "PIP_NO_INDEX": "1"}
    assert builder.says(builder.build(ASKS), VERSIONS) == "1.0 2.0"
    assert index.asked == []


def test_a_folder_that_the_requirements_name_is_taken_without_an_index(
    builder: Builds, index: PackageIndex, wheels: Path
) -> None:
    wheels.rename(builder.project / "wheelhouse")
    builder.write(requirements__txt="--no-index\n--find-links wheelhouse\nfirst\n")
    assert builder.says(builder.build(ASKS), VERSIONS) == "1.0 2.0"
    assert index.asked == []


def test_without_an_index_all_that_is_missing_is_named(
    builder: Builds, index: PackageIndex, wheels: Path
) -> None:
    builder.write(requirements__txt="first\nthird==3.0\nfourth>=4\n")
    builder.environ |= {"PIP_FIND_LINKS": str(wheels), "PIP_NO_INDEX": "true"}
    with pytest.raises(BuildError) as caught:
        builder.build(ASKS)
    assert caught.value.found.splitlines() == [
        "not here: third==3.0 (requirements.txt:2)",
        "not here: fourth>=4 (requirements.txt:3)",
    ]
    assert "the package index is switched off" in caught.value.what
    assert index.asked == []
    assert builder.environments() == []


def test_offline_builds_from_the_cache_and_names_all_that_is_not_there(
    builder: Builds, index: PackageIndex
) -> None:
    index.add("first", needs="second")
    index.add("second", "2.0")
    index.add("third")
    builder.write(requirements__txt="first\nsecond\n")
    builder.build(ASKS)
    asked = len(index.asked)
    builder.environ["UV_OFFLINE"] = "1"
    builder.write(requirements__txt="second\nfirst\n")  # other bytes, so another environment
    assert builder.says(builder.build(ASKS), VERSIONS) == "1.0 2.0"
    builder.write(requirements__txt="third\nfirst\nfourth\n")
    with pytest.raises(BuildError) as caught:
        builder.build(ASKS)
    assert "the network is switched off" in caught.value.what
    assert caught.value.found.splitlines() == [
        "not here: third (requirements.txt:1)",
        "not here: fourth (requirements.txt:3)",
    ]
    assert len(index.asked) == asked
