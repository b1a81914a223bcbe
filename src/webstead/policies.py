"""How the processes of a pool are held: what the site's files say of it, each setting with its place.

Nothing here has a default: a setting that no file writes is None, and what Webstead does by itself goes on.
One value, made by the plan, shown by it, and given to the supervisor (lives of processes) and to the front
(requests).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, Generic, TypeVar

__all__ = ["MEANINGS", "NO_POLICIES", "Policies", "Written"]

T = TypeVar("T", bound=float | str)


@dataclass(frozen=True, slots=True)
class Written(Generic[T]):
    """name: the attribute's, as in the file. value: a count, seconds, or a word. origin: `web.config:12`."""

    name: str
    value: T
    origin: str

    @property
    def shown(self) -> str:
        value: float | str = self.value
        return value if isinstance(value, str) else f"{value:g}"

    def __str__(self) -> str:
        return f'{self.name}="{self.shown}" ({self.origin})'

    def as_json(self) -> dict[str, object]:
        return {"setting": self.name, "value": self.value, "origin": self.origin}


@dataclass(frozen=True, slots=True)
class Policies:
    """Times in seconds.

    instances: how many. startup: the time to answer. idle: an instance without requests ends after it.
    silence: of a running request. request: all of one, from when an instance gets it. answer: until the head
    of an answer has come. requests: after so many an instance is replaced. queue: requests that may wait.
    rapid_fails: ends within a minute that are borne. start_retries: further attempts at a first start that
    failed. grace: from the signal to the end by force. stderr: what is done with a request that writes to its
    error stream. startup_page: `true` when its disabling is asked for.

    at_once: requests that an instance is given at a time, 0 for any number: only who knows that can tell
    waiting from work."""

    instances: Written[float] | None = None
    startup: Written[float] | None = None
    start_retries: Written[float] | None = None
    rapid_fails: Written[float] | None = None
    idle: Written[float] | None = None
    silence: Written[float] | None = None
    request: Written[float] | None = None
    answer: Written[float] | None = None
    requests: Written[float] | None = None
    queue: Written[float] | None = None
    grace: Written[float] | None = None
    stderr: Written[str] | None = None
    startup_page: Written[str] | None = None
    at_once: int = 0

    def each(self) -> Iterator[tuple[str, Written[float] | Written[str]]]:
        """(field, setting) for each that is written, in the order of the fields."""
        for field in fields(self):
            written = getattr(self, field.name)
            if isinstance(written, Written):
                yield field.name, written

    def same_as(self, other: Policies) -> bool:
        """Whether they say the same, wherever in the files it stands."""
        values, others = (
            [(name, each.name, each.value) for name, each in one.each()] for one in (self, other)
        )
        return values == others and self.at_once == other.at_once

    def without_origins(self) -> Policies:
        """Equal for files that say the same in other places."""
        written = {name: {**each.as_json(), "origin": ""} for name, each in self.each()}
        return Policies.from_json({"at_once": self.at_once, **written})

    def as_json(self) -> dict[str, object]:
        return {"at_once": self.at_once, **{name: written.as_json() for name, written in self.each()}}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Policies:
        """Of what as_json gave."""
        known = {
            name: Written(each["setting"], each["value"], each["origin"])
            for name, each in data.items()
            if name != "at_once"
        }
        return cls(at_once=data["at_once"], **known)


NO_POLICIES = Policies()

MEANINGS = {
    "instances": "so many instances",
    "startup": "seconds in which an instance must answer",
    "start_retries": "more attempts when the first start fails",
    "rapid_fails": "ends of an instance within a minute that are borne; after one more it rests for a minute",
    "idle": "an instance without requests for so many seconds ends; the next request starts it",
    "silence": "a request whose instance is silent for so many seconds is answered with 500",
    "request": "a request that takes more seconds is answered with 500",
    "answer": "a request whose answer has not begun after so many seconds is answered with 502.3",
    "requests": "an instance is replaced after so many requests, its successor first",
    "queue": "so many requests may wait for an instance; the next is answered with 503",
    "grace": "seconds that an instance has to end by itself",
    "stderr": "what becomes of a request that writes to its error stream",
    "startup_page": "an app that does not start is answered with the bare status",
}
"""What each setting does, for people. A test knows that none is missing."""
