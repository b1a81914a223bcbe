"""The scripted runner answers as a program would, and keeps what it was asked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from webstead.effects import Answer, Call, Completed, RecordingRunner, Runner


def is_greeting(words: Sequence[str]) -> bool:
    return words[0] == "greet"


def test_the_first_answer_that_matches_is_given_and_the_call_kept() -> None:
    acted: list[Call] = []
    runner = RecordingRunner(
        [
            Answer(is_greeting, (("stdout", "hello"), ("stderr", "warm")), 3, acted.append),
            Answer(lambda words: True),
        ]
    )
    lines: list[tuple[str, str]] = []
    done = runner(
        ["greet", "you"], cwd=Path("/x"), env={"A": "1"}, on_line=lambda *line: lines.append(line), timeout=2
    )
    assert done == Completed(3, 0.0, ("hello", "warm"))
    assert lines == [("stdout", "hello"), ("stderr", "warm")]
    assert runner.calls == acted == [Call(("greet", "you"), Path("/x"), {"A": "1"}, 2)]
    assert runner(["other"], cwd=Path(), env={}).code == 0


def test_a_call_without_an_answer_goes_through_or_is_an_error() -> None:
    inner = RecordingRunner([Answer(lambda words: True, code=5)])
    outer: Runner = RecordingRunner([Answer(is_greeting)], through=inner)
    assert outer(["greet"], cwd=Path(), env={}).code == 0
    assert outer(["work"], cwd=Path(), env={}).code == 5
    assert [call.words for call in inner.calls] == [("work",)]
    with pytest.raises(LookupError, match="no answer for a b"):
        RecordingRunner()(["a", "b"], cwd=Path(), env={})
