"""Why there is no start: two apps fit equally well, or none fits. Each question ends in words to type."""

from __future__ import annotations

from collections.abc import Sequence

from webstead.errors import PlanError
from webstead.plan.model import Plan, PlanWarning, Question, Start
from webstead.project import Candidate, Evidence, Project

__all__ = ["nothing_found", "start_or_error", "unusable_config", "which_app"]

_LOOKED_FOR = (
    "web.config, Procfile, manage.py, and in the code the apps of Flask, FastAPI, Starlette, Django, Quart, "
    "Litestar, Falcon, Bottle, Pyramid, Dash and others, factories that return one, and plain WSGI and ASGI "
    "functions"
)
_MAX_NAMED = 5


def which_app(tied: Sequence[Candidate]) -> Question:
    names = " and ".join(f"{c.target} ({c.framework.name}, {c.where})" for c in tied)
    return Question(
        f"{len(tied)} apps fit equally well: {names}. Which one is it?",
        tuple(f"webstead up --app {c.target}" for c in tied),
        tuple(evidence for c in tied for evidence in c.evidence[:1]),
    )


def nothing_found(project: Project, aside: Sequence[Candidate]) -> Question:
    """What was looked for, what is there, and the nearest misses."""
    parts = [_what_is_there(project), *(f"{miss.text} {miss.fix}" for miss in project.near[:_MAX_NAMED])]
    parts += [f"{f.text}" for f in project.findings if _is_syntax(f.evidence)][:_MAX_NAMED]
    parts += [f"{s.evidence.where}: {s.framework} serves itself." for s in project.scripts[:_MAX_NAMED]]
    parts += [
        f"{c.where}: {c.target} lies in {c.aside}, which is not served unasked." for c in aside[:_MAX_NAMED]
    ]
    answers = [f'webstead up --command "{script.command}"' for script in project.scripts[:_MAX_NAMED]]
    answers += [f"webstead up --app {c.target}" for c in aside[:_MAX_NAMED]]
    answers += [] if answers else _ways(project)
    evidence = [
        *(miss.evidence for miss in project.near),
        *(script.evidence for script in project.scripts),
        *(e for f in project.findings if _is_syntax(f.evidence) for e in f.evidence),
    ]
    text = f"No app was found. Looked for: {_LOOKED_FOR}. Found: {' '.join(parts)}"
    return Question(text, tuple(answers), tuple(evidence[:_MAX_NAMED]))


def unusable_config(problem: PlanWarning, offered: Start | None) -> Question:
    """The project's web.config names a process that cannot run here."""
    answers = (f"webstead up --app {offered.target}",) if offered and offered.target else ()
    fallback = ("webstead up --app package.module:object",)
    return Question(f"{problem.text} {problem.fix}".strip(), answers or fallback, problem.evidence)


def start_or_error(plan: Plan) -> Start:
    """The plan's start. Raises PlanError made of its first question."""
    if plan.start is not None:
        return plan.start
    if not plan.questions:
        raise PlanError("No start command was found.", fix="webstead up --app package.module:object")
    question = plan.questions[0]
    what, _, found = question.text.partition(". ")
    places = [f"{evidence.where}  {evidence.why}" for evidence in question.evidence]
    raise PlanError(
        what.removesuffix(".") + ".",
        found="\n".join([*([found] if found else []), *places]),
        fix="\n".join(question.answers),
    )


def _what_is_there(project: Project) -> str:
    count = project.python_files
    if count:
        return (
            f"{count} Python file{'' if count == 1 else 's'}, none of which makes an app that can be started."
        )
    notebooks = [path for path in project.files if path.endswith(".ipynb")]
    if notebooks:
        return (
            f"a notebook, {notebooks[0]}, and no Python file. Export its code "
            "(jupyter nbconvert --to script) and make an app of it, or serve it with Voilà."
        )
    if any(path.lower() in ("index.html", "index.htm", "default.htm") for path in project.files):
        return "a static site (index.html) and no Python file."
    if not project.files:
        return "an empty folder."
    return f"{len(project.files)} files, none of them Python ({', '.join(project.files[:3])}…)."


def _ways(project: Project) -> list[str]:
    if not project.python_files and "index.html" in project.files:
        return ['webstead up --command "python -m http.server --bind 127.0.0.1 $PORT"']
    return ["webstead up --app package.module:object", 'webstead up --command "python serve.py --port $PORT"']


def _is_syntax(evidence: tuple[Evidence, ...]) -> bool:
    return any("syntax" in item.why for item in evidence)
