"""The places that can say how an app is started, each read on its own: the order of precedence is in
make.py."""

from __future__ import annotations

import re
from dataclasses import dataclass

from webstead.plan.choice import Verdict, decisive_mention
from webstead.plan.commands import (
    PORT,
    config_of_gunicorn,
    host_variables,
    host_words,
    missing_program,
    port_warning,
    split_command,
)
from webstead.plan.model import Alternative, Interface, PlanWarning, Process, Start
from webstead.plan.overrides import Overrides
from webstead.plan.serving import Settled, settle
from webstead.plan.targets import check_target, find_app, gateway_words, uvicorn_words
from webstead.project import Candidate, Evidence, Project
from webstead.project.procfile import ProcfileEntry
from webstead.project.text import decode

__all__ = [
    "Offer",
    "candidate_start",
    "from_app",
    "from_code",
    "from_command",
    "from_django",
    "from_procfile",
    "lost",
    "process_start",
]


_BUILDS = re.compile(
    r".*\bcollectstatic\b|(?:python[\d.]* -m )?pip3? install\b|(?:uv|poetry|pdm|pipenv) (?:sync|install)\b"
)
"""What the build does anyway."""

_BIND = re.compile(r"""^bind\s*=\s*["'][^"']*:(\d+)["']""")


@dataclass(frozen=True, slots=True)
class Offer:
    """A start, and what goes with it. loses: why it is none although it was found. variables: settings it
    brings."""

    start: Start
    candidate: Candidate | None = None
    warnings: tuple[PlanWarning, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    loses: str = ""


def from_command(project: Project, overrides: Overrides) -> Offer | None:
    if overrides.command is None:
        return None
    settings = {setting.name: setting.text for setting in overrides.settings}
    line = split_command(overrides.command)
    words = host_words(line.words, settings)
    given = Evidence("--command", 0, "given on the command line")
    warnings = (*_command_warnings(words, project, given), *_taken_by_the_shell(words, given))
    variables = host_variables(line.variables, settings)
    return Offer(Start("command", None, words, ".", (given,)), warnings=warnings, variables=variables)


def _taken_by_the_shell(words: tuple[str, ...], given: Evidence) -> tuple[PlanWarning, ...]:
    """`--command "… --port $PORT"`: between double quotes the shell puts its own PORT, which is empty."""
    for word, following in zip(words, (*words[1:], "-"), strict=True):
        if word in ("--port", "--bind", "--server.port") and following.startswith("-"):
            text = (
                f"{given.where} has {word} without a value: between double quotes the shell replaces $PORT."
            )
            return (PlanWarning(text, f"Use single quotes: --command '… {word} $PORT'", (given,)),)
    return ()


def _command_warnings(
    words: tuple[str, ...], project: Project, evidence: Evidence
) -> tuple[PlanWarning, ...]:
    """Its program is not in the requirements, or it fixes the port."""
    missing = missing_program(words, project)
    text = f"{evidence.where} starts {missing}, which the requirements do not list."
    unlisted = PlanWarning(text, f"Add {missing} to the requirements.", (evidence,)) if missing else None
    fixed = port_warning(words, (), evidence, "$PORT") or _bound_by_file(words, project)
    return tuple(warning for warning in (unlisted, fixed) if warning)


def _bound_by_file(words: tuple[str, ...], project: Project) -> PlanWarning | None:
    """gunicorn's own configuration file fixes the port, and the command names none."""
    path = config_of_gunicorn(words)
    if path not in project.files:
        return None
    for number, line in enumerate(decode(project.code.tree.read(path)).lines, 1):
        match = _BIND.match(line)
        if match:
            evidence = Evidence(path, number, f"binds port {match[1]}")
            text = f"{evidence.where} binds the fixed port {match[1]}; the host gives it another one."
            return PlanWarning(text, "Add to the command, which wins: --bind 127.0.0.1:$PORT", (evidence,))
    return None


def from_app(project: Project, overrides: Overrides) -> Offer | None:
    """--app: its interface and folder are those of the code, where the code has it."""
    if overrides.app is None:
        return None
    target = check_target(overrides.app)
    given = Evidence("--app", 0, "given on the command line")
    found = find_app(target, project)
    if isinstance(found, Candidate):
        start = _start(found.framework.interface, target, found.directory, (given, *found.evidence))
        return Offer(start, found)
    if found is not None:
        framework, evidence = found
        return Offer(_start(framework.interface, target, ".", (given, evidence)))
    directory = _folder_of_module(project, target)
    text = f"The code does not show what {target} is; it is taken for a WSGI app."
    fix = f"For an ASGI app: --command 'uvicorn {target} --port $PORT'"
    return Offer(_start("wsgi", target, directory, (given,)), warnings=(PlanWarning(text, fix, (given,)),))


def _folder_of_module(project: Project, target: str) -> str:
    module = target.partition(":")[0]
    roots = [".", "src", *sorted({c.directory for c in project.candidates})]
    return next((root for root in roots if project.code.layout.path_of(root, module)), ".")


def process_start(process: Process, evidence: tuple[Evidence, ...]) -> Start:
    """The start that a process of the effective web.config is."""
    interface: Interface = "wsgi" if process.protocol == "fastcgi" and process.foreign is None else "command"
    return Start(interface, process.target, process.command, process.directory, evidence)


def from_procfile(project: Project, verdict: Verdict) -> Offer | None:
    """Procfile's web: line, or App Service's start file. When its program is not installed, or its app is
    gone, and the code has an app, the code is served."""
    entry = project.process("web") or project.startup
    if entry is None:
        return None
    words = host_words(entry.words, dict(entry.variables))
    variables = host_variables(entry.variables, {})
    settled = settle(words, project, entry.evidence, entry.directory)
    start = Start("command", None, settled.words, entry.directory, (entry.evidence,))
    if settled.instead:
        one = settled.instead
        start = _start(one.interface, one.target, one.directory, (entry.evidence,))
    missing = missing_program(words, project)
    loses = settled.stale or (f"{missing} is not in the requirements" if missing else "")
    warnings = (
        *_stale_warning(settled, entry, project),
        *settled.warnings,
        *_command_warnings(settled.words, project, entry.evidence),
        *_before(entry, project),
    )
    return Offer(start, None, warnings, variables, loses if verdict.winner else "")


def _stale_warning(settled: Settled, entry: ProcfileEntry, project: Project) -> tuple[PlanWarning, ...]:
    if not settled.stale:
        return ()
    named = project.candidates[0].target if project.candidates else "package.module:object"
    fix = f"Name the app that is there, such as {named}, or delete the line."
    return (PlanWarning(f"{settled.stale}.", fix, (entry.evidence,)),)


def _before(entry: ProcfileEntry, project: Project) -> tuple[PlanWarning, ...]:
    """What a start command does before its server: the build does some of it, the rest belongs into a
    release."""
    release = project.process("release")
    known = {" ".join(release.words)} if release else set()
    left = [command for command in entry.before if command not in known and not _BUILDS.match(command)]
    if not left:
        return ()
    line = left[0] if len(left) == 1 else f'sh -c "{" && ".join(left)}"'
    text = f"{entry.evidence.where} runs {' and '.join(left)} before the server, which webstead up does not."
    fix = f"Let each release run it once, by a line of Procfile: release: {line}"
    return (PlanWarning(text, fix, (entry.evidence,)),)


def from_code(project: Project, verdict: Verdict) -> Offer | None:
    winner = verdict.winner
    if winner is None:
        return None
    warnings: tuple[PlanWarning, ...] = ()
    if winner.runs:
        text = f"Importing {winner.path} starts a development server (line {winner.runs}) and never ends."
        fix = 'Put the call under: if __name__ == "__main__":'
        warnings = (PlanWarning(text, fix, (Evidence(winner.path, winner.runs, "runs when imported"),)),)
    return Offer(candidate_start(winner, project), winner, warnings)


def from_django(project: Project) -> Offer | None:
    """A manage.py without a wsgi.py: Django's own function makes the app, given the settings module."""
    for django in project.django:
        if django.settings is not None:
            target = "django.core.wsgi:get_wsgi_application()"
            start = _start("wsgi", target, django.directory, (django.settings.evidence,))
            return Offer(start, variables=(("DJANGO_SETTINGS_MODULE", django.settings.module),))
    return None


def candidate_start(candidate: Candidate, project: Project) -> Start:
    mention = decisive_mention(candidate, project)
    evidence = (*candidate.evidence, *((mention,) if mention else ()))
    return _start(candidate.framework.interface, candidate.target, candidate.directory, evidence)


def lost(candidate: Candidate, project: Project, why_not: str) -> Alternative:
    return Alternative(candidate_start(candidate, project), why_not)


def _start(interface: Interface, target: str, directory: str, evidence: tuple[Evidence, ...]) -> Start:
    words = uvicorn_words(target, PORT) if interface == "asgi" else gateway_words(target)
    return Start(interface, target, words, directory, evidence)
