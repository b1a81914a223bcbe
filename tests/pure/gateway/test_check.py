"""What is said of an app that takes too long to load: where its import stands, and what mends it."""

from __future__ import annotations

import traceback

import pytest

from webstead.gateway.checking import late_failure

APP = ("/srv/shop/app.py", 7, "<module>", "start()")


def late(*frames: tuple[str, int, str, str]) -> tuple[str, str]:
    stack = traceback.StackSummary.from_list([APP, *frames])
    failure = late_failure("app:app", 30.0, stack, "the stack")
    assert failure.what == "app:app was not loaded within 30 s."
    assert failure.detail == "the stack"
    return failure.found, failure.fix


@pytest.mark.parametrize(
    ("frame", "fix"),
    [
        (("/e/lib/site-packages/uvicorn/main.py", 1, "run", "x"), "Put the call that starts a server"),
        (("/usr/lib/python3.12/asyncio/base_events.py", 1, "run_forever", "x"), "Put the call that"),
        (("/e/lib/site-packages/requests/adapters.py", 1, "send", "x"), "Do slow work"),
        (("/e/lib/site-packages/urllib3/util/connection.py", 1, "create_connection", "x"), "Connect and"),
        (("/srv/shop/slow.py", 3, "wait", "time.sleep(9)"), "Do slow work"),
    ],
)
def test_the_fix_follows_from_what_the_import_is_at(frame: tuple[str, int, str, str], fix: str) -> None:
    assert late(frame)[1].startswith(fix)


def test_the_last_line_of_the_app_is_named() -> None:
    installed = ("/e/lib/python3/site-packages/pkg/__init__.py", 4, "load", "x")
    assert late(installed)[0] == "the import stands at /srv/shop/app.py, line 7: start()"


def test_an_import_that_is_nowhere_in_the_app() -> None:
    assert late_failure("a:b", 1.0, traceback.StackSummary(), "").found == "the import still runs"
