"""The way of one request through a site, told: what is in force, each rule and handler that was looked at,
and what the app would see. The same code runs as for a request that is served; nothing is started or sent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Literal
from urllib.parse import urlsplit

from webstead.errors import UsageError
from webstead.formats.fastcgi.pairs import decode_pairs
from webstead.formats.webconfig.filtering import refused_length
from webstead.formats.webconfig.listing import Line
from webstead.formats.webconfig.model import Answer, Handler, Route, TraceStep
from webstead.formats.webconfig.schema.errors import HTTP_ERRORS, ResponseMode
from webstead.formats.webconfig.urlpath import BadPath
from webstead.front.asgi import Received, Scope
from webstead.front.error_page import Problem, sees_details
from webstead.front.exchange import Exchange
from webstead.front.headers import is_host
from webstead.front.masking import Masking
from webstead.front.outgoing import fastcgi_params, headers_for_process, target_of
from webstead.front.params import HeaderPieces
from webstead.front.serving import Destination, Serving
from webstead.front.static import Listed, Sent, choose
from webstead.settings import MASK, holds_password, is_secret_header, is_secret_name, looks_secret

__all__ = ["JSON_VERSION", "Asked", "Explanation", "Shown", "as_json", "asked_of", "explain", "read_asked"]

JSON_VERSION = 1

_ERROR = 400
_INSTEAD: Mapping[ResponseMode, str] = {
    "File": "the file {}",
    "ExecuteURL": "what the site answers at {}",
    "Redirect": "a redirect to {}",
}
_UNSENT = re.compile(r"[\x00-\x20\x7f]")
"""What no client sends in a request line, as it would end there."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that somebody wonders about. target: path and query as a client would send them. headers:
    lower-case names, each once."""

    method: str
    target: str
    scheme: Literal["http", "https"]
    host: str
    remote: str
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """One variable of the app's environment, or one header that a process gets."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """outcome: in one sentence. status: of an answer that the site gives itself, 0 when something else
    answers. path, query: after rewriting. sees: what the app would get. configuration: what is in force
    at the path."""

    asked: Asked
    steps: tuple[TraceStep, ...]
    outcome: str
    status: int
    path: str
    query: str
    rewritten: bool = False
    handler: Handler | None = None
    sees_what: Literal["", "environment", "headers"] = ""
    sees: tuple[Shown, ...] = ()
    configuration: tuple[Line, ...] = ()


def read_asked(method: str, url: str, headers: Sequence[str], remote: str) -> Asked:
    """url: a path with or without query, or a whole address. headers: `Name: value`. Raises UsageError."""
    scheme: Literal["http", "https"] = "http"
    host, target = "localhost", url
    if not url.startswith("/"):
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise UsageError(
                "The URL cannot be read",
                found=url,
                fix="Write a path that starts with /, as /shop?page=2, or a whole address, as http://localhost/shop.",
            )
        scheme = "https" if parts.scheme == "https" else "http"
        host = parts.netloc.rpartition("@")[2]
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if _UNSENT.search(target):
        fix = "Write it as a browser sends it: a space as %20, and no control characters."
        raise UsageError("The URL cannot be sent like this", found=repr(url), fix=fix)
    found: dict[str, str] = {}
    for header in headers:
        name, colon, value = header.partition(":")
        if not colon or not name.strip():
            raise UsageError("A header cannot be read", found=header, fix="Write it as -H 'Name: value'.")
        found[name.strip().lower()] = value.strip()
    host = found.pop("host", host)
    if not is_host(host.encode("latin-1", "replace")):
        fix = "Write a name or address, as localhost:8000."
        raise UsageError("The host cannot be read", found=host, fix=fix)
    return Asked(method.upper(), target, scheme, host, remote, tuple(found.items()))


def asked_of(exchange: Exchange) -> Asked:
    """What a client asked."""
    scope = exchange.scope
    headers = {_text(name): _text(value) for name, value in exchange.headers.items()}
    query = scope["query_string"]
    target = scope["raw_path"] + (b"?" + query if query else b"")
    return Asked(
        method=exchange.method,
        target=_text(target),
        scheme="https" if scope["scheme"] in ("https", "wss") else "http",
        host=headers.pop("host", ""),
        remote=exchange.client,
        headers=tuple(headers.items()),
    )


def explain(serving: Serving, asked: Asked) -> Explanation:
    exchange = _exchange(asked)
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in exchange.headers.items()]
    masking = Masking(headers, _bytes(asked.target).decode("latin-1"))
    steps: list[TraceStep] = []
    scope = exchange.scope
    try:
        destination = serving.find(
            exchange.method,
            scope["raw_path"],
            scope["query_string"],
            asked.scheme,
            _bytes(asked.host),
            (asked.remote, _port(asked)),
            dict(headers),
            steps,
        )
    except BadPath as error:
        refusal = Answer(error.status, error.sub_status, error.reason)
        if asked.method == "OPTIONS" and asked.target == "*":
            refusal = _of_the_server(serving, asked, exchange)
        return Explanation(asked, tuple(steps), _answered(refusal), refusal.status, asked.target, "")
    route = destination.route
    what, sees = _sees(exchange, destination, asked, masking)
    answer = route.answer
    length = exchange.headers.get(b"content-length", b"").decode("latin-1")
    too_long = refused_length(destination.body_limit, length)
    if too_long is not None:
        steps.append(TraceStep("filter", too_long.reason))
        answer, what, sees = too_long, "", ()
    outcome = _outcome(serving, destination) if answer is None else _answered(answer)
    page = _page(serving, route, answer, exchange)
    return Explanation(
        asked=asked,
        steps=tuple(replace(step, text=masking.text(step.text)) for step in steps),
        outcome=masking.text(f"{outcome}{page}"),
        status=answer.status if answer else 0,
        path=masking.text(route.path),
        query=masking.text(route.query),
        rewritten=route.rewritten,
        handler=route.handler,
        sees_what=what,
        sees=sees,
        configuration=serving.site.listing(route.path),
    )


def _of_the_server(serving: Serving, asked: Asked, exchange: Exchange) -> Answer:
    """`OPTIONS *`, which is for no path."""
    peers = (asked.remote, _port(asked))
    refused = serving.refused("OPTIONS", b"*", asked.scheme, _bytes(asked.host), peers, exchange.headers)
    return refused or Answer(200, reason="the server itself answers")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _exchange(asked: Asked) -> Exchange:
    """The request as the front would have it, from a client that says nothing more."""
    raw_path, _, query = asked.target.partition("?")
    headers = [(_bytes(name), _bytes(value)) for name, value in (("host", asked.host), *asked.headers)]
    scope: Scope = {
        "type": "http",
        "http_version": "1.1",
        "method": asked.method,
        "scheme": asked.scheme,
        "path": raw_path,
        "raw_path": _bytes(raw_path),
        "query_string": _bytes(query),
        "headers": headers,
        "client": (asked.remote, 0),
        "server": ("localhost", _port(asked)),
    }
    return Exchange(scope, _nothing, _nowhere, dict(headers))


def _port(asked: Asked) -> int:
    """Of the Host header, as if that were where the front listens."""
    given = asked.host.rpartition("]")[2].rpartition(":")[2] if ":" in asked.host else ""
    return int(given) if given.isascii() and given.isdigit() else 443 if asked.scheme == "https" else 80


async def _nothing() -> Received:
    return {"type": "http.disconnect"}


async def _nowhere(message: Mapping[str, object]) -> None:
    raise RuntimeError(f"nothing is sent: {message['type']}")


def _answered(answer: Answer) -> str:
    if answer.status == 0:
        return f"The connection is dropped: {answer.reason}"
    number = f"{answer.status}.{answer.sub_status}" if answer.sub_status else str(answer.status)
    if answer.location:
        return f"{number}, to {answer.location}"
    return f"{number}: {answer.reason}" if answer.reason else number


def _outcome(serving: Serving, destination: Destination) -> str:
    handler, remote = destination.route.handler, destination.route.remote
    if remote is not None:
        return f"Another server answers: {remote.scheme}://{remote.authority}{remote.path}"
    if handler is None:
        return ""
    if handler.kind == "static":
        return _static(serving, destination.route.path, handler.modules)
    if handler.kind == "protocol":
        return "The server itself answers OPTIONS and TRACE."
    if handler.kind == "foreign":
        script = destination.route.script or "no script, as it answers all paths"
        return f"{handler.script_processor} answers, by FastCGI: {script}"
    via = "FastCGI" if handler.kind == "fastcgi" else "HTTP"
    return f"The app answers, by {via}: {handler.script_processor or handler.modules}"


def _static(serving: Serving, path: str, modules: str) -> str:
    chosen = choose(serving.files, path, serving.served(path, modules))
    if isinstance(chosen, Sent):
        return f"The file {chosen.found.path} ({chosen.found.size} bytes)"
    if isinstance(chosen, Listed):
        return f"The list of the folder {chosen.path}"
    if chosen == "slash":
        return "301, to the same address with a / at its end: it is a folder"
    if chosen.status == 404 and not chosen.sub_status:
        return "No file that may be sent stands there."
    lines = (f"{chosen.code}: {chosen.what or 'the folder may not be listed'}", chosen.found, chosen.fix)
    return " ".join(filter(None, lines))


def _page(serving: Serving, route: Route, answer: Answer | None, exchange: Exchange) -> str:
    """What is sent in the place of an error page of ours."""
    error: Answer | Problem | None = answer
    if answer is None and route.handler is not None and route.handler.kind == "static":
        chosen = choose(serving.files, route.path, serving.served(route.path, route.handler.modules))
        error = chosen if isinstance(chosen, Problem) else None
    if error is None or error.status < _ERROR or (answer is not None and answer.body):
        return ""
    pages = serving.site.of(HTTP_ERRORS, route.path)
    page = pages.page(error.status, error.sub_status)
    if page is None or pages.mode == "Detailed":
        return ""
    what = _INSTEAD[page.mode].format(f"{page.prefix}{page.path}")
    local = pages.mode == "DetailedLocalOnly" and sees_details(exchange.client, exchange.headers)
    whose = "; clients elsewhere get" if local else "; in its place"
    return f"{whose} {what} (httpErrors, {page.origin})"


def _sees(
    exchange: Exchange, destination: Destination, asked: Asked, masking: Masking
) -> tuple[Literal["", "environment", "headers"], tuple[Shown, ...]]:
    handler = destination.route.handler
    host = _bytes(asked.host)
    if handler is not None and handler.kind in ("fastcgi", "foreign"):
        block = fastcgi_params(exchange, destination, host, HeaderPieces())
        pairs = decode_pairs(block, len(block))
        return "environment", tuple(
            Shown(name, masking.value(name, value)) for name, value in sorted(pairs.items())
        )
    if handler is not None and handler.kind == "platform":
        target = target_of(exchange, destination).decode("latin-1")
        headers = headers_for_process(exchange, destination, host)
        lines = [("", f"{asked.method} {target} HTTP/1.1"), ("host", asked.host)]
        lines += [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]
        return "headers", tuple(Shown(name, masking.value(name, value)) for name, value in lines)
    return "", ()


def as_json(explanation: Explanation) -> dict[str, object]:
    """Fields by their names here; origins as `path:line`."""
    handler = explanation.handler
    return {
        "version": JSON_VERSION,
        "request": {**asdict(explanation.asked), "headers": _headers(explanation.asked)},
        "steps": [
            {"stage": step.stage, "text": step.text, "origin": str(step.origin) if step.origin else None}
            for step in explanation.steps
        ],
        "outcome": explanation.outcome,
        "status": explanation.status,
        "path": explanation.path,
        "query": explanation.query,
        "rewritten": explanation.rewritten,
        "handler": None
        if handler is None
        else {"name": handler.name, "kind": handler.kind, "origin": str(handler.origin)},
        "sees": {"what": explanation.sees_what, "values": [asdict(shown) for shown in explanation.sees]},
        "configuration": [
            {
                "section": line.section,
                "place": line.place,
                "name": line.name,
                "value": masked_line(line),
                "origin": str(line.origin),
            }
            for line in explanation.configuration
        ],
    }


def _headers(asked: Asked) -> dict[str, str]:
    return {name: MASK if is_secret_header(name) else value for name, value in asked.headers}


def masked_line(line: Line) -> str:
    """A value of the configuration; what looks secret is masked. Of an entry with a name and a value that
    name counts; elsewhere, as in the address that a rule makes, `key={R:1}` is no secret."""
    if line.name == "value":
        name = line.place.rpartition("[")[2].removesuffix("]")
        return MASK if looks_secret(name, line.value) else line.value
    return MASK if is_secret_name(line.name) or holds_password(line.value) else line.value
