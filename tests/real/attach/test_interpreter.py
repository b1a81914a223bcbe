"""The Python of an app: the first place of the table that holds one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from webstead.attach.interpreter import find_python, python_folders
from webstead.errors import RuntimeMissing


def environment(folder: Path, program: str = "bin/python") -> Path:
    python = folder / program
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    return python


def test_the_places_are_tried_in_their_order(tmp_path: Path) -> None:
    active = environment(tmp_path / "active")
    environ = {"VIRTUAL_ENV": str(tmp_path / "active")}
    site = tmp_path / "site"
    assert find_python("", site, {}, own="/own").python == "/own"
    assert find_python("", site, environ, own="/own").python == str(active)
    for name in ("env", "venv", ".venv"):
        python = environment(site / name)
        found = find_python("", site, environ, own="/own")
        assert found.python == str(python)
        assert name in found.why


def test_an_environment_of_windows_is_one(tmp_path: Path) -> None:
    python = environment(tmp_path / "venv", "Scripts/python.exe")
    assert find_python("", tmp_path, {}).python == str(python)


def test_a_file_that_cannot_be_run_is_no_python(tmp_path: Path) -> None:
    program = tmp_path / ".venv" / "bin" / "python"
    program.parent.mkdir(parents=True)
    program.write_text("")
    assert find_python("", tmp_path, {}, own="/own").python == "/own"


def test_what_is_asked_for_comes_first_and_has_to_be_there(tmp_path: Path) -> None:
    environment(tmp_path / ".venv")
    other = environment(tmp_path / "other")
    assert find_python(str(other), tmp_path, {}).python == str(other)
    assert find_python("python", tmp_path, {"PATH": str(other.parent)}).python == str(other)
    with pytest.raises(RuntimeMissing, match="no-such-python"):
        find_python("no-such-python", tmp_path, {"PATH": str(other.parent)})


def test_an_environment_is_read_with_the_installation_behind_it(tmp_path: Path) -> None:
    python = environment(tmp_path / ".venv")
    (tmp_path / ".venv" / "pyvenv.cfg").write_text("version = 3.12.1\nHome = /opt/python\n")
    assert python_folders(str(python)) == (str(tmp_path / ".venv"), "/opt/python")


@pytest.mark.parametrize(
    ("python", "folder"),
    [
        (r"C:\Python312\python.exe", r"C:\Python312"),
        (r"C:\site\.venv\Scripts\python.exe", r"C:\site\.venv"),
        ("/opt/python/bin/python3", "/opt/python"),
    ],
)
def test_the_folder_of_an_installation_on_either_system(python: str, folder: str) -> None:
    assert python_folders(python) == (folder,)
