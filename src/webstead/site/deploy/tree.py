"""The folder of a release while it is made: what is in it, and which part of it is the site."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path

from webstead.effects.files import remove_tree
from webstead.errors import UsageError
from webstead.site.releases.manifest import EMPTY, Entry, Manifest

__all__ = ["arrange", "checked_path", "scan"]


def scan(folder: Path, known: Manifest = EMPTY) -> Manifest:
    """Everything that lies in a folder, byte code apart. known: of its files, what is known already, and
    still holds. Raises UsageError for a link that leads out of it, OSError."""
    files: dict[str, Entry] = {}
    folders: set[str] = set()
    for path, info in _walk(folder, ""):
        if stat.S_ISDIR(info.st_mode):
            folders.add(path)
        elif (brought := known.files.get(path)) is not None and brought.describes(info):
            files[path] = brought
        elif stat.S_ISREG(info.st_mode) or stat.S_ISLNK(info.st_mode):
            files[path] = Entry(info.st_size, info.st_mtime_ns)
    return Manifest(files, frozenset(folders))


def _walk(root: Path, prefix: str) -> Iterator[tuple[str, os.stat_result]]:
    with os.scandir(root / prefix) as scanned:
        entries = sorted(scanned, key=lambda entry: entry.name)
    for entry in entries:
        path = f"{prefix}{entry.name}"
        info = entry.stat(follow_symlinks=False)
        if stat.S_ISLNK(info.st_mode):
            _check_link(root, path)
        if entry.name == "__pycache__":
            continue
        yield path, info
        if stat.S_ISDIR(info.st_mode):
            yield from _walk(root, f"{path}/")


def _check_link(root: Path, path: str) -> None:
    text = os.readlink(root / path)
    leads = os.path.normpath(os.path.join(os.path.dirname(path), text))
    if os.path.isabs(text) or leads.split("/")[0] == "..":
        raise UsageError(
            "A link in what is deployed leads out of it.",
            found=f"{path} -> {text}",
            fix="Put the file itself there, or leave the link out.",
        )


def checked_path(text: str, what: str) -> str:
    """A relative path of a setting, with `/`, "" for the root. Raises UsageError for one that leads out."""
    parts = [part for part in text.replace("\\", "/").split("/") if part not in ("", ".")]
    if ".." in parts or "\0" in text or (parts and parts[0].endswith(":")):
        raise UsageError(
            f"{what} leads out of the site.", found=text[:200], fix="Name a folder in it, without `..`."
        )
    return "/".join(parts)


def arrange(folder: Path, manifest: Manifest, project: str, target: str) -> Manifest:
    """Make the part of a folder that is the site its whole content: what lies in `project`, put to `target`.
    Both are relative, "" for the folder itself. The manifest of what is there then. Raises UsageError when
    there is no such project."""
    if project:
        found = folder / project
        if found.is_file():  # Kudu takes a project file, too: its folder is the site
            project = project.rpartition("/")[0]
            found = folder / project
        if not found.is_dir() or found.is_symlink():
            raise UsageError(
                "The setting PROJECT names what was not deployed.",
                found=f"there is no folder {project}",
                fix="Correct it, in the settings or in .deployment.",
            )
        if project:
            _replace(folder, found)
            manifest = _below(manifest, f"{project}/")
    if target:
        outer = _beside(folder)
        (outer / target).parent.mkdir(parents=True)
        folder.rename(outer / target)
        outer.rename(folder)
        manifest = _into(manifest, f"{target}/")
    return manifest


def _replace(folder: Path, part: Path) -> None:
    inner = _beside(folder)
    part.rename(inner)
    remove_tree(folder)
    inner.rename(folder)


def _beside(folder: Path) -> Path:
    """A hidden name: what a crash leaves there is removed."""
    return folder.with_name(f".{folder.name.lstrip('.')}.{secrets.token_hex(4)}")


def _below(manifest: Manifest, prefix: str) -> Manifest:
    files = {path[len(prefix) :]: entry for path, entry in manifest.files.items() if path.startswith(prefix)}
    folders = {path[len(prefix) :] for path in manifest.folders if path.startswith(prefix)}
    return Manifest(files, frozenset(folders))


def _into(manifest: Manifest, prefix: str) -> Manifest:
    files = {prefix + path: entry for path, entry in manifest.files.items()}
    return Manifest(files, frozenset({prefix.rstrip("/"), *(prefix + path for path in manifest.folders)}))
