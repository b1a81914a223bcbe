"""An output, written: the project, its environment and its start, as a folder or an archive with a start."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import webstead
from webstead.build.environment import Environment, recorded_interpreter
from webstead.build.interpreter import Interpreter
from webstead.build.output.archive import ENDINGS, EPOCH, Archive, Format, write_archive
from webstead.build.output.beside import Beside, decoder_items
from webstead.build.output.contents import (
    FOLDER,
    PLAN,
    SBOM,
    Contents,
    bill_of,
    contents_of,
    inputs_of,
    recorded_plan,
)
from webstead.build.output.digest import output_digest
from webstead.build.output.items import Item
from webstead.build.output.own_code import unpack_item
from webstead.build.output.place import Placed, claim, place, refuse_strange
from webstead.build.output.project_files import leads_out
from webstead.build.output.provenance import provenance
from webstead.build.output.serving import Served, given_settings, served
from webstead.build.output.start import Packed, Script, packed_start_text, start_text
from webstead.build.steps import Steps
from webstead.effects.clock import Clock, SystemClock
from webstead.effects.files import write_atomically
from webstead.effects.lock import locked
from webstead.effects.processes import Runner, run
from webstead.errors import BuildError, RuntimeMissing, UsageError
from webstead.events import Emit, OutputWritten
from webstead.plan.model import Plan

__all__ = ["Options", "Output", "bill_of_materials", "check_destination", "write_output"]

PROVENANCE = f"{FOLDER}/provenance.json"
DECODER = f"{FOLDER}/zstd"
UNPACK = f"{FOLDER}/unpack.py"


@dataclass(frozen=True, slots=True)
class Options:
    """environment: the name of its folder. compress: as one archive. archive: its name without the ending.
    start: the start's name; "" for none. shared: the folder may
    hold files of others. extra: more files of the folder by their paths; beside the archive,
    and not part of the digest."""

    environment: str = "antenv"
    compress: Format | None = None
    archive: str = "output"
    start: str = "start"
    shared: bool = False
    extra: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Output:
    """What was written. files, size: what the output holds, in the archive if there is one. written, removed:
    files of the folder. sbom: as JSON text. secret: settings that the machine has to give. notes: what may
    surprise where it runs."""

    folder: Path
    digest: str
    files: int
    size: int
    written: int
    removed: int
    sbom: str
    archive: Path | None
    archive_size: int
    start: Path | None
    secret: tuple[str, ...]
    notes: tuple[str, ...]

    def as_event(self) -> OutputWritten:
        return OutputWritten(
            folder=str(self.folder),
            digest=self.digest,
            files=self.files,
            size=self.size,
            written=self.written,
            removed=self.removed,
            archive=str(self.archive) if self.archive else None,
            archive_size=self.archive_size,
            start=str(self.start) if self.start else None,
            needs=list(self.secret),
            notes=list(self.notes),
        )


@dataclass(frozen=True, slots=True)
class _Step:
    summary: str
    kind: str = "output"


def check_destination(destination: Path, project: Path) -> None:
    """Before anything is built. Raises UsageError for a place that no output can have."""
    real, source = destination.resolve(), project.resolve()
    better = f"Name a folder outside of it: -o {source.parent / (source.name + '-output')}"
    if source.is_relative_to(real):
        what = f"The output would be written over the project: {destination}"
        raise UsageError(what, found=f"the project is {source}", fix=better)
    if real.is_relative_to(source):
        what = f"The output would be part of the project: {destination}"
        raise UsageError(what, found=f"the next build would take it for code of {source}", fix=better)
    if destination.exists() and not destination.is_dir():
        found = f"a file of {destination.stat().st_size} bytes"
        raise UsageError(
            f"{destination} is a file, not a folder", found=found, fix="Name another path with -o."
        )


def write_output(
    plan: Plan,
    project: Path,
    environment: Environment,
    destination: Path,
    options: Options,
    cache: Path,
    emit: Emit,
    *,
    runner: Runner = run,
    environ: Mapping[str, str] = os.environ,
    clock: Clock | None = None,
) -> Output:
    """Write the output of a project that is built, to destination. A second run writes what changed, removes
    what went, and leaves what others put there; one that was interrupted is taken up. environ: whose
    SOURCE_DATE_EPOCH is the time of what is written. Raises BuildError, PlanError, UsageError.
    """
    destination, project = Path(os.path.abspath(destination)), project.resolve()
    check_destination(destination, project)
    if options.compress is not None and options.start and environment.conda is not None:
        what = "An output with a conda environment cannot start out of an archive"
        found = "its Python is in the archive, and unpacking takes one of the same version"
        raise UsageError(what, found=found, fix="Leave --compress out, and pack the folder: tar -czf")
    steps = Steps(emit, clock or SystemClock())
    beside = Beside(cache, project, environment, _interpreter(environment), steps, runner, environ)
    with _told(destination):
        if not options.shared:
            refuse_strange(destination)
        destination.joinpath(FOLDER).mkdir(parents=True, exist_ok=True)
        with locked(destination / FOLDER / "lock", steps.waiting):
            return _Writing(plan, project, destination, options, beside).write()


def bill_of_materials(
    plan: Plan, project: Path, environment: Environment, environ: Mapping[str, str] = os.environ
) -> str:
    """What is installed, as CycloneDX JSON; the same text as in an output."""
    created = _iso(_epoch(environ))
    return bill_of(
        project.resolve(), environment, _interpreter(environment), inputs_of(plan, project), created
    )


def _epoch(environ: Mapping[str, str]) -> int | None:
    """SOURCE_DATE_EPOCH, as reproducible-builds.org specifies it. Raises UsageError."""
    text = environ.get("SOURCE_DATE_EPOCH", "")
    if text and not (text.isascii() and text.isdigit() and len(text) < 12):
        fix = "Give it seconds since 1970, such as $(git log -1 --format=%ct), or unset it."
        raise UsageError("SOURCE_DATE_EPOCH is no time", found=text, fix=fix)
    return int(text) if text else None


def _interpreter(environment: Environment) -> Interpreter:
    found = recorded_interpreter(environment.prefix)
    if found is None:
        what = f"No whole environment stands in {environment.prefix}"
        raise RuntimeMissing(what, found="its marker is not there", fix="Run the build again.")
    return found


@contextmanager
def _told(destination: Path) -> Iterator[None]:
    """What the system refuses, as an error that says what to do."""
    try:
        yield
    except OSError as error:
        fixes = {
            errno.ENOSPC: "Free some space and run it again: what is written already is taken up.",
            errno.EDQUOT: "Free some space and run it again: what is written already is taken up.",
            errno.EAGAIN: "Run it again when nothing changes the project.",
        }
        fix = fixes.get(error.errno or 0, "Make it writable, or name another folder with -o.")
        what = f"The output cannot be written to {destination}"
        raise BuildError(what, found=str(error), fix=fix) from None


@dataclass(frozen=True, slots=True)
class _Writing:
    plan: Plan
    project: Path
    destination: Path
    options: Options
    beside: Beside

    def write(self) -> Output:
        options = self.options
        found = served(self.plan) if options.start else None
        contents = contents_of(
            self.plan, self.project, options.environment, found, self.beside, _iso(self._epoch)
        )
        start, secret = self._start(found) if found is not None else ((), ())
        inside = sorted((*contents.items, *start), key=lambda item: item.path)
        _refuse_twice(inside)
        if options.compress is None:
            written = self._as_folder(inside, contents)
        else:
            written = self._as_archive(inside, contents, options.compress)
        made = self.destination / options.start if options.start else None
        notes = (*(found.notes if found else ()), *contents.notes)
        return Output(
            folder=self.destination,
            digest=written.digest,
            files=len(inside),
            size=sum(item.size for item in inside),
            written=written.placed.written,
            removed=written.placed.removed,
            sbom=contents.sbom,
            archive=written.archive.path if written.archive else None,
            archive_size=written.archive.size if written.archive else 0,
            start=made,
            secret=secret,
            notes=notes,
        )

    @property
    def _epoch(self) -> int | None:
        return _epoch(self.beside.environ)

    def _start(self, found: Served) -> tuple[tuple[Item, ...], tuple[str, ...]]:
        ours, given, secret = given_settings(self.plan, found.process)
        script = Script(
            found,
            self.beside.interpreter,
            self.options.environment,
            webstead.__version__,
            ours,
            given,
            secret,
            self.beside.environment.static is not None,
            _conda(self.beside.environment),
        )
        return (Item.of(self.options.start, start_text(script).encode(), executable=True),), secret

    def _as_folder(self, inside: Sequence[Item], contents: Contents) -> _Written:
        extra = self._extra()
        step = _Step(f"write {self.destination}")
        with self.beside.steps.doing(step):
            meter = self.beside.steps.meter(step, "Writing", "bytes", sum(item.size for item in inside))
            items = (*inside, *extra)
            exact = (f"{self.options.environment}/", f"{FOLDER}/")
            placed = place(items, self.destination, exact, meter.advance)
            digest = output_digest(entry for entry in placed.entries if entry.path not in self.options.extra)
            meter.finish()
        self._tell({"output": digest}, contents)
        return _Written(placed, digest)

    def _as_archive(self, inside: Sequence[Item], contents: Contents, form: Format) -> _Written:
        path = self.destination / (self.options.archive + ENDINGS[form])
        claim(self.destination, path.name)
        step = _Step(f"write {path}")
        decoder = decoder_items(self.beside, DECODER) if form == "zstd" and self.options.start else ()
        with self.beside.steps.doing(step):
            meter = self.beside.steps.meter(step, "Packing", "bytes", sum(item.size for item in inside))
            archive = write_archive(inside, path, form, epoch=self._epoch or EPOCH, advance=meter.advance)
            meter.finish()
            digest = output_digest(archive.entries)
            around = [*self._around(inside, archive, digest), *decoder, *self._extra()]
            placed = place(around, self.destination, (f"{FOLDER}/",), made=(path.name,))
        self._tell({"output": digest, path.name: f"sha256:{archive.sha256}"}, contents)
        return _Written(placed, digest, archive)

    def _around(self, inside: Sequence[Item], archive: Archive, digest: str) -> Iterator[Item]:
        """What stands beside an archive: the start that unpacks it, and what tells of it."""
        yield from (item for item in inside if item.path in (PLAN, SBOM))
        if self.options.start:
            packed = Packed(
                archive.path.name,
                digest,
                self.beside.interpreter,
                webstead.__version__,
                self.options.start,
                [item.path for item in inside if leads_out(item)],
            )
            yield unpack_item(UNPACK)
            yield Item.of(self.options.start, packed_start_text(packed).encode(), executable=True)

    def _extra(self) -> tuple[Item, ...]:
        return tuple(Item.of(path, data) for path, data in sorted(self.options.extra.items()))

    def _tell(self, subjects: Mapping[str, str], contents: Contents) -> None:
        """Beside what it is about: it names the digest of all that."""
        names = {name: digest.partition(":")[2] for name, digest in subjects.items()}
        text = provenance(
            names, recorded_plan(self.plan), contents.materials, webstead.__version__, _iso(self._epoch)
        )
        write_atomically(self.destination / PROVENANCE, text.encode())


@dataclass(frozen=True, slots=True)
class _Written:
    placed: Placed
    digest: str
    archive: Archive | None = None


def _conda(environment: Environment) -> dict[str, str] | None:
    prefix = str(environment.prefix)
    if environment.conda is None:
        return None
    return {name: text.replace(prefix, "%ENVIRONMENT%") for name, text in environment.conda.items()}


def _iso(epoch: int | None) -> str:
    return "" if epoch is None else datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _refuse_twice(items: Sequence[Item]) -> None:
    seen: set[str] = set()
    for item in items:
        if item.path in seen:
            raise BuildError(
                f"The project has a file of its own at {item.path}, where the output has one of Webstead's",
                found=f"{item.path} in the project",
                fix="Give the other name with --start or --environment, or rename the project's file.",
            )
        seen.add(item.path)
