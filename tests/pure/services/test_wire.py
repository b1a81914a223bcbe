"""Values in the JSON of Kudu's API."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from enum import IntEnum

from webstead.services.wire import Answer, Date, Given


class Colour(IntEnum):
    RED = 3


class Thing(Answer):
    at: Date
    colour: Colour
    missing: Date | None


class Wanted(Given):
    name: str = ""


def test_dates_have_seven_digits_and_z_enums_are_numbers_and_nulls_are_there() -> None:
    moment = datetime(2026, 11, 26, 17, 0, 0, 120, timezone(timedelta(hours=1)))
    assert Thing(at=moment, colour=Colour.RED, missing=None).model_dump_json() == (
        '{"at":"2026-11-26T16:00:00.0001200Z","colour":3,"missing":null}'
    )


def test_the_schema_says_so() -> None:
    schema = Thing.model_json_schema(mode="serialization")
    assert schema["properties"]["at"] == {"format": "date-time", "title": "At", "type": "string"}
    assert set(schema["required"]) == {"at", "colour", "missing"}


def test_members_that_are_not_known_are_passed_over() -> None:
    assert Wanted.model_validate({"name": "a", "deploymentTag": 1}) == Wanted(name="a")


def test_dates_are_read_as_net_writes_them() -> None:
    class Dated(Given):
        at: Date

    assert Dated.model_validate({"at": "2026-11-26T16:00:00.1234567Z"}).at == datetime(
        2026, 11, 26, 16, 0, 0, 123456, UTC
    )
