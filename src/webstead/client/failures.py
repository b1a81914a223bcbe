"""What an answer that is an error means for who typed the command. Pure.

A server of ours says what, found and fix itself; Kudu and what stands before it say less, in several forms
(reference 1.0): JSON with `Message`, a JSON string, Azure's envelope, plain text, or a page of HTML.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from webstead.client.place import Place
from webstead.errors import RemoteError, WebsteadError, error_from

__all__ = ["LOCKED", "LONGEST", "failure_of", "no_answer", "of_kudu"]

LONGEST = 1 << 20
"""Of an answer's body that is read for its words."""

LOCKED = "currently in progress"
"""What an answer 409 says, of Kudu and of ours, when the deployment lock is held; others are about other
things."""

_SHOWN = 2000
_TITLE = re.compile(r"<title>\s*(.{1,200}?)\s*</title>", re.IGNORECASE | re.DOTALL)

_OWN_KINDS = frozenset({"usage", "plan", "config", "build", "runtime", "start", "bind", "host"})
"""Failures of the work itself, as the server's own command line would tell them."""


@dataclass(frozen=True, slots=True)
class Told:
    """what: its sentence. ours: the answer is of a server of ours, whose found and fix are the best words."""

    what: str
    found: str = ""
    fix: str = ""
    detail: str = ""
    kind: str = ""
    ours: bool = False


def failure_of(status: int, body: bytes, place: Place, asked: str) -> WebsteadError:
    """status: 300 and more. asked: as `GET /api/settings`."""
    told = _told(body)
    if told.ours and told.kind in _OWN_KINDS:
        return error_from(
            {
                "kind": told.kind,
                "what": told.what,
                "found": told.found,
                "fix": told.fix,
                "detail": told.detail,
            }
        )
    what, fix = _meaning(status, told, place)
    found = told.found if told.ours else (told.what if told.what and told.what != what else f"HTTP {status}")
    seen = "\n".join(filter(None, (found, f"{asked} at {place.words}: {status}")))
    return RemoteError(
        what, found=seen, fix=told.fix or fix, detail=told.detail, status=status, ours=told.ours
    )


_UNKNOWN = ("The server refused it.", "See its log: {logs}, and the deployment's own: {latest}")
_HELD = ("Something else holds the deployment lock.", "Wait for it: {latest}")
_MEANINGS: dict[int, tuple[str, str]] = {
    400: ("The server does not take this.", "Say it as `--help` tells, and try again."),
    401: (
        "The credentials are not taken.",
        "Basic authentication may be switched off for the site (Azure: SCM Basic Auth Publishing; here: "
        "{options}), or the password was changed: take a new publish profile, or "
        "set WEBSTEAD_TOKEN and name the address with --url.",
    ),
    403: (
        "The credentials do not allow this.",
        "Take a token with the scope for it: {token} On App Service: is the site "
        "stopped, or are there access restrictions for its SCM site?",
    ),
    404: ("The server does not know this.", "See what there is: webstead site list, {releases}"),
    409: ("What is there does not allow this now.", "Look at it, and ask for what is possible: {latest}"),
    413: ("The package is too large for the server.", "Leave more out of it: .deploymentignore"),
    429: ("Too many wrong credentials came from here.", "Wait a minute, and use the right ones."),
    502: ("The management does not answer.", "See whether its server runs, and try again."),
    503: ("The management is not ready.", "Try again in a minute; a site on App Service may be stopped."),
    504: ("The management took too long.", "Look how far it came: {latest}"),
}
_COMMANDS = {
    "logs": ("logs",),
    "latest": ("logs", "--deployment", "latest"),
    "options": ("site", "options", "--basic-auth"),
    "token": ("site", "token", "make", "--scope", "SCOPE"),
    "releases": ("releases",),
}


def _meaning(status: int, told: Told, place: Place) -> tuple[str, str]:
    """The sentence, and the fix with commands that lead to this place."""
    what, fix = _words(status, told)
    commands = {name: place.command(*words) for name, words in _COMMANDS.items()}
    return (told.what if told.ours and told.what else what), fix.format_map(commands)


def _words(status: int, told: Told) -> tuple[str, str]:
    """A redirect is to a page where people sign in."""
    if 300 <= status < 400:
        return "The server wants a browser to sign in.", _MEANINGS[401][1]
    what, fix = _MEANINGS.get(status, _UNKNOWN)
    if status != 409:
        return what, fix
    return _HELD if LOCKED in told.what else (told.what.partition("\n")[0] or what, fix)


def _told(body: bytes) -> Told:
    text = body[:LONGEST].decode("utf-8", "replace").strip()
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return Told(_of_text(text))
    if isinstance(value, str):
        return Told(value[:_SHOWN])
    if not isinstance(value, dict):
        return Told("")
    inner = value.get("error")
    if isinstance(inner, dict):
        return Told(str(inner.get("message") or "")[:_SHOWN])
    return Told(
        str(value.get("Message") or value.get("message") or "")[:_SHOWN],
        _text(value.get("found")) or _said(value),
        _text(value.get("fix")),
        _text(value.get("detail")),
        _text(value.get("ExceptionType")),
        ours="fix" in value and "found" in value,
    )


def _said(value: dict[str, object]) -> str:
    said = _text(value.get("ExceptionMessage"))
    return "" if said == value.get("Message") else said


def _text(value: object) -> str:
    return value[: _SHOWN * 8] if isinstance(value, str) else ""


def _of_text(text: str) -> str:
    title = _TITLE.search(text)
    if title is not None:
        return title[1]
    return "" if text.startswith("<") else text[:_SHOWN]


def of_kudu(error: RemoteError, what: str, fix: str = "") -> RemoteError:
    """The error of a route that only Webstead has. what: the server lacks, when it is no Webstead. fix: what
    it has in its place; "" for nothing of its own."""
    if error.ours or error.status not in (404, 405):
        return error
    return RemoteError(
        f"This server is a Kudu, as App Service has it, without {what}.",
        found=error.found,
        fix=fix
        or "Deploy to it, read its logs and settings, and run commands; what else a site has there is "
        "changed by Azure itself (the portal, or az webapp).",
        status=error.status,
    )


def no_answer(place: str, error: Exception) -> RemoteError:
    """The server was not reached, or broke off."""
    said = str(error) or type(error).__name__
    if "CERTIFICATE_VERIFY_FAILED" in said or "certificate verify failed" in said:
        what = "The server's certificate is not trusted."
        fix = (
            "Name the authority that signed it: export SSL_CERT_FILE=authority.pem (of webstead serve, it is "
            "in the home's folder `tls`)."
        )
    elif "Name or service not known" in said or "getaddrinfo" in said or "resolution" in said:
        what = "There is no host of this name."
        fix = "Read the address again; that of a site on App Service stands in its publish profile."
    else:
        what = "The server gave no answer."
        fix = "See whether it runs and the address is right; for a home here: webstead serve --home DIR"
    return RemoteError(what, found=f"{place}: {said}", fix=fix)
