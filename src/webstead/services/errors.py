"""How an error is told over HTTP (reference 1.0): Kudu's members where its clients look, ours beside them.

    {"Message": what, "ExceptionMessage": …, "ExceptionType": kind, "StackTrace": null,
     "found": …, "fix": …, "detail": …}

Through Azure's resource manager: `{"error": {"code", "message"}}`. A few are a JSON string or plain text,
where Kudu's are: of the conflicts with what goes on that with the lock alone, so that clients can tell it
from the others. git shows its person what is plain text, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Literal

from starlette.responses import PlainTextResponse, Response

from webstead.errors import WebsteadError
from webstead.services.wire import Answer, Json, legible
from webstead.site.deploy.lock import Locked

__all__ = ["ApiError", "ErrorBody", "Shape", "error_response", "status_of"]

Shape = Literal["object", "string", "text"]
"""Of the body: as above, a JSON string, or plain text."""


class ApiError(WebsteadError):
    """An answer that is an error. status: of HTTP. members: more that stand in the body, or in place of what
    would."""

    kind = "api"

    def __init__(
        self,
        status: int,
        what: str,
        *,
        found: str = "",
        fix: str = "",
        detail: str = "",
        shape: Shape = "object",
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(what, found=found, fix=fix, detail=detail)
        self.status = status
        self.shape: Shape = shape
        self.headers = dict(headers or {})
        self.members = dict(members or {})


class ErrorBody(Answer):
    """found: what was seen. fix: what to type or change. detail: a tool's own words."""

    Message: str
    ExceptionMessage: str
    ExceptionType: str
    StackTrace: str | None = None
    found: str = ""
    fix: str = ""
    detail: str = ""


def status_of(error: WebsteadError) -> int:
    return error.status if isinstance(error, ApiError) else error.http_status


def error_response(error: WebsteadError, *, arm: bool = False, git: bool = False) -> Response:
    """arm: for Azure's resource manager. git: for git's own client."""
    status, headers = status_of(error), error.headers if isinstance(error, ApiError) else {}
    shape = "text" if git else _shape(error)
    if arm:
        words = " ".join(filter(None, (error.what, error.found, error.fix)))
        body = {"error": {"code": _code(status), "message": words}}
        return Json(body, status, headers)
    if shape == "text":
        lines = "\n".join(filter(None, (error.what, error.found, error.fix)))
        return PlainTextResponse(legible(lines), status, headers)
    if shape == "string":
        return Json(" ".join(filter(None, (error.what, error.found, error.fix))), status, headers)
    return Json(_object(error), status, headers)


def _shape(error: WebsteadError) -> Shape:
    if isinstance(error, ApiError):
        return error.shape
    return "text" if isinstance(error, Locked) else "object"


def _object(error: WebsteadError) -> dict[str, object]:
    body = ErrorBody(
        Message=error.what,
        ExceptionMessage=error.found or error.what,
        ExceptionType=error.kind,
        found=error.found,
        fix=error.fix,
        detail=error.detail,
    )
    return {**body.model_dump(), **(error.members if isinstance(error, ApiError) else {})}


def _code(status: int) -> str:
    """As `NotFound`."""
    return HTTPStatus(status).phrase.title().replace(" ", "").replace("-", "")
