"""The scripts of a package: `install.cmd` and `uninstall.cmd` are for Windows; where that is not,
`install.sh` and `uninstall.sh` take their place, and nobody is told that a script ran which did not.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from webstead.build.steps import last_words
from webstead.errors import BuildError, UsageError
from webstead.site.commands.run import CommandResult
from webstead.site.extensions.operation import RunScript

__all__ = ["Script", "run_script", "script_among", "words_of_arguments"]


@dataclass(frozen=True, slots=True)
class Script:
    """name: of the file that runs, "" for none. unused: of one for another system, that does not run."""

    name: str = ""
    unused: str = ""

    @property
    def note(self) -> str:
        """What people should know of it; "" for nothing."""
        return f"{self.unused} is for Windows and was not run." if self.unused and not self.name else ""


def script_among(names: Iterable[str], verb: str) -> Script:
    """names: at the root of the content. verb: `install`, `uninstall`."""
    known = {name.lower(): name for name in names}
    return Script(known.get(f"{verb}.sh", ""), known.get(f"{verb}.cmd", ""))


def words_of_arguments(text: str) -> tuple[str, ...]:
    """As a shell takes them apart, and nothing else that a shell does. Raises UsageError."""
    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        raise UsageError(
            "The arguments of the install script cannot be read.",
            found=f"{text[:200]}: {error}",
            fix="Close every quotation mark.",
        ) from None


def run_script(run: RunScript, script: Script, folder: Path, arguments: Sequence[str]) -> str:
    """What it wrote; "" where there is none. Raises BuildError when it fails."""
    if not script.name:
        return ""
    done = run(("bash", script.name, *arguments), folder)
    written = _written(done)
    if done.code != 0:
        said = last_words(tuple(written.splitlines())) or "it said nothing"
        raise BuildError(
            f"{script.name} of the package failed.",
            found=f"exit code {done.code}: {said}",
            fix="See what it wrote, and ask the package's author. What was installed before is as it was.",
            detail=written,
        )
    return written


_LONGEST = 64 << 10


def _written(done: CommandResult) -> str:
    return "\n".join(filter(None, (done.output.rstrip(), done.error.rstrip())))[-_LONGEST:]
