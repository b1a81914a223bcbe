"""uv as a tool that is run: found beside us, with the user's settings, its lines handed on as they come."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from webstead.build.uv import commands
from webstead.build.uv.settings import uv_variables, without_credentials, without_index
from webstead.effects.processes import Runner, Stream
from webstead.errors import RuntimeMissing

__all__ = ["Uv", "UvFailed"]

QUICK_SECONDS = 60.0  # for questions; installs may take as long as a big wheel takes


class UvFailed(Exception):
    """uv ended with an error. output: all that it said."""

    def __init__(self, output: Sequence[str]) -> None:
        super().__init__(output[-1] if output else "uv said nothing")
        self.output = tuple(output)


class Uv:
    """Runs uv in one folder. say gets each line that it prints; keep: descriptors that it inherits."""

    def __init__(
        self,
        runner: Runner,
        environ: Mapping[str, str],
        cwd: Path,
        say: Callable[[str], None],
        keep: Sequence[int] = (),
    ) -> None:
        self._runner = runner
        self._environ = uv_variables(environ)
        self._no_index = ("--no-index",) if without_index(environ) else ()
        self._cwd = cwd
        self._say = say
        self._keep = keep

    def find_python(self, request: str) -> str | None:
        """The path of an installed interpreter that fits, or None."""
        try:
            return self._ask(commands.find_python(request)).strip() or None
        except UvFailed:
            return None

    def install_python(self, request: str) -> None:
        """Download an interpreter. Raises UvFailed."""
        self._do(commands.install_python(request))

    def installed_pythons(self) -> tuple[tuple[str, str], ...]:
        """(version, path) of those that uv finds; none when it cannot say."""
        try:
            return commands.parse_pythons(self._ask(commands.list_pythons()))
        except UvFailed:
            return ()

    def make_environment(self, base: str, prefix: Path, *, seed: bool = False) -> None:
        self._do(commands.make_environment(base, prefix, seed=seed))

    def install_requirements(
        self,
        python: Path,
        file: str,
        *,
        refresh: bool,
        folder: str = ".",
        alone: bool = False,
        pinned: frozenset[str] = frozenset(),
        variables: Mapping[str, str] | None = None,
    ) -> None:
        """folder: what file is seen from. pinned: the file's packages, when it fixes a version of each. What
        is fixed, and in uv's cache, is installed without a question to the index: no answer would change it.
        When something else came in with it, the index is asked for its newest version."""
        inside = ("--directory", folder) if folder != "." else ()
        words = commands.install_requirements(python, file, refresh=refresh, alone=alone) + self._no_index
        words = (*inside, *words)
        cached = self._install_cached(words, variables) if (alone or pinned) and not refresh else None
        if cached is None:
            self._do(words, variables)
        elif not alone and not cached <= pinned:
            self._do((*words, "--upgrade"), variables)

    def install_pylock(self, python: Path, file: str, *, refresh: bool) -> None:
        self._do(commands.install_pylock(python, file, refresh=refresh) + self._no_index)

    def sync_lock(
        self, python: Path, folder: Path, prefix: Path, *, refresh: bool, member: str | None = None
    ) -> None:
        words = commands.sync_lock(python, folder, refresh=refresh, member=member) + self._no_index
        self._do(words, {"UV_PROJECT_ENVIRONMENT": str(prefix)})

    def resolve_wheels(self, file: str, system: Literal["windows", "linux"], python: str) -> None:
        """Raises UvFailed when some package has no wheel, and TimedOut."""
        self._ask(commands.resolve_wheels(file, system, python))

    def packages(self, python: Path) -> dict[str, str]:
        return commands.parse_packages(self._ask(commands.list_packages(python)))

    def install_overlay(
        self, python: Path, folder: Path, constraints: Path, requirements: Sequence[str]
    ) -> None:
        self._do(commands.install_overlay(python, folder, constraints, requirements) + self._no_index)

    def locked(self, folder: Path, member: str | None) -> tuple[str, ...]:
        """The packages of a uv.lock, as `name==version`; none when uv cannot say."""
        try:
            return commands.parse_locked(self._ask(commands.export_lock(folder, member=member)))
        except UvFailed:
            return ()

    def is_here(self, python: Path, folder: Path, requirement: str) -> bool:
        """Whether it can be installed, with what uv may reach: into a folder to throw away."""
        try:
            self._ask(commands.try_requirement(python, folder, requirement) + self._no_index)
        except UvFailed:
            return False
        return True

    def _install_cached(
        self, words: commands.Words, variables: Mapping[str, str] | None
    ) -> frozenset[str] | None:
        """What was installed from the cache alone; None when it has not everything."""
        lines: list[str] = []
        done = self._runner(
            [_binary(), *words, "--offline"],
            cwd=self._cwd,
            env={**self._environ, **(variables or {})},
            on_line=lambda _, line: lines.append(without_credentials(line)),
            keep=self._keep,
        )
        if done.code != 0:
            return None
        for line in lines:
            self._say(line)
        return commands.parse_installed(lines)

    def _do(self, words: commands.Words, extra: Mapping[str, str] | None = None) -> None:
        """Run to the end, however long, handing its lines on."""

        def hand_on(stream: Stream, line: str) -> None:
            self._say(without_credentials(line))

        done = self._runner(
            [_binary(), *words],
            cwd=self._cwd,
            env={**self._environ, **(extra or {})},
            on_line=hand_on,
            keep=self._keep,
        )
        if done.code != 0:
            raise UvFailed(done.tail)

    def _ask(self, words: commands.Words) -> str:
        """What it prints on its standard output."""
        answer: list[str] = []

        def take(stream: Stream, line: str) -> None:
            if stream == "stdout":
                answer.append(line)

        done = self._runner(
            [_binary(), *words], cwd=self._cwd, env=self._environ, on_line=take, timeout=QUICK_SECONDS
        )
        if done.code != 0:
            raise UvFailed(done.tail)
        return "\n".join(answer)


def _binary() -> str:
    """uv's program, which its package on the index brings."""
    import uv  # here: what is built already needs none

    try:
        return uv.find_uv_bin()
    except FileNotFoundError as error:
        raise RuntimeMissing(
            "The program `uv` is not there",
            found=str(error),
            fix="Install Webstead anew with its dependencies: pip install --force-reinstall uv",
        ) from None
