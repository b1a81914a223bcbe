"""Requests to one management, over a network or into this process.

What is refused is raised in words. Nothing is sent twice but what changes nothing: `patient_get` waits for a
server that is started again.
"""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from webstead.client.failures import LONGEST, failure_of, no_answer
from webstead.client.place import Again, Place
from webstead.errors import RemoteError

__all__ = ["PATIENCE_SECONDS", "Api", "Pause", "Reply"]

_CONNECT_SECONDS = 10.0
_READ_SECONDS = 120.0
"""Between two bytes of an answer: a management that is asked for more says so by 202."""

PATIENCE_SECONDS = 90.0
"""How long a server may be away while it is polled: a restart of the machine's service takes less."""

_PAUSE_SECONDS = 1.0
_PASSING = frozenset({401, 408, 429, 502, 503, 504})
"""Of a poll: 401 while the token of a server that was started again is not read yet."""

LARGEST_ANSWER = 64 << 20
"""Of a JSON answer: a log of 100,000 lines is a tenth of it."""

Pause = Callable[[float], None]
"""Sleeps."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that is no refusal. headers: names in any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Api:
    """One management. again: finds its place anew. transport: into this process, in place of the network."""

    def __init__(
        self,
        place: Place,
        *,
        again: Again | None = None,
        transport: httpx.BaseTransport | None = None,
        pause: Pause = time.sleep,
    ) -> None:
        self.place = place
        self._again = again
        self._transport = transport
        self.pause = pause
        self._http = _client(place, transport)

    def of_site(self, name: str) -> Api:
        """The management of a site of this server; the connections are its own."""
        again = None if self._again is None else _of_site(self._again, name)
        return Api(self.place.of_site(name), again=again, transport=self._transport, pause=self.pause)

    @property
    def site(self) -> str:
        """The name of its site, as far as that was said here."""
        return self.place.site

    @property
    def in_process(self) -> bool:
        """Nobody serves the home: what is asked for ends with this process."""
        return self._transport is not None

    def close(self) -> None:
        """The connections; a transport into this process is its owner's to close."""
        if self._transport is None:
            self._http.close()

    def get(self, path: str, **query: str | int | bool) -> object:
        """The JSON of an answer; None for an empty one. Raises RemoteError, and what the server tells."""
        return _value(self.send("GET", path, query=query), path)

    def patient_get(self, path: str, told: Callable[[str], None], **query: str | int | bool) -> object:
        """As get, of a server that may be away for PATIENCE_SECONDS. told: hears why, once."""
        waited = 0.0
        while True:
            try:
                return self.get(path, **query)
            except RemoteError as error:
                waited = self.outlast(error, waited, told)

    def outlast(self, error: RemoteError, waited: float, told: Callable[[str], None]) -> float:
        """A pause, before the server is asked again, which may be elsewhere by then. waited: seconds before
        this one; and with it. told: hears why, once. Raises the error when that will not pass."""
        if error.status not in (0, *_PASSING) or waited >= PATIENCE_SECONDS or self.in_process:
            raise error
        if not waited:
            told(f"{error.what} Waiting for it up to {PATIENCE_SECONDS:.0f} s.")
        self.pause(_PAUSE_SECONDS)
        self._refresh()
        return waited + _PAUSE_SECONDS

    def ask(self, method: str, path: str, body: object = None, *, seconds: float = _READ_SECONDS) -> object:
        """Another method; body: JSON values. The JSON of the answer; None for an empty one."""
        content = None if body is None else json.dumps(body).encode()
        headers = {} if body is None else {"Content-Type": "application/json"}
        return _value(self.send(method, path, content=content, headers=headers, seconds=seconds), path)

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int | bool] | None = None,
        content: bytes | Iterable[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
        seconds: float = _READ_SECONDS,
    ) -> Reply:
        """The answer, read whole. seconds: until its next byte. Raises RemoteError, and what is told."""
        with self.stream(
            method, path, query=query, content=content, headers=headers, seconds=seconds
        ) as answer:
            body = _read(answer, LARGEST_ANSWER, self.place.words)
            return Reply(answer.status_code, answer.headers, body)

    @contextmanager
    def stream(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int | bool] | None = None,
        content: bytes | Iterable[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
        seconds: float | None = _READ_SECONDS,
    ) -> Iterator[httpx.Response]:
        """The answer, to be read as it comes. Raises as send, also when it breaks off."""
        request = self._http.build_request(
            method,
            path,
            params=_query(query or {}),
            content=content,
            headers={**_headers(self.place), **(headers or {})},
            timeout=httpx.Timeout(seconds, connect=_CONNECT_SECONDS),
            extensions={"sni_hostname": _name(self.place.host)} if self.place.host else {},
        )
        try:
            answer = self._http.send(request, stream=True)
            try:
                if answer.status_code >= 300:
                    body = _read(answer, LONGEST, self.place.words)
                    raise failure_of(answer.status_code, body, self.place, f"{method} {path}")
                yield answer
            finally:
                answer.close()
        except httpx.HTTPError as error:
            raise no_answer(self.place.words, error) from error

    def _refresh(self) -> None:
        """Where the server is now; it may have another token and port."""
        if self._again is None:
            return
        place = self._again()
        if place != self.place:
            self._http.close()
            self.place, self._http = place, _client(place, None)


def _of_site(again: Again, name: str) -> Again:
    return lambda: again().of_site(name)


def _client(place: Place, transport: httpx.BaseTransport | None) -> httpx.Client:
    if transport is not None:
        return httpx.Client(base_url=place.base, transport=transport, trust_env=False)
    return httpx.Client(base_url=place.base, verify=_trusted(place), trust_env=not place.is_local)


def _trusted(place: Place) -> ssl.SSLContext | bool:
    """Whose certificates are taken. The system's files are not read where there is no TLS."""
    if not place.base.startswith("https:"):
        return False
    if not place.authority:
        return True
    context = ssl.create_default_context()
    context.load_verify_locations(place.authority)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # it may be the server's own, of any authority
    return context


def _headers(place: Place) -> dict[str, str]:
    host = {"Host": place.host} if place.host else {}
    return {**host, "Authorization": place.authorization.reveal(), "User-Agent": "webstead"}


def _name(host: str) -> str:
    return host.partition(":")[0]


def _query(given: Mapping[str, str | int | bool]) -> dict[str, str | int]:
    """As Kudu writes them: true and false in lower case."""
    return {name: str(value).lower() if isinstance(value, bool) else value for name, value in given.items()}


def _read(answer: httpx.Response, limit: int, words: str) -> bytes:
    """The body, if it is no longer than that. Raises RemoteError, HTTPError."""
    body = bytearray()
    for piece in answer.iter_bytes():
        body += piece
        if len(body) > limit:
            raise RemoteError(
                "The answer is too long.",
                found=f"{words}: more than {limit} bytes",
                fix="Ask for less of it.",
            )
    return bytes(body)


def _value(answer: Reply, path: str) -> object:
    if not answer.body.strip():
        return None
    try:
        value: object = json.loads(answer.body)
    except (ValueError, RecursionError):
        raise RemoteError(
            "The answer is not understood.",
            found=f"{path}: no JSON, but {answer.headers.get('content-type', 'text')}",
            fix="Is the address that of a management? It is named NAME.scm.DOMAIN.",
            status=answer.status,
        ) from None
    return value
