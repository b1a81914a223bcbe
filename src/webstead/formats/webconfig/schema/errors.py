"""`httpErrors`: pages of the site's own for answers that are errors.

Source: the IIS configuration reference, httpErrors. In what order a page is looked for, who sees it, and that
a Redirect's path is sent as it is, its author has told:
blogs.iis.net/ksingla/what-to-expect-from-iis7-custom-error-module. What an app answers itself is its own
page: it passes through unless existingResponse is Replace (on IIS, Auto replaces it for clients on other
machines, which is why so many sites say PassThrough).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from webstead.formats.webconfig.model import Note, Origin
from webstead.formats.webconfig.schema.kinds import Choice, Flag, Number, Text
from webstead.formats.webconfig.schema.node import Node, empty
from webstead.formats.webconfig.schema.section import Section
from webstead.formats.webconfig.schema.shape import Items, Shape
from webstead.formats.webconfig.urlpath import BadPath, resolve

__all__ = ["HTTP_ERRORS", "ErrorMode", "ErrorPage", "ErrorPages", "ResponseMode"]

ErrorMode = Literal["DetailedLocalOnly", "Custom", "Detailed"]
Existing = Literal["Auto", "Replace", "PassThrough"]
ResponseMode = Literal["File", "ExecuteURL", "Redirect"]

_MODES: tuple[ErrorMode, ...] = get_args(ErrorMode)
_EXISTING: tuple[Existing, ...] = get_args(Existing)
_RESPONSES: tuple[ResponseMode, ...] = get_args(ResponseMode)

_WWWROOT = re.compile(r"\A[A-Za-z]:[\\/]home[\\/]site[\\/]wwwroot[\\/]", re.IGNORECASE)
_IIS_OWN = re.compile(r"\\inetpub\\custerr\b", re.IGNORECASE)
"""The folder of the pages that IIS itself has: ours say the same."""
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
    """One `error`, or the page for all others. status 0, sub_status -1: any. path: of a File the canonical
    URL path of the file; of ExecuteURL the URL that is asked, from its path on; of Redirect the address that
    clients are sent to. prefix: the folder that has a folder for each language, in which the path counts; ""
    for none."""

    status: int
    sub_status: int
    origin: Origin
    mode: ResponseMode
    path: str
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class ErrorPages:
    """replaces: an app's own answers, too. default: for what no page is for."""

    pages: tuple[ErrorPage, ...] = ()
    mode: ErrorMode = "DetailedLocalOnly"
    replaces: bool = False
    default: ErrorPage | None = None

    def page(self, status: int, sub_status: int) -> ErrorPage | None:
        """The page for an answer: one for its sub-status goes before one for all."""
        fitting = [page for page in self.pages if page.status == status]
        exact = (page for page in fitting if page.sub_status == sub_status)
        return next(exact, next((page for page in fitting if page.sub_status == -1), self.default))


def _error_pages(node: Node) -> ErrorPages:
    pages = (_page(item.node) for item in node.items)
    return ErrorPages(
        tuple(page for page in pages if page is not None),
        node.choice("errorMode", _MODES),
        node.text("existingResponse") == "Replace",
        _default(node),
    )


def _page(node: Node) -> ErrorPage | None:
    """None for one that is not in the site."""
    place = node.number("statusCode"), node.number("subStatusCode"), node.origin
    mode = node.choice("responseMode", _RESPONSES)
    path = _target(node, mode, node.text("path").strip(), "path")
    prefix = node.text("prefixLanguageFilePath").strip()
    if path is None or mode != "File" or not prefix:
        return None if path is None else ErrorPage(*place, mode, path)
    folder = _target(node, "File", prefix, "prefixLanguageFilePath")
    name = "/" + path[1 + len(node.folder) :].lstrip("/") if node.folder else path
    return None if folder is None else ErrorPage(*place, mode, name, folder.rstrip("/") or "/")


def _default(node: Node) -> ErrorPage | None:
    path = node.text("defaultPath").strip()
    mode = node.choice("defaultResponseMode", _RESPONSES)
    found = _target(node, mode, path, "defaultPath") if path else None
    return None if found is None else ErrorPage(0, -1, node.origin_of("defaultPath"), mode, found)


def _target(node: Node, mode: ResponseMode, path: str, attribute: str) -> str | None:
    """What an ErrorPage has for its path. A path is relative to the folder of the file that says it; None for
    one on a disk of Windows, or in its folders, unless it is that of App Service's site."""
    if mode == "Redirect":
        return path
    path = _WWWROOT.sub("/", path)
    if ":" in path.partition("?")[0] or "%" in path.partition("?")[0]:
        return None
    plain, mark, query = path.partition("?")
    plain = plain.replace("\\", "/").removeprefix("~")
    rooted = plain if plain.startswith("/") else f"/{node.folder}/{plain}".replace("//", "/")
    try:
        found = resolve(rooted)
    except BadPath as error:
        raise node.error(
            f"<{node.name} {attribute}> is no path of the site",
            found=f"{attribute}={path!r}: {error.reason}",
            fix="Write a path below the site's folder.",
            attribute=attribute,
        ) from None
    return found + mark + query if mode == "ExecuteURL" else found


def _notes(node: Node) -> Iterator[Note]:
    for item in node.items:
        if _page(item.node) is None:
            where = item.node.text("prefixLanguageFilePath") or item.node.text("path")
            text = f"httpErrors: {where} is not in the site; Webstead's own error page is sent"
            yield Note(text, item.node.origin, matters=not _IIS_OWN.search(where))
    if node.text("defaultPath") and _default(node) is None:
        text = f"httpErrors: {node.text('defaultPath')} is not in the site; Webstead's own error page is sent"
        yield Note(text, node.origin_of("defaultPath"), matters=True)
    if node.text("errorMode") == "Detailed":
        text = "httpErrors errorMode=Detailed: every client sees the details of errors, with paths and code"
        yield Note(text, node.origin_of("errorMode"), matters=True)


HTTP_ERRORS = Section("system.webServer/httpErrors", empty(_SHAPE), _error_pages, _notes)
