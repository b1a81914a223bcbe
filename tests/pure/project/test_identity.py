"""What a project calls itself: its name, version and entry points."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.project import MemoryTree
from webstead.project.identity import MAX_ENTRY_POINTS, Identity, read_identity


def of(**files: str) -> Identity | None:
    tree = {name.replace("_", "."): text for name, text in files.items()}
    return read_identity(MemoryTree(tree), ".")


@pytest.mark.parametrize(
    ("files", "identity"),
    [
        (
            {"pyproject_toml": '[project]\nname = "Tea-House"\nversion = "1.2"\n'},
            Identity("Tea-House", "1.2", "pyproject.toml"),
        ),
        (
            {"pyproject_toml": '[project]\nname = "tea"\ndynamic = ["version"]\n'},
            Identity("tea", "0", "pyproject.toml"),
        ),
        (
            {
                "pyproject_toml": '[project]\nname = "tea"\nversion = "1"\n'
                '[project.scripts]\nbrew = "tea:main"\n'
                '[project.entry-points."paste.app_factory"]\nmain = "tea.web:make"\n'
            },
            Identity(
                "tea",
                "1",
                "pyproject.toml",
                (("console_scripts", "brew = tea:main"), ("paste.app_factory", "main = tea.web:make")),
            ),
        ),
        (
            {
                "pyproject_toml": '[tool.poetry]\nname = "tea"\nversion = "2"\n'
                '[tool.poetry.plugins."tea.kinds"]\ngreen = "tea.kinds:Green"\n'
            },
            Identity("tea", "2", "pyproject.toml", (("tea.kinds", "green = tea.kinds:Green"),)),
        ),
        (
            {
                "setup_cfg": "[metadata]\nname = tea\nversion = attr: tea.__version__\n"
                "[options.entry_points]\nconsole_scripts =\n    Brew = tea:main\n"
            },
            Identity("tea", "0", "setup.cfg", (("console_scripts", "Brew = tea:main"),)),
        ),
        (
            {
                "setup_py": "from setuptools import setup\nNAME = 'tea'\n"
                "points = {'paste.app_factory': ['main = tea:main']}\n"
                "setup(name=NAME, version='0.3', entry_points=points)\n"
            },
            Identity("tea", "0.3", "setup.py", (("paste.app_factory", "main = tea:main"),)),
        ),
        (
            {
                "setup_py": "from setuptools import setup\n"
                "setup(name='tea', version='1', entry_points='''\n"
                "[paste.app_factory]\nmain = tea:main\n''')\n"
            },
            Identity("tea", "1", "setup.py", (("paste.app_factory", "main = tea:main"),)),
        ),
        (
            {"pyproject_toml": "[tool.black]\n", "setup_cfg": "[metadata]\nname = tea\n"},
            Identity("tea", "0", "setup.cfg"),
        ),
        ({"pyproject_toml": '[project]\nname = "../up"\nversion = "1"\n'}, None),
        ({"requirements_txt": "flask\n"}, None),
    ],
)
def test_a_project_says_who_it_is(files: dict[str, str], identity: Identity | None) -> None:
    assert of(**files) == identity


def test_what_is_no_entry_point_is_left_out() -> None:
    text = '[project]\nname = "tea"\n[project.scripts]\nok = "tea:main"\n'
    text += 'bad = "tea:main\\n[other]"\n"x]" = "a"\n'
    found = of(pyproject_toml=text)
    assert found is not None
    assert found.entry_points == (("console_scripts", "ok = tea:main"),)


TEXT = st.text(alphabet="[]=\n\r\x0b\x85\u2028 \"'abc:.,-{}()#projectnamev1", max_size=200)


@given(TEXT, TEXT, TEXT)
def test_any_files_give_an_identity_that_a_file_name_can_hold(toml: str, cfg: str, script: str) -> None:
    for files in (
        {"pyproject_toml": toml},
        {"pyproject_toml": f"[project]\nname = 'x'\n[project.scripts]\n{toml}"},
        {"setup_cfg": cfg},
        {"setup_cfg": f"[metadata]\nname = x\nversion = 1\n[options.entry_points]\na =\n  {cfg}"},
        {
            "setup_py": "import setuptools\n"
            f"setuptools.setup(name={script!r}, entry_points={{'a': [{script!r}]}})\n"
        },
        {"setup_py": f"import setuptools\n{script}"},
    ):
        found = of(**files)
        if found is not None:
            assert not set(found.name + found.version) & set("/\\\0\n ")
            assert all(len(word.splitlines()) == 1 for point in found.entry_points for word in point)
            assert len(found.entry_points) <= MAX_ENTRY_POINTS
