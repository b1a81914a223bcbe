"""What activating a conda environment does to the variables of a process, found once, when it is built.

Packages bring scripts (`etc/conda/activate.d`) that set variables for libraries to find their data. They are
run by a shell in a bare environment, and the variables that they leave are kept beside the marker: a process
of the site then starts without a shell.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from webstead.build.environment import CONDA_VARIABLES
from webstead.effects.files import write_atomically
from webstead.effects.processes import Runner, Stream, TimedOut
from webstead.errors import BuildError

__all__ = ["activate"]

SCRIPT_SECONDS = 60.0
_RUN = (
    'for script in "$@"; do . "$script" >&2; done; exec "$CONDA_PREFIX/bin/python" -I -S -c "$WEBSTEAD_PRINT"'
)
_PRINT = "import json, os; print(json.dumps(dict(os.environ)))"
_OF_A_SHELL = frozenset({"_", "OLDPWD", "PWD", "SHLVL", "WEBSTEAD_PRINT", "PATH"})


def activate(
    prefix: Path,
    own: Mapping[str, str],
    runner: Runner,
    environ: Mapping[str, str],
    say: Callable[[str], None],
) -> None:
    """own: the `variables` of the environment file, which win. Raises BuildError when a script fails."""
    scripts = sorted((prefix / "etc" / "conda" / "activate.d").glob("*.sh"))
    set_by_scripts = _run(prefix, scripts, runner, environ, say) if scripts and os.name != "nt" else {}
    write_atomically(prefix / CONDA_VARIABLES, json.dumps({**set_by_scripts, **own}, indent=1).encode())


def _run(
    prefix: Path,
    scripts: list[Path],
    runner: Runner,
    environ: Mapping[str, str],
    say: Callable[[str], None],
) -> dict[str, str]:
    before = {
        "CONDA_DEFAULT_ENV": str(prefix),
        "CONDA_PREFIX": str(prefix),
        "CONDA_SHLVL": "1",
        "HOME": environ.get("HOME", "/"),
        "PATH": os.pathsep.join([str(prefix / "bin"), "/usr/bin", "/bin"]),
        "WEBSTEAD_PRINT": _PRINT,
    }
    printed: list[str] = []

    def take(stream: Stream, line: str) -> None:
        if stream == "stdout":
            printed.append(line)
        else:
            say(line)

    shell = shutil.which("bash") or "/bin/sh"
    words = [shell, "-c", _RUN, "activate", *map(str, scripts)]
    try:
        done = runner(words, cwd=prefix, env=before, on_line=take, timeout=SCRIPT_SECONDS)
        after = json.loads(printed[-1]) if done.code == 0 and printed else None
    except (TimedOut, ValueError) as error:
        raise _failed(scripts, str(error)) from None
    if not isinstance(after, dict):
        raise _failed(scripts, "\n".join(done.tail[-10:]))
    return {
        str(name): str(value)
        for name, value in after.items()
        if before.get(name) != value and name not in _OF_A_SHELL
    }


def _failed(scripts: list[Path], found: str) -> BuildError:
    names = ", ".join(script.name for script in scripts)
    return BuildError(
        "An activation script of a conda package failed",
        found=f"etc/conda/activate.d has {names}\n{found}".rstrip(),
        fix="Ask for another version of the package that brings it.",
    )
