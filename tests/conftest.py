"""What all rings share: each session of tests has its own homes of sites, and one cache of environments."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.turns import Turns, group_of

REPOSITORY = Path(__file__).parents[1]


def pytest_configure(config: pytest.Config) -> None:
    """The workers of a run share their turns."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = REPOSITORY / ".cache" / "turns"
        folder.mkdir(parents=True, exist_ok=True)
        config.pluginmanager.register(Turns(folder), "turns")


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if (group := group_of(item)) is not None:
            item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(scope="session", autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nothing of the person who runs the tests is used; environments are kept between runs, in .cache."""
    patch = pytest.MonkeyPatch()
    patch.setenv("WEBSTEAD_CACHE_DIR", str(REPOSITORY / ".cache" / "test-environments"))
    patch.setenv("WEBSTEAD_STATE_DIR", str(tmp_path_factory.mktemp("state")))
    for name in ("WEBSTEAD_PORT", "WEBSTEAD_HOST", "VIRTUAL_ENV", "PYTHONPATH"):
        patch.delenv(name, raising=False)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test whose program is missing fails under CI; elsewhere it is left out, and the summary says so."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"])
    needed = [program for mark in item.iter_markers("needs") for program in mark.args]
    missing = [program for program in needed if shutil.which(program, path=path) is None]
    if missing and not os.environ.get("CI"):
        pytest.skip(f"needs {', '.join(missing)}, which is not installed (see scripts/servers)")
