"""The package indexes that a project's file names, as options of a requirements file.

PyPI itself is left out: it is what a machine asks anyway, or has put a mirror in the place of.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from webstead.project.manifests.toml import Table, text

__all__ = ["index_lines"]

_URL = re.compile(r"(?:https?|file)://[^\s#]+")
_PYPI = frozenset({"pypi.org", "pypi.python.org", "pythonhosted.org"})


def index_lines(sources: Sequence[Table], *, first_is_default: bool = False) -> tuple[str, ...]:
    """sources: `[[source]]` tables of Pipenv, `[[tool.poetry.source]]` or `[[tool.pdm.source]]`. One that
    takes PyPI's place is `--index-url`; the others are asked before it. first_is_default: as Pipenv has it.
    """
    lines: list[str] = []
    for at, source in enumerate(sources):
        url = text(source, "url")
        if _URL.fullmatch(url) and _host(url) not in _PYPI:
            default = (first_is_default and at == 0) or _takes_pypis_place(source)
            lines += _lines(source, url, default=default)
    return tuple(dict.fromkeys(lines))


def _lines(source: Table, url: str, *, default: bool) -> Iterator[str]:
    option = "--index-url" if default else "--extra-index-url"
    yield f"{'--find-links' if text(source, 'type') == 'find_links' else option} {url}"
    if source.get("verify_ssl") is False and _host(url):
        yield f"--trusted-host {_host(url)}"


def _takes_pypis_place(source: Table) -> bool:
    """Poetry's `default = true` or `priority = "default"`; PDM's source of the name `pypi`."""
    named = text(source, "name") == "pypi" and "priority" not in source
    return source.get("default") is True or text(source, "priority") == "default" or named


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
