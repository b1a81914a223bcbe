"""The Python that the project asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from webstead.check.document import Place
from webstead.check.rule import Found
from webstead.check.subject import Subject
from webstead.plan.support import PythonSupport, recommended, support_of
from webstead.project import Evidence

__all__ = ["end_of_life_near", "out_of_support"]


def out_of_support(subject: Subject) -> Iterator[Found]:
    for support, place in _asked_for(subject):
        if support.status(subject.today) == "end-of-life":
            why = f"Python {support.version} has had no security releases since {support.end_of_life}."
            yield Found(place, why, f"Move to Python {recommended(subject.today)}.")


def end_of_life_near(subject: Subject) -> Iterator[Found]:
    for support, place in _asked_for(subject):
        if support.ends_soon(subject.today):
            why = f"Python {support.version} gets its last security release by {support.end_of_life}."
            yield Found(place, why, f"Plan the move to Python {recommended(subject.today)}.")


def _asked_for(subject: Subject) -> Iterator[tuple[PythonSupport, Place]]:
    """Each minor version that a file names exactly, or that a path of an interpreter has in its name."""
    told: set[PythonSupport] = set()
    for version, evidence in (*_stated(subject), *subject.derived.hints):
        support = support_of(version)
        if support is not None and support not in told:
            told.add(support)
            yield support, subject.place(evidence.path, evidence.line)


def _stated(subject: Subject) -> Iterator[tuple[str, Evidence]]:
    for statement in subject.project.python:
        only = re.fullmatch(r"(?:==|~=)\s*(\d+\.\d+)[\d.*]*", statement.version.strip())
        if statement.exact:
            yield statement.version, statement.evidence
        elif only:
            yield only[1], statement.evidence
