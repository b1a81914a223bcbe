"""Short ways to a site and to a route, for the tables of these tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, Protocol

import pytest

from webstead.formats.webconfig import Request, Route, Site, TraceStep, compile_site, parse

Stands = Literal["file", "folder", "none"]


class Visit(Protocol):
    """Routes one URL of a site."""

    def __call__(
        self,
        site: Site,
        url: str,
        method: str = "GET",
        *,
        files: Mapping[str, Stands] = {},
        headers: Mapping[str, str] = {},
        scheme: Literal["http", "https"] = "http",
        path: str | None = None,
        trace: list[TraceStep] | None = None,
    ) -> Route: ...


def visit_url(
    site: Site,
    url: str,
    method: str = "GET",
    *,
    files: Mapping[str, Stands] = {},
    headers: Mapping[str, str] = {},
    scheme: Literal["http", "https"] = "http",
    path: str | None = None,
    trace: list[TraceStep] | None = None,
) -> Route:
    """path: the decoded one, where it is not simply that of the URL."""
    plain, _, query = url.partition("?")
    request = Request(
        method=method,
        raw_target=url,
        path=plain if path is None else path,
        query=query,
        scheme=scheme,
        host="example.org",
        port=8000,
        remote_address="192.0.2.7",
        headers={"host": "example.org:8000", **headers},
    )
    return site.route(request, lambda asked: files.get(asked, "none"), trace)


def site_of(files: Mapping[str, str]) -> Site:
    """A site of folder → what is between <configuration> and its end."""
    return compile_site(
        [
            (
                folder,
                parse(f"<configuration>{body}</configuration>".encode(), f"{folder}/web.config".lstrip("/")),
            )
            for folder, body in files.items()
        ]
    )


def rules_of(rules: str) -> Site:
    """A site with these rules, whose URLs all go to Python."""
    return site_of(
        {
            "": "<system.webServer><handlers>"
            '<add name="Py" path="*" verb="*" modules="FastCgiModule"'
            ' scriptProcessor="python.exe|wfastcgi.py"/>'
            f"</handlers><rewrite><rules>{rules}</rules></rewrite></system.webServer>"
        }
    )


@pytest.fixture(scope="session")
def visit() -> Visit:
    return visit_url


@pytest.fixture(scope="session")
def site() -> Callable[[Mapping[str, str]], Site]:
    return site_of


@pytest.fixture(scope="session")
def rules() -> Callable[[str], Site]:
    return rules_of
