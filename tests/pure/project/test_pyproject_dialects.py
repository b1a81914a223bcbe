"""pyproject.toml as each tool writes it: what is installed for production, and by which words."""

from __future__ import annotations

import pytest

from webstead.project.manifests import Index, Manifest, Manifests, read_manifests
from webstead.project.tree import MemoryTree


def read(pyproject: str, **others: str) -> Manifests:
    files = {name.replace("__", "."): text for name, text in others.items()}
    return read_manifests(MemoryTree({"pyproject.toml": pyproject, **files}))


def chosen(pyproject: str, **others: str) -> Manifest:
    found = read(pyproject, **others).chosen
    assert found is not None
    return found


def poetry(*lines: str, more: str = "") -> Manifests:
    head = '[tool.poetry]\nname = "shop"\n[tool.poetry.dependencies]\npython = "^3.11"\n'
    return read("\n".join([head, *lines, more]))


@pytest.mark.parametrize(
    ("line", "requirement"),
    [
        ('flask = "^3.0"', "flask>=3.0,<4"),
        ('flask = "*"', "flask"),
        ('Flask = { version = "~3.0", extras = ["async", "dotenv"] }', "Flask[async,dotenv]>=3.0,<3.1"),
        ('flask = { version = "3.*", python = ">=3.9" }', "flask==3.* ; python_version >= '3.9'"),
        (
            'flask = { version = "3.*", python = "<3.9 || >=3.11", platform = "linux" }',
            "flask==3.* ; (python_version < '3.9' or python_version >= '3.11') and sys_platform == 'linux'",
        ),
        ("flask = { version = '*', markers = \"os_name == 'nt'\" }", 'flask ; os_name == "nt"'),
        ('flask = { version = "^3", allow-prereleases = true }', "flask>=3,<4,>=0.dev0"),
        ('flask = { git = "https://example.org/flask.git" }', "flask @ git+https://example.org/flask.git"),
        (
            'flask = { git = "git@example.org:pallets/flask.git", tag = "3.0", subdirectory = "src" }',
            "flask @ git+ssh://git@example.org/pallets/flask.git@3.0#subdirectory=src",
        ),
        ('flask = { url = "https://example.org/f.whl" }', "flask @ https://example.org/f.whl"),
        ('flask = { path = "libs/flask" }', "./libs/flask"),
        ('flask = { path = "./libs/flask", develop = true }', "-e ./libs/flask"),
        ('flask = { file = "wheels/flask-3-py3-none-any.whl" }', "./wheels/flask-3-py3-none-any.whl"),
    ],
)
def test_a_dependency_of_poetry_is_a_requirement(line: str, requirement: str) -> None:
    found = poetry(line)
    assert found.findings == ()
    assert found.chosen is not None
    assert (found.chosen.kind, found.chosen.lines) == ("poetry", (requirement,))
    assert [(item.name, item.evidence.line) for item in found.listed] == [("flask", 6)]


def test_groups_and_what_is_optional_are_not_installed() -> None:
    found = poetry(
        'flask = "^3"',
        'redis = { version = "^5", optional = true }',
        more='[tool.poetry.extras]\ncache = ["redis"]\n[tool.poetry.group.dev.dependencies]\npytest = "*"\n'
        '[tool.poetry.dev-dependencies]\nblack = "*"\n[dependency-groups]\ntest = ["tox"]',
    )
    assert [item.name for item in found.listed] == ["flask"]


def test_one_package_may_have_several_constraints() -> None:
    found = poetry('numpy = [{ version = "^1", python = "<3.12" }, { version = "^2", python = ">=3.12" }]')
    assert found.chosen is not None
    assert found.chosen.lines == (
        "numpy>=1,<2 ; python_version < '3.12'",
        "numpy>=2,<3 ; python_version >= '3.12'",
    )


def test_a_dependency_may_have_a_table_of_its_own() -> None:
    found = poetry(more='[tool.poetry.dependencies.celery]\nversion = ">=5"\n')
    assert [(item.text, item.evidence.line) for item in found.listed] == [("celery>=5", 6)]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('flask = "latest"', "has no constraint of Poetry's (latest)"),
        ("flask = 3", "has no constraint of Poetry's (int)"),
        ('flask = { path = "a\\nb" }', "has a path that is none"),
        ('flask = { path = "../flask" }', "which is outside the project"),
        ('flask = { git = "flask" }', "has an address that is none"),
        ('flask = { url = "https://example.org/a b" }', "has an address that is none"),
        ('flask = { version = "*", markers = "linux" }', "has a condition that is none"),
        ('flask = { version = "*", python = "new" }', "has a condition that is none"),
        ('flask = "1.2.1 || 1.4.7"', "is installed as >=1.2.1,<1.4.8"),
        ('"fl ask" = "*"', "is no name of a package"),
    ],
)
def test_what_cannot_be_converted_is_said_with_its_line(line: str, words: str) -> None:
    (finding,) = poetry(line).findings
    assert words in finding.text
    assert finding.text.startswith("pyproject.toml:6: ")
    assert finding.fix


def test_repositories_of_poetry_are_asked_and_pypi_stays_what_it_is() -> None:
    found = poetry(
        'flask = "*"',
        more='[[tool.poetry.source]]\nname = "PyPI"\nurl = "https://pypi.org/simple"\n'
        '[[tool.poetry.source]]\nname = "ours"\nurl = "https://example.org/simple"\npriority = "explicit"\n'
        '[[tool.poetry.source]]\nname = "first"\nurl = "https://example.com/simple"\ndefault = true\n',
    )
    assert found.chosen is not None
    assert found.chosen.lines == ("flask",)
    assert found.chosen.indexes == (
        Index("PyPI", "https://pypi.org/simple"),
        Index("ours", "https://example.org/simple"),
        Index("first", "https://example.com/simple", default=True),
    )


POETRY_2 = '[project]\nname = "shop"\ndependencies = ["flask>=3", "ours"]\n'


def test_poetry_2_lists_in_project_and_says_elsewhere_where_from() -> None:
    found = chosen(POETRY_2 + '[tool.poetry.dependencies]\nours = { path = "libs/ours" }\nother = "^1"\n')
    assert (found.kind, found.lines) == ("pyproject", ("flask>=3", "./libs/ours"))


def test_poetry_2_without_more_to_say_is_read_by_uv_itself() -> None:
    found = chosen(POETRY_2 + '[tool.poetry.dependencies]\nours = { version = "*", optional = true }\n')
    assert (found.kind, found.lines) == ("pyproject", None)


@pytest.mark.parametrize("project", ["", 'dynamic = ["dependencies"]\n', 'dynamic = ["version"]\n'])
def test_poetry_2_may_keep_them_in_its_own_table(project: str) -> None:
    found = read(f'[project]\nname = "shop"\n{project}[tool.poetry.dependencies]\nflask = "^3"\n')
    assert [(each.kind, each.lines) for each in found.found] == [("poetry", ("flask>=3,<4",))]


def test_sources_of_pdm_are_asked() -> None:
    more = '[[tool.pdm.source]]\nname = "ours"\nurl = "https://example.org/simple"\nverify_ssl = false\n'
    more += '[tool.pdm.dev-dependencies]\ntest = ["pytest"]\n'
    more += '[[tool.pdm.source]]\ntype = "find_links"\nurl = "https://example.org/links"\n'
    found = chosen(POETRY_2 + more)
    assert found.lines == ("--find-links https://example.org/links", "flask>=3", "ours")
    assert found.indexes == (Index("ours", "https://example.org/simple", verified=False),)


@pytest.mark.parametrize(
    "more",
    [
        '[tool.hatch.envs.default]\ndependencies = ["pytest"]\n',
        '[dependency-groups]\ndev = ["pytest"]\n',
        '[project.optional-dependencies]\ntest = ["pytest"]\n',
        '[tool.uv]\ndev-dependencies = ["pytest"]\n',
    ],
)
def test_what_developers_need_is_not_installed(more: str) -> None:
    found = chosen(POETRY_2 + more)
    assert [item.name for item in found.listed] == ["flask", "ours"]
    assert found.lines is None


def test_sources_of_uv_are_uvs_to_read() -> None:
    more = '[tool.uv.sources]\nours = { path = "libs/ours" }\n'
    more += '[tool.poetry.dependencies]\nours = { path = "x" }\n'
    assert chosen(POETRY_2 + more).lines is None


def test_flits_old_metadata() -> None:
    found = chosen('[tool.flit.metadata]\nmodule = "shop"\nrequires = ["flask >=3", "idna"]\n')
    assert (found.kind, found.lines) == ("pyproject", ("flask >=3", "idna"))


DYNAMIC = '[project]\nname = "shop"\ndynamic = ["dependencies"]\n'


@pytest.mark.parametrize(
    "table",
    [
        '[tool.setuptools.dynamic]\ndependencies = { file = ["in.txt"] }\n',
        '[tool.setuptools.dynamic.dependencies]\nfile = "in.txt"\n',
        '[tool.hatch.metadata.hooks.requirements_txt]\nfiles = ["in.txt"]\n',
        '[tool.hatch.metadata.hooks.requirements_txt]\nfilename = "in.txt"\n',
    ],
)
def test_dynamic_dependencies_are_read_from_the_files_that_the_backend_reads(table: str) -> None:
    found = chosen(DYNAMIC + table, in__txt="flask==3.0  # the web\nidna\n")
    assert (found.kind, found.lines, found.computed) == ("pyproject", ("flask==3.0", "idna"), False)
    assert found.files == ("pyproject.toml", "in.txt")
    assert [item.evidence.where for item in found.listed] == ["in.txt:1", "in.txt:2"]


def test_a_dynamic_file_that_is_not_there_is_said() -> None:
    (finding,) = read(DYNAMIC + '[tool.setuptools.dynamic]\ndependencies = { file = ["in.txt"] }\n').findings
    assert "pyproject.toml:5 takes its dependencies from in.txt, which does not exist" in finding.text


def test_setuptools_takes_what_is_dynamic_from_setup_py() -> None:
    script = "from setuptools import setup\nsetup(install_requires=['flask'])\n"
    found = read(DYNAMIC, setup__py=script)
    assert [(each.kind, each.path, each.lines) for each in found.found] == [("setup", "setup.py", ("flask",))]


def test_what_only_the_backend_knows_is_left_to_it_and_said() -> None:
    found = read(DYNAMIC + '[build-system]\nbuild-backend = "hatchling.build"\n', requirements__in="flask")
    assert found.of("pyproject") is not None
    manifest = next(each for each in found.found if each.kind == "pyproject")
    assert (manifest.computed, manifest.listed) == (True, ())
    assert manifest.files == ("pyproject.toml", "requirements.in")
    assert any(
        "pyproject.toml:3 leaves its dependencies to hatchling.build" in f.text for f in found.findings
    )


def test_toml_that_is_nested_too_deeply_is_a_finding() -> None:
    (finding,) = read(f"a = {'[' * 5000}").findings
    assert "pyproject.toml is not valid TOML" in finding.text
