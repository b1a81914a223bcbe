"""What is to be deployed, as a value, and who is told while it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from webstead.errors import WebsteadError
from webstead.settings import Secret

__all__ = ["Commit", "Folder", "Host", "Package", "Published", "Request", "Source", "Url", "Zip"]


@dataclass(frozen=True, slots=True)
class Zip:
    """A zip that was received. file: in the server's temporary folder; the deployment moves or removes it.
    path: where in wwwroot its content goes, "" for all of it. folder: it is a folder that was packed for the
    way. base: the release whose files it leaves out where they have not changed, "" for a whole one."""

    file: Path
    path: str = ""
    folder: bool = False
    base: str = ""


@dataclass(frozen=True, slots=True)
class Published:
    """One file for a place of its own: OneDeploy's static, startup, script, lib. file: as of Zip. target:
    absolute, in the site's home. type: as the client named it."""

    file: Path
    target: Path
    type: str


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder on this machine, copied."""

    folder: Path


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit of the site's repository."""

    id: str


@dataclass(frozen=True, slots=True)
class Url:
    """Where a package (a zip), a repository or a file is to be fetched from; it may hold credentials.
    revision: of git, a branch, tag or commit, "" for the default branch. path: as of Zip. published: what a
    file will be, once it is there."""

    url: Secret
    kind: Literal["zip", "git", "file"]
    revision: str = ""
    path: str = ""
    published: Published | None = None


@dataclass(frozen=True, slots=True)
class Package:
    """A zip that is served as it is, unpacked beside the releases: WEBSITE_RUN_FROM_PACKAGE. name: of one
    that lies in data/SitePackages, or the digest of one that was fetched; "" for a new one, which is kept
    there."""

    file: Path
    name: str = ""


Source = Zip | Published | Folder | Commit | Url | Package


@dataclass(frozen=True, slots=True)
class Request:
    """One deployment that somebody asks for. id: "" for a new one of 32 hexadecimal digits. clean: remove
    what no deployment brought. restart: renew the instances even where only files have come. build: None for
    what the settings say. settings: those of this deployment alone."""

    site: str
    source: Source
    id: str = ""
    deployer: str = ""
    author: str = ""
    author_email: str = ""
    message: str = ""
    clean: bool = False
    restart: bool = True
    build: bool | None = None
    settings: dict[str, str] = field(default_factory=dict)


class Host(Protocol):
    """Where releases are put to work: the supervisor, or nothing where nobody serves the home."""

    def activate(self, site: str, release: str, *, renew: bool) -> WebsteadError | None:
        """Start the instances of this release beside those that run, and let them take over; the site's
        pointer is moved by the caller afterwards. None when it serves or need not (the site is cold or
        stopped); else why it does not: then the old ones go on. Blocks until it is known."""
        ...

    def settled(self, site: str) -> WebsteadError | None:
        """Blocks until nothing runs but instances of the release that the pointer leads to: those of others
        end, and what those are of may be removed. Why that release does not start, if it had to be started
        now: the site answers with that error. Raises HostError when it is not known what runs."""
        ...
