"""An output onto the disk: files, or one archive of them, the manifest beside it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from webstead.build import Environment
from webstead.build.output import ENDINGS, Format, Item, folder_items, place, write_archive
from webstead.build.output.place import read_note
from webstead.cli.oryx.contents import Collected, environment_items, package_items, project_items, union
from webstead.cli.oryx.shape import Packing, Shape
from webstead.effects.files import remove_tree, write_atomically
from webstead.errors import UsageError
from webstead.formats.oryx import Manifest, write_manifest
from webstead.formats.oryx.manifest import FILE

__all__ = ["OUTPUT", "Output", "os_flavor", "write_output"]

OUTPUT = "output"
"""The archive's name, without its ending."""

OS_TYPE = ".ostype"
_REQUIREMENTS = "requirements.txt"

Advance = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Output:
    """project: what is built, the source or its copy. folder: the environment's name in the output.
    requirements: a requirements file of another name, which the output has as requirements.txt, too.
    in_place: the source is the output."""

    project: Path
    destination: Path
    manifest_dir: Path
    environment: Environment
    shape: Shape
    folder: str
    collected: Collected | None
    requirements: str
    in_place: bool
    source: Path

    @property
    def packed_virtualenv(self) -> Packing:
        """The environment alone is packed only where the source keeps its own."""
        whole = self.in_place or self.shape.package_dir
        return "" if whole else self.shape.packed_virtualenv


def write_output(output: Output, manifest: Manifest, advance: Advance = lambda size: None) -> None:
    """The files, then the manifest: a reader that sees the new one sees the files that it speaks of. Raises
    BuildError and OSError."""
    output.destination.mkdir(parents=True, exist_ok=True)
    output.manifest_dir.mkdir(parents=True, exist_ok=True)
    (output.manifest_dir / FILE).unlink(missing_ok=True)
    packing = "" if output.in_place else output.shape.packed
    if packing:
        _write_packed(output, packing, advance)
    else:
        _write_files(output, advance)
    write_atomically(output.manifest_dir / OS_TYPE, f"{os_flavor()}\n".encode())
    write_atomically(output.manifest_dir / FILE, write_manifest(manifest).encode())


def _write_packed(output: Output, packing: Format, advance: Advance) -> None:
    """The archive alone, as Oryx has it: what an earlier build placed beside it goes."""
    items = union(_project(output), _packages(output), _collected(output))
    place([], output.destination)
    remove_tree(output.destination / ".webstead")
    write_archive(items, output.destination / f"{OUTPUT}{ENDINGS[packing]}", packing, advance=advance)
    _drop_archives(output.destination, OUTPUT, packing)


def _write_files(output: Output, advance: Advance) -> None:
    items = union(_project(output), _packages(output), _collected(output))
    _make_room(items, output)
    place(items, output.destination, (f"{output.folder}/",), advance)
    if packing := output.packed_virtualenv:
        packed = union(environment_items(output.environment, "", output.project))
        path = output.destination / f"{output.folder}{ENDINGS[packing]}"
        write_archive(packed, path, packing, advance=advance)
        remove_tree(output.destination / output.folder)
    if not output.in_place:
        _drop_archives(output.destination, OUTPUT, "")
        _drop_archives(output.destination, output.folder, output.packed_virtualenv)


def _project(output: Output) -> Sequence[Item]:
    if output.in_place:
        return []
    mine = output.folder if not output.shape.package_dir else output.shape.package_dir.split("/")[0]
    without = [f"{name}{ending}" for name in (OUTPUT, output.folder) for ending in ENDINGS.values()]
    items = project_items(output.project, [*without, *_nested(output), mine])
    return [*items, *_requirements(output)]


def _nested(output: Output) -> Iterator[str]:
    """A destination within the source is no part of it."""
    if output.destination.is_relative_to(output.project):
        yield output.destination.relative_to(output.project).parts[0]


def _requirements(output: Output) -> Iterator[Item]:
    path = output.project / output.requirements
    if output.requirements and output.requirements != _REQUIREMENTS and path.is_file():
        yield Item(_REQUIREMENTS, path.stat().st_size, source=str(path))


def _packages(output: Output) -> Sequence[Item]:
    if output.shape.package_dir:
        return package_items(output.environment, output.shape.package_dir, output.project)
    if output.packed_virtualenv and not output.shape.packed:
        return []
    return environment_items(output.environment, output.folder, output.project)


def _collected(output: Output) -> Sequence[Item]:
    static = output.environment.static
    if output.collected is None or static is None:
        return []
    return list(folder_items(static, f"{output.collected.path}/"))


def _make_room(items: Sequence[Item], output: Output) -> None:
    """Files that another tool's build left where ours go are overwritten, as Oryx does: they are a build's
    output, not anybody's work. What stands elsewhere in the folder stays. Raises UsageError where the source
    itself stands in the way."""
    destination = output.destination
    note = read_note(destination) or {}
    files = note.get("files")
    ours = files if isinstance(files, dict) else {}
    for item in items:
        path = destination / item.path
        if item.path not in ours and os.path.lexists(path):
            if output.source.is_relative_to(path):
                raise UsageError(
                    f"The source stands where the output has a file: {path}",
                    found=f"-o {destination}",
                    fix="Name a folder of its own with -o.",
                )
            remove_tree(path)


def _drop_archives(folder: Path, name: str, kept: str) -> None:
    for form, ending in ENDINGS.items():
        if form != kept:
            (folder / f"{name}{ending}").unlink(missing_ok=True)


def os_flavor() -> str:
    """What `.ostype` says: the system's name and its release's."""
    values = dict(_release_lines())
    return (
        "|".join(filter(None, [values.get("ID", "").upper(), values.get("VERSION_CODENAME", "").upper()]))
        or "LINUX"
    )


def _release_lines() -> Iterator[tuple[str, str]]:
    try:
        text = Path("/etc/os-release").read_text("utf-8", "replace")
    except OSError:
        return
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        if equals:
            yield name, value.strip("\"'")
