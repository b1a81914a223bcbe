"""What happens while Webstead works, as values with stable names.

`--json` prints them, the terminal renders them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import ClassVar, Literal

__all__ = [
    "Access",
    "AppOutput",
    "Deployed",
    "DeploymentBegun",
    "DeploymentLine",
    "Draining",
    "Emit",
    "Event",
    "Failed",
    "GOES_ON",
    "InstanceExited",
    "InstanceStarted",
    "NotReady",
    "Note",
    "OfSite",
    "Offline",
    "OutputWritten",
    "Planned",
    "Ready",
    "Reconfigured",
    "Recycled",
    "Recycling",
    "Reloading",
    "Serving",
    "StepDone",
    "StepOutput",
    "StepProgress",
    "StepStarted",
    "Stopped",
    "Unit",
]

Unit = Literal["bytes", "packages", "files"]
"""What the progress of a step is counted in."""


@dataclass(frozen=True, slots=True)
class Event:
    """Base of all events: `name` is the stable name; the fields are JSON values."""

    name: ClassVar[str] = "event"

    def as_json(self) -> dict[str, object]:
        return {"event": self.name, **asdict(self)}


@dataclass(frozen=True, slots=True)
class Planned(Event):
    """The plan that will be performed, as its JSON."""

    name: ClassVar[str] = "planned"
    plan: dict[str, object]


@dataclass(frozen=True, slots=True)
class StepStarted(Event):
    name: ClassVar[str] = "step.started"
    step: str
    summary: str


@dataclass(frozen=True, slots=True)
class StepOutput(Event):
    name: ClassVar[str] = "step.output"
    step: str
    line: str


@dataclass(frozen=True, slots=True)
class StepProgress(Event):
    """How far a step has come. what: a word for what it does, as `Downloading`. done, total: in units; total
    is null while nobody knows it, and may grow while more is found to do. unit: `bytes`, `packages`, `files`;
    a step may count in several. rate: units a second over the last seconds; null at first. A few times a
    second at most; the last of each unit is always told."""

    name: ClassVar[str] = "step.progress"
    step: str
    what: str
    done: int
    total: int | None
    unit: Unit
    rate: float | None


@dataclass(frozen=True, slots=True)
class StepDone(Event):
    """changed: False when there was nothing to do."""

    name: ClassVar[str] = "step.done"
    step: str
    seconds: float
    changed: bool


@dataclass(frozen=True, slots=True)
class OutputWritten(Event):
    """An output stands in folder. digest: of what it holds. files, size: what it holds, in the archive if
    there is one. written, removed: files of the folder itself. start: what to run. needs: settings with
    secrets, which the machine has to give. notes: what may surprise there."""

    name: ClassVar[str] = "output.written"
    folder: str
    digest: str
    files: int
    size: int
    written: int
    removed: int
    archive: str | None
    archive_size: int
    start: str | None
    needs: list[str]
    notes: list[str]


@dataclass(frozen=True, slots=True)
class InstanceStarted(Event):
    name: ClassVar[str] = "instance.started"
    instance: str
    pid: int
    command: str


@dataclass(frozen=True, slots=True)
class InstanceExited(Event):
    """expected: the supervisor asked for it."""

    name: ClassVar[str] = "instance.exited"
    instance: str
    pid: int
    reason: str
    expected: bool


@dataclass(frozen=True, slots=True)
class AppOutput(Event):
    """One line that an instance wrote. stream: `stdout` or `stderr`."""

    name: ClassVar[str] = "app.output"
    instance: str
    stream: str
    line: str


@dataclass(frozen=True, slots=True)
class Access(Event):
    """One answered request. seconds: from the request's arrival to the last byte handed to the server."""

    name: ClassVar[str] = "access"
    client: str
    method: str
    target: str
    status: int
    size: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Ready(Event):
    name: ClassVar[str] = "ready"
    url: str
    seconds: float


@dataclass(frozen=True, slots=True)
class NotReady(Event):
    """The site serves, and every request answers with this error."""

    name: ClassVar[str] = "not_ready"
    url: str
    error: dict[str, str | int]


@dataclass(frozen=True, slots=True)
class Reloading(Event):
    """changed: the files that asked for it, relative to the project."""

    name: ClassVar[str] = "reloading"
    changed: list[str]


@dataclass(frozen=True, slots=True)
class Reconfigured(Event):
    """The front serves a changed configuration; no process was started for it. seconds: from when the change
    was noticed."""

    name: ClassVar[str] = "reconfigured"
    changed: list[str]
    seconds: float


@dataclass(frozen=True, slots=True)
class Recycling(Event):
    """New instances of these pools start beside the old. why: the files whose change asks for it, or the
    signal."""

    name: ClassVar[str] = "recycling"
    pools: list[str]
    why: list[str]


@dataclass(frozen=True, slots=True)
class Recycled(Event):
    """The new instances serve; the old finish what they have begun."""

    name: ClassVar[str] = "recycled"
    pools: list[str]
    seconds: float


@dataclass(frozen=True, slots=True)
class Draining(Event):
    """Old instances of these pools still have requests, streams or WebSockets. seconds: after which they are
    asked to end, whatever they have; how they take it is their own affair until they are ended by force."""

    name: ClassVar[str] = "draining"
    pools: list[str]
    seconds: float


@dataclass(frozen=True, slots=True)
class Offline(Event):
    """Every request is answered with this file of the site, and no instance runs, until the file is gone."""

    name: ClassVar[str] = "offline"
    file: str


@dataclass(frozen=True, slots=True)
class Failed(Event):
    name: ClassVar[str] = "failed"
    error: dict[str, str | int]


@dataclass(frozen=True, slots=True)
class Note(Event):
    """Something worth a line that is no error. level: `info` or `warning`."""

    name: ClassVar[str] = "note"
    level: str
    text: str


GOES_ON = Note("info", "The site goes on as it was before this change.")
"""Behind a Failed that took nothing away."""


@dataclass(frozen=True, slots=True)
class OfSite(Event):
    """An event of one of several sites: its JSON is that event's, with the name of the site."""

    name: ClassVar[str] = "site"
    site: str
    event: Event

    def as_json(self) -> dict[str, object]:
        return {**self.event.as_json(), "site": self.site}


@dataclass(frozen=True, slots=True)
class Serving(Event):
    """The server answers. url: its address. management: of the management. sites: how many there are.
    encrypted: its address over TLS, "" for none."""

    name: ClassVar[str] = "serving"
    url: str
    management: str
    domain: str
    sites: int
    seconds: float
    encrypted: str = ""


@dataclass(frozen=True, slots=True)
class DeploymentBegun(Event):
    """The server has taken a deployment. deployment: its id, "" when the server does not say it."""

    name: ClassVar[str] = "deployment.begun"
    deployment: str


@dataclass(frozen=True, slots=True)
class DeploymentLine(Event):
    """One line of a deployment's log, as the server wrote it. time: ISO 8601. type: `message`, `warning` or
    `error`. depth: 1 for what stands below another line."""

    name: ClassVar[str] = "deployment.line"
    deployment: str
    time: str
    type: str
    depth: int
    text: str


@dataclass(frozen=True, slots=True)
class Deployed(Event):
    """A deployment succeeded. site: its name, as the server has it. url: where the site is visited; "" when
    the server does not say."""

    name: ClassVar[str] = "deployed"
    site: str
    deployment: str
    url: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Stopped(Event):
    name: ClassVar[str] = "stopped"
    reason: str


Emit = Callable[[Event], None]
