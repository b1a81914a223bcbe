"""Programs that run after a deployment's files are there and before they serve, as Kudu's post deployment
actions: `site/deployments/tools/PostDeploymentActions`, in the order of their names."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from webstead.build.steps import last_words
from webstead.effects.processes import Runner, TimedOut
from webstead.errors import BuildError

__all__ = ["actions_in", "run_actions"]

_RUN_BY: Mapping[str, tuple[str, ...]] = {".sh": ("bash",), ".py": ("python",), "": ()}
_SECONDS = 3600.0


def actions_in(folder: Path) -> tuple[Path, ...]:
    """Scripts of the shell and of Python, and what may be executed; sorted by name."""
    if not folder.is_dir():
        return ()
    files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    return tuple(path for path in files if path.suffix in (".sh", ".py") or os.access(path, os.X_OK))


def run_actions(
    actions: tuple[Path, ...],
    *,
    runner: Runner,
    folder: Path,
    variables: Mapping[str, str],
    python: Path,
    say: Callable[[str], None],
) -> None:
    """folder: they run in. python: of the site's environment. Raises BuildError when one fails: the rest do
    not run."""
    for action in actions:
        say(f"Running {action.name}")
        words = _RUN_BY.get(action.suffix, ())
        by = (str(python),) if words == ("python",) else words
        try:
            done = runner(
                [*by, str(action)],
                cwd=folder,
                env=variables,
                on_line=lambda _, line: say(line),
                timeout=_SECONDS,
            )
        except TimedOut as error:
            raise _failed(action, str(error), error.tail) from None
        if done.code != 0:
            found = f"exit code {done.code}: {last_words(done.tail) or 'it said nothing'}"
            raise _failed(action, found, done.tail)


def _failed(action: Path, found: str, tail: tuple[str, ...]) -> BuildError:
    return BuildError(
        f"The post deployment action {action.name} failed.",
        found=found,
        fix=f"Correct {action}, or take it away. The site serves what it served before.",
        detail="\n".join(tail),
    )
