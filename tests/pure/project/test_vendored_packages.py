"""Packages that a project brings in a folder: which folders count, what is in them, for which Python."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.project import read_project
from webstead.project.manifests import read_manifests
from webstead.project.manifests.vendored import Script, Tag, read_vendored, scripts_of, tags_of
from webstead.project.tree import MemoryTree

WHEEL = "Wheel-Version: 1.0\nTag: cp312-cp312-manylinux_2_17_x86_64\nTag: cp312-cp312-manylinux2014_x86_64\n"
APP = "from flask import Flask\napp = Flask(__name__)\n"


def folder(path: str, wheel: str = WHEEL) -> dict[str, str]:
    return {
        f"{path}/Flask-3.0.0.dist-info/METADATA": "Name: Flask\n",
        f"{path}/Flask-3.0.0.dist-info/entry_points.txt": "[console_scripts]\nflask = flask.cli:main\n",
        f"{path}/markupsafe-3.0.2.dist-info/METADATA": "",
        f"{path}/markupsafe-3.0.2.dist-info/WHEEL": wheel,
    }


@pytest.mark.parametrize(
    "path",
    [
        ".python_packages/lib/site-packages",
        ".python_packages/lib/python3.11/site-packages",
        "__oryx_packages__",
        "vendor",
    ],
)
def test_a_folder_of_packages_is_a_manifest(path: str) -> None:
    chosen = read_manifests(MemoryTree({"app.py": APP, **folder(path)})).chosen
    assert chosen is not None
    assert (chosen.kind, chosen.path, chosen.why) == ("vendored", path, "2 packages installed in it")
    assert [item.text for item in chosen.listed] == ["Flask==3.0.0", "markupsafe==3.0.2"]
    assert [file.rpartition("/")[2] for file in chosen.files] == ["entry_points.txt", "WHEEL"]


@pytest.mark.parametrize("path", ["lib", "vendor/inner", "web/vendor", "static/vendor"])
def test_other_folders_are_the_projects_own(path: str) -> None:
    assert read_manifests(MemoryTree(folder(path))).chosen is None


def test_a_vendor_folder_without_what_an_installer_writes_is_code() -> None:
    assert read_manifests(MemoryTree({"vendor/flask/__init__.py": "", "vendor/jquery.js": ""})).chosen is None


def test_a_manifest_goes_before_a_folder_and_both_are_told() -> None:
    files = {"requirements.txt": "flask\n", **folder("__oryx_packages__")}
    found = read_manifests(MemoryTree(files))
    assert found.chosen is not None
    assert found.chosen.kind == "requirements"
    (finding,) = found.findings
    assert finding.text.startswith("Both requirements.txt and __oryx_packages__ state the packages")


def test_beside_a_manifest_a_vendor_folder_is_nothing_to_tell() -> None:
    found = read_manifests(MemoryTree({"requirements.txt": "flask\n", **folder("vendor")}))
    assert [manifest.kind for manifest in found.found] == ["requirements"]
    assert found.findings == ()


def test_the_python_that_they_are_built_for_is_the_sites() -> None:
    project = read_project(MemoryTree({"app.py": APP, **folder("__oryx_packages__")}))
    (statement,) = project.python
    assert (statement.version, statement.exact) == ("3.12", True)
    assert statement.evidence.why == "markupsafe-3.0.2 is built for Python 3.12"


@pytest.mark.parametrize("tag", ["py3-none-any", "cp39-abi3-manylinux_2_17_x86_64", "cp311-none-any"])
def test_what_is_for_more_than_one_python_says_none(tag: str) -> None:
    project = read_project(MemoryTree({"app.py": APP, **folder("vendor", f"Tag: {tag}\n")}))
    assert project.python == ()


def test_tags_and_scripts() -> None:
    files = {path: text.encode() for path, text in folder("vendor").items()}
    (tags,) = tags_of(files).values()
    assert tags[0] == Tag("cp312", "cp312", "manylinux_2_17_x86_64")
    assert scripts_of(files) == (Script("flask", "flask.cli", "main"),)


@pytest.mark.parametrize(
    "line", ["a/b = m:f", "../x = m:f", "a = m", "a = m:f;import os", "a = m:f\tx", "= m:f", "a = 1m:f"]
)
def test_what_is_no_command_makes_none(line: str) -> None:
    data = f"[console_scripts]\n{line}\n[gui_scripts]\nb = m:f\n".encode()
    assert scripts_of({"x.dist-info/entry_points.txt": data}) == ()


@given(st.binary(), st.text(max_size=30))
def test_any_bytes_are_read(data: bytes, name: str) -> None:
    assert all("/" not in script.name for script in scripts_of({"d/entry_points.txt": data}))
    assert list(tags_of({"d/WHEEL": data})) == ["d/WHEEL"]
    path = f"vendor/{name}.dist-info/METADATA"
    assert read_vendored(MemoryTree({path: data}), "vendor").kind == "vendored"
