"""Where, and as whom, the environments of a site are built.

What is built runs code of others: a package's `setup.py`, a hook, a command of the project. For a site with a
system user of its own all of it runs as that user, and what we read and write ourselves meanwhile is done
with that user's rights. Such a user has a cache of its own, `users/UID` in the server's: an environment that
it could write to is never another's way into anything. Sites without one share the server's cache, user and
trust.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from webstead.effects.processes import Completed, OnLine, Runner
from webstead.errors import StartError
from webstead.events import Emit, Event
from webstead.host.confined import confined
from webstead.host.confinement import FREE, Confinement, acting_as, as_ourselves, stranger_to
from webstead.site.layout import default_cache

__all__ = ["Workshop", "workshop_of"]


@dataclass(frozen=True, slots=True)
class Workshop:
    """cache: where environments are kept. confinement: what holds the programs of a build."""

    cache: Path
    confinement: Confinement = FREE

    @property
    def is_apart(self) -> bool:
        """Whether it is another user's than ours."""
        return self.confinement.user not in (None, os.geteuid())

    @property
    def runner(self) -> Runner:
        return self.hired(confined(self.confinement))

    def environ(self, base: Mapping[str, str]) -> Mapping[str, str]:
        """The variables of a build; what uv keeps is the user's own, too."""
        if not self.is_apart:
            return base
        own = {"UV_CACHE_DIR": str(self.cache / "uv"), "UV_PYTHON_INSTALL_DIR": str(self.cache / "pythons")}
        return {**base, **own}

    def of_our_own(self, base: Mapping[str, str]) -> Mapping[str, str]:
        """The same, where base is ours: nobody else could go into our home."""
        return self.environ({**base, "HOME": str(self.cache)} if self.is_apart else base)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """What this thread does with files meanwhile, it does with the user's rights. What is told and run is
        to go through `told` and `hired`. Raises StartError where the user cannot get to its cache."""
        if not self.is_apart:
            yield
            return
        self._make()
        with acting_as(self.confinement):
            yield

    def told(self, emit: Emit) -> Emit:
        """Logs and records are ours to write."""

        def telling(event: Event) -> None:
            with as_ourselves():
                emit(event)

        return telling if self.is_apart else emit

    def hired(self, runner: Runner) -> Runner:
        """One that starts programs with our rights, as they are needed to start them with another's."""
        return _Hired(runner) if self.is_apart else runner

    def _make(self) -> None:
        """The folder above is ours, so that nobody puts a link in its place."""
        users = self.cache.parent
        users.mkdir(parents=True, exist_ok=True, mode=0o755)
        self.cache.mkdir(exist_ok=True, mode=0o700)
        os.chown(self.cache, self.confinement.user or 0, self.confinement.group or 0, follow_symlinks=False)
        if (at := stranger_to(self.cache, self.confinement)) is not None:
            raise StartError(
                f"The user {self.confinement.user} cannot enter the folder of its environments.",
                found=f"{at} keeps it out.",
                fix=f"chmod o+x {at}; or a folder that every user can get to: export"
                " WEBSTEAD_CACHE_DIR=/var/cache/webstead",
            )


def workshop_of(confinement: Confinement) -> Workshop:
    """That of the user who is named there, or of the server."""
    own = Workshop(default_cache() / "users" / str(confinement.user), confinement)
    return own if own.is_apart else Workshop(default_cache(), confinement)


@dataclass(frozen=True, slots=True)
class _Hired:
    through: Runner

    def __call__(
        self,
        words: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        on_line: OnLine | None = None,
        timeout: float | None = None,
        keep: Sequence[int] = (),
    ) -> Completed:
        with as_ourselves():
            return self.through(words, cwd=cwd, env=env, on_line=on_line, timeout=timeout, keep=keep)
