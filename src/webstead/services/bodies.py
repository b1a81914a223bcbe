"""What a request brings: JSON of a bounded size, read whatever its content type says (the GitHub action's is
wrong), or bytes that go to a file as they come.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from fastapi import Depends
from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from webstead.services.arm import HEADER, unwrapped
from webstead.services.errors import ApiError

__all__ = ["LONGEST_JSON", "json_body", "read_body", "taken"]

LONGEST_JSON = 4 << 20
"""A history record carries the log of a workflow; settings are a few kilobytes."""

M = TypeVar("M", bound=BaseModel)


async def read_body(request: Request, limit: int = LONGEST_JSON) -> bytes:
    """The whole body. Raises ApiError 413 beyond limit, ClientDisconnect when it was cut off."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise ApiError(413, f"The body is longer than {limit} bytes.")
    return bytes(body)


async def json_body(request: Request) -> object:
    """The JSON that was sent, out of `properties` where it came through Azure's resource manager; None for an
    empty body. Raises ApiError 400."""
    body = await read_body(request)
    if not body.strip():
        return None
    try:
        value: object = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ApiError(400, "The body is no JSON.", found=str(error)) from None
    return unwrapped(value) if HEADER in request.headers else value


def taken(model: type[M], *, optional: bool = False) -> Any:
    """For a parameter `Annotated[Model, taken(Model)]`: the JSON body, checked. optional: an empty one is a
    model of its defaults."""
    return Depends(_reader(model, optional=optional))


def _reader(model: type[M], *, optional: bool) -> Callable[[Request], Awaitable[M]]:
    async def read(request: Request) -> M:
        value = await json_body(request)
        if value is None and not optional:
            raise ApiError(400, "The body is empty.", fix=f"Send JSON: {_members(model)}.")
        try:
            return model.model_validate({} if value is None else value)
        except ValidationError as error:
            raise ApiError(400, "The body cannot be used.", found=_faults(error)) from None

    return read


def _members(model: type[BaseModel]) -> str:
    return ", ".join(model.model_fields) or "an object"


def _faults(error: ValidationError) -> str:
    """As `clean: Input should be a valid boolean`, without what was sent: it may be a secret."""
    lines = [f"{'.'.join(map(str, each['loc'])) or 'body'}: {each['msg']}" for each in error.errors()]
    return "\n".join(lines[:20])
