"""Where a site's files are: its home, laid out as on App Service, and Webstead's own cache and state folders.

A folder that holds `site/wwwroot` is a home; a folder that is one's `site/wwwroot` belongs to that home; any
other folder is served where it is, and gets a home in the state folder.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from webstead.errors import UsageError

__all__ = ["SiteLayout", "default_cache", "default_state", "find_layout"]


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

    @property
    def failed_requests(self) -> Path:
        """Where the front keeps the last requests that failed."""
        return self.log_files / "FailedRequests"

    @property
    def kept(self) -> Path | None:
        """Of a release: where its links lead to what no deployment brought. None for a plain folder."""
        site = self.home / "site"
        return site / "kept" if self.wwwroot.parent == site / "releases" else None

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
    if _is_bare_repository(folder):
        raise UsageError(
            f"{folder} is a bare git repository, not a folder of code",
            found="HEAD, objects and refs, and no checked out file",
            fix=f"git clone {folder} app, and name app; or only read it: webstead plan {folder} --ref HEAD",
        )
    if folder.is_dir():
        return folder.resolve()
    if folder.exists():
        raise UsageError(
            f"{folder} is a file, not a folder",
            found=f"a file of {folder.stat().st_size} bytes",
            fix=_folder_of_file(folder),
        )
    raise UsageError(
        f"There is no folder {folder}",
        found=_nearest(folder),
        fix="Name the folder of the project, or go into it and leave the name out.",
    )


def _is_bare_repository(folder: Path) -> bool:
    """Whether a folder holds git's own files and no project."""
    return (folder / "HEAD").is_file() and (folder / "objects").is_dir() and (folder / "refs").is_dir()


def _folder_of_file(file: Path) -> str:
    from webstead.effects.zip_listing import is_zip  # only here: zipfile costs the start of every command

    if not is_zip(file):
        return f"Name the folder that holds it: {file.parent}"
    name = file.stem
    return f"Unpack it: unzip {file} -d {name}, and name {name}; or only read it: webstead plan {file}"


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
