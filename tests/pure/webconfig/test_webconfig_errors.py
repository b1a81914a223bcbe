"""httpErrors: which page answers which error."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from webstead.errors import ConfigError
from webstead.formats.webconfig import Site
from webstead.formats.webconfig.schema.errors import HTTP_ERRORS, ErrorPages

SiteOf = Callable[[Mapping[str, str]], Site]


def errors(body: str, attributes: str = "") -> str:
    return f"<system.webServer><httpErrors {attributes}>{body}</httpErrors></system.webServer>"


def pages(site: SiteOf, body: str, attributes: str = "", folder: str = "") -> ErrorPages:
    return site({folder: errors(body, attributes)}).of(HTTP_ERRORS, f"/{folder}/x")


ALL = '<error statusCode="404" path="all.html"/>'
EXACT = '<error statusCode="404" subStatusCode="8" path="/hidden.html" responseMode="ExecuteURL"/>'


@pytest.mark.parametrize(
    ("status", "sub_status", "file"),
    [(404, 0, "/all.html"), (404, 8, "/hidden.html"), (404, 7, "/all.html"), (500, 0, None)],
)
def test_the_exact_sub_status_goes_first(
    site: SiteOf, status: int, sub_status: int, file: str | None
) -> None:
    found = pages(site, ALL + EXACT).page(status, sub_status)
    assert (found.file if found else None) == file


def test_a_relative_path_counts_from_its_file(site: SiteOf) -> None:
    found = pages(site, '<error statusCode="404" path="e\\404.htm"/>', folder="sub")
    assert [page.file for page in found.pages] == ["/sub/e/404.htm"]


def test_a_folder_changes_what_it_inherits(site: SiteOf) -> None:
    below = errors('<remove statusCode="404" subStatusCode="-1"/><error statusCode="500" path="x"/>')
    root = errors(ALL.replace("path", 'subStatusCode="-1" path'))
    found = site({"": root, "sub": below}).of(HTTP_ERRORS, "/sub/")
    assert [page.status for page in found.pages] == [500]


@pytest.mark.parametrize(
    ("attributes", "replaces", "mode"),
    [
        ("", False, "DetailedLocalOnly"),
        ('existingResponse="PassThrough"', False, "DetailedLocalOnly"),
        ('existingResponse="Replace" errorMode="custom"', True, "Custom"),
    ],
)
def test_whose_answers_are_replaced(site: SiteOf, attributes: str, replaces: bool, mode: str) -> None:
    found = pages(site, ALL, attributes)
    assert (found.replaces, found.mode) == (replaces, mode)


@pytest.mark.parametrize(
    ("error", "found"),
    [
        ('statusCode="200" path="x"', "200"),
        ('path="x"', "without statusCode"),
        ('statusCode="404"', "without path"),
        ('statusCode="404" path="../../x"', "leaves the site"),
    ],
)
def test_mistakes(site: SiteOf, error: str, found: str) -> None:
    with pytest.raises(ConfigError) as refused:
        pages(site, f"<error {error}/>")
    assert found in refused.value.found


def test_what_is_not_done_is_noted(site: SiteOf) -> None:
    body = EXACT + '<error statusCode="404" path="C:\\inetpub\\404.htm"/>'
    notes = site({"": errors(body, 'defaultPath="x"')}).notes
    assert [note.matters for note in notes] == [True] * 3
    assert not site({"": errors("", 'existingResponse="PassThrough"')}).notes
