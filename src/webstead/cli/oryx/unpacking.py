"""Archives of a build, unpacked where the app runs; what is there already, and whole, is taken as it is."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from webstead.build.output import ENDINGS, Format
from webstead.build.output.unpack import Refused, unpack
from webstead.cli.oryx.writing import OUTPUT
from webstead.effects.files import remove_tree, write_atomically
from webstead.errors import BuildError, UsageError
from webstead.formats.oryx import Manifest

__all__ = ["unpacked_environment", "unpacked_output"]

_MARK = ".webstead-unpacked"
_FEWEST_PARTS = 3  # `/tmp/8dc1`: never a folder of the system itself
_ORDER: tuple[Format, ...] = ("zstd", "tar-gz")


def unpacked_output(app: Path, manifest: Manifest) -> Path:
    """The folder that a compressed output is unpacked to: SourceDirectoryInBuildContainer where nothing else
    is there, else one beside it. Raises UsageError when there is no archive, BuildError for a damaged one."""
    archives = [app / f"{OUTPUT}{ENDINGS[form]}" for form in _ORDER]
    archive = next((path for path in archives if path.is_file()), None)
    if archive is None:
        raise UsageError(
            f"The manifest says that the output is compressed, and there is no archive in {app}.",
            found=f"none of {', '.join(path.name for path in archives)}",
            fix="Build the app anew, or name its folder with -appPath.",
        )
    target = _target(manifest)
    identity = _identity(archive, manifest)
    if _mark(target) == identity:
        return target
    links = _interpreters(f"{manifest.virtualenv_name or 'antenv'}/bin/")
    remove_tree(target)
    _unpack(archive, target, links)
    write_atomically(target / _MARK, identity.encode())
    return target


def unpacked_environment(app: Path, manifest: Manifest, folder: Path) -> None:
    """The environment of an archive of its own, unless it is unpacked already. Raises as above."""
    archive = app / Path(manifest.compressed_virtualenv).name
    if not archive.name.endswith(tuple(ENDINGS.values())):
        raise UsageError(
            f"{archive.name} is no archive that is understood here.",
            found=f"compressedVirtualEnvFile={manifest.compressed_virtualenv}",
            fix=f"Known are: {', '.join(ENDINGS.values())}",
        )
    if not archive.is_file():
        raise UsageError(
            f"The packed environment is not there: {archive}",
            found="the manifest names it",
            fix="Build the app anew; or, where the environment is unpacked, add -skipVirtualEnvExtraction.",
        )
    identity = _identity(archive, manifest)
    if _mark(folder) != identity:
        remove_tree(folder)
        _unpack(archive, folder, _interpreters("bin/"))
        write_atomically(folder / _MARK, identity.encode())


def _identity(archive: Path, manifest: Manifest) -> str:
    info = archive.stat()
    return f"{manifest.operation_id} {archive.name} {info.st_size} {info.st_mtime_ns}"


def _mark(folder: Path) -> str | None:
    """What was unpacked here; None for a folder that is not ours."""
    try:
        return (folder / _MARK).read_text()
    except OSError:
        return None


def _target(manifest: Manifest) -> Path:
    named = Path(os.path.normpath(manifest.source_directory or ""))
    usable = named.is_absolute() and len(named.parts) >= _FEWEST_PARTS
    places = [named, named.with_name(f"{named.name}-run")] if usable else []
    operation = "".join(char for char in manifest.operation_id if char.isalnum()) or "app"
    places.append(Path(tempfile.gettempdir()) / f"oryx-{os.getuid()}" / operation)
    return next((place for place in places if _is_free(place)), places[-1])


def _is_free(place: Path) -> bool:
    """Nothing is there, or what was unpacked there; and it may be written."""
    if place.is_symlink() or (place.exists() and _mark(place) is None and not _is_empty(place)):
        return False
    parent = next((folder for folder in place.parents if folder.exists()), None)
    return parent is not None and parent.is_dir() and os.access(parent, os.W_OK | os.X_OK)


def _is_empty(place: Path) -> bool:
    return place.is_dir() and not any(place.iterdir())


def _interpreters(folder: str) -> Sequence[str]:
    """Links of an environment that lead to its Python, which is no part of the archive."""
    minors = [f"python3.{minor}" for minor in range(6, 40)]
    return [f"{folder}{name}" for name in ("python", "python3", "pypy", "pypy3", *minors)]


def _unpack(archive: Path, folder: Path, links: Sequence[str]) -> None:
    try:
        unpack(str(archive), str(folder), links)
    except (Refused, OSError) as error:
        raise BuildError(
            f"{archive} cannot be unpacked", found=str(error), fix="Build the app anew."
        ) from None
