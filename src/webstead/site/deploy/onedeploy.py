"""OneDeploy (`/api/publish`): where a file of each type goes. Pure; the words are Kudu's where clients show
them."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from pathlib import Path

from webstead.errors import UsageError
from webstead.site.deploy.model import Published, Zip
from webstead.site.files.paths import is_fixed, is_managed, is_private
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
_WWWROOT = "site/wwwroot"


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
    if kind == "zip" and inside == _WWWROOT:
        return Zip(file)
    if kind == "zip" and inside.startswith(f"{_WWWROOT}/"):
        return Zip(file, inside.removeprefix(f"{_WWWROOT}/"))
    _check_place(kind, inside, clean=published_clean(kind, clean))
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


def _check_place(kind: str, inside: str, *, clean: bool) -> None:
    """What a home is made of is neither emptied nor overwritten."""
    parts = tuple(inside.split("/")) if inside else ()
    if is_private(parts) or is_managed(parts):
        raise _refused(
            f"Nothing can be published to home/{inside}: deployments keep there what is theirs."
            " Name a place in home/site/wwwroot, or in a folder of home/data."
        )
    if kind != "zip" and is_fixed(parts, None):
        raise _refused(f"Path must name a file: home/{inside} is a folder of every site.")
    emptied = parts if kind == "zip" else parts[:-1]
    if not clean or "/".join(emptied) == _WWWROOT:
        return
    if emptied in ((), ("site",)):
        raise _refused("Clean deployments cannot be performed in the home or in home/site.")
    if is_fixed(emptied, None):
        raise _refused(
            f"Clean deployments cannot be performed in home/{'/'.join(emptied)}, a folder of every site."
            " Name a folder in it, or send clean=false."
        )


def _refused(text: str) -> UsageError:
    return UsageError(text, fix="See the types and paths that /api/publish takes.")
