"""Which of several apps is the one to serve: a table of rules, each of which may rule some out and says why.

The rules are applied in order to those still standing. When more than one app stands at the end, they fit
equally well and the user is asked: a wrong app served in silence is worse than a question.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from webstead.plan.mentioned import lies_in, mention_of
from webstead.plan.same_app import NO_ENTRY, USUAL_NAMES, entry_stem, inner_names, is_django
from webstead.project import Candidate, Project
from webstead.project.candidates import ENTRY_STEMS
from webstead.project.frameworks import IMPORT_DISTRIBUTIONS
from webstead.project.mentions import DEPLOYED, DEVELOPED, TOLD
from webstead.project.modules import absolute_imports
from webstead.project.paths import folder_of

__all__ = ["RULES", "Verdict", "choose", "is_listed"]

_DOORS = ("wsgi", "asgi")

Losers = dict[Candidate, str]
Rule = Callable[[Sequence[Candidate], Project], Losers]


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
    mention = mention_of(candidate, project.mentions)
    whole = f"{prefix}{candidate.module}"
    if mention is None or mention.target.partition(":")[0] != whole or candidate.directory == ".":
        return candidate
    layout = project.code.layout
    module = project.code.module(candidate.path)
    tops, _ = absolute_imports(module.source) if module else (frozenset[str](), 0)
    if is_django(candidate) or any(
        layout.has(candidate.directory, t) and not layout.has(".", t) for t in tops
    ):
        return candidate
    return replace(candidate, module=whole, directory=".")


def _aside(standing: Sequence[Candidate], project: Project) -> Losers:
    return {c: f"it lies in {c.aside}, which is not the app itself" for c in standing if c.aside}


def _mentioned(standing: Sequence[Candidate], project: Project) -> Losers:
    """What deploys the app counts more than what its developers start, and that more than a README. Of
    several that are named alike, the one in the folder where it is started."""
    for weight in (DEPLOYED, DEVELOPED, TOLD):
        mentions = [mention for mention in project.mentions if mention.weight == weight]
        named = {c: m for c in standing for m in (mention_of(c, mentions),) if m}
        placed = {c: m for c, m in named.items() if lies_in(c, m.folder)}
        if named:
            chosen = placed if len(placed) == 1 else named
            first, mention = next(iter(chosen.items()))
            reason = f"{mention.evidence.where} starts {first.target}"
            return {c: reason for c in standing if c not in chosen}
    return {}


def _managed(standing: Sequence[Candidate], project: Project) -> Losers:
    folders = {d.directory: d.manage for d in project.django}
    django = [c for c in standing if is_django(c) and c.directory in folders]
    if not django:
        return {}
    reason = f"{folders[django[0].directory]} makes this a Django project"
    return {c: reason for c in standing if c not in django}


def _listed(standing: Sequence[Candidate], project: Project) -> Losers:
    listed = [c for c in standing if is_listed(c, project)]
    if not listed or not project.manifests.known:
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
    inner = project.code.used_by([c.path for c in standing])
    return {c: f"{inner[c.path]} imports it" for c in standing if c.path in inner}


def _deeper(standing: Sequence[Candidate], project: Project) -> Losers:
    depths = {c: 0 if c.directory in (".", "src") else c.directory.count("/") + 1 for c in standing}
    least = min(depths.values(), default=0)
    if least:
        return {}
    return {c: f"it is a program of its own in {c.directory}/" for c, depth in depths.items() if depth}


def _entry_file(standing: Sequence[Candidate], project: Project) -> Losers:
    first = next((c for c in standing if entry_stem(c) in _DOORS), None)
    if first is None:
        return {}
    reason = f"{first.path} is by its name the server's door"
    return {c: reason for c in standing if entry_stem(c) not in _DOORS}


def _object(standing: Sequence[Candidate], project: Project) -> Losers:
    objects = [c for c in standing if not c.factory]
    return {c: f"{objects[0].target} needs no call" for c in standing if c.factory} if objects else {}


def _usual_name(standing: Sequence[Candidate], project: Project) -> Losers:
    """Of several apps in one file, the one with the usual name."""
    usual = {c.path: c.attribute for c in standing if c.attribute in USUAL_NAMES[:2]}
    return {
        c: f"{usual[c.path]} in the same file has the usual name"
        for c in standing
        if c.path in usual and c.attribute not in USUAL_NAMES[:2]
    }


def _usual_file(standing: Sequence[Candidate], project: Project) -> Losers:
    """Of several apps in one folder, the one in a file with a usual name."""
    first = next((c for c in standing if _is_usual(c)), None)
    if first is None:
        return {}
    beside = [c for c in standing if not _is_usual(c) and folder_of(c.path) == folder_of(first.path)]
    return dict.fromkeys(beside, f"{first.path} beside it has a usual name")


def _is_usual(candidate: Candidate) -> bool:
    return ENTRY_STEMS.get(entry_stem(candidate), NO_ENTRY) <= 1


RULES: tuple[Rule, ...] = (
    _aside,
    inner_names,
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
