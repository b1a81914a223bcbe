"""What a PUT of a deployment asks for: once more, or a record of one that happened elsewhere. Pure."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from pydantic import Field, ValidationError

from webstead.services.errors import ApiError
from webstead.services.wire import Given
from webstead.site.store.model import Deployment, Status

__all__ = ["Record", "Redeployment", "is_record", "record_of", "redeployment_of"]

_REQUIRED = ("status", "message", "deployer", "author")
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
"""No deployment was before: the first of all times has no counterpart in some zones."""


class Redeployment(Given):
    """clean: remove what no deployment brought. needFileUpdate: taken, as Kudu does; files are always
    brought up to date."""

    clean: bool = False
    needFileUpdate: bool = True


class Record(Given):
    """active: whether it stands for what serves now; by default when it succeeded. details: goes to its
    log."""

    status: int
    message: str = Field(max_length=1 << 16)
    deployer: str = Field(max_length=1000)
    author: str = Field(max_length=1000)
    author_email: str | None = Field(default=None, max_length=1000)
    start_time: datetime | None = None
    end_time: datetime | None = None
    active: bool | None = None
    details: str | None = None


def is_record(body: object) -> bool:
    return isinstance(body, dict) and all(body.get(name) is not None for name in _REQUIRED)


def redeployment_of(body: object) -> Redeployment:
    """An empty body is one of defaults. Raises ApiError 400."""
    try:
        return Redeployment.model_validate({} if body is None else body)
    except ValidationError as error:
        raise _unusable(error) from None


def record_of(
    site: str, wanted: str, body: object, release: str | None, now: datetime
) -> tuple[Deployment, str]:
    """The record, and what goes into its log. wanted: its id; "" for a new one. release: the current one.
    Raises ApiError 400."""
    try:
        record = Record.model_validate(body)
    except ValidationError as error:
        raise _unusable(error) from None
    if record.status not in (Status.FAILED, Status.SUCCESS):
        raise ApiError(400, "The status of a record is 3 (failed) or 4 (success).")
    if wanted.lower() == "latest":
        raise ApiError(400, "`latest` cannot be the id of a record.")
    succeeded = record.status == Status.SUCCESS
    active = succeeded if record.active is None else record.active
    if active and not succeeded:
        raise ApiError(400, "A deployment that failed cannot be the active one.")
    started, ended = (_passed(time, now) for time in (record.start_time, record.end_time))
    deployment = Deployment(
        site=site,
        id=wanted or uuid.uuid4().hex,
        status=Status(record.status),
        source="record",
        received=started,
        started=started,
        ended=ended,
        last_success=ended if succeeded else None,
        author=record.author,
        author_email=record.author_email or "",
        deployer=record.deployer,
        message=record.message,
        release=(release or "") if active else "",
        read_only=True,
    )
    return deployment, record.details or ""


def _passed(time: datetime | None, now: datetime) -> datetime:
    """A time without a zone is in UTC. What is still to come is of now, for clocks differ: of a later time it
    would be the newest for as long."""
    if time is None:
        return now
    aware = time.replace(tzinfo=now.tzinfo) if time.tzinfo is None else time
    return min(max(aware, _FIRST), now)


def _unusable(error: ValidationError) -> ApiError:
    lines: list[Any] = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
    return ApiError(400, "The body cannot be used.", found="\n".join(lines[:20]))
