"""The package indexes that a project's file names: `[[source]]` of Pipenv, `[[tool.poetry.source]]`, and
`[[tool.pdm.source]]`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from webstead.project.manifests.toml import Table, text

__all__ = ["Index", "links_of", "read_indexes"]

_URL = re.compile(r"(?:https?|file)://[^\s#]+")


@dataclass(frozen=True, slots=True)
class Index:
    """A package index. url: may hold `${VARIABLE}`. default: it takes the place of PyPI. verified: whether
    its certificate is looked at."""

    name: str
    url: str
    default: bool = False
    verified: bool = True


def read_indexes(sources: Sequence[Table], *, first_is_default: bool = False) -> tuple[Index, ...]:
    """In the order in which they are asked. first_is_default: as Pipenv has it; else the one that Poetry's
    `default` or PDM's name `pypi` says."""
    return tuple(_indexes(sources, first_is_default=first_is_default))


def _indexes(sources: Sequence[Table], *, first_is_default: bool) -> Iterator[Index]:
    for at, source in enumerate(sources):
        url = text(source, "url")
        if _URL.fullmatch(url) and text(source, "type") in ("", "index"):
            default = (first_is_default and at == 0) or _takes_pypis_place(source)
            yield Index(
                text(source, "name") or f"index-{at + 1}", url, default, source.get("verify_ssl") is not False
            )


def links_of(sources: Sequence[Table]) -> tuple[str, ...]:
    """PDM's pages of links, as lines of a requirements file."""
    urls = (text(source, "url") for source in sources if text(source, "type") == "find_links")
    return tuple(f"--find-links {url}" for url in urls if _URL.fullmatch(url))


def _takes_pypis_place(source: Table) -> bool:
    """Poetry's `default = true` or `priority = "default"`; PDM's source of the name `pypi`."""
    named = text(source, "name") == "pypi" and "priority" not in source
    return source.get("default") is True or text(source, "priority") == "default" or named
