"""How values stand in the JSON of Kudu's API (reference 1.0): dates with seven fractional digits and `Z`,
enums as numbers, what is missing as null.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, PlainSerializer, WithJsonSchema

__all__ = ["Answer", "Date", "Given", "date_text"]


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


class Given(BaseModel):
    """Base of what is taken: members that are not known are passed over, as Kudu does."""

    model_config = ConfigDict(frozen=True, extra="ignore")
