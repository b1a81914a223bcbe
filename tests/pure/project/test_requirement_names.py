"""Requirements files of other names: which is taken, and what is said."""

from __future__ import annotations

import pytest

from webstead.plan import make_plan
from webstead.project import Evidence, read_project
from webstead.project.manifests import Manifests, read_manifests
from webstead.project.stated import Stated
from webstead.project.tree import MemoryTree

SETTING = "CUSTOM_REQUIREMENTSTXT_PATH"


def read(*paths: str, named: str = "") -> Manifests:
    stated = Stated(SETTING, named, Evidence("build.env", 1, "sets it")) if named else None
    tree = MemoryTree({path: f"{path.replace('/', '-').partition('.')[0]}\n" for path in paths})
    return read_manifests(tree, ".", stated)


@pytest.mark.parametrize(
    ("paths", "taken"),
    [
        (("requirements/production.txt", "requirements/base.txt", "requirements/dev.txt"), 0),
        (("requirements/prod.txt", "requirements/dev.txt"), 0),
        (("requirements/base.txt", "requirements/test.txt"), 0),
        (("requirements-prod.txt", "requirements-dev.txt"), 0),
        (("requirements_prod.txt", "requirements.in"), 0),
        (("prod-requirements.txt",), 0),
        (("Requirements/Base.txt",), 0),
        (("requirements/requirements.txt",), 0),
        (("reqs.txt", "dev-reqs.txt"), 0),
        (("requirements.pip",), 0),
        (("requirements.in", "requirements-dev.in"), 0),
        (("reqs/base.txt",), 0),
    ],
)
def test_the_file_for_production_is_taken(paths: tuple[str, ...], taken: int) -> None:
    found = read(*paths).chosen
    assert found is not None
    assert (found.kind, found.path) == ("requirements", paths[taken])


def test_the_plain_name_goes_before_all() -> None:
    found = read("requirements.txt", "requirements/production.txt", "requirements.in")
    assert found.chosen is not None
    assert (found.chosen.path, found.findings) == ("requirements.txt", ())


def test_another_manifest_goes_before_a_file_of_another_name() -> None:
    tree = MemoryTree({"Pipfile": '[packages]\nflask = "*"\n', "requirements-prod.txt": "django\n"})
    found = read_manifests(tree)
    assert [each.kind for each in found.found] == ["pipfile"]


def test_what_is_not_taken_is_named_with_the_setting_that_takes_it() -> None:
    (finding,) = read("requirements/prod.txt", "requirements/base.txt", "requirements/dev.txt").findings
    assert finding.text == "requirements/prod.txt is installed; requirements/base.txt is not."
    assert f"{SETTING}=requirements/base.txt" in finding.fix


def test_a_file_that_the_other_includes_is_taken_with_it() -> None:
    tree = MemoryTree({"requirements/prod.txt": "-r base.txt\n", "requirements/base.txt": "flask\n"})
    found = read_manifests(tree)
    assert found.has("flask")
    assert found.findings == ()


def test_what_is_not_compiled_is_installed_and_said() -> None:
    (finding,) = read("requirements.in").findings
    assert "requirements.in is installed as it is" in finding.text
    assert finding.fix == "Fix them: uv pip compile requirements.in -o requirements.txt"


@pytest.mark.parametrize("path", ["requirements-dev.txt", "requirements/test.txt", "dev-requirements.txt"])
def test_what_is_for_developers_is_not_taken_but_named(path: str) -> None:
    found = read(path)
    assert found.chosen is None
    (finding,) = found.findings
    assert finding.text == f"{path} is for developers: it is not installed."
    assert f"{SETTING}={path}" in finding.fix


def test_a_strange_name_is_named() -> None:
    (finding,) = read("requirements_for_the_shop.txt").findings
    assert "has a name that nothing reads" in finding.text


def test_the_setting_goes_before_all() -> None:
    found = read("requirements.txt", "uv.lock", "pyproject.toml", "deploy/all.txt", named="./deploy\\all.txt")
    assert found.chosen is not None
    assert (found.chosen.kind, found.chosen.path) == ("requirements", "deploy/all.txt")
    assert found.chosen.why == f"{SETTING} of build.env:1 names it"
    assert not found.has("requirements")


@pytest.mark.parametrize("named", ["gone.txt", "../other.txt", "/etc/passwd"])
def test_a_setting_that_names_nothing_is_said_and_takes_no_other(named: str) -> None:
    found = read("requirements.txt", named=named)
    assert found.chosen is not None
    assert found.chosen.listed == ()
    (finding,) = found.findings
    assert f"{SETTING} is {named} in build.env:1, and the project has no such file" in finding.text
    assert f"unset {SETTING}" in finding.fix


@pytest.mark.parametrize(
    ("paths", "taken"),
    [
        (("api/requirements/prod.txt", "api/requirements/dev.txt"), "api/requirements/prod.txt"),
        (("api/requirements-prod.txt",), "api/requirements-prod.txt"),
        (("api/requirements.in", "requirements-dev.txt"), "api/requirements.in"),
        (("requirements/prod.txt", "api/requirements.txt"), "requirements/prod.txt"),
        (("api/Pipfile",), "api/Pipfile"),
        (("a/requirements/prod.txt", "b/requirements/prod.txt"), None),
        (("docs/requirements.in",), None),
    ],
)
def test_the_only_folder_that_has_one(paths: tuple[str, ...], taken: str | None) -> None:
    found = read_project(MemoryTree(dict.fromkeys(paths, ""))).manifests.chosen
    assert (found.path if found else None) == taken


@pytest.mark.parametrize(
    ("setting", "path"), [("deploy.txt", "deploy.txt"), ("", "requirements.txt"), ("  ", "requirements.txt")]
)
def test_the_plan_installs_what_the_setting_names(setting: str, path: str) -> None:
    env = f"{SETTING}={setting}\n"
    files = {"build.env": env, "deploy.txt": "flask\n", "requirements.txt": "flask\n"}
    plan = make_plan(MemoryTree({**files, "app.py": "from flask import Flask\napp = Flask(__name__)\n"}))
    assert [step.path for step in plan.install if step.kind == "requirements"] == [path]
    assert plan.warnings == ()
