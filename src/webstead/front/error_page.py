"""The error pages of the front: small, self-contained, escaped, as HTML, JSON or plain text by the client's
Accept.

The details (what was found, the fix, the app's own words) go to local clients only: they may hold paths and
code.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from http import HTTPStatus
from ipaddress import ip_address
from typing import Literal

from webstead.formats.webconfig.model import Answer
from webstead.site_table import FailureText

__all__ = [
    "Problem",
    "choose_format",
    "is_local",
    "problem_from",
    "problem_of",
    "render",
    "sees_details",
    "status_line",
]

Format = Literal["html", "json", "text"]

_SENTENCES = {
    400: "The request could not be understood.",
    401: "This site wants to know who asks.",
    403: "This address may not be seen.",
    404: "There is nothing at this address.",
    405: "This address does not accept this method.",
    408: "The request did not come to its end in time.",
    412: "The file is not the one that the request was made for.",
    413: "The request is larger than this site accepts.",
    414: "The address is longer than this site accepts.",
    416: "The requested part lies outside of the file.",
    431: "The headers of the request are larger than this site accepts.",
    500: "The site has an error.",
    502: "The app did not answer as it should.",
    503: "The site cannot answer at the moment. Try again shortly.",
    504: "The app did not answer in time.",
}
_BY_SUB_STATUS = {
    (401, 2): "This is for people who sign in, which cannot be done here.",
    (403, 1): "Nothing may be run at this address.",
    (403, 2): "Nothing may be read at this address.",
    (403, 3): "Nothing may be written at this address.",
    (403, 4): "This address wants https.",
    (403, 5): "This address wants https with a stronger cipher.",
    (403, 6): "Your address may not see this site.",
    (403, 7): "This address wants a client certificate.",
    (403, 14): "This folder may not be listed.",
    (404, 3): "Files of this kind are not sent.",
    (404, 4): "Nothing here answers requests for this address.",
    (404, 6): "This site does not accept this method.",
    (404, 7): "Files of this kind are not sent.",
    (404, 11): "The address is escaped twice, which this site does not accept.",
    (404, 14): "The address is longer than this site accepts.",
    (404, 15): "The query is longer than this site accepts.",
}
"""Where a sub-status says something else than its status. Not of those by which a site hides something."""
_FORWARDED = frozenset(
    {b"forwarded", b"via", b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto", b"x-real-ip"}
)
_OWN_NAMES = frozenset({"", "localhost"})  # HTTP/1.0 may come without Host
_PORT = re.compile(r":[0-9]*\Z")
_REASONS = {status.value: status.phrase for status in HTTPStatus}
_TYPES: dict[Format, bytes] = {
    "html": b"text/html; charset=utf-8",
    "json": b"application/json",
    "text": b"text/plain; charset=utf-8",
}
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:12vh auto;padding:0 1.5rem}"
    "body{color:#222;background:#fff}h1{font-size:1.4rem}h1 b{color:#a33;margin-right:.6rem}"
    "dt{font-weight:600;margin-top:1rem}dd{margin:0;white-space:pre-wrap}"
    "pre{background:#f4f4f2;padding:1rem;overflow:auto;font-size:.85rem}"
    "@media(prefers-color-scheme:dark){body{color:#ddd;background:#1b1b1b}"
    "pre{background:#262626}h1 b{color:#e88}}"
)


@dataclass(frozen=True, slots=True)
class Problem:
    """What an error page says to clients at this machine. Others get a sentence for the status; or what,
    which is a sentence too, if it is public."""

    status: int
    what: str = ""
    found: str = ""
    fix: str = ""
    detail: str = ""
    sub_status: int = 0
    public: bool = False

    @property
    def code(self) -> str:
        """The status, with IIS's sub-status where there is one: `404.8`."""
        return f"{self.status}.{self.sub_status}" if self.sub_status else str(self.status)


def problem_of(failure: FailureText) -> Problem:
    return Problem(
        failure.status, failure.what, failure.found, failure.fix, failure.detail, failure.sub_status
    )


def problem_from(answer: Answer) -> Problem:
    """Of an answer of the site's configuration that is an error."""
    return Problem(
        answer.status,
        answer.reason,
        fix=answer.fix,
        sub_status=answer.sub_status,
        public=answer.public,
    )


def status_line(status: int) -> str:
    """The reason phrase of a status, empty for one that has none."""
    return _REASONS.get(status, "")


def is_local(peer: str) -> bool:
    """Whether this address, of a peer (who may be a proxy) or in a URL, is this machine's own."""
    try:
        address = ip_address(peer)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback or address.is_unspecified)


def sees_details(peer: str, headers: Mapping[bytes, bytes]) -> bool:
    """Whether the client, not only the peer, sits at this machine, and asked for it as such.

    A proxy on this machine tells of itself in the headers. A browser on this machine may run a page of
    somebody whose own name leads here (DNS rebinding): then Host holds that name.
    """
    if not is_local(peer) or not _FORWARDED.isdisjoint(headers):
        return False
    host = _PORT.sub("", headers.get(b"host", b"").decode("latin-1")).strip("[]").lower()
    return host in _OWN_NAMES or host.endswith(".localhost") or is_local(host)


def choose_format(accept: bytes) -> Format:
    """HTML where the client asks for it by name (a browser), JSON where it asks for that, else plain text."""
    low = accept.lower()
    page, data = low.find(b"text/html"), low.find(b"application/json")
    if page >= 0 and (data < 0 or page < data):
        return "html"
    return "json" if data >= 0 or b"+json" in low else "text"


def render(problem: Problem, form: Format, local: bool) -> tuple[bytes, bytes]:
    """(Content-Type, body) of the page. local: with the details."""
    what = problem.what if problem.public else ""
    shown = problem if local else Problem(problem.status, what, sub_status=problem.sub_status)
    writer = {"html": _html, "json": _json, "text": _text}[form]
    return _TYPES[form], writer(shown).encode("utf-8", "backslashreplace")


def _sentence(problem: Problem) -> str:
    of_sub_status = _BY_SUB_STATUS.get((problem.status, problem.sub_status))
    of_status = of_sub_status or _SENTENCES.get(problem.status) or status_line(problem.status)
    return problem.what or of_status or "The request failed."


def _html(problem: Problem) -> str:
    title = f"{problem.code} {status_line(problem.status)}".strip()
    rows = "".join(
        f"<dt>{label}</dt><dd>{escape(text)}</dd>"
        for label, text in (("Found", problem.found), ("Fix", problem.fix))
        if text
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style>"
        f"<h1><b>{problem.code}</b>{escape(_sentence(problem))}</h1>"
        + (f"<dl>{rows}</dl>" if rows else "")
        + (f"<pre>{escape(problem.detail)}</pre>" if problem.detail else "")
        + "\n"
    )


def _json(problem: Problem) -> str:
    fields = {
        "status": problem.status,
        "sub_status": problem.sub_status,
        "what": _sentence(problem),
        "found": problem.found,
        "fix": problem.fix,
        "detail": problem.detail,
    }
    return json.dumps({"error": {key: value for key, value in fields.items() if value}}) + "\n"


def _text(problem: Problem) -> str:
    lines = [f"{problem.code} {_sentence(problem)}"]
    if problem.found:
        lines.append(f"found: {problem.found}")
    if problem.fix:
        lines.append(f"fix:   {problem.fix}")
    if problem.detail:
        lines.append("\n" + problem.detail.rstrip("\n"))
    return "\n".join(lines) + "\n"
