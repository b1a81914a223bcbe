"""The places that can say how an app is started, each read on its own: the order of precedence is in
make.py."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from webstead.plan.choice import Verdict
from webstead.plan.commands import (
    PORT,
    config_of_gunicorn,
    host_variables,
    host_words,
    missing_program,
    port_warning,
    split_command,
)
from webstead.plan.loopback_names import loopback_names
from webstead.plan.mentioned import decisive_mention
from webstead.plan.model import Alternative, Interface, PlanWarning, Process, Start
from webstead.plan.overrides import Overrides
from webstead.plan.same_app import adding_to
from webstead.plan.scripts import portbind_words, script_start, through_portbind, typed_command
from webstead.plan.serving import Settled, settle
from webstead.plan.targets import check_target, find_app, gateway_words, uvicorn_words
from webstead.project import Candidate, Evidence, Project, Script
from webstead.project.procfile import ProcfileEntry
from webstead.project.self_serving import MCP, PRODUCTION_SERVERS
from webstead.project.start_file_faults import missing_script
from webstead.project.text import decode

__all__ = [
    "Offer",
    "candidate_start",
    "from_app",
    "from_code",
    "from_command",
    "from_django",
    "from_procfile",
    "from_script",
    "lost",
    "process_start",
]


_BUILDS = re.compile(
    r".*\bcollectstatic\b|(?:python[\d.]* -m )?pip3? install\b|(?:uv|poetry|pdm|pipenv) (?:sync|install)\b"
)
"""What the build does anyway."""

_HEEDS_FLASK = frozenset({"apiflask", "dash", "flask"})
_NO_OWN_SERVER = (("FLASK_RUN_FROM_CLI", "true"),)
"""Flask's own agreement with its command line: `app.run()` then does nothing."""

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
    start, port_warnings = _command_start(words, project, given)
    warnings = (*port_warnings, *_taken_by_the_shell(words, given))
    return Offer(start, warnings=warnings, variables=host_variables(line.variables, settings))


def _command_start(
    words: tuple[str, ...], project: Project, given: Evidence, directory: str = "."
) -> tuple[Start, tuple[PlanWarning, ...]]:
    """A command as it is; `python server.py` of a script that names its port is given the host's."""
    script = through_portbind(words, project, directory)
    if script is None:
        warnings = (
            *_absent_script(words, project, given, directory),
            *_command_warnings(words, project, given),
        )
        return Start("command", None, words, directory, (given,)), warnings
    evidence = (given, *script_start(script).evidence[1:])
    return Start("command", None, portbind_words(words, script), directory, evidence), ()


def _taken_by_the_shell(words: tuple[str, ...], given: Evidence) -> tuple[PlanWarning, ...]:
    """`--command "… --port $PORT"`: between double quotes the shell puts its own PORT, which is empty."""
    for word, following in zip(words, (*words[1:], "-"), strict=True):
        if word in ("--port", "--bind", "--server.port") and following.startswith("-"):
            text = (
                f"{given.where} has {word} without a value: between double quotes the shell replaces $PORT."
            )
            return (PlanWarning(text, f"Use single quotes: --command '… {word} $PORT'", (given,)),)
    return ()


def _absent_script(
    words: tuple[str, ...], project: Project, evidence: Evidence, directory: str
) -> tuple[PlanWarning, ...]:
    absent = missing_script(words, directory, project.files)
    if absent is None:
        return ()
    text = f"{evidence.where} runs {absent}, which the project does not have."
    return (PlanWarning(text, "Correct the path; it counts from the project's root.", (evidence,)),)


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
    script = next((script for script in project.scripts if script.target == target), None)
    if script is not None:
        return from_script(script, project)
    found = find_app(target, project)
    if isinstance(found, Candidate):
        start = _start(found.framework.interface, target, found.directory, (given, *found.evidence))
        return Offer(_by_own_server(start, found), found)
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
    """Procfile's web: line, `run` of appsvc.yaml, or App Service's start file. When its program is not
    installed, or its app is gone, and the code has an app, the code is served."""
    entry = project.process("web") or project.startup
    if entry is None:
        return None
    words = host_words(entry.words, dict(entry.variables))
    variables = host_variables(entry.variables, {})
    settled = settle(words, project, entry.evidence, entry.directory)
    start, own_warnings = _command_start(settled.words, project, entry.evidence, entry.directory)
    if settled.instead:
        one = settled.instead
        start = _start(one.interface, one.target, one.directory, (entry.evidence,))
    missing = missing_program(words, project)
    loses = settled.stale or (f"{missing} is not in the requirements" if missing else "")
    warnings = (
        *_stale_warning(settled, entry, project),
        *settled.warnings,
        *own_warnings,
        *_before(entry, project),
    )
    return Offer(start, None, warnings, variables, loses if verdict.winner else "")


def _stale_warning(settled: Settled, entry: ProcfileEntry, project: Project) -> tuple[PlanWarning, ...]:
    if not settled.stale:
        return ()
    fix = f"Name the app that is there, such as {_instead(project)}, or delete the line."
    return (PlanWarning(f"{settled.stale}.", fix, (entry.evidence,)),)


def _instead(project: Project) -> str:
    if project.candidates or not project.scripts:
        return project.candidates[0].target if project.candidates else "package.module:object"
    return typed_command(project.scripts[0])


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
    """An app that a server imports. One whose file starts a server when it is imported is kept from it, where
    its framework can be told to, or else started as the program that it is."""
    winner = verdict.winner
    if winner is None:
        return None
    start = candidate_start(winner, project)
    if not winner.runs:
        return Offer(start, winner, warnings=(*_not_loaded(winner, project), *_of_mcp(winner, project)))
    if winner.framework.distribution in _HEEDS_FLASK:
        runs = Evidence(winner.path, winner.runs, "its own server is left out: FLASK_RUN_FROM_CLI=true")
        return Offer(replace(start, evidence=(*start.evidence, runs)), winner, variables=_NO_OWN_SERVER)
    script = next((script for script in project.scripts if script.path == winner.path), None)
    if script is not None and not script.never:
        return from_script(script, project)
    text = f"Importing {winner.path} starts a development server (line {winner.runs}) and never ends."
    fix = 'Put the call under: if __name__ == "__main__":'
    evidence = (Evidence(winner.path, winner.runs, "runs when imported"),)
    return Offer(start, winner, warnings=(PlanWarning(text, fix, evidence),))


def _of_mcp(winner: Candidate, project: Project) -> tuple[PlanWarning, ...]:
    is_mcp = winner.framework.distribution == "mcp"
    return loopback_names(project, winner.path, winner.line) if is_mcp else ()


def _not_loaded(winner: Candidate, project: Project) -> tuple[PlanWarning, ...]:
    """Files that give the app routes, and that nothing imports when it is served."""
    left = set(adding_to(winner, project)) - {winner.path}
    left -= project.code.reach(winner.path) if left else set()
    text = "{0} adds to {1}, and {2} does not import it: what it adds is not served."
    fix = "Import it where the app is made, below it; or name the file that does: --app module:object"
    return tuple(
        PlanWarning(
            text.format(path, winner.target, winner.path), fix, (Evidence(path, 0, "adds to the app"),)
        )
        for path in sorted(left)[:1]
    )


def from_script(script: Script, project: Project) -> Offer:
    """A program that serves itself."""
    names = loopback_names(project, script.path, script.line) if script.framework == MCP else ()
    warnings = (*_not_listed(script, project), *_development_server(script, project), *names)
    variables = tuple((name, value.format(port=PORT)) for name, value in script.framework.variables)
    return Offer(script_start(script), warnings=warnings, variables=variables)


def _development_server(script: Script, project: Project) -> tuple[PlanWarning, ...]:
    """It starts, but not as well as its app would with the host's own server."""
    if not script.framework.is_server or script.framework.distribution in PRODUCTION_SERVERS:
        return ()
    miss = next((miss for miss in project.near if miss.evidence.path == script.path), None)
    text = f"{script.where} serves by {script.framework.name}'s own server, which is made for development."
    fix = miss.fix if miss else "Make the app at the top of the file, so that it can be imported: app = …"
    return (PlanWarning(text, fix, (script.evidence[0],)),)


def _not_listed(script: Script, project: Project) -> tuple[PlanWarning, ...]:
    name = script.framework.distribution
    names = {"mcp": ("mcp", "fastmcp")}.get(name, (name,))
    if not name or not project.manifests.known or project.manifests.has(*names) or script.framework.is_server:
        return ()
    text = f"{script.where} uses {script.framework.name}, but the requirements do not list {name}."
    return (PlanWarning(text, f"Add {name} to them.", script.evidence, "package-not-listed"),)


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
    evidence = tuple(dict.fromkeys((*candidate.evidence, *((mention,) if mention else ()))))
    start = _start(candidate.framework.interface, candidate.target, candidate.directory, evidence)
    return _by_own_server(start, candidate)


def _by_own_server(start: Start, candidate: Candidate) -> Start:
    """Sanic's, for what Sanic made; what is wrapped around its app is no app of Sanic's any more."""
    server = candidate.framework.server
    if not server or candidate.contains:
        return start
    words = tuple(word.format(target=candidate.target, port=PORT) for word in server)
    return replace(start, command=words)


def lost(candidate: Candidate, project: Project, why_not: str) -> Alternative:
    return Alternative(candidate_start(candidate, project), why_not)


def _start(interface: Interface, target: str, directory: str, evidence: tuple[Evidence, ...]) -> Start:
    words = uvicorn_words(target, PORT) if interface == "asgi" else gateway_words(target)
    return Start(interface, target, words, directory, evidence)
