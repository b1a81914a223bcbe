"""What changed between two plans."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.errors import UsageError
from webstead.plan import Overrides, as_json, make_plan
from webstead.plan.diff import PARTS, Difference, diff_as_json, diff_as_text, diff_plans, read_plan_json
from webstead.plan.model import JSON_VERSION
from webstead.project.tree import MemoryTree
from webstead.settings import Setting

FLASK = "from flask import Flask\napp = Flask(__name__)\n"
FILES = {"app.py": FLASK, "requirements.txt": "flask\n"}


def plan(files: dict[str, str] | None = None, **overrides: Any) -> dict[str, Any]:
    return as_json(make_plan(MemoryTree(files or FILES), Overrides(**overrides)))


def differences(new: dict[str, Any]) -> list[Difference]:
    return list(diff_plans(plan(), new))


def test_a_plan_made_again_is_the_same() -> None:
    assert differences(plan()) == []
    assert diff_as_text([]) == "Nothing changed.\n"


def test_moved_lines_are_no_difference() -> None:
    assert differences(plan({**FILES, "app.py": "\n\n\n" + FLASK})) == []


def test_a_field_that_an_older_plan_lacks_is_no_difference() -> None:
    old = plan()
    del old["python"]["support"], old["install"][0]["words"], old["processes"][0]["policies"]
    assert diff_plans(old, plan()) == ()


def test_decisions_come_first() -> None:
    new = plan(command="python app.py", runtime="3.12", settings=(Setting.of("A", "1", "--env"),))
    found = differences(new)
    order = [list(PARTS).index(each.part) for each in found]
    assert order == sorted(order)
    assert found[0] == Difference("Start", "interface", "changed", "wsgi", "command")
    assert Difference("Settings", "A", "added", "", "1") in found
    assert Difference("Settings", "WSGI_HANDLER", "removed", "app:app", "") in found
    assert any(each.part == "Python" and each.subject == "version" for each in found)
    assert any(each.part == "web.config" and each.subject == "text" for each in found)


def test_steps_of_the_build_come_and_go() -> None:
    new = plan(
        {
            **FILES,
            "requirements.txt": "flask\nidna\n",
            "Procfile": "web: gunicorn app:app\nrelease: python m.py\n",
        }
    )
    kinds = [(each.subject, each.what) for each in differences(new) if each.part == "Build"]
    assert ("requirements requirements.txt: summary", "changed") in kinds
    assert ("release", "added") in kinds


def test_warnings_appear_and_go() -> None:
    new = plan({"app.py": FLASK})
    appeared = [each for each in differences(new) if each.part == "Warnings"]
    assert [each.what for each in appeared] == ["added"]
    gone = [each for each in diff_plans(new, plan()) if each.part == "Warnings"]
    assert [(each.subject, each.what) for each in gone] == [(appeared[0].subject, "removed")]


def test_a_start_that_is_lost_is_told_with_the_question() -> None:
    new = plan({"lib.py": "x = 1\n"})
    found = differences(new)
    assert found[0].part == "Start"
    assert (found[0].what, found[0].before) == ("removed", "python -m webstead.gateway app:app")
    assert [each.what for each in found if each.part == "No start"] == ["added"]


def test_secrets_are_not_told() -> None:
    old = plan(settings=(Setting.of("SECRET_KEY", "one", "--env"),))
    new = plan(settings=(Setting.of("SECRET_KEY", "two", "--env"),))
    text = diff_as_text(diff_plans(old, new))
    assert "one" not in text
    assert "two" not in text


def test_the_text_has_a_heading_for_each_part_and_a_mark_for_each_line() -> None:
    text = diff_as_text(
        (
            Difference("Start", "target", "changed", "a:app", ""),
            Difference("Settings", "A", "added", "", "1"),
            Difference("Warnings", "Be careful.", "removed"),
            Difference("web.config", "text", "changed", "one\ntwo\n", "one\nthree\n"),
        )
    )
    assert text == (
        "Start\n  ~ target: a:app → nothing\n\nSettings\n  + A: 1\n\nWarnings\n  - Be careful.\n\n"
        "web.config\n  ~ text\n      @@ -1,2 +1,2 @@\n       one\n      -two\n      +three\n"
    )


def test_as_json_it_has_a_version() -> None:
    data = diff_as_json((Difference("Start", "target", "changed", "a:app", "b:app"),))
    assert data == {
        "version": 1,
        "plan_version": JSON_VERSION,
        "same": False,
        "differences": [
            {"part": "Start", "subject": "target", "what": "changed", "before": "a:app", "after": "b:app"}
        ],
    }


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b"", "no JSON"),
        (b"\xff", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"[]", "not the JSON of a plan"),
        (b'{"version": 1}', "not the JSON of a plan"),
        (b'{"version": 1, "error": {}}', "could not be made"),
        (b'{"version": 99, "install": [], "python": {}}', "its version is 99; known: 1"),
        (b'{"version": [], "install": [], "python": {}}', "its version is []"),
    ],
)
def test_what_is_no_plan_is_refused(text: bytes, found: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_plan_json(text, "old.json")
    assert found in caught.value.found
    assert caught.value.what == "old.json holds no plan to compare with."


def test_what_was_written_is_read() -> None:
    assert diff_plans(read_plan_json(json.dumps(plan()).encode(), "old.json"), plan()) == ()


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "kind", "text"]), inner)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(sorted(plan())), VALUES))
def test_any_json_is_borne(changed: dict[str, Any]) -> None:
    new = {**copy.deepcopy(plan()), **changed}
    found = diff_plans(plan(), new)
    assert diff_as_text(found).endswith("\n")
    assert diff_as_json(found)["same"] == (not found)
    assert diff_plans(new, new) == ()
