"""OneDeploy (`/api/publish`): where a file of each type goes. Pure; the words are Kudu's where clients show
them."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from pathlib import Path

from webstead.errors import UsageError
from webstead.site.deploy.model import Published, Zip
from webstead.site.homes import SiteHome

__all__ = ["TYPES", "Type", "placed", "published_clean"]


@dataclass(frozen=True, slots=True)
class Type:
    """folder: in the home, where it goes; None for wwwroot. name: of the file, "" where `path` says it.
    clean: whether what is there goes, when the request does not say. absolute: whether `path` may begin at
    the home."""

    folder: str | None
    name: str = ""
    clean: bool = False
    absolute: bool = True


TYPES: dict[str, Type] = {
    "zip": Type(None, clean=True),
    "static": Type(None),
    "startup": Type("site/scripts", "startup.sh"),
    "script": Type("site/scripts"),
    "lib": Type("site/libs"),
}

_JAVA = frozenset({"war", "jar", "ear"})
_BEGINNINGS = ("home/", "%home%/", "$home/")
_NEVER_CLEANED = ("", "site")


def placed(
    home: SiteHome,
    type: str,  # noqa: A002 - Kudu's word
    path: str,
    file: Path,
    *,
    clean: bool | None = None,
) -> Zip | Published:
    """What is to be deployed. clean: as the request says; None for nothing. Raises UsageError with the words
    that the answer 400 has."""
    kind = _known(type)
    known = TYPES[kind]
    if kind != "zip" and not known.name and not path:
        raise _refused(f"Path must be defined for type='{kind}'.")
    if known.name and path:
        raise _refused(f"Path must not be defined for type='{kind}'.")
    inside = _in_home(home, known, path or known.name)
    if published_clean(kind, clean):
        _check_clean(kind, inside)
    wwwroot = "site/wwwroot"
    if kind == "zip":
        if inside == wwwroot:
            return Zip(file)
        if inside.startswith(f"{wwwroot}/"):
            return Zip(file, inside.removeprefix(f"{wwwroot}/"))
    return Published(file, home.root / inside, kind)


def published_clean(type: str, clean: bool | None) -> bool:  # noqa: A002 - Kudu's word
    """What `clean` is for a type, when the request says nothing."""
    return TYPES[type.casefold()].clean if clean is None else clean


def _known(text: str) -> str:
    kind = text.casefold()
    if kind in _JAVA:
        raise _refused(f"type='{kind}' is not supported: this site runs Python.")
    if kind not in TYPES:
        raise _refused(f"type='{text[:40]}' not recognized")
    return kind


def _in_home(home: SiteHome, known: Type, path: str) -> str:
    """Relative to the home, with `/`."""
    text = path.replace("\\", "/")
    if "\0" in text or ".." in text.split("/"):
        raise _refused("Path cannot contain '..'.")
    is_file = known is not TYPES["zip"]
    if is_file and text.endswith("/"):
        raise _refused("Path must not end with '/'.")
    base = known.folder or "site/wwwroot"
    below = _below_home(home, text)
    joined = posixpath.normpath(posixpath.join(base, text.lstrip("/")) if below is None else below)
    joined = "" if joined == "." else joined
    if known.folder is not None and not joined.startswith(f"{known.folder}/"):
        raise _refused(f"Path must be within {known.folder}.")
    return joined


def _below_home(home: SiteHome, text: str) -> str | None:
    """What of an absolute path lies below the home; None for a relative one."""
    root = f"{home.root.as_posix()}/"
    if f"{text}/".startswith(root):
        return text[len(root) :]
    bare = text.lstrip("/")
    for beginning in _BEGINNINGS:
        if f"{bare}/".casefold().startswith(beginning):
            return bare[len(beginning) :]
    return None


def _check_clean(kind: str, inside: str) -> None:
    emptied = inside if kind == "zip" else posixpath.dirname(inside)
    if emptied in _NEVER_CLEANED:
        raise _refused("Clean deployments cannot be performed in the home or in home/site.")


def _refused(text: str) -> UsageError:
    return UsageError(text, fix="See the types and paths that /api/publish takes.")
