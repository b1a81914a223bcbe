"""Values as columns, and back."""

from __future__ import annotations

from datetime import UTC, datetime

__all__ = ["plain", "read_time", "time_text"]


def time_text(time: datetime | None) -> str | None:
    """As it is recorded: ISO 8601 in UTC, of one length, so that texts sort as times."""
    return None if time is None else time.astimezone(UTC).isoformat(timespec="microseconds")


def read_time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def plain(text: str) -> str:
    """The text that can be recorded. Half a surrogate pair, as JSON and the output of programs bring it, is
    no character: U+FFFD stands for it."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
