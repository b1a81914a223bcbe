"""That an app really answers: questions over HTTP and WebSocket, asked through Webstead's front."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from socket import create_connection
from urllib.parse import urlsplit

from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from tests.live import Answer, fetch

__all__ = [
    "Proof",
    "bokeh_session",
    "dash_page",
    "gradio_call",
    "linked",
    "listens",
    "page",
    "posted",
    "speaks",
    "tool_server",
]

Proof = Callable[[str], None]
"""Takes the site's address; fails when the app is not served."""

_SECONDS = 30
_SITE = "apps.example.org"
_JSON = {"Content-Type": "application/json"}


def page(path: str, *parts: str) -> Proof:
    """A GET that answers 200 with all these parts."""

    def ask(url: str) -> None:
        _read(_ask(url + path), *parts)

    return ask


def posted(path: str, value: object, *parts: str, headers: Mapping[str, str] | None = None) -> Proof:
    """A POST of JSON that answers 200 with all these parts."""

    def ask(url: str) -> None:
        data = json.dumps(value).encode()
        _read(_ask(url + path, data, {**_JSON, **(headers or {})}), *parts)

    return ask


def linked(path: str, pattern: str, *parts: str) -> Proof:
    """A file that the page links to: the pattern's first group is its address."""

    def ask(url: str) -> None:
        text = _read(_ask(url + path))
        found = re.search(pattern, text)
        assert found, text
        _read(_ask(url + found[1]), *parts)

    return ask


def speaks(path: str, said: str | None, heard: str, *, protocols: tuple[str, ...] = ()) -> Proof:
    """A WebSocket that answers `said` with something that has `heard` in it; said None: it begins itself."""

    def ask(url: str) -> None:
        with _socket(url, path, protocols) as socket:
            if said is not None:
                socket.send(said)
            answer = socket.recv(timeout=_SECONDS)
            assert heard in (answer if isinstance(answer, str) else answer.decode(errors="replace"))

    return ask


def listens(path: str, *, protocols: tuple[str, ...] = ()) -> Proof:
    """A WebSocket that is accepted, and whose server answers a ping."""

    def ask(url: str) -> None:
        with _socket(url, path, protocols) as socket:
            assert socket.ping().wait(_SECONDS)

    return ask


def bokeh_session(path: str) -> Proof:
    """A page of Panel, and the WebSocket of the session that the page has."""

    def ask(url: str) -> None:
        token = re.search(r'"token":\s*"([^"]+)"', _read(_ask(url + path)))
        assert token
        speaks(f"{path}/ws".replace("//", "/"), None, "ACK", protocols=("bokeh", token[1]))(url)

    return ask


@contextmanager
def _socket(url: str, path: str, protocols: tuple[str, ...]) -> Iterator[ClientConnection]:
    """As a browser connects to a site that has a name: some frameworks take their own address only."""
    address = urlsplit(url)
    site = f"{_SITE}:{address.port}"
    with connect(
        f"ws://{site}{path}",
        sock=create_connection((address.hostname or "", address.port or 80), _SECONDS),
        origin=Origin(f"http://{site}"),
        subprotocols=[Subprotocol(name) for name in protocols] or None,
        open_timeout=_SECONDS,
    ) as socket:
        yield socket


def dash_page(output: str, given: Mapping[str, object], *parts: str) -> Proof:
    """A callback of Dash, as its page calls it. output, and the key of given: `id.property`."""

    def ask(url: str) -> None:
        ((source, value),) = given.items()
        (to, to_property), (by, by_property) = output.split("."), source.split(".")
        body = {
            "output": output,
            "outputs": {"id": to, "property": to_property},
            "inputs": [{"id": by, "property": by_property, "value": value}],
            "changedPropIds": [source],
        }
        posted("/_dash-update-component", body, *parts)(url)

    return ask


def gradio_call(path: str, given: object, *parts: str) -> Proof:
    """Gradio's API as its documentation has it for curl: a POST names the event, a GET streams its result."""

    def ask(url: str) -> None:
        answer = _ask(url + path, json.dumps({"data": [given]}).encode(), _JSON)
        event = json.loads(_read(answer))["event_id"]
        _read(_ask(f"{url}{path}/{event}"), "event: complete", *parts)

    return ask


def tool_server(tool: str, arguments: Mapping[str, object], result: str) -> Proof:
    """MCP over streamable HTTP: initialize, then a call of a tool."""

    def ask(url: str) -> None:
        begin = _mcp(url, "initialize", _CLIENT, {}, 1)
        _read(begin, '"serverInfo"')
        session = {k: v for k, v in begin.headers.items() if k.lower() == "mcp-session-id"}
        accepted = _mcp(url, "notifications/initialized", {}, session, None)
        assert accepted.status == 202, accepted.text
        _read(_mcp(url, "tools/call", {"name": tool, "arguments": arguments}, session, 2), result)

    return ask


_CLIENT = {
    "protocolVersion": "2025-03-26",
    "capabilities": {},
    "clientInfo": {"name": "proof", "version": "1"},
}


def _mcp(
    url: str, method: str, params: Mapping[str, object], session: Mapping[str, str], number: int | None
) -> Answer:
    message = {"jsonrpc": "2.0", "method": method, "params": params} | ({"id": number} if number else {})
    headers = {**_JSON, "Accept": "application/json, text/event-stream", **session}
    return _ask(url + "/mcp", json.dumps(message).encode(), headers)


def _ask(url: str, data: bytes | None = None, headers: Mapping[str, str] | None = None) -> Answer:
    """As whoever knows the site by its name."""
    site = f"{_SITE}:{urlsplit(url).port}"
    return fetch(url, data=data, headers={"Host": site, "Origin": f"http://{site}", **(headers or {})})


def _read(answer: Answer, *parts: str) -> str:
    text = answer.body.decode(errors="replace")
    assert answer.status == 200, f"{answer.status}\n{text}"
    for part in parts:
        assert part in text, f"no {part!r} in:\n{text}"
    return text
