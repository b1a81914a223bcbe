"""Texts with references, as in `url="handler.fcgi/{R:1}"` and `input="{HTTP_HOST}"`: parsed once, expanded
per request.

`{R:n}` and `{C:n}` are what the rule and its conditions captured, `{NAME}` a server variable, `{Function:…}`
a function of a text that may itself hold references. Source: the URL Rewrite 2 configuration reference.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal
from urllib.parse import quote, unquote

from webstead.formats.webconfig.maps import Maps
from webstead.formats.webconfig.model import Request

__all__ = [
    "FUNCTIONS",
    "MAX_TEXT",
    "OF_CONNECTION",
    "OF_TARGET",
    "BadTemplate",
    "Captures",
    "Reference",
    "Template",
    "TooLong",
    "UnknownMap",
    "parse_template",
    "variable",
]

MAX_DEPTH = 16
"""Deepest nesting of functions."""
MAX_TEXT = 128 * 1024
"""Longest text that an expansion makes, in characters: twice the longest request head, since a rule may name
a header many times, and functions make it longer."""


class BadTemplate(ValueError):
    """A text whose braces do not pair, or that refers to a capture that there cannot be."""


class TooLong(Exception):
    """An expansion that came to more than MAX_TEXT characters."""


class UnknownMap(Exception):
    """A reference to a map that the configuration does not have. name: as written."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(slots=True)
class Captures:
    """The request as the rules have left it so far, and what the current rule has captured. variables: those
    that rules have set, by upper-case name."""

    request: Request
    path: str
    query: str
    rule: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    maps: Maps = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    rewritten: bool = False
    response: Mapping[str, str] | None = None
    """Of outbound rules: the headers in lower case, and the status as `status`."""
    told: Callable[[Reference, str, str], None] | None = None
    """Hears of each look-up in a map: the reference, the key, and what was found."""


Kind = Literal["rule", "condition", "variable", "function", "map"]


@dataclass(frozen=True, slots=True)
class Reference:
    """One `{…}`. name: the variable (upper case), function (lower case), or map as written; number: of the
    capture."""

    kind: Kind
    name: str = ""
    number: int = 0
    argument: Template | None = None


@dataclass(frozen=True, slots=True)
class Template:
    parts: tuple[str | Reference, ...]
    source: str = field(compare=False)

    @property
    def prefix(self) -> str:
        """What stands before the first reference."""
        return self.parts[0] if self.parts and isinstance(self.parts[0], str) else ""

    def references(self) -> Iterator[Reference]:
        """All of them, those within functions too."""
        for part in self.parts:
            if isinstance(part, Reference):
                yield part
                if part.argument is not None:
                    yield from part.argument.references()

    def expand(self, captures: Captures, *, for_url: bool = False) -> str:
        """The text for this request. for_url: what was decoded is escaped again where it would be read as
        `?`, `#` or `%`, so that a `%3F` in a path cannot start a query. Raises TooLong and UnknownMap."""
        pieces: list[str] = []
        room = MAX_TEXT
        for part in self.parts:
            piece = part if isinstance(part, str) else _value(part, captures, for_url)
            room -= len(piece)
            if room < 0:
                raise TooLong
            pieces.append(piece)
        return "".join(pieces)


@lru_cache(maxsize=4096)
def parse_template(text: str) -> Template:
    """Raises BadTemplate. Made once, as `compile_pattern` makes patterns."""
    template, at = _parse(text, 0, 0)
    if at != len(text):
        raise BadTemplate("a } has no {")
    return template


def _parse(text: str, at: int, depth: int) -> tuple[Template, int]:
    """Reads to the end, or within a function (depth > 0) to the closing brace."""
    if depth > MAX_DEPTH:
        raise BadTemplate(f"functions nested deeper than {MAX_DEPTH}")
    parts: list[str | Reference] = []
    start = at
    while at < len(text) and text[at] != "}":
        stop = _next_brace(text, at)
        if stop > at:
            parts.append(text[at:stop])
        at = stop
        if at < len(text) and text[at] == "{":
            reference, at = _reference(text, at + 1, depth)
            parts.append(reference)
    return Template(tuple(parts), text[start:at]), at


_BRACE = re.compile(r"[{}]")
_CAPTURE = re.compile(r"([RC]):([0-9]+)\}", re.IGNORECASE)
_NAME = re.compile(r"([^{}:]+)(:|\})")


def _next_brace(text: str, at: int) -> int:
    found = _BRACE.search(text, at)
    return found.start() if found else len(text)


def _reference(text: str, at: int, depth: int) -> tuple[Reference, int]:
    if found := _CAPTURE.match(text, at):
        if len(found[2]) > 2:
            raise BadTemplate(f"{{{found[1]}:{found[2][:8]}…}} is no capture")
        return Reference("rule" if found[1] in "Rr" else "condition", number=int(found[2])), found.end()
    found = _NAME.match(text, at)
    if found is None:
        raise BadTemplate("a { has no name and } after it")
    name = found[1]
    if found[2] == "}":
        return Reference("variable", name.strip().upper()), found.end()
    argument, end = _parse(text, found.end(), depth + 1)
    if end == len(text):
        raise BadTemplate(f"{{{name}: is not closed")
    known = name.lower() in FUNCTIONS
    return Reference("function" if known else "map", name.lower() if known else name, 0, argument), end + 1


def _value(reference: Reference, captures: Captures, for_url: bool) -> str:
    if reference.kind == "rule":
        return _escaped(_group(captures.rule, reference.number), for_url)
    if reference.kind == "condition":
        return _group(captures.conditions, reference.number)
    if reference.kind == "variable":
        return variable(reference.name, captures, for_url=for_url)
    if reference.argument is None:
        return ""
    if reference.kind == "map":
        known = captures.maps.get(reference.name.strip().lower())
        if known is None:
            raise UnknownMap(reference.name)
        key = reference.argument.expand(captures)
        value = known.look_up(key)
        if captures.told is not None:
            captures.told(reference, key, value)
        return value
    if reference.name == "tolower":
        return reference.argument.expand(captures, for_url=for_url).lower()
    return FUNCTIONS[reference.name](reference.argument.expand(captures))


def _group(groups: tuple[str, ...], number: int) -> str:
    return groups[number] if number < len(groups) else ""


def _escaped(decoded: str, for_url: bool) -> str:
    if not for_url:
        return decoded
    return decoded.replace("%", "%25").replace("?", "%3F").replace("#", "%23")


def variable(name: str, captures: Captures, *, for_url: bool = False) -> str:
    """A server variable, by its name in upper case: what a rule has set, or the request's own; "" for one
    that is not there."""
    if name in captures.variables:
        return captures.variables[name]
    if name in _PATHS:
        return _escaped(captures.path, for_url)
    known = _VARIABLES.get(name)
    if known is not None:
        return known(captures)
    if name.startswith("HTTP_"):
        return captures.request.headers.get(name[5:].replace("_", "-").lower(), "")
    if name.startswith("RESPONSE_") and captures.response is not None:
        return captures.response.get(name[9:].replace("_", "-").lower(), "")
    return ""


def _host(captures: Captures) -> str:
    return captures.request.headers.get("host", captures.request.host)


def _raw_path(captures: Captures) -> str:
    return captures.request.raw_target


_PATHS = frozenset(
    {"URL", "PATH_INFO", "SCRIPT_NAME", "REQUEST_FILENAME", "PATH_TRANSLATED", "SCRIPT_FILENAME"}
)
"""Decoded, as the rules before have left it. The physical ones are the URL's path too: what IsFile asks is
where it stands in the site, and patterns on them look at the end of the name."""

_VARIABLES: Mapping[str, Callable[[Captures], str]] = {
    "QUERY_STRING": lambda c: c.query,
    "REQUEST_URI": _raw_path,
    "UNENCODED_URL": _raw_path,
    "HTTP_URL": _raw_path,
    "CACHE_URL": lambda c: f"{c.request.scheme}://{_host(c)}{c.request.raw_target}",
    "REQUEST_METHOD": lambda c: c.request.method,
    "HTTP_METHOD": lambda c: c.request.method,
    "HTTP_HOST": _host,
    # Ours to say, after a rewrite: what a client sends under this name is not believed.
    "HTTP_X_ORIGINAL_URL": lambda c: c.request.raw_target if c.rewritten else "",
    "SERVER_NAME": lambda c: c.request.host,
    "SERVER_PORT": lambda c: str(c.request.port),
    "SERVER_PORT_SECURE": lambda c: "1" if c.request.scheme == "https" else "0",
    "HTTPS": lambda c: "on" if c.request.scheme == "https" else "off",
    "REQUEST_SCHEME": lambda c: c.request.scheme,
    "REMOTE_ADDR": lambda c: c.request.remote_address,
    "REMOTE_HOST": lambda c: c.request.remote_address,
    "CONTENT_TYPE": lambda c: c.request.headers.get("content-type", ""),
    "CONTENT_LENGTH": lambda c: c.request.headers.get("content-length", ""),
    # The site's folder is the root of all paths that IsFile and IsDirectory are asked about.
    "APPL_PHYSICAL_PATH": lambda c: "/",
    "DOCUMENT_ROOT": lambda c: "",
    "APP_POOL_ID": lambda c: "Webstead",
    "SERVER_SOFTWARE": lambda c: "Webstead",
    "SERVER_PROTOCOL": lambda c: "HTTP/1.1",
    "GATEWAY_INTERFACE": lambda c: "CGI/1.1",
}

FUNCTIONS: Mapping[str, Callable[[str], str]] = {
    "tolower": str.lower,
    "urlencode": lambda text: quote(text, safe="-_.~", errors="replace"),
    "urldecode": lambda text: unquote(text, errors="replace"),
    "htmlencode": html.escape,
}

OF_TARGET = _PATHS | {
    "APPL_PHYSICAL_PATH",
    "APP_POOL_ID",
    "DOCUMENT_ROOT",
    "GATEWAY_INTERFACE",
    "HTTP_METHOD",
    "HTTP_URL",
    "HTTP_X_ORIGINAL_URL",
    "QUERY_STRING",
    "REQUEST_METHOD",
    "REQUEST_URI",
    "SERVER_SOFTWARE",
    "UNENCODED_URL",
}
"""Variables that are the same for all requests of one method and target (path and query)."""

OF_CONNECTION = frozenset(
    {
        "CACHE_URL",
        "HTTP_HOST",
        "HTTPS",
        "REMOTE_ADDR",
        "REMOTE_HOST",
        "REQUEST_SCHEME",
        "SERVER_NAME",
        "SERVER_PORT",
        "SERVER_PORT_SECURE",
    }
)
"""Of these, together with the target, all requests of one host, scheme, client and port have the same."""
