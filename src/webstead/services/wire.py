"""How values stand in the JSON of Kudu's API (reference 1.0): dates with seven fractional digits and `Z`,
enums as numbers, what is missing as null.

A name of Linux is bytes, and need be no text: Python has lone surrogates for such bytes, which no JSON may
have. Where they are told, they are replaced by U+FFFD.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, PlainSerializer, WithJsonSchema, model_validator
from starlette.responses import JSONResponse

__all__ = ["Answer", "Date", "Given", "Json", "date_text", "legible"]

_SURROGATE = re.compile("[\ud800-\udfff]")


def legible(text: str) -> str:
    """As text that can be encoded."""
    return _SURROGATE.sub("\ufffd", text)


class Json(JSONResponse):
    """JSON of what may hold names of the system, or a client's own words."""

    def render(self, content: object) -> bytes:
        text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return legible(text).encode()


def date_text(moment: datetime) -> str:
    """As `2026-11-26T15:59:00.1234560Z`: .NET counts in tenths of a microsecond."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}0Z"


Date = Annotated[
    datetime,
    PlainSerializer(date_text, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]
"""An aware time."""


class Answer(BaseModel):
    """Base of what is sent: all members, always."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)

    @model_validator(mode="before")
    @classmethod
    def _be_legible(cls, members: object) -> object:
        return _legible_in(members)


def _legible_in(value: object) -> object:
    """All texts in plain lists and dicts."""
    if isinstance(value, str):
        return legible(value)
    if type(value) is dict:
        return {_legible_in(key): _legible_in(each) for key, each in value.items()}
    if type(value) is list:
        return [_legible_in(each) for each in value]
    return value


class Given(BaseModel):
    """Base of what is taken: members that are not known are passed over, as Kudu does."""

    model_config = ConfigDict(frozen=True, extra="ignore")
