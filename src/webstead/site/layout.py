"""Where a site's files are: its home, laid out as on App Service, and Webstead's own cache and state folders.

A folder that holds `site/wwwroot` is a home; a folder that is one's `site/wwwroot` belongs to that home; any
other folder is served where it is, and gets a home in the state folder.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from webstead.effects.files import remove_tree
from webstead.errors import UsageError

__all__ = ["SiteLayout", "default_cache", "default_state", "expand", "find_layout", "runtime_dir"]

SOCKET_PATH_BYTES = 104  # sun_path of macOS and the BSDs, with its NUL; Linux has 108
SOCKET_NAME_BYTES = 32  # what a socket in runtime_dir() may be called


@dataclass(frozen=True, slots=True)
class SiteLayout:
    """The folders of a site. Only wwwroot is there for certain: `make` makes the others.

    home: `%HOME%`. log_files: `LogFiles`. data: `data`, the app's own files. run: Webstead's own notes about
    the running site, always in the state folder, so that a home holds nothing but what App Service would put
    there.
    """

    home: Path
    wwwroot: Path
    log_files: Path
    data: Path
    run: Path

    def make(self) -> None:
        """Make the folders that are missing. run is private: it may hold addresses and secrets.

        Raises UsageError when one cannot be made.
        """
        try:
            for folder in (self.log_files, self.data):
                folder.mkdir(parents=True, exist_ok=True)
            self.run.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise UsageError(
                f"The home of the site cannot be written: {self.home}",
                found=str(error),
                fix="Make it writable, or set WEBSTEAD_STATE_DIR to another folder.",
            ) from None


def find_layout(folder: Path, state: Path) -> SiteLayout:
    """The layout of the site in this folder. Writes nothing. Raises UsageError when there is no such
    folder.
    """
    root = _existing(folder)
    own = state / "sites" / _own_name(root)
    wwwroot, home = root, own
    if (root / "site" / "wwwroot").is_dir():
        wwwroot, home = root / "site" / "wwwroot", root
    elif [part.lower() for part in root.parts[-2:]] == ["site", "wwwroot"]:
        home = root.parents[1]
    return SiteLayout(home, wwwroot, home / "LogFiles", home / "data", own / "run")


def _existing(folder: Path) -> Path:
    if folder.is_dir():
        return folder.resolve()
    if folder.exists():
        raise UsageError(
            f"{folder} is a file, not a folder",
            found=f"a file of {folder.stat().st_size} bytes",
            fix=f"Name the folder that holds it: {folder.parent}",
        )
    raise UsageError(
        f"There is no folder {folder}",
        found=_nearest(folder),
        fix="Name the folder of the project, or go into it and leave the name out.",
    )


def _nearest(folder: Path) -> str:
    """What is there of a path that is not."""
    parent = next((p for p in folder.absolute().parents if p.is_dir()), Path("/"))
    names = sorted(entry.name for entry in parent.iterdir() if entry.is_dir() and entry.name[0] != ".")[:8]
    return f"{parent} has these folders: {', '.join(names)}" if names else f"{parent} has no folders"


def _own_name(root: Path) -> str:
    """Two folders of one name have two homes."""
    digest = hashlib.sha256(os.fsencode(root)).hexdigest()[:8]
    return f"{root.name or 'root'}-{digest}"


def default_cache(environ: Mapping[str, str] = os.environ) -> Path:
    """Where environments are kept: WEBSTEAD_CACHE_DIR, LOCALAPPDATA on Windows, else as XDG says
    (~/.cache/webstead).
    """
    return _default("WEBSTEAD_CACHE_DIR", "XDG_CACHE_HOME", ".cache", "Cache", environ)


def default_state(environ: Mapping[str, str] = os.environ) -> Path:
    """Where homes of sites are kept: WEBSTEAD_STATE_DIR, LOCALAPPDATA on Windows, else
    ~/.local/state/webstead.
    """
    return _default("WEBSTEAD_STATE_DIR", "XDG_STATE_HOME", ".local/state", "State", environ)


def _default(own: str, xdg: str, below_home: str, windows_name: str, environ: Mapping[str, str]) -> Path:
    if chosen := environ.get(own):
        return Path(chosen).expanduser().absolute()
    if sys.platform == "win32" and (local := environ.get("LOCALAPPDATA")):
        return Path(local) / "webstead" / windows_name
    base = environ.get(xdg, "")
    # The XDG specification: a relative path is invalid and must be ignored.
    return (Path(base) if os.path.isabs(base) else Path.home() / below_home) / "webstead"


def expand(text: str, variables: Mapping[str, str]) -> str:
    """Replace each `%NAME%` as Windows does: names in any case, once, and what is not defined stays as
    written.

    A `%` that begins no defined name is an ordinary character, so the next one may begin one: `100%%HOME%`.
    """
    values = {name.lower(): value for name, value in variables.items()}
    pieces: list[str] = []
    at = 0
    while (start := text.find("%", at)) >= 0 and (end := text.find("%", start + 1)) >= 0:
        value = values.get(text[start + 1 : end].lower())
        pieces.append(text[at:start] if value is not None else text[at:end])
        if value is not None:
            pieces.append(value)
        at = end if value is None else end + 1
    return "".join(pieces) + text[at:]


def runtime_dir() -> Path:
    """A private folder (0700) for the sockets of one run, removed when this process exits.

    Its path is short enough that a socket in it of SOCKET_NAME_BYTES can be bound. Raises UsageError when no
    such folder can be made.
    """
    for base in (os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir(), "/tmp"):  # noqa: S108
        if not base or not os.path.isdir(base) or not os.access(base, os.W_OK):
            continue
        if len(os.fsencode(base)) + len("/webstead-12345678/") + SOCKET_NAME_BYTES >= SOCKET_PATH_BYTES:
            continue
        folder = Path(tempfile.mkdtemp(prefix="webstead-", dir=base))
        _remove_at_exit(folder)
        return folder
    raise UsageError(
        "There is no folder for the sockets of the site",
        found=f"tried $XDG_RUNTIME_DIR, {tempfile.gettempdir()} and /tmp: not writable, or too long a path",
        fix="Set TMPDIR to a writable folder with a short path.",
    )


def _remove_at_exit(folder: Path) -> None:
    maker = os.getpid()

    def remove() -> None:
        if os.getpid() == maker:  # a forked child exits too
            remove_tree(folder)

    atexit.register(remove)
