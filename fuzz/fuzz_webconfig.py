"""Fuzz web.config: `python fuzz webconfig`.

Any bytes are a configuration or a ConfigError with a place; what is a configuration routes any URL to an end.
"""

from __future__ import annotations

from webstead.errors import ConfigError
from webstead.formats.webconfig import BadPath, Request, Site, canonical, compile_site, parse
from webstead.formats.webconfig.html_tags import MAX_TAG, TagRewriter
from webstead.formats.webconfig.outbound import Outgoing
from webstead.formats.webconfig.schema.outbound import OUTBOUND_RULES
from webstead.formats.webconfig.variables import Captures

__all__ = ["one"]


def one(data: bytes) -> None:
    """Up to the first NUL: a raw URL path; after it: the file, or the rules of one."""
    raw, _, rest = data.partition(b"\0")
    for text in (rest, b"<configuration><system.webServer>" + rest + b"</system.webServer></configuration>"):
        try:
            site = compile_site([("", parse(text, "web.config"))])
        except ConfigError as refused:
            if not (refused.what and refused.found and refused.fix):
                raise AssertionError(f"an error that helps nobody: {refused!r}") from refused
            continue
        try:
            path = canonical(b"/" + raw)
        except BadPath:
            path = "/"
        request = Request(
            "GET", path, path, "a=b", "http", "h", 80, "192.0.2.7", {"x": raw.decode("latin-1")}
        )
        route = site.route(request, lambda asked: "none" if len(asked) % 2 else "file")
        if (route.handler is None) == (route.answer is None):
            raise AssertionError(f"a route goes to one place: {route!r}")
        _respond(site, request, raw)


def _respond(site: Site, request: Request, raw: bytes) -> None:
    """The outbound rules, on a response that is raw."""
    captures = Captures(request, request.path, request.query)
    response = {"content-type": "text/html", "status": "200"}
    rules = site.of(OUTBOUND_RULES, request.path)
    text = "".join(char for char in raw.decode("latin-1") if char.isprintable())
    outgoing = Outgoing.of(rules, captures, lambda asked: "none", response)
    for name, value in outgoing.new_headers([("x", text), *response.items()]):
        if not name or "\n" in value:
            raise AssertionError(f"no header: {name!r} {value!r}")
    outgoing.new_body(raw.decode("latin-1"))
    whole = TagRewriter(outgoing.wanted_tags, outgoing.new_url)
    pieces = TagRewriter(outgoing.wanted_tags, outgoing.new_url)
    one_by_one = b"".join(pieces.feed(raw[at : at + 1]) for at in range(len(raw))) + pieces.finish()
    if len(raw) < MAX_TAG and whole.feed(raw) + whole.finish() != one_by_one:
        raise AssertionError("a page depends on how it is cut")
