"""The Python that the project asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from webstead.check.document import Place
from webstead.check.rule import Found
from webstead.check.subject import Subject
from webstead.plan.support import END_OF_LIFE, end_of_life, minor_of
from webstead.project import Evidence

__all__ = ["end_of_life_near", "out_of_support"]

_SOON = timedelta(days=183)


def out_of_support(subject: Subject) -> Iterator[Found]:
    for version, place in _asked_for(subject):
        last = end_of_life(version)
        if last is not None and last < subject.today:
            why = f"Python {minor_of(version)} has had no security releases since {last:%Y-%m-%d}."
            yield Found(place, why, f"Move to Python {_latest(subject.today)}.")


def end_of_life_near(subject: Subject) -> Iterator[Found]:
    for version, place in _asked_for(subject):
        last = end_of_life(version)
        if last is not None and subject.today <= last < subject.today + _SOON:
            why = f"Python {minor_of(version)} gets its last security release by {last:%Y-%m-%d}."
            yield Found(place, why, f"Plan the move to Python {_latest(subject.today)}.")


def _latest(today: date) -> str:
    """One that has been out for a year, of five: packages have wheels for it."""
    fit = [version for version, last in END_OF_LIFE.items() if last - today <= timedelta(days=4 * 366)]
    return fit[-1] if fit else next(iter(END_OF_LIFE))


def _asked_for(subject: Subject) -> Iterator[tuple[str, Place]]:
    """Each minor version that a file names exactly, or that a path of an interpreter has in its name."""
    told: set[str | None] = set()
    for version, evidence in (*_stated(subject), *subject.derived.hints):
        minor = minor_of(version)
        if minor not in told:
            told.add(minor)
            yield version, subject.place(evidence.path, evidence.line)


def _stated(subject: Subject) -> Iterator[tuple[str, Evidence]]:
    for statement in subject.project.python:
        only = re.fullmatch(r"(?:==|~=)\s*(\d+\.\d+)[\d.*]*", statement.version.strip())
        if statement.exact:
            yield statement.version, statement.evidence
        elif only:
            yield only[1], statement.evidence
