"""Orders to the supervisor of a home: one JSON object a line over a Unix socket, and one answer to each.

    {"order":"activate","site":"shop","release":"5f…","renew":true}
    {"order":"settled"|"changed"|"recycle","site":"shop"}
    {"order":"instances"|"metrics","site":""}
answered by
    {"done":…}   or   {"error":{"kind":…,"what":…,"found":…,"fix":…,"detail":…}}

Only who may enter the private folder of the socket can give one. A connection takes one order after the
other; an order that waits (`activate`) holds its own connection alone.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, Protocol, get_args

from webstead.errors import HostError, WebsteadError, error_from
from webstead.site.deploy.model import Host
from webstead.site.server.socket_path import reached

__all__ = [
    "LONGEST_ORDER",
    "Kind",
    "NoHost",
    "Order",
    "RunningInstance",
    "Supervision",
    "SupervisorClient",
    "answer_line",
    "read_answer",
    "read_order",
]

Kind = Literal["activate", "settled", "changed", "recycle", "instances", "metrics"]
_KINDS: tuple[Kind, ...] = get_args(Kind)

LONGEST_ORDER = 1 << 16
"""An order is a few names; an answer has no such bound: it is our own process that gives it."""

_CONNECT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Order:
    """site: "" for all. release, renew: of `activate` alone."""

    order: Kind
    site: str = ""
    release: str = ""
    renew: bool = False

    def line(self) -> bytes:
        return json.dumps(asdict(self)).encode() + b"\n"


@dataclass(frozen=True, slots=True)
class RunningInstance:
    """name: as in the log. pool: the label of its process. started: seconds since the epoch."""

    site: str
    name: str
    pool: str
    pid: int
    started: float


def read_order(line: bytes) -> Order:
    """Raises ValueError for what is none."""
    data = json.loads(line)
    if not isinstance(data, dict):
        raise ValueError("an order is an object")
    kind = next((each for each in _KINDS if each == data.get("order")), None)
    if kind is None:
        raise ValueError(f"not an order: {data.get('order')!r}")
    site, release, renew = data.get("site", ""), data.get("release", ""), data.get("renew", False)
    if not isinstance(site, str) or not isinstance(release, str) or not isinstance(renew, bool):
        raise ValueError(f"{kind}: site and release are texts, renew is true or false")
    return Order(kind, site, release, renew)


def answer_line(done: object = None, error: WebsteadError | None = None) -> bytes:
    """done: JSON values."""
    answer = {"done": done} if error is None else {"error": error.as_json()}
    return json.dumps(answer).encode() + b"\n"


def read_answer(line: bytes) -> object:
    """What was done. Raises the error that was answered; HostError for what is no answer."""
    if not line:
        raise HostError("The supervisor ended, and gave no answer.", found="", fix=_FIX)
    try:
        data = json.loads(line)
    except ValueError:
        data = None
    if isinstance(data, dict) and isinstance(data.get("error"), dict):
        raise error_from(data["error"])
    if isinstance(data, dict) and "done" in data:
        return data["done"]
    raise HostError("The supervisor gave no answer.", found=repr(line[:80]), fix=_FIX)


_FIX = "See what `webstead serve` says last; when it does not run, start it again."


class Supervision(Host, Protocol):
    """What the management asks of who runs the sites."""

    def changed(self, site: str) -> None:
        """What is recorded of the site has changed: take it up. It may be new, or gone."""
        ...

    def recycle(self, site: str) -> None:
        """Renew its instances without losing a request."""
        ...

    def instances(self, site: str = "") -> tuple[RunningInstance, ...]:
        """Those of the site, or of all."""
        ...

    def metrics(self) -> list[object]:
        """As `SiteMetrics.as_json` of each site that has been asked anything."""
        ...


@dataclass(frozen=True, slots=True)
class SupervisorClient:
    """The supervisor of a home that is served. Each call blocks until it is answered. Raises HostError when
    nobody is there, and the errors that are answered."""

    path: Path

    def activate(self, site: str, release: str, *, renew: bool) -> WebsteadError | None:
        """As `Host.activate` says."""
        return self._tried(Order("activate", site, release, renew))

    def settled(self, site: str) -> WebsteadError | None:
        """As `Host.settled` says."""
        return self._tried(Order("settled", site))

    def changed(self, site: str) -> None:
        self._ask(Order("changed", site))

    def recycle(self, site: str) -> None:
        self._ask(Order("recycle", site))

    def instances(self, site: str = "") -> tuple[RunningInstance, ...]:
        answer = self._ask(Order("instances", site))
        return tuple(_instance(each) for each in answer) if isinstance(answer, list) else ()

    def metrics(self) -> list[object]:
        answer = self._ask(Order("metrics"))
        return answer if isinstance(answer, list) else []

    def _tried(self, order: Order) -> WebsteadError | None:
        """The error of what does not start."""
        try:
            self._ask(order)
        except HostError:
            raise
        except WebsteadError as error:
            return error
        return None

    def _ask(self, order: Order) -> object:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as channel:
            try:
                channel.settimeout(_CONNECT_SECONDS)
                with reached(self.path) as address:
                    channel.connect(address)
                channel.settimeout(None)  # the other end is our own process: its end is the end of the socket
                channel.sendall(order.line())
                with channel.makefile("rb") as answers:
                    return read_answer(answers.readline())
            except OSError as error:
                found = f"{self.path}: {error.strerror or error}"
                raise HostError("The supervisor does not answer.", found=found, fix=_FIX) from None


def _instance(data: Mapping[str, object]) -> RunningInstance:
    pid, started = data["pid"], data["started"]
    return RunningInstance(
        str(data["site"]),
        str(data["name"]),
        str(data["pool"]),
        pid if isinstance(pid, int) else 0,
        float(started) if isinstance(started, int | float) else 0.0,
    )


@dataclass(frozen=True, slots=True)
class NoHost:
    """A home that nobody serves: what is deployed is put in its place, and serves when the server starts."""

    def activate(self, site: str, release: str, *, renew: bool) -> WebsteadError | None:
        return None

    def settled(self, site: str) -> WebsteadError | None:
        """Nothing runs."""
        return None

    def changed(self, site: str) -> None:
        """It is read when the server starts."""

    def recycle(self, site: str) -> None:
        """Nothing runs."""

    def instances(self, site: str = "") -> tuple[RunningInstance, ...]:
        return ()

    def metrics(self) -> list[object]:
        return []
