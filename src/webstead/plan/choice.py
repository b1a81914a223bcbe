"""Which of several apps is the one to serve: a table of rules, each of which may rule some out and says why.

The rules are applied in order to those still standing. When more than one app stands at the end, they fit
equally well and the user is asked: a wrong app served in silence is worse than a question.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from webstead.project import Candidate, Evidence, Project
from webstead.project.candidates import ENTRY_STEMS
from webstead.project.frameworks import IMPORT_DISTRIBUTIONS
from webstead.project.mentions import DEPLOYED, DEVELOPED, TOLD, Mention
from webstead.project.modules import absolute_imports
from webstead.project.paths import folder_of, stem_of

__all__ = ["RULES", "Verdict", "adding_to", "choose", "decisive_mention", "is_listed"]

Losers = dict[Candidate, str]
Rule = Callable[[Sequence[Candidate], Project], Losers]

_USUAL_NAMES = ("app", "application", "create_app()", "make_app()")
_NO_ENTRY = 9


@dataclass(frozen=True, slots=True)
class Verdict:
    """Either a winner, or tied (several that fit equally, or none at all). losers: with the reason of
    each."""

    winner: Candidate | None
    losers: tuple[tuple[Candidate, str], ...] = ()
    tied: tuple[Candidate, ...] = ()


def choose(project: Project) -> Verdict:
    """The app to serve. An app in tests, docs or examples is never chosen, only named."""
    standing = list(project.candidates)
    losers: list[tuple[Candidate, str]] = []
    for rule in RULES:
        out = rule(standing, project)
        losers += [(candidate, out[candidate]) for candidate in standing if candidate in out]
        standing = [candidate for candidate in standing if candidate not in out]
    winner = _as_mentioned(standing[0], project) if len(standing) == 1 else None
    return Verdict(winner, tuple(losers), () if winner else tuple(standing))


def _as_mentioned(candidate: Candidate, project: Project) -> Candidate:
    """`src.service:api`, as a start file says it, where the file can be imported from the root as well: so
    what it opens is found from there."""
    prefix = candidate.directory.replace("/", ".") + "."
    mentions = sorted(project.mentions, key=lambda mention: mention.weight)
    mention = _mention(candidate, mentions)
    whole = f"{prefix}{candidate.module}"
    if mention is None or mention.target.partition(":")[0] != whole or candidate.directory == ".":
        return candidate
    layout = project.code.layout
    module = project.code.module(candidate.path)
    tops, _ = absolute_imports(module.source) if module else (frozenset[str](), 0)
    if _is_django(candidate) or any(
        layout.has(candidate.directory, t) and not layout.has(".", t) for t in tops
    ):
        return candidate
    return replace(candidate, module=whole, directory=".")


def decisive_mention(candidate: Candidate, project: Project) -> Evidence | None:
    """Where a start file of the project, or its code, names this candidate."""
    mention = _mention(candidate, sorted(project.mentions, key=lambda mention: mention.weight))
    return mention.evidence if mention else None


def _mention(candidate: Candidate, mentions: Sequence[Mention]) -> Mention | None:
    prefix = "" if candidate.directory == "." else candidate.directory.replace("/", ".") + "."
    attribute = candidate.attribute.removesuffix("()")
    names = {
        f"{base}{end}"
        for base in (candidate.module, prefix + candidate.module)
        for end in (f":{attribute}", f":{attribute}()", "")
    }
    named = [m for m in mentions if m.target in names or _names_file(m, candidate)]
    return next((m for m in named if _lies_in(candidate, m.folder)), named[0] if named else None)


def _names_file(mention: Mention, candidate: Candidate) -> bool:
    """`observed:app`, started in the folder of a file that is imported from another one."""
    module, _, attribute = mention.target.partition(":")
    path = f"{mention.folder}/{module.replace('.', '/')}.py"
    bare = candidate.attribute.removesuffix("()")
    return bool(mention.folder) and path == candidate.path and attribute in ("", bare, f"{bare}()")


def _lies_in(candidate: Candidate, folder: str) -> bool:
    return bool(folder) and candidate.path.startswith(f"{folder}/")


def _aside(standing: Sequence[Candidate], project: Project) -> Losers:
    return {c: f"it lies in {c.aside}, which is not the app itself" for c in standing if c.aside}


def _same_app(standing: Sequence[Candidate], project: Project) -> Losers:
    """Of several names for one app the outermost stays: the wrapped one, the object made by the factory."""
    losers: Losers = {}
    for group in _groups(standing):
        loaded = _loaded(group, project)
        first, *rest = sorted(group, key=lambda c: _outerness(c, group, project, loaded[c]))
        losers |= {c: _why_inner(c, first, project) for c in rest}
    return losers


def _groups(standing: Sequence[Candidate]) -> list[list[Candidate]]:
    """Candidates that are, or contain, the same app. A Django project's wsgi and asgi are one app with two
    doors."""
    groups: list[tuple[set[object], list[Candidate]]] = []
    for candidate in standing:
        keys: set[object] = {candidate.place, *candidate.contains}
        if candidate.framework.distribution in ("django", "channels"):
            keys.add(("django", candidate.directory))
        members = [candidate]
        for group in [group for group in groups if group[0] & keys]:
            groups.remove(group)
            keys |= group[0]
            members = [*group[1], *members]
        groups.append((keys, members))
    return [members for _, members in groups]


def _loaded(group: Sequence[Candidate], project: Project) -> dict[Candidate, int]:
    """How many of the files that give their app routes each of them loads."""
    adding = {path for candidate in group for path in adding_to(candidate, project)}
    if len(group) < 2 or not adding:
        return dict.fromkeys(group, 0)
    return {c: len(adding & _loads(c, project)) for c in group}


def _loads(candidate: Candidate, project: Project) -> set[str]:
    return {candidate.path, *project.code.reach(candidate.path)}


def adding_to(candidate: Candidate, project: Project) -> list[str]:
    """The files that give the candidate's app routes or the like, and do not make it."""
    return [path for place, path in project.adding if place in (candidate.place, *candidate.contains)]


def _outerness(
    candidate: Candidate, group: Sequence[Candidate], project: Project, loaded: int
) -> tuple[object, ...]:
    asgi = _django_asgi(candidate, project) is not None
    return (
        _deployed(candidate, project) is None,
        (candidate.framework.interface == "asgi") != asgi if _is_django(candidate) else False,
        not _named_by_settings(candidate, project),
        any(candidate.place in other.contains and candidate.place != other.place for other in group),
        -loaded,
        candidate.how == "imported" and candidate.path in project.code.reach(candidate.place.path),
        "." in candidate.attribute,
        candidate.runs > 0,
        _is_tool(candidate, project),
        candidate.factory,
        ENTRY_STEMS.get(_stem(candidate), _NO_ENTRY),
        # `application = app` is written on purpose; the imported name beside it is only what it was made of.
        candidate.how == "imported" and any(o.path == candidate.path and o.how == "made" for o in group),
        _USUAL_NAMES.index(candidate.attribute) if candidate.attribute in _USUAL_NAMES else _NO_ENTRY,
        candidate.how != "imported",
        candidate.path.count("/"),
        candidate.target,
    )


def _why_inner(candidate: Candidate, winner: Candidate, project: Project) -> str:
    said = _deployed(winner, project)
    if said is not None and _deployed(candidate, project) is None:
        return f"{said.evidence.where} starts {winner.target}"
    if _is_django(candidate) and candidate.framework.interface != winner.framework.interface:
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


def _is_django(candidate: Candidate) -> bool:
    return candidate.framework.distribution in ("django", "channels")


def _is_tool(candidate: Candidate, project: Project) -> bool:
    """An object that a file of no such name makes by another file's factory, without running it or giving it
    routes: `seed.py`, which needs an app to reach the database."""
    made_by_another = candidate.place.path != candidate.path and candidate.how == "made"
    named = ENTRY_STEMS.get(_stem(candidate), _NO_ENTRY) < _NO_ENTRY
    used = candidate.runs or any("as a program" in item.why for item in candidate.evidence)
    adds = candidate.path in adding_to(candidate, project)
    said = decisive_mention(candidate, project) is not None
    return made_by_another and not (candidate.factory or candidate.contains or named or used or adds or said)


def _deployed(candidate: Candidate, project: Project) -> Mention | None:
    """Where what deploys the app gives it to a server by this very name."""
    mentions = [m for m in project.mentions if m.weight == DEPLOYED and ":" in m.target]
    return _mention(candidate, mentions)


def _named_by_settings(candidate: Candidate, project: Project) -> bool:
    """WSGI_APPLICATION says which of several doors is the site's."""
    name = f"{candidate.module}.{candidate.attribute}"
    return any(
        d.wsgi == name and d.directory == candidate.directory and d.asgi is None for d in project.django
    )


def _django_asgi(candidate: Candidate, project: Project) -> Evidence | None:
    return next((d.asgi for d in project.django if d.directory == candidate.directory), None)


def _mentioned(standing: Sequence[Candidate], project: Project) -> Losers:
    """What deploys the app counts more than what its developers start, and that more than a README. Of
    several that are named alike, the one in the folder where it is started."""
    for weight in (DEPLOYED, DEVELOPED, TOLD):
        mentions = [mention for mention in project.mentions if mention.weight == weight]
        named = {c: m for c in standing for m in (_mention(c, mentions),) if m}
        placed = {c: m for c, m in named.items() if _lies_in(c, m.folder)}
        if named:
            chosen = placed if len(placed) == 1 else named
            first, mention = next(iter(chosen.items()))
            reason = f"{mention.evidence.where} starts {first.target}"
            return {c: reason for c in standing if c not in chosen}
    return {}


def _managed(standing: Sequence[Candidate], project: Project) -> Losers:
    folders = {d.directory: d.manage for d in project.django}
    django = [c for c in standing if _is_django(c) and c.directory in folders]
    if not django:
        return {}
    reason = f"{folders[django[0].directory]} makes this a Django project"
    return {c: reason for c in standing if c not in django}


def _listed(standing: Sequence[Candidate], project: Project) -> Losers:
    listed = [c for c in standing if is_listed(c, project)]
    if not listed or not project.manifests.any:
        return {}
    return {c: f"{c.framework.name} is not in the requirements" for c in standing if c not in listed}


def is_listed(candidate: Candidate, project: Project) -> bool:
    """Whether the framework of a candidate is installed; one that needs no package always is."""
    name = candidate.framework.distribution
    return not name or project.manifests.has(*_providers(name))


def _providers(name: str) -> frozenset[str]:
    return IMPORT_DISTRIBUTIONS.get(name, frozenset({name}))


def _used_by(standing: Sequence[Candidate], project: Project) -> Losers:
    """An app whose module another one's module imports is a part of that one."""
    if len({c.path for c in standing}) < 2:
        return {}
    reach = {c: project.code.reach(c.path) for c in standing}
    losers: Losers = {}
    for inner in standing:
        for outer in standing:
            if inner.path != outer.path and inner.path in reach[outer] and outer.path not in reach[inner]:
                losers[inner] = f"{outer.path} imports it"
    return losers


def _deeper(standing: Sequence[Candidate], project: Project) -> Losers:
    depths = {c: 0 if c.directory in (".", "src") else c.directory.count("/") + 1 for c in standing}
    least = min(depths.values(), default=0)
    if least:
        return {}
    return {c: f"it is a program of its own in {c.directory}/" for c, depth in depths.items() if depth}


def _entry_file(standing: Sequence[Candidate], project: Project) -> Losers:
    entries = [c for c in standing if _stem(c) in ("wsgi", "asgi")]
    if not entries:
        return {}
    return {c: f"{entries[0].path} is by its name the server's door" for c in standing if c not in entries}


def _object(standing: Sequence[Candidate], project: Project) -> Losers:
    objects = [c for c in standing if not c.factory]
    return {c: f"{objects[0].target} needs no call" for c in standing if c.factory} if objects else {}


def _usual_name(standing: Sequence[Candidate], project: Project) -> Losers:
    """Of several apps in one file, the one with the usual name."""
    losers: Losers = {}
    for usual in (c for c in standing if c.attribute in _USUAL_NAMES[:2]):
        others = [c for c in standing if c.path == usual.path and c.attribute not in _USUAL_NAMES[:2]]
        losers |= dict.fromkeys(others, f"{usual.attribute} in the same file has the usual name")
    return losers


def _usual_file(standing: Sequence[Candidate], project: Project) -> Losers:
    """Of several apps in one folder, the one in a file with a usual name."""
    usual = [c for c in standing if ENTRY_STEMS.get(_stem(c), _NO_ENTRY) <= 1]
    return {
        c: f"{first.path} beside it has a usual name"
        for c in standing
        if c not in usual
        for first in usual[:1]
        if folder_of(first.path) == folder_of(c.path)
    }


def _stem(candidate: Candidate) -> str:
    """The file's name; a package counts by its own."""
    return candidate.module.rpartition(".")[2] or stem_of(candidate.path)


RULES: tuple[Rule, ...] = (
    _aside,
    _same_app,
    _mentioned,
    _managed,
    _listed,
    _used_by,
    _deeper,
    _entry_file,
    _object,
    _usual_name,
    _usual_file,
)
