"""From the routes of nouns to an application. FastAPI knows each operation once, by the path of the OpenAPI
page; the guard leads every other form of the path there.
"""

from __future__ import annotations

import errno
import logging
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, TypeVar

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Lifespan

import webstead
from webstead.errors import WebsteadError
from webstead.services.arm import HEADER
from webstead.services.errors import ApiError, ErrorBody, error_response
from webstead.services.guard import Part
from webstead.services.requests import query_names
from webstead.services.routes import WEBSOCKET, Route, Table
from webstead.services.wire import Json
from webstead.site.deploy.ending import as_error

__all__ = ["COMMON", "Noun", "assembled"]

_log = logging.getLogger(__name__)

E = TypeVar("E", bound=Exception)
_Handler = Callable[[Request, Exception], Response]

_NO_WORD = re.compile(r"\W+")

COMMON = {
    400: "The request cannot be understood, or not be used",
    401: "Credentials are missing or wrong",
    403: "The credentials do not allow this",
    404: "There is none, or no such site",
    429: "Too many wrong credentials came from this address",
}
"""What every operation may answer."""


class Noun(Protocol):
    """A module of routes. Its name is the tag of its operations."""

    @property
    def __name__(self) -> str: ...

    @property
    def ROUTES(self) -> tuple[Route, ...]: ...


def assembled(title: str, nouns: Sequence[Noun], lifespan: Lifespan[FastAPI] | None = None) -> Part:
    """Raises ValueError when two operations write a name of their queries differently."""
    app = FastAPI(
        title=title,
        version=webstead.__version__,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    for noun in nouns:
        for route in noun.ROUTES:
            _add(app, noun.__name__.rpartition(".")[2], route)
    _add_handlers(app)
    table = Table([route for noun in nouns for route in noun.ROUTES])
    return Part(app, table, query_names(_query_parameters(app)))


def _add(app: FastAPI, tag: str, route: Route) -> None:
    for method in route.names:
        if method == WEBSOCKET:
            app.add_api_websocket_route(route.path_of_schema, route.endpoint)
            continue
        app.add_api_route(
            route.path_of_schema,
            route.endpoint,
            methods=[method],
            status_code=route.status,
            response_model=route.gives,
            response_class=Response if route.gives is None else Json,
            summary=route.summary,
            tags=[tag],
            operation_id=f"{method.lower()}{_NO_WORD.sub('_', route.path_of_schema)}",
            responses=_responses(route),
            openapi_extra={**_takes(route), **_needs(route)},
            response_description=route.summary,
        )


def _responses(route: Route) -> dict[int | str, dict[str, Any]]:
    """What the OpenAPI page says of each status."""
    told: dict[int | str, dict[str, Any]] = {}
    if route.media:
        told[route.status] = {"description": route.summary, "content": {route.media: {}}}
    for status, words in {**COMMON, **route.others}.items():
        told[status] = {"description": words, **_error_bodies(status)}
    return told


def _error_bodies(status: int) -> dict[str, Any]:
    """A lock that is held is told as plain text, and OneDeploy's 400 is a string."""
    if status < 400:
        return {}
    if status == 409:
        return {"model": ErrorBody, "content": {"text/plain": {"schema": {"type": "string"}}}}
    return {"model": ErrorBody | str if status == 400 else ErrorBody}


def _needs(route: Route) -> dict[str, Any]:
    """The publishing user may do all; of a token its scope is asked for (OpenAPI 3.1, 4.8.30: a role)."""
    return {"security": [{"basic": []}, {"bearer": [route.scope]}]}


def _takes(route: Route) -> dict[str, Any]:
    if route.takes is None:
        return {}
    if isinstance(route.takes, str):
        content: dict[str, Any] = {route.takes: {"schema": {"type": "string", "format": "binary"}}}
    else:
        content = {"application/json": {"schema": _inline(route.takes)}}
    if route.example is not None:
        next(iter(content.values()))["example"] = route.example
    return {"requestBody": {"required": not route.optional, "content": content}}


def _inline(model: type[BaseModel]) -> dict[str, Any]:
    """Its schema, with what it refers to in place: there is no name for it in the document."""
    return model.model_json_schema(mode="validation")


def _query_parameters(app: FastAPI) -> Iterator[str]:
    for route in app.routes:
        if isinstance(route, APIRoute):
            yield from _names(route.dependant)


def _names(dependant: Dependant) -> Iterator[str]:
    for parameter in dependant.query_params:
        kind = parameter.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from (member.alias or name for name, member in kind.model_fields.items())
        else:
            yield parameter.alias
    for each in dependant.dependencies:
        yield from _names(each)


def _add_handlers(app: FastAPI) -> None:
    """Every error has one form."""
    for kind, told in (
        _told(WebsteadError, lambda error: error),
        _told(RequestValidationError, _of_checks),
        _told(HTTPException, lambda error: ApiError(error.status_code, error.detail, headers=error.headers)),
        _told(ClientDisconnect, lambda _: ApiError(400, "The request ended before its end.")),
        _told(OSError, _of_disk),
        _told(Exception, _mistake),
    ):
        app.add_exception_handler(kind, told)


def _told(kind: type[E], tell: Callable[[E], WebsteadError]) -> tuple[type[E], _Handler]:
    def handle(request: Request, error: Exception) -> Response:
        if not isinstance(error, kind):  # the framework calls it for this kind alone
            raise error
        by_git = request.headers.get("user-agent", "").startswith("git/")
        return error_response(tell(error), arm=HEADER in request.headers, git=by_git)

    return kind, handle


def _of_checks(error: RequestValidationError) -> WebsteadError:
    lines = [f"{each['loc'][-1]}: {each['msg']}" for each in error.errors()]
    return ApiError(400, "The request cannot be used.", found="\n".join(lines))


def _of_disk(error: OSError) -> WebsteadError:
    """A file that an endpoint could not read or write, because of its disk. Any other is a mistake, whose
    traceback the server's log has. Raises that one."""
    if error.errno not in _DISK:
        raise error
    _log.error("the disk: %s", error)
    return as_error(error)


_DISK = (errno.EIO, errno.ENOSPC, errno.EDQUOT, errno.EROFS)


def _mistake(error: Exception) -> WebsteadError:
    return ApiError(500, "Webstead made a mistake; the server's log has it.", found=type(error).__name__)
