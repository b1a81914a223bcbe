"""The address follows from everything that decides the content, and from nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.build.address import (
    LocalPath,
    environment_key,
    local_paths,
    locked_paths,
    static_key,
    variables_used,
)
from webstead.build.interpreter import Interpreter
from webstead.effects import FileStamp
from webstead.plan.model import InstallStep
from webstead.settings import Setting

PYTHON = Interpreter("cpython", "3.12.1", "linux-x86_64", "/usr/bin/python3.12")
STEP = InstallStep("requirements", "Install", path="requirements.txt")
FILES = {"requirements.txt": b"flask\n"}
KEY = environment_key(PYTHON, [STEP], FILES)


def test_the_key_is_short_hexadecimal_and_the_same_each_time() -> None:
    assert len(KEY) == 32
    assert int(KEY, 16)
    assert environment_key(PYTHON, [STEP], dict(FILES)) == KEY


@pytest.mark.parametrize(
    "other",
    [
        environment_key(replace(PYTHON, version="3.12.2"), [STEP], FILES),
        environment_key(replace(PYTHON, implementation="pypy"), [STEP], FILES),
        environment_key(replace(PYTHON, platform="linux-aarch64"), [STEP], FILES),
        environment_key(replace(PYTHON, base="/opt/python"), [STEP], FILES),
        environment_key(PYTHON, [replace(STEP, kind="pyproject")], FILES),
        environment_key(PYTHON, [replace(STEP, words=("x",))], FILES),
        environment_key(PYTHON, [STEP, STEP], FILES),
        environment_key(PYTHON, [STEP], {"requirements.txt": b"flask\nsix\n"}),
        environment_key(PYTHON, [STEP], {**FILES, "base.txt": b""}),
        environment_key(PYTHON, [STEP], {"other.txt": b"flask\n"}),
        environment_key(PYTHON, [STEP], FILES, ["TOKEN=1"]),
    ],
)
def test_whatever_decides_the_content_moves_the_address(other: str) -> None:
    assert other != KEY


def test_what_only_people_read_leaves_the_address() -> None:
    assert environment_key(PYTHON, [replace(STEP, summary="Other words")], FILES) == KEY


def test_the_order_in_which_files_were_read_leaves_the_address() -> None:
    files = {"a": b"1", "b": b"2"}
    assert environment_key(PYTHON, [], files) == environment_key(PYTHON, [], dict(reversed(files.items())))


@given(st.lists(st.text(max_size=3), max_size=4), st.lists(st.text(max_size=3), max_size=4))
def test_two_lists_of_facts_never_run_together(one: list[str], two: list[str]) -> None:
    keys = [environment_key(PYTHON, [], {}, facts) for facts in (one, two)]
    assert (keys[0] == keys[1]) == (one == two)


def test_static_files_follow_from_files_and_settings_but_not_from_what_runs_leave() -> None:
    stamp = FileStamp("a.css", 1, 2)
    key = static_key("e", [stamp], [])
    assert static_key("e", [stamp, FileStamp("db.sqlite3", 1, 1), FileStamp("x/y.log", 1, 1)], []) == key
    others = [
        static_key("f", [stamp], []),
        static_key("e", [FileStamp("a.css", 2, 2)], []),
        static_key("e", [FileStamp("a.css", 1, 3)], []),
        static_key("e", [], []),
        static_key("e", [stamp], [Setting.of("SECRET_KEY", "hidden", "test")]),
    ]
    assert len({key, *others}) == 6
    one, two = (static_key("e", [], [Setting.of("SECRET_KEY", value, "test")]) for value in "ab")
    assert one != two


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("-e .", LocalPath(".", editable=True)),
        ("--editable=./lib[extra]", LocalPath("./lib", editable=True)),
        ("./lib ; python_version > '3'", LocalPath("./lib", editable=False)),
        ("../shared/x-1.tar.gz", LocalPath("../shared/x-1.tar.gz", editable=False)),
        ("shared @ file:///srv/shared # ours", LocalPath("/srv/shared", editable=False)),
        ("wheels/x-1-py3-none-any.whl", LocalPath("wheels/x-1-py3-none-any.whl", editable=False)),
        ("/srv/lib", LocalPath("/srv/lib", editable=False)),
        (r".\lib", LocalPath(r".\lib", editable=False)),
        (".", LocalPath(".", editable=False)),
        ("flask", None),
        ("flask==1.0.0", None),
        ("# ./lib", None),
        ("-r ./other.txt", None),
        ("-e git+https://github.com/x/y#egg=y", None),
        ("git+https://github.com/x/y", None),
        ("x @ https://host/x-1-py3-none-any.whl", None),
        ("https://host/x.whl", None),
        ("--find-links ./wheels", None),
        ("", None),
    ],
)
def test_requirements_that_are_paths(line: str, expected: LocalPath | None) -> None:
    assert list(local_paths(f"six\n{line}\n")) == ([expected] if expected else [])


@given(st.text())
def test_no_text_breaks_the_readers(text: str) -> None:
    assert all(local.path is not None for local in local_paths(text))
    assert all(local.path != "." for local in locked_paths(text))
    assert all(f"${{{name}}}" in text for name in variables_used(text))


def test_the_paths_of_a_lock_are_those_of_its_packages() -> None:
    lock = """
[[package]]
name = "lib"
source = { directory = "lib" }
[[package]]
name = "shop"
source = { editable = "." }
[[package]]
name = "other"
source = { editable = "../other" }
[[package]]
name = "six"
source = { registry = "https://index.example/simple" }
"""
    assert list(locked_paths(lock)) == [
        LocalPath("lib", editable=False),
        LocalPath("../other", editable=True),
    ]


def test_variables_are_pips() -> None:
    assert variables_used("--index-url https://${USER}:${TOKEN}@host/ ${lower} $BARE ${USER}") == (
        "TOKEN",
        "USER",
    )
