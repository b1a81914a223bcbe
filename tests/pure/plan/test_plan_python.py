"""Versions that Windows paths name: they decide nothing, and agree or are warned of."""

from __future__ import annotations

from datetime import date

import pytest

from webstead.plan.model import PythonChoice
from webstead.plan.python import hint_warning, with_agreeing_hints
from webstead.project import Evidence

DAY = date(2026, 11, 26)
WHERE = Evidence("web.config", 12, "the handler's path")


@pytest.mark.parametrize("version", ["3.11", "3.11.7"])
def test_a_path_that_agrees_is_evidence_where_nothing_else_is(version: str) -> None:
    chosen = PythonChoice(version, "cpython")
    shown = with_agreeing_hints(chosen, [("3.11", WHERE), ("3.11", WHERE)])
    assert [e.where for e in shown.evidence] == ["web.config:12"]
    assert "3.11" in shown.evidence[0].why
    assert hint_warning("3.11", chosen, WHERE, DAY) is None


def test_what_the_project_states_needs_no_path() -> None:
    stated = PythonChoice("3.11", "cpython", (Evidence(".python-version", 1, "says 3.11"),))
    assert with_agreeing_hints(stated, [("3.11", WHERE)]) == stated


@pytest.mark.parametrize("hint", ["3.1", "3.12", "2.7"])
def test_a_path_that_disagrees_is_no_evidence_but_a_warning(hint: str) -> None:
    chosen = PythonChoice("3.11", "cpython")
    assert with_agreeing_hints(chosen, [(hint, WHERE)]) == chosen
    warning = hint_warning(hint, chosen, WHERE, DAY)
    assert warning is not None
    assert hint in warning.text
