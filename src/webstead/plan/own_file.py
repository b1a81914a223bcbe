"""What the project's own `web.config` starts, and what it takes to make it start something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from webstead.formats.webconfig import Site, platform_handler_config
from webstead.plan.configured import Configured, lay_over, made
from webstead.plan.machine import Machine
from webstead.plan.model import PlanWarning
from webstead.plan.overrides import Overrides
from webstead.plan.processes import Derived, derive_processes
from webstead.project import Evidence, Project

__all__ = ["OwnFile", "notes_as_warnings", "read_own_file"]


@dataclass(frozen=True, slots=True)
class OwnFile:
    """files: what is laid over each other, from the outermost on. derived: the processes of the site that
    they are."""

    files: tuple[Configured, ...]
    site: Site
    derived: Derived

    @property
    def starts(self) -> bool:
        """Whether it starts an app, and not only programs that are not Python."""
        return any(process.foreign is None for process in self.derived.processes)

    @property
    def path(self) -> str:
        """The file that decides: the project's own in its root, else the first below."""
        own = [file.config.path for file in self.files if file.config.source == "file"]
        return own[0]

    @property
    def has_fastcgi(self) -> bool:
        """Whether an app named on the command line can take the place of the one that the file names."""
        return any(p.protocol == "fastcgi" and p.foreign is None for p in self.derived.processes) or bool(
            [h for _, h in self.site.handlers() if h.kind == "fastcgi" and self.derived.problems]
        )


def read_own_file(
    files: Sequence[Configured], project: Project, overrides: Overrides, machine: Machine
) -> OwnFile:
    """The project's files as a site. One that has `httpPlatform` and maps no handler to it (the handler stood
    in the server's configuration) gets the handler."""
    site = lay_over(files)
    own = OwnFile(tuple(files), site, derive_processes(site, project, overrides, machine))
    if own.starts or own.derived.problems or site.http_platform() is None:
        return own
    completed = (made(platform_handler_config()), *files)
    site = lay_over(completed)
    return OwnFile(completed, site, derive_processes(site, project, overrides, machine))


def notes_as_warnings(site: Site) -> tuple[PlanWarning, ...]:
    """What the files ask for and does not happen."""
    return tuple(
        PlanWarning(
            f"{note.origin}: {note.text}",
            "",
            (Evidence(note.origin.path, note.origin.line, note.text),),
            note.kind or "not-applied",
        )
        for note in site.notes
        if note.matters
    )
