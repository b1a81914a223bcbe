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
    assert (found.path if found else None) == file


def test_a_relative_path_counts_from_its_file(site: SiteOf) -> None:
    found = pages(site, '<error statusCode="404" path="e\\404.htm"/>', folder="sub")
    assert [page.path for page in found.pages] == ["/sub/e/404.htm"]


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


@pytest.mark.parametrize(
    ("attributes", "mode", "path", "prefix"),
    [
        ('path="e\\404.htm"', "File", "/sub/e/404.htm", ""),
        ('path="\\e\\404.htm"', "File", "/e/404.htm", ""),
        ('path="D:\\home\\site\\wwwroot\\e\\404.htm"', "File", "/e/404.htm", ""),
        ('path="404.htm" prefixLanguageFilePath="errors"', "File", "/404.htm", "/sub/errors"),
        ('path="a/404.htm" prefixLanguageFilePath="\\errors\\"', "File", "/a/404.htm", "/errors"),
        ('path="/e?x=1" responseMode="ExecuteURL"', "ExecuteURL", "/e?x=1", ""),
        ('path="~/e" responseMode="ExecuteURL"', "ExecuteURL", "/e", ""),
        ('path="/e" responseMode="ExecuteURL" prefixLanguageFilePath="C:\\x"', "ExecuteURL", "/e", ""),
        ('path="www.example.org/x" responseMode="redirect"', "Redirect", "www.example.org/x", ""),
    ],
)
def test_what_a_page_is(site: SiteOf, attributes: str, mode: str, path: str, prefix: str) -> None:
    (page,) = pages(site, f'<error statusCode="404" {attributes}/>', folder="sub").pages
    assert (page.mode, page.path, page.prefix) == (mode, path, prefix)


@pytest.mark.parametrize(
    ("mode", "path", "expected"),
    [
        ("File", "e.htm", "/e.htm"),
        ("ExecuteURL", "/e", "/e"),
        ("Redirect", "https://e.test/", "https://e.test/"),
    ],
)
def test_what_no_page_is_for_gets_the_default(site: SiteOf, mode: str, path: str, expected: str) -> None:
    found = pages(site, ALL, f'defaultPath="{path}" defaultResponseMode="{mode}"')
    default = found.page(500, 0)
    assert default is not None
    assert (default.mode, default.path) == (mode, expected)
    own = found.page(404, 3)
    assert own is not None
    assert own.path == "/all.html"


def test_a_sub_status_that_is_left_out_is_minus_one(site: SiteOf) -> None:
    """As the schema has it: in what is removed, and in what is there twice."""
    for removed in ('<remove statusCode="404"/>', '<remove statusCode="404" subStatusCode="-1"/>'):
        for added in (ALL, ALL.replace("path", 'subStatusCode="-1" path')):
            assert not site({"": errors(added), "sub": errors(removed)}).of(HTTP_ERRORS, "/sub/").pages
    with pytest.raises(ConfigError) as refused:
        pages(site, ALL + ALL.replace("path", 'subStatusCode="-1" path'))
    assert "0x800700B7" in refused.value.found
    with pytest.raises(ConfigError) as refused:
        pages(site, '<remove subStatusCode="-1"/>')
    assert "without statusCode" in refused.value.found


def test_what_is_not_in_the_site_is_noted(site: SiteOf) -> None:
    stock = 'prefixLanguageFilePath="%SystemDrive%\\inetpub\\custerr" path="404.htm"'
    body = f'<error statusCode="404" path="C:\\inetpub\\404.htm"/><error statusCode="405" {stock}/>'
    notes = site({"": errors(body, 'defaultPath="C:\\x" errorMode="Detailed"')}).notes
    assert [note.matters for note in notes] == [True, False, True, True]
    assert not site({"": errors(EXACT, 'existingResponse="PassThrough" defaultPath="/e"')}).notes
