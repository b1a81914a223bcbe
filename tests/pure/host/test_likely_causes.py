from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.host.causes import likely_cause
from webstead.project.distributions import distributions


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("ModuleNotFoundError: No module named 'flask'", "Add flask to requirements.txt"),
        ("ModuleNotFoundError: No module named 'yaml'", "Add PyYAML to requirements.txt"),
        ("/usr/bin/python3: No module named uvicorn", "Add uvicorn to requirements.txt"),
        ("ModuleNotFoundError: No module named 'mysite.settings'", "your own module"),
        ("ImportError: cannot import name 'url_quote' from 'werkzeug.urls' (/x/urls.py)", "no url_quote"),
        ("OSError: [Errno 98] Address already in use", "PORT"),
        ("[ERROR] Connection in use: error: [Errno 98] error while attempting to bind", "PORT"),
        ("SyntaxError: invalid syntax", "Correct the line"),
        ("IndentationError: unexpected indent", "Correct the line"),
        ("CommandError: You must set settings.ALLOWED_HOSTS if DEBUG is False.", "ALLOWED_HOSTS"),
        (
            "django.core.exceptions.ImproperlyConfigured: The SECRET_KEY setting must not be empty.",
            "SECRET_KEY=",
        ),
        ("KeyError: 'DATABASE_URL'", "--env DATABASE_URL="),
        ("KeyError: 'SERVER_PORT'", "--env SERVER_PORT=%HTTP_PLATFORM_PORT%"),
        (
            "decouple.UndefinedValueError: SECRET_KEY not found. Declare it as envvar or define a default.",
            "--env SECRET_KEY=",
        ),
        (
            "django.core.exceptions.ImproperlyConfigured: Set the API_KEY environment variable",
            "--env API_KEY=",
        ),
        ('environs.EnvError: Environment variable "TOKEN" not set', "--env TOKEN="),
        (
            "ImportError: cannot import name 'app' from partially initialized module 'shop' (most likely due "
            "to a circular import) (/site/shop.py)",
            "/site/shop.py imports itself through another module: in it, put that import below the line that "
            "makes app",
        ),
        (
            "AttributeError: partially initialized module 'flask' has no attribute 'Flask'",
            "If flask is also the name of a package, rename flask.py",
        ),
        ("psycopg2.OperationalError: connection to server failed: Connection refused", "Start the server"),
        ('ERROR:    Error loading ASGI app. Could not import module "main".', "module:object"),
        ("FileNotFoundError: [Errno 2] No such file or directory: 'data/x.csv'", "data/x.csv"),
        ("python: can't open file '/site/app.py': [Errno 2] No such file or directory", "/site/app.py"),
        (
            "ImportError: libGL.so.1: cannot open shared object file: No such file or directory",
            "apt-get install libgl1",
        ),
        ("PermissionError: [Errno 13] Permission denied: '/var/log/app.log'", "right to use"),
        ("app.py: error: unrecognized arguments: --prot", "start command"),
        ("MemoryError", "memory"),
    ],
)
def test_known_last_words_have_a_fix(line: str, told: str) -> None:
    cause = likely_cause(["starting", line])
    assert cause is not None
    assert told in cause.fix
    assert cause.found == line


def test_the_last_line_that_tells_wins() -> None:
    lines = ["ModuleNotFoundError: No module named 'a'", "During handling …", "SyntaxError: b", "exiting"]
    cause = likely_cause(lines)
    assert cause is not None
    assert cause.found == "SyntaxError: b"


@pytest.mark.parametrize("lines", [[], [""], ["Listening on port 8000"], ["No modules loaded yet"]])
def test_ordinary_output_has_no_cause(lines: list[str]) -> None:
    assert likely_cause(lines) is None


def test_every_import_with_another_package_name_is_told_by_it() -> None:
    for module, (package, *_) in distributions().items():
        cause = likely_cause([f"No module named '{module}'"])
        assert cause is not None
        assert f"Add {package} to" in cause.fix


@pytest.mark.parametrize(
    ("lines", "package"),
    [
        (
            ["    from google.cloud import storage", "ModuleNotFoundError: No module named 'google'"],
            "-storage",
        ),
        (
            ["    import azure.storage.blob", "ModuleNotFoundError: No module named 'azure'"],
            "azure-storage-blob",
        ),
        (
            [
                "    from azure.storage.queue import (",
                "    ^^^^",
                "ModuleNotFoundError: No module named 'azure'",
            ],
            "azure-storage-queue",
        ),
        (["ImportError: cannot import name 'storage' from 'google.cloud' (unknown location)"], "-storage"),
        (["    from flask import Flask", "ModuleNotFoundError: No module named 'flask'"], "Add flask to"),
        (["    import yamlish", "ModuleNotFoundError: No module named 'yaml'"], "PyYAML"),
    ],
)
def test_a_namespace_is_told_by_the_line_that_imports_from_it(lines: list[str], package: str) -> None:
    cause = likely_cause(lines)
    assert cause is not None
    assert package in cause.fix


def test_a_traceback_before_the_last_line_is_looked_at() -> None:
    before = ["Traceback", '  File "/site/app.py", line 1', "    import google.cloud.bigquery_v2"]
    cause = likely_cause(["ModuleNotFoundError: No module named 'google'"], before)
    assert cause is not None
    assert "Add google-cloud-bigquery to" in cause.fix


@given(st.lists(st.text(max_size=200), max_size=20))
def test_any_output_is_borne(lines: list[str]) -> None:
    cause = likely_cause(lines)
    assert cause is None or cause.fix
