"""What is said of a start command that would fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from webstead.build.reachable import Broken, Missing
from webstead.plan.served import App, Script
from webstead.site.imports import Imports, read_answer
from webstead.site.verdicts import script_failure, stuck_failure, wrong_interface

ROOT = Path("/site")
SCRIPT = Script("app.py")


def missing(module: str, wanted: str = "", *, own: bool = False) -> Missing:
    return Missing(module, wanted or module, "/site/app.py", 3, f"import {wanted or module}", own)


def test_a_missing_package_is_named_with_what_brings_it() -> None:
    error = script_failure(
        SCRIPT, Imports((missing("yaml"), missing("google", "google.cloud.storage"))), ROOT
    )
    assert error is not None
    assert error.what == "app.py imports what is not there: yaml, google."
    assert error.found == "app.py, line 3: import yaml\napp.py, line 3: import google.cloud.storage"
    assert error.fix.startswith("Add PyYAML, google-cloud-storage to requirements.txt")


def test_each_package_is_told_once() -> None:
    found = (missing("google", "google.cloud.storage"), missing("google", "google.cloud.storage.blob"))
    error = script_failure(SCRIPT, Imports((*found, missing("google", "google.cloud.bigquery"))), ROOT)
    assert error is not None
    assert error.found.count("\n") == 1
    assert "google-cloud-storage, google-cloud-bigquery to" in error.fix


def test_a_module_of_the_project_is_no_package() -> None:
    error = script_failure(SCRIPT, Imports((missing("shop.cart", own=True),)), ROOT)
    assert error is not None
    assert error.fix == "Put shop.cart where it is imported from, or correct the name."


def test_very_many_are_cut() -> None:
    error = script_failure(SCRIPT, Imports(tuple(missing(f"m{n}") for n in range(30))), ROOT)
    assert error is not None
    assert error.found.endswith("\nand 20 more")


def test_a_module_that_is_run_by_name() -> None:
    found = Missing("shop", "shop", "", 0, "python -m shop", False)
    error = script_failure(Script(modules=("shop",)), Imports((found,)), ROOT)
    assert error is not None
    assert (error.what, error.found) == ("python -m shop imports what is not there: shop.", "python -m shop")


def test_a_file_that_does_not_compile() -> None:
    error = script_failure(SCRIPT, Imports(broken=Broken("/site/lib/a.py", 4, "SyntaxError: x")), ROOT)
    assert error is not None
    assert error.what == "lib/a.py does not compile."
    assert error.found == "lib/a.py, line 4: SyntaxError: x"


def test_nothing_missing_is_no_failure() -> None:
    assert script_failure(SCRIPT, Imports(), ROOT) is None


@pytest.mark.parametrize(
    ("app", "is_a", "what", "fix"),
    [
        (App("m:a", "wsgi", "gunicorn"), "asgi", "m:a is ASGI, and gunicorn serves WSGI.", "UvicornWorker"),
        (App("m:a", "asgi", "uvicorn"), "wsgi", "m:a is WSGI, and uvicorn serves ASGI.", "gunicorn m:a"),
        (App("m:a", "asgi", "daphne"), "wsgi", "m:a is WSGI, and daphne serves ASGI.", "--app m:a"),
    ],
)
def test_an_app_on_a_server_of_the_other_interface(app: App, is_a: str, what: str, fix: str) -> None:
    error = wrong_interface(app, is_a)
    assert error.what == what
    assert fix in error.fix


def test_a_program_that_does_not_end() -> None:
    error = stuck_failure("flask routes", 5.0, ["a", "b"])
    assert (error.what, error.detail) == ("`flask routes` did not end within 5 s.", "a\nb")


@pytest.mark.parametrize(
    "line", ["", "hello", "[]", "{}", '{"missing": 1, "broken": null}', '{"missing": [{}]}']
)
def test_what_is_no_answer(line: str) -> None:
    assert read_answer((line,)) is None


def test_the_last_answer_counts() -> None:
    assert read_answer(("noise", '{"missing": [], "broken": null}', "more")) == Imports()
