"""Why there is no start: two apps fit equally well, or none fits. Each question ends in words to type."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from webstead.errors import PlanError
from webstead.plan.model import Plan, PlanWarning, Question, Start
from webstead.plan.scripts import typed_command
from webstead.project import Candidate, Evidence, Project, Script
from webstead.project.candidates import ENTRY_STEMS, is_aside
from webstead.project.paths import stem_of

__all__ = [
    "has_index",
    "nothing_found",
    "of_another_language",
    "start_or_error",
    "unusable_config",
    "which_app",
]

_LOOKED_FOR = (
    "Looked for: web.config, Procfile, manage.py, and in the code the apps of Flask, FastAPI, Starlette, "
    "Django, Quart, Litestar, Falcon, Bottle, Pyramid, Dash and others, factories that return one, and plain "
    "WSGI and ASGI functions; scripts that serve themselves, as those of Streamlit, Gradio, NiceGUI, Panel, "
    "aiohttp, Tornado and http.server; MCP servers."
)
_MAX_NAMED = 5
_MOST_ASKED = 20  # apps of one question


def which_app(tied: Sequence[Candidate], scripts: Sequence[Script] = ()) -> Question:
    named = [f"{c.target} ({c.framework.name}, {c.where})" for c in tied]
    named += [f"{s.target or s.path} ({s.framework.name}, {s.where})" for s in scripts]
    shown = named if len(named) <= _MOST_ASKED else [*named[:_MOST_ASKED], "others"]
    count = Counter(candidate.target for candidate in tied)
    answers = [_answer(c, alone=count[c.target] == 1) for c in tied]
    answers += map(_start_of, scripts)
    evidence = [*(c.evidence[0] for c in tied if c.evidence), *(s.evidence[0] for s in scripts)]
    return Question(
        f"{len(named)} apps fit equally well. Which one is it?\n{' and '.join(shown)}",
        tuple(answers[:_MOST_ASKED]),
        tuple(evidence[:_MOST_ASKED]),
        kind="several",
    )


def _answer(candidate: Candidate, *, alone: bool) -> str:
    """The app's name; for one of several projects with apps of that name, its folder."""
    if alone or candidate.directory == ".":
        return f"webstead up --app {candidate.target}"
    return f"webstead up {candidate.directory}"


def _start_of(script: Script) -> str:
    return (
        f"webstead up --app {script.target}"
        if script.target
        else f"webstead up --command '{typed_command(script)}'"
    )


def nothing_found(project: Project, aside: Sequence[Candidate]) -> Question:
    """The nearest misses, what is there, and what was looked for."""
    near = (*project.near, *({miss.fix: miss for miss in project.elsewhere}.values()))[:_MAX_NAMED]
    broken = [finding for finding in project.findings if _is_syntax(finding.evidence)][:_MAX_NAMED]
    scripts = project.scripts[:_MAX_NAMED]
    lines = [
        "No app was found.",
        *(miss.text for miss in near),
        *(finding.text for finding in broken),
        *map(_script_line, scripts),
        *(
            f"{c.where}: {c.target} lies in {c.aside}, which is not served unasked."
            for c in aside[:_MAX_NAMED]
        ),
        *([] if near or scripts or broken or aside else [f"There {_what_is_there(project)}"]),
        _LOOKED_FOR,
    ]
    fixes = [*(miss.fix for miss in near), *(finding.fix for finding in broken)]
    fixes += [_NEVER[script.framework.name] for script in scripts if script.never]
    answers = [_start_of(script) for script in scripts if not script.never]
    answers += [f"webstead up --app {c.target}" for c in aside[:_MAX_NAMED]]
    evidence = [
        *(miss.evidence for miss in near),
        *(script.evidence[0] for script in scripts),
        *(item for finding in broken for item in finding.evidence),
    ]
    return Question(
        "\n".join(lines),
        tuple(answers or ([] if fixes else _ways(project))),
        tuple(evidence[:_MAX_NAMED]),
        "\n".join(fixes),
    )


def _script_line(script: Script) -> str:
    if script.aside:
        return f"{script.where}: {script.path} lies in {script.aside}, which is not served unasked."
    return f"{script.where}: {script.evidence[0].why}."


_NEVER = {
    "Gradio": "Serve it where the file ends: demo.launch()",
    "MCP server": 'Serve it over HTTP: mcp.run(transport="streamable-http")',
}
"""What makes an app of one that is made and never served over HTTP."""


def unusable_config(problem: PlanWarning, offered: Start | None) -> Question:
    """The project's web.config names a process that cannot run here."""
    answers = (f"webstead up --app {offered.target}",) if offered and offered.target else ()
    fallback = ("webstead up --app package.module:object",)
    return Question(problem.text, answers or fallback, problem.evidence, problem.fix, "unusable")


def start_or_error(plan: Plan) -> Start:
    """The plan's start. Raises PlanError made of its first question."""
    if plan.start is not None:
        return plan.start
    if not plan.questions:
        raise PlanError("No start command was found.", fix="webstead up --app package.module:object")
    question = plan.questions[0]
    what, _, found = question.text.partition("\n")
    places = [f"{e.where}  {e.why}" for e in question.evidence if e.where not in question.text]
    raise PlanError(
        what,
        found="\n".join([*([found] if found else []), *places]),
        fix="\n".join([*([question.fix] if question.fix else []), *question.answers]),
    )


def _what_is_there(project: Project) -> str:
    count = project.python_files
    if count and has_index(project):
        files = "a Python file that makes" if count == 1 else f"{count} Python files that make"
        return f"is a static site (index.html), and {files} no app."
    if count:
        names = [path for path in project.files if path.endswith(".py")]
        named = f" ({', '.join(names)})" if count <= _MAX_NAMED else ""
        one = "which makes no app" if count == 1 else "none of which makes an app"
        return (
            f"{'is' if count == 1 else 'are'} {count} Python file{'' if count == 1 else 's'}{named}, {one}."
        )
    notebooks = [path for path in project.files if path.endswith(".ipynb")]
    if notebooks:
        return (
            f"is a notebook, {notebooks[0]}, and no Python file. Voilà serves notebooks: list voila and "
            "ipykernel in requirements.txt."
        )
    if has_index(project):
        return "is a static site (index.html) and no Python file."
    if not project.files:
        return "is nothing: the folder is empty."
    other = next((language for path in project.files for language in of_another_language(path)), "")
    if other:
        return f"is no Python file, but {other}."
    return f"is no Python file, but {', '.join(project.files[:3])}{'…' if len(project.files) > 3 else ''}."


_OTHERS = {
    "package.json": "a project of Node.js (package.json)",
    "go.mod": "a project in Go (go.mod)",
    "cargo.toml": "a project in Rust (Cargo.toml)",
    "gemfile": "a project in Ruby (Gemfile)",
    "composer.json": "a project in PHP (composer.json)",
    "index.php": "a site in PHP (index.php)",
    "pom.xml": "a project in Java (pom.xml)",
    "build.gradle": "a project in Java (build.gradle)",
}


def of_another_language(path: str) -> Iterator[str]:
    """What a file says that the project is instead; a zip holds it yet."""
    name = path.lower()
    if name in _OTHERS:
        yield _OTHERS[name]
    elif name.endswith((".csproj", ".fsproj", ".sln")) and "/" not in name:
        yield f"a project of .NET ({path})"
    elif name.endswith((".zip", ".tar.gz", ".tgz")) and "/" not in name:
        yield f"an archive, {path}, which has to be unpacked"
    elif name.endswith(".pyc"):
        yield f"compiled modules ({path}), which say nothing of the app"


def has_index(project: Project) -> bool:
    return any(path.lower() in ("index.html", "index.htm", "default.htm") for path in project.files)


def _ways(project: Project) -> list[str]:
    if project.python_files:
        root = [p for p in project.files if p.endswith(".py") and "/" not in p and not is_aside(p)]
        script = min(root, key=lambda path: (ENTRY_STEMS.get(stem_of(path), 9), path), default="serve.py")
        return ["webstead up --app package.module:object", f"webstead up --command 'python {script}'"]
    if has_index(project):
        return ["webstead up --command 'python -m http.server --bind 127.0.0.1 $PORT'"]
    notebook = next((path for path in project.files if path.endswith(".ipynb")), None)
    if notebook:
        return [f"webstead up --command 'voila {notebook} --no-browser --port $PORT'"]
    return ["webstead up path/to/the/project", "webstead up --command 'words to run'"]


def _is_syntax(evidence: tuple[Evidence, ...]) -> bool:
    return any("syntax" in item.why for item in evidence)
