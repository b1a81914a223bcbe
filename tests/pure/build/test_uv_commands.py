"""uv's command lines and its JSON."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.build.uv import commands

PYTHON = Path("/env/bin/python")


def test_an_install_names_its_environment_and_file() -> None:
    words = commands.install_requirements(PYTHON, "requirements.txt", refresh=False)
    assert words == (
        "pip",
        "install",
        "--python",
        "/env/bin/python",
        "-r",
        "requirements.txt",
    )
    assert "--refresh" in commands.install_requirements(PYTHON, "r.txt", refresh=True)


def test_a_lock_is_never_changed_and_the_project_not_installed() -> None:
    words = commands.sync_lock(PYTHON, Path("/app"), refresh=False)
    assert {"--locked", "--no-default-groups", "--no-install-project", "--inexact"} <= set(words)
    assert words[:4] == ("sync", "--project", "/app", "--python")
    assert commands.sync_lock(PYTHON, Path("/app"), refresh=True)[-1] == "--refresh"


def test_the_overlay_keeps_to_what_the_app_has() -> None:
    words = commands.install_overlay(PYTHON, Path("/o"), Path("/c.txt"), ("uvicorn>=0.30",))
    assert words[-5:] == ("--target", "/o", "--constraints", "/c.txt", "uvicorn>=0.30")


def test_an_active_environment_is_never_found() -> None:
    assert commands.find_python("cpython@3.12") == (
        "python",
        "find",
        "--no-project",
        "--system",
        "cpython@3.12",
    )


def test_editable_packages_are_no_constraints() -> None:
    text = (
        '[{"name":"six","version":"1.17.0"},{"name":"app","version":"1","editable_project_location":"/app"}]'
    )
    assert commands.parse_packages(text) == {"six": "1.17.0"}


def test_what_an_install_put_in_place_is_read_from_its_lines() -> None:
    lines = ["Resolved 3 packages in 13ms", " + six==1.17.0", " ~ Jinja_Two==3.1", " - old==1", "   + = x"]
    assert commands.parse_installed([*lines, " + lib==1 (from file:///lib)"]) == {"six", "jinja-two", "lib"}


@pytest.mark.parametrize("text", ["", "{", "{}", "null", "[1]", '[{"version": null}]', '[{"path": "/p"}]'])
def test_a_list_that_is_none_has_no_pythons(text: str) -> None:
    assert commands.parse_pythons(text) == ()


def test_pythons_keep_uvs_order() -> None:
    text = '[{"version":"3.12.1","path":"/a","url":null},{"version":"3.11.2","path":"/b"}]'
    assert commands.parse_pythons(text) == (("3.12.1", "/a"), ("3.11.2", "/b"))


@given(st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    assert isinstance(commands.parse_pythons(text), tuple)


def test_what_a_lock_fixes_is_read_from_its_export() -> None:
    text = "-e ./libs/core\nflask==3.1.3\ncolorama==0.4.6 ; sys_platform == 'win32'\n# x==1\nx @ https://h/x.whl\n"
    assert commands.parse_locked(text) == ("flask==3.1.3", "colorama==0.4.6")
