"""`httpErrors`: pages of the site's own for answers that are errors.

Source: the IIS configuration reference, httpErrors. What an app answers itself is its own page: it passes
through unless existingResponse is Replace (on IIS, Auto replaces it for clients on other machines, which is
why so many sites say PassThrough).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from webstead.formats.webconfig.model import Note, Origin
from webstead.formats.webconfig.schema.kinds import Choice, Flag, Number, Text
from webstead.formats.webconfig.schema.node import Node, empty
from webstead.formats.webconfig.schema.section import Section
from webstead.formats.webconfig.schema.shape import Items, Shape
from webstead.formats.webconfig.urlpath import BadPath, resolve

__all__ = ["HTTP_ERRORS", "ErrorMode", "ErrorPage", "ErrorPages", "Existing"]

ErrorMode = Literal["DetailedLocalOnly", "Custom", "Detailed"]
Existing = Literal["Auto", "Replace", "PassThrough"]
ResponseMode = Literal["File", "ExecuteURL", "Redirect"]

_MODES: tuple[ErrorMode, ...] = get_args(ErrorMode)
_EXISTING: tuple[Existing, ...] = get_args(Existing)
_RESPONSES: tuple[ResponseMode, ...] = get_args(ResponseMode)

_ERROR = Shape(
    {
        "statusCode": Number(400, 999, 400, needed=True),
        "subStatusCode": Number(-1, 999, -1),
        "prefixLanguageFilePath": Text(),
        "path": Text(needed=True),
        "responseMode": Choice(_RESPONSES, "File"),
    }
)
_SHAPE = Shape(
    {
        "errorMode": Choice(_MODES, "DetailedLocalOnly"),
        "existingResponse": Choice(_EXISTING, "Auto"),
        "defaultPath": Text(),
        "defaultResponseMode": Choice(_RESPONSES, "File"),
        "detailedMoreInformationLink": Text(),
        "allowAbsolutePathsWhenDelegated": Flag(),
    },
    items=Items(_ERROR, ("statusCode", "subStatusCode"), add="error"),
)


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """One `error`. sub_status -1: any. redirect: the address that clients are sent to; file: else the URL
    path of the file that is sent, canonical."""

    status: int
    sub_status: int
    origin: Origin
    redirect: str = ""
    file: str = ""


@dataclass(frozen=True, slots=True)
class ErrorPages:
    """replaces: an app's own answers, too."""

    pages: tuple[ErrorPage, ...] = ()
    mode: ErrorMode = "DetailedLocalOnly"
    replaces: bool = False

    def page(self, status: int, sub_status: int) -> ErrorPage | None:
        """The page for an answer: one for its sub-status goes before one for all."""
        fitting = [page for page in self.pages if page.status == status]
        exact = (page for page in fitting if page.sub_status == sub_status)
        return next(exact, next((page for page in fitting if page.sub_status == -1), None))


def _error_pages(node: Node) -> ErrorPages:
    pages = (_page(item.node) for item in node.items)
    return ErrorPages(
        tuple(page for page in pages if page.redirect or page.file),
        node.choice("errorMode", _MODES),
        node.text("existingResponse") == "Replace",
    )


def _page(node: Node) -> ErrorPage:
    path = node.text("path").strip()
    status, sub_status = node.number("statusCode"), node.number("subStatusCode")
    if node.text("responseMode") == "Redirect":
        return ErrorPage(status, sub_status, node.origin, redirect=path)
    return ErrorPage(status, sub_status, node.origin, file=_file(node, path))


def _file(node: Node, path: str) -> str:
    """Relative to the folder of the file that says it; "" for one on a disk of Windows."""
    if ":" in path:
        return ""
    plain = path.partition("?")[0].replace("\\", "/").removeprefix("~")
    rooted = plain if plain.startswith("/") else f"/{node.folder}/{plain}".replace("//", "/")
    try:
        return resolve(rooted)
    except BadPath as error:
        raise node.error(
            "<error path> is no path of the site",
            found=f"path={path!r}: {error.reason}",
            fix="Write a path below the site's folder.",
            attribute="path",
        ) from None


def _notes(node: Node) -> Iterator[Note]:
    for item in node.items:
        if item.node.text("responseMode") == "ExecuteURL":
            text = "httpErrors ExecuteURL: the file at that URL is sent as it is; an app is not asked"
            yield Note(text, item.node.origin, matters=True)
        elif not (page := _page(item.node)).file and not page.redirect:
            text = f"httpErrors: {item.node.text('path')} is not in the site; its own error page is sent"
            yield Note(text, item.node.origin, matters=True)
    if node.is_said("defaultPath"):
        text = "httpErrors defaultPath is not done yet"
        yield Note(text, node.origin_of("defaultPath"), matters=True)


HTTP_ERRORS = Section("system.webServer/httpErrors", empty(_SHAPE), _error_pages, _notes)
