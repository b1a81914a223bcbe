"""Commands and scripts of the project's own: before the build, in place of the manifests, and after it.

A command is a text for the shell, as Oryx has it: bash where there is one. It runs in the project's folder
with the app's settings, and `python` and `pip` are those of the environment that it is given.
"""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from webstead.build.environment import Environment
from webstead.build.steps import Steps, last_words, step_environment
from webstead.effects.files import FileStamp, write_atomically
from webstead.effects.plain_files import LARGEST_NOTE, read_plain
from webstead.effects.processes import Runner
from webstead.errors import BuildError
from webstead.plan.model import InstallStep
from webstead.settings import Setting

__all__ = ["HookMemory", "run_command", "run_hook"]

MEMORY_VERSION = 1
_WRITTEN_BY_APPS = (".pyc", ".log", ".pid", ".db", ".sqlite", ".sqlite3", "-journal", "-wal", "-shm")


@dataclass(frozen=True, slots=True)
class HookMemory:
    """What a hook has done last: it runs again when the project's files, its own text, the settings or the
    environment are others. stamps: of the project's files, taken anew at each call."""

    file: Path
    stamps: Callable[[], Iterable[FileStamp]]

    def is_done(self, facts: Sequence[str]) -> bool:
        try:
            data = json.loads(read_plain(self.file, LARGEST_NOTE))
        except (OSError, ValueError, RecursionError):  # it never ran, or its note was cut off
            return False
        return bool(data == {"version": MEMORY_VERSION, "key": self._key(facts)})

    def note(self, facts: Sequence[str]) -> None:
        """After the hook, with what it wrote: its own output does not make it run again."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        record = {"version": MEMORY_VERSION, "key": self._key(facts)}
        write_atomically(self.file, json.dumps(record).encode())

    def _key(self, facts: Sequence[str]) -> str:
        stamps = [
            [stamp.path, stamp.mtime_ns, stamp.size]
            for stamp in self.stamps()
            if not stamp.path.endswith(_WRITTEN_BY_APPS)
        ]
        return hashlib.sha256(json.dumps([list(facts), stamps]).encode()).hexdigest()


def run_hook(
    step: InstallStep,
    project: Path,
    environment: Environment,
    settings: Sequence[Setting],
    steps: Steps,
    runner: Runner,
    environ: Mapping[str, str],
    memory: HookMemory,
) -> bool:
    """Run the step unless it has nothing new to do. True when it ran. Raises BuildError when it fails."""
    facts = [step.kind, step.path, *step.words, str(environment.prefix)]
    facts += [f"{setting.name}={setting.text}" for setting in settings]
    if memory.is_done(facts):
        steps.unchanged(step)
        return False
    with steps.doing(step):
        variables = step_environment(environment, settings, environ)
        run_command(step, project, variables, runner, lambda line: steps.output(step, line))
    memory.note(facts)
    return True


def run_command(
    step: InstallStep,
    project: Path,
    variables: Mapping[str, str],
    runner: Runner,
    say: Callable[[str], None],
) -> None:
    """Raises BuildError when it ends with another code than 0."""
    done = runner(
        _words(step, project),
        cwd=project,
        env={**variables, "SOURCE_DIR": str(project)},
        on_line=lambda _, line: say(line),
    )
    if done.code != 0:
        where = step.evidence[0].where if step.evidence else step.kind
        raise BuildError(
            f"The {_NAMES[step.kind]} of {where} failed",
            found=f"exit code {done.code}: {last_words(done.tail) or 'it said nothing'}",
            fix="Correct what it says below, or take it out. The site that was there is as it was.",
            detail="\n".join(done.tail),
        )


_NAMES = {"pre-build": "pre-build step", "custom": "build command", "post-build": "post-build step"}


def _words(step: InstallStep, project: Path) -> list[str]:
    """A script as its first line says, whether or not it may be executed (archives lose that bit)."""
    if not step.path:
        return [_shell(), "-e", "-c", step.words[0]]
    script = project / step.path
    if os.access(script, os.X_OK):
        return [str(script)]
    with script.open("rb") as file:
        first = file.readline(1024).decode("utf-8", "replace").strip()
    interpreter = shlex.split(first[2:]) if first.startswith("#!") else [_shell()]
    return [*interpreter, str(script)]


def _shell() -> str:
    return shutil.which("bash") or "sh"
