"""Where what is deployed comes from, as a word. Pure."""

from __future__ import annotations

from webstead.site.deploy.decide import Origin
from webstead.site.deploy.model import Commit, Folder, Package, Published, Source, Url, Zip

__all__ = ["origin_of"]


def origin_of(source: Source) -> Origin:
    """As `decide` has it: what a client pushes is not built, what is fetched from a repository is."""
    match source:
        case Zip(folder=True):
            return "folder"
        case Zip(path=""):
            return "zip"
        case Zip() | Published() | Url(kind="file"):
            return "publish"
        case Folder():
            return "folder"
        case Commit():
            return "git"
        case Url(kind="git"):
            return "fetch"
        case Url():
            return "zip"
        case Package():
            return "package"
