"""The folders of a server and of the sites that it serves: docs/explanation/sites.md shows them.

A site's home is laid out as on App Service, with two folders more in `site`: `releases` and `kept`.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from webstead.errors import UsageError
from webstead.site.layout import SiteLayout, default_state

__all__ = ["ServerHome", "SiteHome", "checked_name", "default_home"]

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?")
"""A label of a host name, as on App Service: up to 60 characters."""

LONGEST_NAME = 60

RESERVED = frozenset({"scm", "localhost", "www"})
"""Labels that stand for something else in a host name."""


def checked_name(name: str) -> str:
    """The name of a site, in lower case. Raises UsageError for one that no host name can carry."""
    low = name.lower()
    if _NAME.fullmatch(low) and low not in RESERVED:
        return low
    what = f"{name[:LONGEST_NAME]!r} cannot be the name of a site."
    if low in RESERVED:
        raise UsageError(what, found="it stands for something else in a host name", fix="Take another name.")
    long = len(name) > LONGEST_NAME
    raise UsageError(
        what,
        found=f"{len(name)} characters" if long else "other than letters, digits and hyphens between them",
        fix=f"Take letters, digits and hyphens, at most {LONGEST_NAME}: it becomes part of a host name.",
    )


def default_home() -> Path:
    """The home of a server that is named none: this user's own."""
    return default_state() / "server"


@dataclass(frozen=True, slots=True)
class SiteHome:
    """root: `%HOME%` of the site. Nothing here looks at the disk but `release` and `make`."""

    root: Path

    @property
    def name(self) -> str:
        return self.root.name

    @property
    def wwwroot(self) -> Path:
        """The pointer: a link to the current release."""
        return self.root / "site" / "wwwroot"

    @property
    def releases(self) -> Path:
        return self.root / "site" / "releases"

    @property
    def kept(self) -> Path:
        """What the app or a person put into wwwroot; releases link to it."""
        return self.root / "site" / "kept"

    @property
    def deployments(self) -> Path:
        return self.root / "site" / "deployments"

    @property
    def repository(self) -> Path:
        return self.root / "site" / "repository"

    @property
    def lock(self) -> Path:
        return self.root / "site" / "locks" / "deployments.lock"

    @property
    def log_files(self) -> Path:
        return self.root / "LogFiles"

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def extensions(self) -> Path:
        return self.root / "SiteExtensions"

    @property
    def release(self) -> str | None:
        """The id of the current release; None when nothing was deployed yet."""
        try:
            return Path(os.readlink(self.wwwroot)).name
        except OSError:
            return None

    def folder_of(self, release: str) -> Path:
        return self.releases / release

    def layout(self, release: str) -> SiteLayout:
        """The site as that release makes it: its wwwroot is the release's own folder, so that an instance
        never sees another release under its feet."""
        run = self.root.parents[1] / "run" / "sites" / self.name
        return SiteLayout(self.root, self.folder_of(release), self.log_files, self.data, run)

    def make(self) -> None:
        """Make the folders of a new site; those that are there stay."""
        for folder in (
            *(self.releases, self.kept, self.deployments, self.lock.parent, self.data, self.extensions),
            *(self.log_files / "Application", self.log_files / "http" / "RawLogs"),
            *(self.log_files / "kudu" / "trace", self.log_files / "kudu" / "deployment"),
        ):
            folder.mkdir(parents=True, exist_ok=True)


@dataclass(frozen=True, slots=True)
class ServerHome:
    """root: what `--home` names. domain: that the names of sites stand below; of a home that nobody serves,
    what it is unless somebody says otherwise."""

    root: Path
    domain: str = "localhost"

    @property
    def database(self) -> Path:
        return self.root / "server.sqlite"

    @property
    def run(self) -> Path:
        """Private: notes about the server that runs now."""
        return self.root / "run"

    @property
    def note(self) -> Path:
        """Where a server that runs says how it is reached, and by which token."""
        return self.run / "server.json"

    @property
    def lock(self) -> Path:
        """Who serves the home holds it, and nobody else does for longer than a look."""
        return self.run / "server.lock"

    @property
    def orders(self) -> Path:
        """The socket on which the supervisor takes orders."""
        return self.run / "supervisor.sock"

    @property
    def tls(self) -> Path:
        return self.root / "tls"

    @property
    def temporary(self) -> Path:
        """On the file system of the sites, so that a rename moves."""
        return self.root / "tmp"

    @property
    def log_files(self) -> Path:
        return self.root / "LogFiles"

    def site(self, name: str) -> SiteHome:
        return SiteHome(self.root / "sites" / name)

    def make(self) -> None:
        """Raises UsageError when the folders cannot be made."""
        try:
            for folder in (self.root, self.root / "sites", self.log_files):
                folder.mkdir(parents=True, exist_ok=True)
            for private in (self.run, self.tls, self.temporary):
                private.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise UsageError(
                f"The home of the server cannot be written: {self.root}",
                found=str(error),
                fix="Make it writable, or name another: --home DIR.",
            ) from None
