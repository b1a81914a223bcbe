"""Which files of a folder are uploaded, and what is left out and why."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from webstead.client.ignore import BUILT_IN, Rule, deciding, read_rules
from webstead.effects.files import ENVIRONMENT_MARK
from webstead.errors import UsageError

__all__ = ["Chosen", "LeftOut", "Selection", "select"]

MOST_FILES = 200_000
"""What a deployment takes (a site of Django with its packages has 20,000); more is a folder by mistake."""

_LARGEST_IGNORE_FILE = 1 << 20
_OF_GIT, _OF_DEPLOYMENTS = ".gitignore", ".deploymentignore"


@dataclass(frozen=True, slots=True, order=True)
class Chosen:
    """path: relative, with `/`; at its end, too, for an empty folder. mtime: seconds since the epoch."""

    path: str
    size: int
    mtime: int
    executable: bool


@dataclass(frozen=True, slots=True)
class LeftOut:
    """path: with `/` at its end for a folder. why: as `.gitignore:3` or `a virtual environment`."""

    path: str
    why: str


@dataclass(frozen=True, slots=True)
class Selection:
    root: Path
    files: tuple[Chosen, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)


def select(root: Path) -> Selection:
    """By `.gitignore` (of the folder and those below; of a repository's folders above it, too, unless they
    leave out this very folder), then `.deploymentignore` in it, which wins. Raises UsageError for a folder
    that cannot be read, or holds too much."""
    lead, above = _above(root)
    walk = _Walk(root, lead)
    walk.folder("", (*BUILT_IN, *above))
    if not walk.files:
        raise UsageError(
            f"There is nothing to deploy in {root}.",
            found=f"{len(walk.left_out)} entries, all left out" if walk.left_out else "an empty folder",
            fix="Name another folder, or bring files back with a line `!NAME` in .deploymentignore.",
        )
    return Selection(root, tuple(sorted(walk.files)), tuple(walk.left_out))


@dataclass(slots=True)
class _Walk:
    """lead: of the root, in its repository; patterns are matched with it."""

    root: Path
    lead: str
    files: list[Chosen] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    _last: tuple[Rule, ...] = ()

    def folder(self, prefix: str, rules: tuple[Rule, ...]) -> None:
        """prefix: relative, "" or with `/` at its end."""
        entries = self._entries(prefix)
        base = self.lead + prefix
        rules = (*rules, *_rules_in(self.root / prefix / _OF_GIT, base, prefix + _OF_GIT))
        if not prefix:
            self._last = _rules_in(self.root / _OF_DEPLOYMENTS, base, _OF_DEPLOYMENTS)
        if prefix and not entries:
            self._take(Chosen(prefix, 0, int((self.root / prefix).stat().st_mtime), False))
        for entry in entries:
            self._entry(entry, prefix + entry.name, rules)

    def _entry(self, entry: os.DirEntry[str], path: str, rules: tuple[Rule, ...]) -> None:
        is_folder = entry.is_dir(follow_symlinks=False)
        shown = f"{path}/" if is_folder else path
        rule = deciding((*rules, *self._last), self.lead + path, folder=is_folder)
        if rule is not None and not rule.takes:
            self.left_out.append(LeftOut(shown, rule.origin if rule not in BUILT_IN else _WHY))
        elif is_folder and rule is None and (Path(entry.path) / ENVIRONMENT_MARK).is_file():
            self.left_out.append(LeftOut(shown, "a virtual environment"))
        elif is_folder:
            self.folder(shown, rules)
        else:
            self._file(entry, path)

    def _file(self, entry: os.DirEntry[str], path: str) -> None:
        why = _unusable(entry, self.root)
        if why:
            self.left_out.append(LeftOut(path, why))
            return
        info = entry.stat()
        _check_name(path)
        self._take(Chosen(path, info.st_size, int(info.st_mtime), bool(info.st_mode & stat.S_IXUSR)))

    def _take(self, file: Chosen) -> None:
        self.files.append(file)
        if len(self.files) > MOST_FILES:
            raise UsageError(
                f"{self.root} holds too many files.",
                found=f"more than {MOST_FILES}",
                fix="Name the folder of the project itself, or leave folders out: .deploymentignore",
            )

    def _entries(self, prefix: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(self.root / prefix) as found:
                return sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            what = f"{self.root / prefix} cannot be read."
            fix = "Make it readable, or leave it out: .deploymentignore"
            raise UsageError(what, found=error.strerror or str(error), fix=fix) from None


_WHY = "never part of a site"


def _unusable(entry: os.DirEntry[str], root: Path) -> str:
    """Why what is no folder cannot be uploaded; "" when it can. A link to a file of the project is that file;
    archives with links are refused by servers."""
    if entry.is_symlink():
        real = Path(os.path.realpath(entry.path))
        if not real.is_relative_to(os.path.realpath(root)):
            return "a link that leaves the folder"
        if real.is_dir():
            return "a link to a folder"
        return "" if real.is_file() else "a link to nothing"
    return "" if entry.is_file() else "neither file nor folder"


def _check_name(path: str) -> None:
    """Raises UsageError for a name that no archive carries to every system."""
    try:
        data = path.encode("utf-8")
    except UnicodeEncodeError:
        data = b"\\"
    if b"\\" in data or any(byte < 32 for byte in data):
        raise UsageError(
            "A file's name cannot be uploaded.",
            found=repr(path),
            fix="Rename it: letters in UTF-8, without backslashes and control characters.",
        )


def _above(root: Path) -> tuple[str, tuple[Rule, ...]]:
    """Where the folder is in its repository, and the rules of the folders above it; none where these leave
    out the folder itself, as they do with what was built."""
    real = root.resolve()
    top = next((folder for folder in (real, *real.parents) if (folder / ".git").exists()), real)
    inside = real.relative_to(top).parts
    found: list[Rule] = []
    for depth, name in enumerate(inside):
        base = "".join(f"{part}/" for part in inside[:depth])
        origin = f"{'../' * (len(inside) - depth)}{_OF_GIT}"
        found += _rules_in(top.joinpath(*inside[:depth]) / _OF_GIT, base, origin)
        rule = deciding(found, base + name, folder=True)
        if rule is not None and not rule.takes:
            return "", ()
    return "".join(f"{part}/" for part in inside), tuple(found)


def _rules_in(file: Path, base: str, origin: str) -> tuple[Rule, ...]:
    """None of a file that is not there, or that nobody wrote by hand."""
    try:
        with file.open("rb") as opened:
            data = opened.read(_LARGEST_IGNORE_FILE)
    except OSError:
        return ()
    return read_rules(data.decode("utf-8", "surrogateescape"), base, origin)
