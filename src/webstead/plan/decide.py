"""Who says how the app is started: --command, --app, the project's web.config, Procfile, the code; the first
that can."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from webstead.plan.choice import Verdict
from webstead.plan.model import Alternative, PlanWarning, Question, Start
from webstead.plan.overrides import Overrides
from webstead.plan.own_file import OwnFile
from webstead.plan.questions import nothing_found, unusable_config, which_app
from webstead.plan.scripts import ScriptVerdict, choose_script, script_start
from webstead.plan.sources import (
    Offer,
    from_app,
    from_code,
    from_command,
    from_django,
    from_procfile,
    from_script,
    lost,
    process_start,
)
from webstead.project import Project

__all__ = ["Decision", "decide"]


@dataclass(frozen=True, slots=True)
class Decision:
    """offer: what starts. from_file: the project's own web.config starts it, with offer's target in place of
    its own when retarget is set."""

    offer: Offer | None = None
    from_file: bool = False
    retarget: bool = False
    questions: tuple[Question, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    warnings: tuple[PlanWarning, ...] = ()


@dataclass(frozen=True, slots=True)
class _Offers:
    """What each place says."""

    given: Offer | None
    flag: str
    file: Offer | None
    procfile: Offer | None
    code: Offer | None
    scripts: ScriptVerdict


def decide(project: Project, overrides: Overrides, own: OwnFile | None, verdict: Verdict) -> Decision:
    """The order of precedence, and why each of the others lost."""
    command = from_command(project, overrides)
    scripts = choose_script(project, verdict)
    offers = _Offers(
        command or from_app(project, overrides),
        "--command" if command else "--app",
        _from_file(own),
        from_procfile(project, verdict),
        _from_code(project, verdict, scripts),
        scripts,
    )
    if offers.given:
        return _given(offers.given, project, own, offers, verdict)
    if own and offers.file:
        reason = f"{own.path} says how the site is started"
        return Decision(
            offers.file, True, alternatives=_others(project, verdict, offers, offers.file, reason)
        )
    if own and own.derived.problems:
        return _repaired(project, own, offers, verdict)
    if offers.procfile and not offers.procfile.loses:
        reason = f"{offers.procfile.start.evidence[0].where} says how the app is started"
        others = _others(project, verdict, offers, offers.procfile, reason)
        return Decision(offers.procfile, alternatives=others, warnings=offers.procfile.warnings)
    return _by_code(project, offers, verdict)


def _from_code(project: Project, verdict: Verdict, scripts: ScriptVerdict) -> Offer | None:
    """What the code starts, when one thing of it fits best."""
    if scripts.rivals or scripts.tied:
        return None
    if scripts.winner is not None:
        return from_script(scripts.winner, project)
    return from_code(project, verdict) or (None if verdict.tied else from_django(project))


def _from_file(own: OwnFile | None) -> Offer | None:
    """What the file starts: the app, or, where it maps nothing to one, the first of other programs."""
    if own is None or not (own.starts or (own.derived.processes and not own.derived.problems)):
        return None
    process = min(own.derived.processes, key=lambda process: process.foreign is not None)
    return Offer(process_start(process, own.derived.evidence.get(process.pool, ())))


def _given(
    given: Offer, project: Project, own: OwnFile | None, offers: _Offers, verdict: Verdict
) -> Decision:
    others = _others(project, verdict, offers, given, f"{offers.flag} was given")
    keeps = own is not None and given.start.interface == "wsgi" and own.has_fastcgi
    warnings = given.warnings
    if own is not None and not keeps and (own.starts or own.derived.problems):
        text = f"{own.path} starts the app in another way than {offers.flag} asks for; the file is not used."
        warnings += (PlanWarning(text, f"Leave {offers.flag} out to use the file."),)
    return Decision(given, keeps, keeps, alternatives=others, warnings=warnings)


def _repaired(project: Project, own: OwnFile, offers: _Offers, verdict: Verdict) -> Decision:
    """The file maps Python but names no app that can run: the code's own app is taken where it fits, else
    asked."""
    problem = own.derived.problems[0]
    code = offers.code
    if code and code.start.interface == "wsgi" and own.has_fastcgi:
        text = f"{problem.text} The code has {code.start.target}, which is served."
        warnings = (PlanWarning(text, problem.fix, problem.evidence, problem.kind), *code.warnings)
        others = _others(project, verdict, offers, code, f"{own.path} maps URLs to FastCGI")
        return Decision(code, True, True, alternatives=others, warnings=warnings)
    others = _others(project, verdict, offers, None, f"{own.path} says how the site is started")
    return Decision(questions=(unusable_config(problem, code.start if code else None),), alternatives=others)


def _by_code(project: Project, offers: _Offers, verdict: Verdict) -> Decision:
    warnings = offers.procfile.warnings if offers.procfile else ()
    if offers.code:
        others = _others(project, verdict, offers, offers.code, "")
        return Decision(offers.code, alternatives=others, warnings=(*warnings, *offers.code.warnings))
    question = _question(project, offers.scripts, verdict)
    others = _others(project, verdict, offers, None, "it fits as well as the others")
    return Decision(questions=(question,), alternatives=others, warnings=warnings)


def _question(project: Project, scripts: ScriptVerdict, verdict: Verdict) -> Question:
    apps = scripts.rivals or verdict.tied or ((verdict.winner,) if verdict.winner and scripts.tied else ())
    programs = (scripts.winner,) if scripts.winner else scripts.tied
    if apps or programs:
        return which_app(apps, programs)
    return nothing_found(project, [candidate for candidate, _ in verdict.losers if candidate.aside])


def _others(
    project: Project, verdict: Verdict, offers: _Offers, chosen: Offer | None, reason: str
) -> tuple[Alternative, ...]:
    """All that was found and is not chosen, each start once."""
    taken = {_key(chosen.start)} if chosen else set()
    found = []
    for alternative in _found(project, verdict, offers, chosen, reason):
        if _key(alternative.start) not in taken:
            taken.add(_key(alternative.start))
            found.append(alternative)
    return tuple(found)


def _found(
    project: Project, verdict: Verdict, offers: _Offers, chosen: Offer | None, reason: str
) -> Iterator[Alternative]:
    for offer in (offers.file, offers.procfile, offers.code):
        if offer is not None and offer is not chosen:
            yield Alternative(offer.start, offer.loses or reason)
    scripts = offers.scripts
    over = scripts.over if chosen is offers.code and scripts.winner and not scripts.rivals else reason
    if verdict.winner is not None and (scripts.winner or scripts.tied):
        yield lost(verdict.winner, project, over)
    for candidate in verdict.tied:
        yield lost(candidate, project, over)
    for candidate, why_not in verdict.losers:
        yield lost(candidate, project, why_not)
    for script in (*scripts.tied, *((scripts.winner,) if scripts.winner else ())):
        yield Alternative(script_start(script), reason)
    for script, why_not in scripts.losers:
        yield Alternative(script_start(script), why_not)


def _key(start: Start) -> Sequence[object]:
    return (start.target, start.directory) if start.target else (start.command, start.directory)
