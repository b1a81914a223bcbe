"""What is said of a start command that would fail: pure, from what was found to an error."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePath

from webstead.build.reachable import Missing
from webstead.errors import StartError
from webstead.plan.served import App, Script
from webstead.project.distributions import distribution_of
from webstead.site.imports import Imports

__all__ = ["script_failure", "stuck_failure", "wrong_interface"]

_MOST_SHOWN = 10

_SPEAKS = {"wsgi": "WSGI", "asgi": "ASGI"}


def wrong_interface(app: App, is_a: str) -> StartError:
    """The app loads, and its server cannot serve it: every request would fail."""
    fixes = {
        (
            "gunicorn",
            "asgi",
        ): "Add uvicorn-worker to the requirements, and -k uvicorn_worker.UvicornWorker to "
        f"the command; or start it with: uvicorn {app.target}",
        ("waitress", "asgi"): f"Start it with: uvicorn {app.target}",
        ("waitress-serve", "asgi"): f"Start it with: uvicorn {app.target}",
        ("uvicorn", "wsgi"): f"Start it with: gunicorn {app.target}; or add --interface wsgi",
    }
    other = f"Leave the command out, and give --app {app.target}: Webstead then chooses a server that fits."
    return StartError(
        f"{app.target} is {_SPEAKS.get(is_a, is_a)}, and {app.server} serves {_SPEAKS[app.wanted]}.",
        found=f"{app.server} would start, and every request would fail.",
        fix=fixes.get((app.server, is_a), other),
    )


def stuck_failure(command: str, seconds: float, lines: Sequence[str]) -> StartError:
    return StartError(
        f"`{command}` did not end within {seconds:g} s.",
        found="The app is still being loaded.",
        fix="Do slow work at the first request, not at import.",
        detail="\n".join(lines),
    )


def script_failure(script: Script, imports: Imports, root: Path) -> StartError | None:
    """None when all that is looked for is there."""
    if broken := imports.broken:
        where = _shown(broken.file, root) + (f", line {broken.line}" if broken.line else "")
        return StartError(
            f"{_shown(broken.file, root)} does not compile.",
            found=f"{where}: {broken.text}",
            fix="Correct the line that it names; or run the Python that the code is for.",
        )
    if not imports.missing:
        return None
    what = script.path or f"python -m {script.modules[0]}"
    first = _first_of_each(imports.missing)
    names = list(dict.fromkeys(found.module for found in first))
    lines = [_line(found, root) for found in first[:_MOST_SHOWN]]
    left = len(first) - len(lines)
    return StartError(
        f"{what} imports what is not there: {', '.join(names[:_MOST_SHOWN])}.",
        found="\n".join([*lines, *([f"and {left} more"] if left else [])]),
        fix=_fix(imports),
    )


def _first_of_each(missing: Sequence[Missing]) -> list[Missing]:
    """Of each package the import that would fail first."""
    first: dict[tuple[str, str], Missing] = {}
    for found in missing:
        first.setdefault((found.module, distribution_of(found.wanted)), found)
    return list(first.values())


def _line(found: Missing, root: Path) -> str:
    return f"{_shown(found.file, root)}, line {found.line}: {found.code}" if found.file else found.code


def _fix(imports: Imports) -> str:
    packages = dict.fromkeys(distribution_of(found.wanted) for found in imports.missing if not found.own)
    own = [found.module for found in imports.missing if found.own]
    parts = []
    if packages:
        names = ", ".join(packages)
        parts.append(f"Add {names} to requirements.txt (or to the dependencies in pyproject.toml).")
    if own:
        parts.append(f"Put {', '.join(own)} where it is imported from, or correct the name.")
    return " ".join(parts)


def _shown(file: str, root: Path) -> str:
    path = PurePath(file)
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else file
