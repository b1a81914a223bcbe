"""What the user said on the command line: it wins over everything that the plan finds."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from webstead.project.evidence import Evidence
from webstead.project.stated import Stated
from webstead.settings import Setting

__all__ = ["Overrides"]


@dataclass(frozen=True, slots=True)
class Overrides:
    """app: `module:object` or `module:factory()`. command: one line, split as a POSIX shell would, never run
    by one. runtime: a version or the path of an interpreter. settings: from --env and --env-file. build:
    settings of the build alone, which win over those (an Oryx command's properties and environment).
    install: False for a project that brings its packages: packages names their folder, "" for what the plan
    finds itself. running: the Python that is taken when nothing states one; by default the one that Webstead
    itself runs on."""

    app: str | None = None
    command: str | None = None
    runtime: str | None = None
    workers: int | None = None
    threads: int | None = None
    settings: tuple[Setting, ...] = ()
    build: tuple[Setting, ...] = ()
    install: bool = True
    packages: str = ""
    running: str = f"{sys.version_info.major}.{sys.version_info.minor}"

    @property
    def given(self) -> tuple[Stated, ...]:
        """All settings, as what a project's own files state is given; later ones win."""
        return tuple(
            Stated(setting.name, setting.text, Evidence(setting.origin, 0, f"sets {setting.name}"))
            for setting in (*self.settings, *self.build)
        )
