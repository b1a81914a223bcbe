"""Which script is the app, and how it is started on the host's port.

As for apps that a server imports (choice.py): each rule takes scripts out and says why. One that is left is
chosen; several are asked about. The same goes for a script beside such an app.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from webstead.plan.choice import Verdict, is_listed
from webstead.plan.commands import PORT
from webstead.plan.mentioned import decisive_mention
from webstead.plan.model import Start
from webstead.project import Candidate, Evidence, Project, Script
from webstead.project.candidates import ENTRY_STEMS
from webstead.project.paths import folder_of, join, relative_to, stem_of

__all__ = [
    "RULES",
    "ScriptVerdict",
    "choose_script",
    "portbind_words",
    "script_start",
    "through_portbind",
    "typed_command",
]

Losers = dict[Script, str]
Rule = Callable[[Sequence[Script], Project], Losers]

_FACTORY = re.compile(r"app(?:lication)?\(\)$|factory", re.IGNORECASE)
"""Names by which people mean a function that makes the app."""
_PYTHON = re.compile(r"python[\d.]*")
_PORT_DIGITS = 5
_LOWEST_PORT, _HIGHEST_PORT = 80, 65535

_USUAL_STEMS = frozenset({"__main__", "dashboard", "home", "streamlit_app"}) | {
    stem for stem, rank in ENTRY_STEMS.items() if rank < 2
}


@dataclass(frozen=True, slots=True)
class ScriptVerdict:
    """winner: the script to start. tied: scripts that fit equally well. rival: an app that fits as well as
    the winner. losers: with the reason of each. over: why the winner comes before the apps that a server
    could import."""

    winner: Script | None = None
    losers: tuple[tuple[Script, str], ...] = ()
    tied: tuple[Script, ...] = ()
    rivals: tuple[Candidate, ...] = ()
    over: str = ""


def script_start(script: Script) -> Start:
    """Its framework's own command; else the file itself, with its port put in the place of the host's."""
    path = script.path if script.directory == "." else relative_to(script.path, script.directory)
    if script.framework.command:
        words = tuple(word.format(path=path, port=PORT) for word in script.framework.command)
        return Start("command", None, words, script.directory, script.evidence)
    launcher = ("python", "-m", "webstead.portbind", "--to", PORT)
    if script.target:
        words = (*launcher, "--serve", script.kind, script.target)
        return Start("command", None, words, script.directory, script.evidence)
    named = tuple(word for port in script.ports for word in ("--port", str(port)))
    what = ("--module", script.module) if script.module else (path,)
    words = (*launcher, *(named or ("--first",)), *what)
    return Start("command", None, words, script.directory, (*script.evidence, _port_evidence(script)))


def typed_command(script: Script) -> str:
    """How a person starts it: what to give to --command."""
    start = script_start(script)
    if script.framework.command:
        return " ".join(start.command).replace(PORT, "$PORT")
    path = script.path if script.directory == "." else relative_to(script.path, script.directory)
    return f"python -m {script.module}" if script.module else f"python {path}"


def through_portbind(words: Sequence[str], project: Project, directory: str = ".") -> Script | None:
    """The script of the project that the words `python server.py …` start, when they do not hand its port
    over and its code does not take the host's."""
    if PORT in " ".join(words):
        return None
    named = [join(directory, path) for path in _script_of(words)]
    script = next((script for script in project.scripts if script.path in named), None)
    if script is None or script.never or script.takes_port or script.framework.command:
        return None
    return None if script.target else script


def portbind_words(words: Sequence[str], script: Script) -> tuple[str, ...]:
    """The words of such a command, with the launcher before the script; the script keeps its own words."""
    rest = [word for word in words[1:] if word != "-u"]
    own = rest[2:] if rest[0] == "-m" else rest[1:]
    numbers = {int(word) for word in own if word.isascii() and word.isdigit() and len(word) <= _PORT_DIGITS}
    ports = sorted(
        {*script.ports, *(number for number in numbers if _LOWEST_PORT <= number <= _HIGHEST_PORT)}
    )
    named = tuple(word for port in ports for word in ("--port", str(port)))
    what = ("--module", rest[1]) if rest[0] == "-m" else (rest[0],)
    return ("python", "-m", "webstead.portbind", "--to", PORT, *(named or ("--first",)), *what, *own)


def _script_of(words: Sequence[str]) -> tuple[str, ...]:
    """The files that the words of a command may run; none for others than Python's."""
    rest = [word for word in words[1:] if word != "-u"]
    if len(rest) < 1 or not _PYTHON.fullmatch(words[0]):
        return ()
    if rest[0] == "-m":
        base = rest[1].replace(".", "/") if len(rest) > 1 else ""
        return (f"{base}.py", f"{base}/__main__.py")
    return (rest[0],)


def _port_evidence(script: Script) -> Evidence:
    if not script.ports:
        return Evidence(script.path, 0, "the first port that it listens on becomes the host's")
    named = " or ".join("a free port" if port == 0 else f"port {port}" for port in script.ports)
    return Evidence(script.path, 0, f"where it would listen on {named}, it listens on the host's")


def choose_script(project: Project, verdict: Verdict) -> ScriptVerdict:
    """The script to start, if it is one; what only serves an app that a server can import is none."""
    has_app = verdict.winner is not None or bool(verdict.tied) or any(d.settings for d in project.django)
    standing = [s for s in project.scripts if not (s.never or (s.framework.is_server and has_app))]
    losers: list[tuple[Script, str]] = []
    for rule in RULES:
        out = rule(standing, project)
        losers += [(script, out[script]) for script in standing if script in out]
        standing = [script for script in standing if script not in out]
    if len(standing) == 1:
        return _against_apps(standing[0], project, verdict, tuple(losers))
    ways = [_against_apps(script, project, verdict, ()) for script in standing]
    tied = tuple(s for s, way in zip(standing, ways, strict=True) if way.winner or way.rivals)
    losers += [loser for way in ways for loser in way.losers]
    return ScriptVerdict(losers=tuple(losers), tied=tied)


def _against_apps(
    script: Script, project: Project, verdict: Verdict, losers: tuple[tuple[Script, str], ...]
) -> ScriptVerdict:
    """A script beside the app, or the apps, that a server could import."""
    apps = [verdict.winner] if verdict.winner else list(verdict.tied)
    better = [why for app in apps for why in (_why_app(app, script, project),) if why]
    if better:
        return ScriptVerdict(losers=(*losers, (script, better[0])))
    if not apps and any(d.settings for d in project.django):
        manage = next(d.manage for d in project.django if d.settings)
        return ScriptVerdict(losers=(*losers, (script, f"{manage} makes this a Django project")))
    worse = {app: _why_script(script, app, project) for app in apps}
    rivals = tuple(app for app, why in worse.items() if not why)
    over = next((why for why in worse.values() if why), "")
    return ScriptVerdict(script, losers, rivals=rivals, over=over)


def _why_app(app: Candidate, script: Script, project: Project) -> str:
    """Why the app is the one to serve and not the script; empty when nothing says so."""
    if any(d.directory == app.directory and d.settings for d in project.django):
        return f"{app.target} is the project's Django site"
    if script.path in project.code.reach(app.path):
        return f"{app.path} imports it"
    mention = decisive_mention(app, project)
    if mention and not _mention(script, project):
        return f"{mention.where} starts {app.target}"
    if app.path == script.path and any("as a program" in item.why for item in app.evidence):
        return f"{script.path} runs {app.target} as a program" if not _is_mcp(script) else ""
    if not script.framework.distribution and app.framework.distribution and is_listed(app, project):
        return f"{app.framework.name} is in the requirements, and {app.target} is its app"
    listed = not project.manifests.known or project.manifests.has(*_distributions(script))
    if script.framework.distribution and not listed and is_listed(app, project):
        return f"{script.framework.name} is not in the requirements"
    return f"it lies in {folder_of(script.path)}/" if _deeper_than(script.path, app.path) else ""


def _why_script(script: Script, app: Candidate, project: Project) -> str:
    """The other way round."""
    if _is_mcp(script) and app.path == script.path:
        return f"{script.where} says itself how it is served"
    mention = _mention(script, project)
    if mention and not decisive_mention(app, project):
        return f"{mention.where} {mention.why}"
    if app.factory and app.path == script.path and not _FACTORY.search(app.attribute):
        return f"{script.where} says itself how it is served"
    if not is_listed(app, project) and project.manifests.has(*_distributions(script)):
        return f"{app.framework.name} is not in the requirements"
    return f"it lies in {folder_of(app.path)}/" if _deeper_than(app.path, script.path) else ""


def _is_mcp(script: Script) -> bool:
    return script.framework.name == "MCP server"


def _distributions(script: Script) -> tuple[str, ...]:
    name = script.framework.distribution
    return ("mcp", "fastmcp") if name == "mcp" else (name,) if name else ()


def _deeper_than(path: str, other: str) -> bool:
    """A program of its own in a sub-folder, beside one at the root."""
    return folder_of(other) in (".", "src") and folder_of(path) not in (".", "src")


def _mention(script: Script, project: Project) -> Evidence | None:
    return next((evidence for path, evidence in project.programs if path == script.path), None)


# Among scripts


def _aside(standing: Sequence[Script], project: Project) -> Losers:
    return {s: f"it lies in {s.aside}, which is not the app itself" for s in standing if s.aside}


def _servers(standing: Sequence[Script], project: Project) -> Losers:
    """What serves itself comes before what serves an app that could not be found."""
    if all(script.framework.is_server for script in standing):
        return {}
    return {s: "it only serves another app" for s in standing if s.framework.is_server}


def _pages(standing: Sequence[Script], project: Project) -> Losers:
    """Streamlit's pages/ are shown by the script beside the folder."""
    beside = {folder_of(script.path): script for script in standing}
    losers: Losers = {}
    for script in standing:
        folder = folder_of(script.path)
        if folder.rpartition("/")[2] == "pages" and folder_of(folder) in beside:
            losers[script] = f"it is a page of {beside[folder_of(folder)].path}"
    return losers


def _imported(standing: Sequence[Script], project: Project) -> Losers:
    inner = project.code.used_by([script.path for script in standing])
    return {script: f"{inner[script.path]} imports it" for script in standing if script.path in inner}


def _mentioned(standing: Sequence[Script], project: Project) -> Losers:
    named = [(s, mention) for s in standing for mention in (_mention(s, project),) if mention]
    if len(named) != 1:
        return {}
    ((winner, mention),) = named
    return {s: f"{mention.where} {mention.why}" for s in standing if s is not winner}


def _running(standing: Sequence[Script], project: Project) -> Losers:
    """A program comes before an object that something else has to serve."""
    running = [script for script in standing if not script.target]
    return {s: f"{running[0].path} runs as a program" for s in standing if s.target} if running else {}


def _listed(standing: Sequence[Script], project: Project) -> Losers:
    if not project.manifests.known:
        return {}
    listed = [s for s in standing if not _distributions(s) or project.manifests.has(*_distributions(s))]
    return {
        s: f"{s.framework.name} is not in the requirements" for s in standing if listed and s not in listed
    }


def _packaged(standing: Sequence[Script], project: Project) -> Losers:
    """`http.server` beside a framework that the requirements list is a by-work: a health check."""
    listed = [s for s in standing if _distributions(s) and project.manifests.has(*_distributions(s))]
    if not listed:
        return {}
    return {s: f"the requirements list {listed[0].framework.name}" for s in standing if not _distributions(s)}


def _deeper(standing: Sequence[Script], project: Project) -> Losers:
    depths = {s: 0 if folder_of(s.path) in (".", "src") else 1 + s.path.count("/") for s in standing}
    if min(depths.values(), default=0):
        return {}
    return {s: f"it is a program of its own in {folder_of(s.path)}/" for s, depth in depths.items() if depth}


def _usual_file(standing: Sequence[Script], project: Project) -> Losers:
    usual = [s for s in standing if stem_of(s.path).lower() in _USUAL_STEMS]
    if len(usual) != 1:
        return {}
    return {s: f"{usual[0].path} has a usual name" for s in standing if s is not usual[0]}


RULES: tuple[Rule, ...] = (
    _aside,
    _servers,
    _pages,
    _imported,
    _mentioned,
    _running,
    _listed,
    _packaged,
    _deeper,
    _usual_file,
)
