"""What `oryx detect` finds, rule by rule, and how it prints it."""

from __future__ import annotations

import json

import pytest

from webstead.cli.oryx.detection import detect_python
from webstead.formats.oryx import Configuration, Detection, detection_json, detection_table
from webstead.project import MemoryTree, read_project

FLASK = "from flask import Flask\napp = Flask(__name__)\n"
CONDA = "channels: [conda-forge]\ndependencies: [flask]\n"


def detect(files: dict[str, str], **environ: str) -> Detection | None:
    tree = MemoryTree(files)
    configuration = Configuration.of({}, environ, {})
    return detect_python(tree, read_project(tree), configuration)


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"requirements.txt": ""}, Detection(has_requirements=True)),
        ({"pyproject.toml": ""}, Detection(has_pyproject=True)),
        ({"setup.py": ""}, Detection(has_setup=True)),
        ({"uv.lock": ""}, Detection(has_uv_lock=True)),
        ({"environment.yml": CONDA}, Detection(has_conda=True)),
        ({"environment.yaml": CONDA}, Detection(has_conda=True)),
        ({"notes.ipynb": "{}"}, Detection(has_notebooks=True)),
        ({"notes.IPYNB": "{}"}, Detection(has_notebooks=True)),
        ({"runtime.txt": "python-3.11.4\n"}, Detection(version="3.11.4")),
        ({"runtime.txt": " Python-3.11\n"}, Detection(version="3.11")),
        ({"main.py": ""}, Detection()),
        ({"src/main.py": "", "src/b/c.py": ""}, Detection(app_directory="src")),
        ({"app.py": FLASK}, Detection(frameworks=("Flask",))),
        (
            {"app.py": FLASK, "requirements.txt": "flask"},
            Detection(has_requirements=True, frameworks=("Flask",)),
        ),
        (
            {"requirements.txt": "", "runtime.txt": "python-3.12", ".python-version": "3.12"},
            Detection(has_requirements=True, version="3.12"),
        ),
        (
            {"pyproject.toml": '[project]\nname = "a"\nversion = "1"\nrequires-python = ">=3.11,<3.13"\n'},
            Detection(has_pyproject=True, version=">=3.11 <3.13"),
        ),
    ],
)
def test_python_is_detected(files: dict[str, str], found: Detection) -> None:
    assert detect(files) == found


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"index.html": ""},
        {"runtime.txt": "nodejs-20"},
        {"environment.yml": "name: x\n"},
        {"environment.yml": ": : :"},
        {"docs/notes.ipynb": "{}"},
        {"package.json": "{}", "server.js": ""},
    ],
)
def test_nothing_is_detected(files: dict[str, str]) -> None:
    assert detect(files) is None


def test_settings_count_as_they_do_in_a_build() -> None:
    files = {"requirements.txt": "", "deploy/all.txt": ""}
    assert detect(files, CUSTOM_REQUIREMENTSTXT_PATH="deploy/all.txt") == Detection(has_requirements=True)
    assert detect(files, CUSTOM_REQUIREMENTSTXT_PATH="") == Detection(has_requirements=True)
    assert detect(files, CUSTOM_REQUIREMENTSTXT_PATH="nope.txt") is None
    assert detect({"src/a.py": ""}, DISABLE_RECURSIVE_LOOKUP="true") is None
    assert detect({"a.py": ""}, DISABLE_RECURSIVE_LOOKUP="true") == Detection()
    assert detect(files, DISABLE_PYTHON_BUILD="True") is None


FOUND = Detection(has_requirements=True, version="3.11", frameworks=("Flask", "Dash"))


def test_json_has_the_keys_of_oryx_in_its_order_then_ours() -> None:
    text = detection_json([FOUND])
    (data,) = json.loads(text)
    assert list(data.items()) == [
        ("HasJupyterNotebookFiles", False),
        ("HasCondaEnvironmentYmlFile", False),
        ("HasRequirementsTxtFile", True),
        ("HasPyprojectTomlFile", False),
        ("HasUvLockFile", False),
        ("Platform", "python"),
        ("PlatformVersion", "3.11"),
        ("AppDirectory", ""),
        ("HasSetupPyFile", False),
        (
            "Frameworks",
            [
                {"Framework": "Flask", "FrameworkVersion": ""},
                {"Framework": "Dash", "FrameworkVersion": ""},
            ],
        ),
    ]
    assert text.startswith('[\n  {\n    "HasJupyter')
    assert detection_json([]) == "{}"


def test_the_table_is_aligned() -> None:
    assert detection_table([FOUND]).splitlines() == [
        "Platform                   : python",
        "PlatformVersion            : 3.11",
        "HasJupyterNotebookFiles    : False",
        "HasCondaEnvironmentYmlFile : False",
        "HasRequirementsTxtFile     : True",
        "HasPyprojectTomlFile       : False",
        "HasUvLockFile              : False",
        "AppDirectory               : Not Detected",
        "HasSetupPyFile             : False",
        "Frameworks                 : Flask, Dash",
    ]
    assert detection_table([]).splitlines() == [
        "Platform        : Not Detected",
        "PlatformVersion : Not Detected",
    ]
