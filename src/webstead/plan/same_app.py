"""Of several names for one app, the one to serve it by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from webstead.plan.mentioned import decisive_mention, deployed
from webstead.project import Candidate, Evidence, Project
from webstead.project.candidates import ENTRY_STEMS
from webstead.project.paths import stem_of
from webstead.project.values import Place

__all__ = ["NO_ENTRY", "USUAL_NAMES", "adding_to", "entry_stem", "inner_names", "is_django"]

USUAL_NAMES = ("app", "application", "create_app()", "make_app()")
NO_ENTRY = 9


@dataclass(frozen=True, slots=True)
class _Group:
    """Candidates that are, or contain, the same app. inside: the places of apps that another one of them
    wraps. making: files that make one. adding: files that give it routes."""

    members: tuple[Candidate, ...]
    inside: frozenset[Place]
    making: frozenset[str]
    adding: frozenset[str]

    def loaded(self, candidate: Candidate, project: Project) -> int:
        """How many of the files that give the app routes are loaded with this candidate."""
        return len(self.adding & _loads(candidate, project)) if self.adding else 0


def inner_names(standing: Sequence[Candidate], project: Project) -> dict[Candidate, str]:
    """All but the outermost name of each app, with the reason: the wrapped one stays, the object made by the
    factory, the one with all routes."""
    losers: dict[Candidate, str] = {}
    for members in _groups(standing):
        if len(members) > 1:
            group = _described(members, project)
            first, *rest = sorted(members, key=lambda c: _outerness(c, group, project))
            losers |= {c: _why_inner(c, first, project) for c in rest}
    return losers


def _described(members: Sequence[Candidate], project: Project) -> _Group:
    return _Group(
        tuple(members),
        frozenset(place for c in members for place in c.contains if place != c.place),
        frozenset(c.path for c in members if c.how == "made"),
        frozenset(path for c in members for path in adding_to(c, project)),
    )


def _groups(standing: Sequence[Candidate]) -> list[list[Candidate]]:
    """Those with a place in common, directly or through others. A Django project's wsgi and asgi are one app
    with two doors."""
    parent: dict[object, object] = {}

    def root(key: object) -> object:
        while parent.setdefault(key, key) != key:
            parent[key] = key = parent[parent[key]]
        return key

    for candidate in standing:
        for key in _keys(candidate):
            parent[root(key)] = root(candidate.place)
    groups: dict[object, list[Candidate]] = {}
    for candidate in standing:
        groups.setdefault(root(candidate.place), []).append(candidate)
    return list(groups.values())


def _keys(candidate: Candidate) -> list[object]:
    doors = [("django", candidate.directory)] if is_django(candidate) else []
    return [*candidate.contains, *doors]


def _loads(candidate: Candidate, project: Project) -> set[str]:
    return {candidate.path, *project.code.reach(candidate.path)}


def adding_to(candidate: Candidate, project: Project) -> list[str]:
    """The files that give the candidate's app routes or the like, and do not make it."""
    places = (candidate.place, *candidate.contains)
    return [path for place in places for path in project.adding.get(place, ())]


def _outerness(candidate: Candidate, group: _Group, project: Project) -> tuple[object, ...]:
    asgi = _django_asgi(candidate, project) is not None
    return (
        deployed(candidate, project) is None,
        (candidate.framework.interface == "asgi") != asgi if is_django(candidate) else False,
        not _named_by_settings(candidate, project),
        candidate.place in group.inside,
        -group.loaded(candidate, project),
        candidate.how == "imported" and candidate.path in project.code.reach(candidate.place.path),
        "." in candidate.attribute,
        candidate.runs > 0,
        _is_tool(candidate, project),
        candidate.factory,
        ENTRY_STEMS.get(entry_stem(candidate), NO_ENTRY),
        # `application = app` is written on purpose; the imported name beside it is only what it was made of.
        candidate.how == "imported" and candidate.path in group.making,
        USUAL_NAMES.index(candidate.attribute) if candidate.attribute in USUAL_NAMES else NO_ENTRY,
        candidate.how != "imported",
        candidate.path.count("/"),
        candidate.target,
    )


def _why_inner(candidate: Candidate, winner: Candidate, project: Project) -> str:
    said = deployed(winner, project)
    if said is not None and deployed(candidate, project) is None:
        return f"{said.evidence.where} starts {winner.target}"
    if is_django(candidate) and candidate.framework.interface != winner.framework.interface:
        needs = _django_asgi(winner, project)
        if needs:
            return f"{needs.where}: {needs.why}"
        return "nothing in the settings needs ASGI (no channels, no daphne, WSGI_APPLICATION is set)"
    if candidate.place in winner.contains:
        return f"{winner.target} wraps it"
    if _is_tool(candidate, project):
        return f"{candidate.path} makes it for itself by {winner.path}"
    if candidate.factory and not winner.factory:
        return f"{winner.target} is an app that it made"
    if candidate.runs and not winner.runs:
        return f"importing it starts a development server (line {candidate.runs})"
    alone = {winner.path, *project.code.reach(winner.path)} - {
        candidate.path,
        *project.code.reach(candidate.path),
    }
    added = [path for path in adding_to(candidate, project) if path in alone]
    if added:
        return f"{winner.target} is it with what {added[0]} adds to it"
    return f"it is the same app as {winner.target}"


def is_django(candidate: Candidate) -> bool:
    return candidate.framework.distribution in ("django", "channels")


def _is_tool(candidate: Candidate, project: Project) -> bool:
    """An object that a file of no such name makes by another file's factory, without running it or giving it
    routes: `seed.py`, which needs an app to reach the database."""
    made_by_another = candidate.place.path != candidate.path and candidate.how == "made"
    named = ENTRY_STEMS.get(entry_stem(candidate), NO_ENTRY) < NO_ENTRY
    used = candidate.runs or any("as a program" in item.why for item in candidate.evidence)
    adds = candidate.path in adding_to(candidate, project)
    said = decisive_mention(candidate, project) is not None
    return made_by_another and not (candidate.factory or candidate.contains or named or used or adds or said)


def _named_by_settings(candidate: Candidate, project: Project) -> bool:
    """WSGI_APPLICATION says which of several doors is the site's."""
    name = f"{candidate.module}.{candidate.attribute}"
    return any(
        d.wsgi == name and d.directory == candidate.directory and d.asgi is None for d in project.django
    )


def _django_asgi(candidate: Candidate, project: Project) -> Evidence | None:
    return next((d.asgi for d in project.django if d.directory == candidate.directory), None)


def entry_stem(candidate: Candidate) -> str:
    """The file's name; a package counts by its own."""
    return candidate.module.rpartition(".")[2] or stem_of(candidate.path)
