"""Manifests: which is read, which are only named."""

from __future__ import annotations

import pytest

from webstead.project.manifests import Manifests, read_manifests
from webstead.project.manifests.uv_lock import member_of
from webstead.project.tree import MemoryTree

PEP_621 = '[project]\nname = "shop"\ndependencies = ["Flask>=3", "uvicorn[standard]"]\n'


def manifests(**files: str) -> Manifests:
    return read_manifests(MemoryTree({name.replace("__", "."): text for name, text in files.items()}))


def test_pep_621_dependencies_have_lines() -> None:
    found = manifests(pyproject__toml=PEP_621)
    assert found.any
    assert [(item.name, item.evidence.line) for item in found.listed] == [("flask", 3), ("uvicorn", 3)]


def test_a_lock_counts_for_what_the_listed_ones_need() -> None:
    lock = 'version = 1\n[[package]]\nname = "Werkzeug"\nversion = "3"\n'
    found = manifests(pyproject__toml=PEP_621, uv__lock=lock)
    assert found.of("lock") is not None
    assert found.has("werkzeug")
    assert not found.has("django")


WORKSPACE_LOCK = """version = 1
[[package]]
name = "web"
source = { virtual = "apps/web" }
[[package]]
name = "core"
source = { editable = "libs/core" }
[[package]]
name = "core-tests"
source = { editable = "libs/core/tests" }
[[package]]
name = "shop"
source = { virtual = "." }
"""


def test_the_members_of_a_workspace_are_read_with_its_lock() -> None:
    files = {"pyproject.toml": "", "uv.lock": WORKSPACE_LOCK, "apps/web/pyproject.toml": PEP_621}
    found = read_manifests(MemoryTree(files)).of("lock")
    assert found is not None
    assert found.files == ("uv.lock", "pyproject.toml", "apps/web/pyproject.toml")
    assert [item.evidence.where for item in found.listed] == ["apps/web/pyproject.toml:3"] * 2


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("apps/web", "web"),
        ("apps/web/src", "web"),
        ("apps/website", None),
        (".", None),
        ("libs/core/tests/x", "core-tests"),
    ],
)
def test_which_member_of_a_workspace_a_folder_is_of(folder: str, name: str | None) -> None:
    assert member_of("uv.lock", WORKSPACE_LOCK.encode(), folder) == name


def test_a_lock_without_its_pyproject_is_none() -> None:
    assert manifests(uv__lock="version = 1\n").of("lock") is None


def test_a_broken_pyproject_is_a_finding() -> None:
    (finding,) = manifests(pyproject__toml="[project\n").findings
    assert "pyproject.toml is not valid TOML" in finding.text


def test_an_unsupported_manifest_beside_a_read_one_is_not_mentioned() -> None:
    assert read_manifests(MemoryTree({"setup.py": "", "requirements.txt": "flask\n"})).findings == ()


PIXI = """[workspace]
name = "shop"
[dependencies]
python = "3.12.*"
flask = "*"
[pypi-dependencies]
six = "*"
"""


def test_pixi_is_named_with_what_it_asks_for_and_the_way_on() -> None:
    (finding,) = manifests(pixi__toml=PIXI).findings
    assert finding.text.startswith("pixi.toml:3 is pixi's, which is not installed from")
    assert "without python, flask, six" in finding.text
    assert "pixi workspace export conda-environment environment.yml" in finding.fix


def test_pixi_beside_a_manifest_is_for_developers() -> None:
    assert manifests(pixi__toml=PIXI, requirements__txt="flask\n").findings == ()


def test_conda_packages_of_a_pyproject_are_named() -> None:
    more = '[tool.pixi.dependencies]\npython = "*"\nflask = "*"\n'
    assert manifests(pyproject__toml=PEP_621 + more).findings == ()
    (finding,) = manifests(pyproject__toml=PEP_621 + more + 'gdal = "*"\n').findings
    assert finding.text.startswith("pyproject.toml:4 is pixi's")


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("requirments.txt", "requirements.txt"),
        ("requirememts.txt", "requirements.txt"),
        ("pyproject.tml", "pyproject.toml"),
        ("Procfile.txt", "Procfile"),
        ("Procfiles", "Procfile"),
        ("Pipfile.txt", "Pipfile"),
        ("runtimes.txt", "runtime.txt"),
        ("python-version.txt", ".python-version"),
        (".python_version", ".python-version"),
        ("start-up.txt", "startup.txt"),
        ("startups.sh", "startup.sh"),
        ("environments.yml", "environment.yml"),
        ("web.confg", "web.config"),
        ("appsvc.yml", "appsvc.yaml"),
    ],
)
def test_each_misspelt_name_has_its_right_one(wrong: str, right: str) -> None:
    found = read_manifests(MemoryTree({wrong: "flask\n"})).findings
    assert any(f"mv {wrong} {right}" in finding.fix for finding in found)
    both = read_manifests(MemoryTree({wrong: "flask\n", right: ""})).findings
    assert not any(f"mv {wrong}" in finding.fix for finding in both)


@pytest.mark.parametrize(
    "name",
    [
        "requirements-dev.txt",
        "requirements.in",
        "web.debug.config",
        "setup.cfg",
        "environment-dev.yml",
        "startup.bat",
    ],
)
def test_a_name_of_its_own_is_not_misspelt(name: str) -> None:
    assert not any("mv " in finding.fix for finding in read_manifests(MemoryTree({name: ""})).findings)


@pytest.mark.parametrize("name", ["requirement.txt", "requirments.txt", "Requirements.tx", "requirements"])
def test_misspelt_names_are_named(name: str) -> None:
    (finding,) = read_manifests(MemoryTree({name: "flask\n"})).findings
    assert f"mv {name} requirements.txt" in finding.fix


def test_the_case_of_a_name_does_not_count() -> None:
    assert read_manifests(MemoryTree({"Requirements.txt": "flask\n"})).has("flask")


def test_only_the_asked_folder_is_read() -> None:
    tree = MemoryTree({"requirements.txt": "flask\n", "api/requirements.txt": "fastapi\n"})
    assert read_manifests(tree, "api").has("fastapi")
    assert not read_manifests(tree).has("fastapi")
