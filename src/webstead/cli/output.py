"""What `webstead build` writes besides the environment: an output, a bill of materials."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from webstead.cli import options

if TYPE_CHECKING:
    from webstead.build import Environment
    from webstead.events import Emit
    from webstead.plan import Plan

__all__ = ["Wanted"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """The options as they were given."""

    output: Path | None
    compress: options.Packing | None
    sbom: Path | None
    start_name: str | None

    def check(self, project: Path) -> None:
        """Before anything is built. Raises UsageError."""
        from webstead.errors import UsageError

        name = self.start_name
        if self.output is None:
            for flag in self._about_output():
                fix = f"Add the folder to write to: -o ../{project.name}-output"
                raise UsageError(f"{flag} is about an output, and none is asked for.", found=flag, fix=fix)
            return
        from webstead.build.output import check_destination

        check_destination(self.output, project)
        if name is not None and (not name or "/" in name or name[0] == "."):
            fix = "Name a file, such as: --start-name run-app"
            raise UsageError("The start of an output needs a plain name.", found=repr(name), fix=fix)

    def _about_output(self) -> Iterator[str]:
        if self.compress is not None:
            yield "--compress"
        if self.start_name is not None:
            yield "--start-name"

    def write(self, project: Path, plan: Plan, environment: Environment, emit: Emit) -> None:
        """Raises BuildError, PlanError, UsageError."""
        if self.output is not None:
            self._write_output(self.output, project, plan, environment, emit)
        if self.sbom is not None:
            _write_bill(self.sbom, project, plan, environment)

    def _write_output(
        self, output: Path, project: Path, plan: Plan, environment: Environment, emit: Emit
    ) -> None:
        from webstead.build.output import ENDINGS, Options, write_output
        from webstead.site.layout import default_cache

        form = next(
            (form for form in ENDINGS if self.compress is not None and form == self.compress.value), None
        )
        wanted = Options(compress=form, start=self.start_name or Options().start)
        made = write_output(plan, project, environment, output, wanted, default_cache(), emit)
        emit(made.as_event())


def _write_bill(file: Path, project: Path, plan: Plan, environment: Environment) -> None:
    from webstead.build.output import bill_of_materials
    from webstead.effects.files import write_atomically
    from webstead.errors import UsageError

    text = bill_of_materials(plan, project, environment)
    try:
        write_atomically(file, text.encode())
    except OSError as error:
        what = f"The bill of materials cannot be written to {file}."
        fix = "Name a file in a folder that is there and that you may write to."
        raise UsageError(what, found=str(error), fix=fix) from None
