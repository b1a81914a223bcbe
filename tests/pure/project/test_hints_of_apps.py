"""Which files are read at all: those that name something that makes or serves an app."""

from __future__ import annotations

import pytest

from webstead.project import MemoryTree, read_project
from webstead.project.frameworks import CONSTRUCTORS, FUNCTION_DECORATORS, METHODS, SERVERS, WRAPPERS
from webstead.project.self_serving import MAKERS, MOUNTERS, OBJECTS, SERVING_CALLS
from webstead.project.source import may_matter, may_pass_on

OF_SCRIPTS = {*MAKERS, *MOUNTERS, *OBJECTS, *SERVING_CALLS}
NAMES = sorted({*CONSTRUCTORS, *WRAPPERS, *FUNCTION_DECORATORS, *SERVERS, *OF_SCRIPTS})


@pytest.mark.parametrize("dotted", NAMES)
def test_whatever_a_table_knows_is_seen_in_a_file(dotted: str) -> None:
    module, _, name = dotted.rpartition(".")
    assert may_matter(f"from {module} import {name}\nsite = {name}()\n".encode())
    assert may_matter(f"import {module}\nsite = {dotted}()\n".encode())


@pytest.mark.parametrize(
    "code",
    [
        *(f"site = config.{method}()" for method in METHODS),
        "from shop import build\napp = build()",
        "from shop import build\napplication: object = build()",
        "def handle(environ, start_response): ...",
        "async def handle(scope, receive, send): ...",
        "site = OwnMiddleware(inner)",
        "import streamlit as st",
        "from granian import Granian\nGranian('shop:app').serve()",
        "import os, uvicorn\nuvicorn.run('shop:app')",
        "from shop import *\nsite = create_app()",
    ],
)
def test_what_the_tables_cannot_name_is_seen_too(code: str) -> None:
    assert may_matter(code.encode())


@pytest.mark.parametrize(
    "code",
    [
        "from flask import Blueprint, request\nbp = Blueprint('shop', __name__)",
        "from fastapi import APIRouter\nrouter = APIRouter()",
        "from django.db import models",
        "class Shop:\n    app = None",
        "web = 'http://example.org'",
        b"\xff\xfe\x00",
        "",
    ],
)
def test_files_that_only_belong_to_an_app_are_passed_over(code: str | bytes) -> None:
    assert not may_matter(code.encode() if isinstance(code, str) else code)


def test_a_part_of_an_app_is_not_even_parsed() -> None:
    views = "from flask import Blueprint\nbp = Blueprint('a', __name__)\nthis does not parse\n"
    app = "from flask import Flask\napp = Flask(__name__)\n"
    project = read_project(MemoryTree({"app.py": app, "views.py": views}))
    assert project.findings == ()
    assert [candidate.target for candidate in project.candidates] == ["app:app"]


def test_a_module_that_names_an_app_can_pass_it_on() -> None:
    assert may_pass_on("shop/web.py", b"from shop.core import app")
    assert may_pass_on("shop/__init__.py", b"")
    assert not may_pass_on("shop/web.py", b"from shop.core import views")
