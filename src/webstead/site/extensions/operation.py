"""One operation on a site's extensions: alone, with a status that says how it goes and how it ended, also
when who did it is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from webstead.effects.clock import Clock
from webstead.errors import BuildError, ConfigError, HostError, WebsteadError
from webstead.site.commands.run import CommandResult
from webstead.site.extensions.folders import heal
from webstead.site.extensions.state import (
    Busy,
    Kind,
    State,
    Status,
    forget_status,
    holding,
    is_held,
    read_status,
    statuses,
    write_status,
)
from webstead.site.homes import SiteHome
from webstead.site.releases.failure import FULL, DiskFull

__all__ = ["Operation", "RunScript", "Workplace", "code_of", "operating", "status_of"]

RunScript = Callable[[Sequence[str], Path], CommandResult]
"""Runs these words in this folder, as the site's user and with its variables, to their end."""

_LONGEST_COMMENT = 4000

_LOST = "Whoever worked on it ended before it was done. What was installed before is installed now."
_MISTAKE = "Webstead made a mistake; the server's log has it."


@dataclass(frozen=True, slots=True)
class Workplace:
    """temporary: a folder of the server's, on the file system of the home. owner: the ids of the site's user
    and its group, None for the server's own."""

    home: SiteHome
    temporary: Path
    clock: Clock
    run: RunScript
    owner: tuple[int, int] | None = None


class Operation:
    """In the hand of who performs it. What is noted stands in the comment when it has succeeded."""

    def __init__(self, home: SiteHome, status: Status) -> None:
        self._home = home
        self._status = status
        self._notes: list[str] = []
        self.removed = False

    def note(self, sentence: str) -> None:
        self._notes.append(sentence)

    def named(self, extension: str) -> None:
        """The package has another id than it was asked for by: the one that took its place."""
        if extension.lower() != self._status.id.lower():
            forget_status(self._home, self._status.id)
        self._status = replace(self._status, id=extension)
        self.tell("InProgress")

    def tell(self, state: State, comment: str = "", code: int = 200) -> None:
        comment = comment[:_LONGEST_COMMENT]
        write_status(self._home, replace(self._status, state=state, comment=comment, code=code))

    def succeeded(self) -> None:
        if self.removed:
            forget_status(self._home, self._status.id)
        else:
            self.tell("Succeeded", " ".join(self._notes))

    def failed(self, error: WebsteadError) -> None:
        words = " ".join(filter(None, (error.what, error.found, error.fix)))
        self.tell("Failed", words, code_of(error))


@contextmanager
def operating(place: Workplace, verb: str, extension: str, kind: Kind = "Gallery") -> Iterator[Operation]:
    """Raises Busy; what the body raises, an OSError as HostError."""
    with holding(place.home, verb, extension, place.clock):
        _settle(place.home, place.temporary)
        begun = Status(extension, "InProgress", verb, place.clock.now(), kind=kind)
        operation = Operation(place.home, begun)
        operation.tell("InProgress")
        try:
            yield operation
        except WebsteadError as error:
            operation.failed(error)
            raise
        except OSError as error:
            told = _of_disk(error, place.home.extensions)
            operation.failed(told)
            raise told from error
        except BaseException:
            operation.tell("Failed", _MISTAKE, 500)
            raise
        operation.succeeded()


def status_of(home: SiteHome, extension: str, temporary: Path, clock: Clock) -> Status | None:
    """How the last operation on it goes or ended. Who finds that a worker was lost puts back what was there
    before. Raises OSError."""
    found = read_status(home, extension)
    if found is None or not found.runs or is_held(home):
        return found
    try:
        with holding(home, "recovery", extension, clock):
            _settle(home, temporary)
    except Busy:  # another, just now
        return found
    return read_status(home, extension)


def code_of(error: WebsteadError) -> int:
    """Of HTTP: 400 for what the sender can mend, 422 for a package that cannot be fetched or whose script
    fails: clients send everything again after a 5xx."""
    if isinstance(error, ConfigError):
        return 400
    if isinstance(error, BuildError):
        return 422
    return error.http_status


def _of_disk(error: OSError, folder: Path) -> HostError:
    """An error of a write, or of what belongs to one."""
    name = f" ({error.filename})" if error.filename else ""
    kind = DiskFull if error.errno in FULL else HostError
    return kind(
        "The files of the extension cannot be written.",
        found=f"{error.strerror or error}{name}",
        fix=f"See that {folder} can be written and its disk has room. What was installed before is there.",
    )


def _settle(home: SiteHome, temporary: Path) -> None:
    """What was cut off has not happened. By the holder of the lock alone."""
    heal(home, temporary)
    for status in statuses(home):
        if status.runs:
            write_status(home, replace(status, state="Canceled", comment=_LOST, code=500))
