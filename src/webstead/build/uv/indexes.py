"""The package indexes that a lock or a manifest names, as uv's variables: addresses with tokens stay out of
command lines. Pure.

An index that the user's own variables name comes first, and one that takes PyPI's place there does so here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from webstead.errors import BuildError
from webstead.project.manifests import Index

__all__ = ["index_variables"]

_DEFAULTS = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL")
_PYPI = ("https://pypi.org/simple", "https://pypi.python.org/simple")
_VARIABLE = re.compile(r"\$\{(\w+)\}|\$(\w+)")


def index_variables(
    path: str, indexes: Sequence[Index], environ: Mapping[str, str], *, hashed: bool
) -> dict[str, str]:
    """path: of the file. Raises BuildError for an address that takes a word from a variable which is not set.

    hashed: all that comes from them has hashes. Then it does not matter which index answers, and several are
    asked for a version until one has it.
    """
    used = [index for index in indexes if index.url.rstrip("/") not in _PYPI]
    own = any(environ.get(name) for name in _DEFAULTS)
    found: dict[str, str] = {}
    for index in used:
        value = f"{_name(index.name)}={_expanded(path, index, environ)}"
        if index.default and not own:
            found["UV_DEFAULT_INDEX"] = value
        elif not index.default:
            found["UV_INDEX"] = f"{found.get('UV_INDEX', environ.get('UV_INDEX', ''))} {value}".strip()
        found.update(_credentials(index.name, environ))
    hosts = [urlsplit(index.url).hostname or "" for index in used if not index.verified]
    if hosts:
        found["UV_INSECURE_HOST"] = " ".join([environ.get("UV_INSECURE_HOST", ""), *hosts]).strip()
    if used and hashed:
        found["UV_INDEX_STRATEGY"] = environ.get("UV_INDEX_STRATEGY", "unsafe-first-match")
    return found


def _name(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]", "-", name) or "index"


def _expanded(path: str, index: Index, environ: Mapping[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        if name in environ:
            return environ[name]
        raise BuildError(
            f"The address of the package index {index.name} is not whole",
            found=f"{path} takes a part of it from the variable {name}, which is not set",
            fix=f"Set {name} where the site is built.",
        )

    return _VARIABLE.sub(value, index.url)


def _credentials(name: str, environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What the user has set for Poetry, as uv calls it."""
    word = re.sub(r"\W", "_", name).upper()
    for part in ("USERNAME", "PASSWORD"):
        value = environ.get(f"POETRY_HTTP_BASIC_{word}_{part}")
        if value and f"UV_INDEX_{word}_{part}" not in environ:
            yield f"UV_INDEX_{word}_{part}", value
