"""Targets as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.errors import UsageError
from webstead.plan.targets import check_target, colon_form, uvicorn_words
from webstead.project import MemoryTree, read_project

PROJECT = read_project(
    MemoryTree(
        {"app.py": "", "shop/__init__.py": "", "shop/wsgi.py": "", "lib/extra.py": "", "plain/x.txt": ""}
    )
)


@pytest.mark.parametrize(
    ("dotted", "expected"),
    [
        ("app.app", "app:app"),
        ("app.app.wsgi_app", "app:app.wsgi_app"),
        ("app.create_app()", "app:create_app()"),
        ("shop.wsgi.application", "shop.wsgi:application"),
        ("shop.create_app()", "shop:create_app()"),
        ("shop.missing.app", "shop:missing.app"),
        ("extra.app", "extra:app"),
        ("django.core.wsgi.get_wsgi_application()", "django.core.wsgi:get_wsgi_application()"),
        ("package.wsgi.application", "package.wsgi.application"),
        ("plain.app", "plain.app"),
        ("azure_startup:app", "azure_startup:app"),
        ("app", "app"),
        ("app.make(1)", "app.make(1)"),
        ("", ""),
    ],
)
def test_dotted_names_get_their_colon_where_the_project_tells_it(dotted: str, expected: str) -> None:
    assert colon_form(dotted, PROJECT, [".", "lib"]) == expected


@pytest.mark.parametrize("text", ["app:app", "a.b.c:app", "a:make()", "a:app.server", "a:make().app"])
def test_targets_that_are_fine(text: str) -> None:
    assert check_target(text) == text


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("app.py", "app:app"),
        ("shop/web.py", "shop.web:app"),
        ("app:", "app:app"),
        ("a b:c", "app:app"),
        ("", "app:app"),
    ],
)
def test_other_targets_are_refused_with_a_proposal(text: str, fix: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_target(text)
    assert f"--app {fix}" in caught.value.fix


def test_uvicorn_is_told_of_factories() -> None:
    assert uvicorn_words("a:make()", "80")[2:5] == ("uvicorn", "a:make", "--factory")


@given(st.text(alphabet="ab.():_", max_size=20))
def test_no_text_breaks_the_conversion(text: str) -> None:
    assert colon_form(text, PROJECT, ["."]).replace(":", ".") == text.replace(":", ".")
