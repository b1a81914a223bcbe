"""Handler mapping: which of a folder's handlers answers a path.

The first entry whose path and verb match and whose resourceType stands there wins. A pattern without a slash
is compared with each segment, so that `handler.fcgi` matches `/handler.fcgi/any/more` (the rest is path info)
and `*.ext` a file of any folder; `dir/*` counts from the folder of its `web.config`, `/abs/*` from the site's
root. Case does not count.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from itertools import islice

from webstead.formats.webconfig.model import Answer, FileKind, Handler, Request, TraceStep

__all__ = [
    "Mapped",
    "Mapping",
    "compile_mapping",
    "find_handler",
    "forbidden",
    "forbidden_remotely",
    "is_remote",
]

_FORWARDED = frozenset({"forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"})
_FORBIDDEN_SUB_STATUS = {"execute": 1, "script": 1, "read": 2, "write": 3}


@dataclass(frozen=True, slots=True)
class Mapping:
    """One handler, ready to be asked. pattern: None matches every path; verbs: None every method. refusal:
    what is answered in the handler's stead; remote_refusal: to who does not sit at this machine. is_open: a
    path of it names no script (`*`, `api/*`)."""

    handler: Handler
    pattern: re.Pattern[str] | None
    verbs: frozenset[str] | None
    refusal: Answer | None = None
    remote_refusal: Answer | None = None
    is_open: bool = False


def compile_mapping(
    handler: Handler, folder: str, refusal: Answer | None, remote_refusal: Answer | None = None
) -> Mapping:
    """folder: where the handler is added, for its relative patterns."""
    verbs = None if "*" in handler.verbs else frozenset(verb.upper() for verb in handler.verbs)
    if "*" in handler.path:
        return Mapping(handler, None, verbs, refusal, remote_refusal, is_open=True)
    is_open = any(path.endswith("/*") for path in handler.path)
    text = "|".join(_pattern(path, folder) for path in handler.path)
    pattern = re.compile(text, re.IGNORECASE | re.DOTALL)
    return Mapping(handler, pattern, verbs, refusal, remote_refusal, is_open)


def _pattern(path: str, folder: str) -> str:
    """It matches up to the end of the script; what follows is path info."""
    if "/" not in path:
        return f"/{_wild(path)}(?=/|\\Z)"
    start = "" if path.startswith("/") or not folder else "/" + re.escape(folder)
    wild = _wild(path.strip("/"))
    if path.endswith("/*"):
        wild = wild.removesuffix(_STAR) + ".*"
    return f"\\A{start}/{wild}(?=/|\\Z)"


_STAR = "[^/]*"


def _wild(text: str) -> str:
    """Each `*` but the last takes as little as it can and never again (an atomic group), which is enough for
    wildcards and keeps the search from growing with a power of the path's length."""
    first, *others = [re.escape(part).replace(r"\?", "[^/]") for part in text.split("*")]
    if not others:
        return first
    return first + "".join(f"(?>{_STAR}?{part})" for part in others[:-1]) + _STAR + others[-1]


@dataclass(frozen=True, slots=True)
class Mapped:
    """A handler that answers. script: as in Route."""

    handler: Handler
    script: str


def find_handler(
    mappings: tuple[Mapping, ...],
    method: str,
    path: str,
    kind: FileKind,
    trace: list[TraceStep] | None,
    remote: bool = False,
) -> Mapped | Answer:
    """The handler of this path, or the answer for want of one. remote: for who does not sit at this
    machine."""
    skipped: Mapping | None = None
    for mapping in mappings:
        if mapping.verbs is not None and method not in mapping.verbs:
            continue
        scripts = _scripts(mapping.pattern, path)
        if not scripts:
            continue
        script = _standing(mapping, scripts, kind)
        if script is None:
            skipped = mapping
            _say(trace, mapping, f"passed over: no {_KINDS[mapping.handler.resource_type]} stands at {path}")
            continue
        refusal = mapping.refusal or (mapping.remote_refusal if remote else None)
        _say(trace, mapping, "answers" if refusal is None else refusal.reason)
        return refusal or Mapped(mapping.handler, script)
    if skipped is not None:
        return Answer(404, 0, f"nothing stands at {path}")
    return Answer(404, 4, f"no handler is mapped to {method} {path}")


_KINDS = {"file": "file", "directory": "folder", "either": "file or folder"}
_FITTING = {"file": ("file",), "directory": ("folder",), "either": ("file", "folder")}
_SCRIPTS = 8
"""So many segments of a path are looked for on the disk."""


def _scripts(pattern: re.Pattern[str] | None, path: str) -> list[str]:
    """The beginnings of the path that the pattern ends in, the shortest first."""
    if pattern is None:
        return [path]
    return [path[: found.end()] for found in islice(pattern.finditer(path), _SCRIPTS)]


def _standing(mapping: Mapping, scripts: list[str], kind: FileKind) -> str | None:
    """The script among them; None where what the handler is for does not stand there.

    A program that is not ours is told of a script that is a file, and never finds one by itself: PHP, asked
    for `/upload/photo.jpg/x.php`, would run the picture.
    """
    handler = mapping.handler
    if handler.resource_type != "unspecified":
        fitting = _FITTING[handler.resource_type]
        return next((script for script in scripts if kind(script) in fitting), None)
    if handler.kind != "foreign":
        return scripts[0]
    found = next((script for script in scripts if kind(script) == "file"), None)
    return ("" if mapping.is_open else scripts[-1]) if found is None else found


def _say(trace: list[TraceStep] | None, mapping: Mapping, what: str) -> None:
    if trace is not None:
        handler = mapping.handler
        text = f"{handler.name} (path {','.join(handler.path)}, verb {','.join(handler.verbs)}): {what}"
        trace.append(TraceStep("handler", text, handler.origin))


def forbidden(handler: Handler, policy: frozenset[str]) -> Answer | None:
    """The refusal of a handler whose requireAccess the folder's accessPolicy does not give."""
    if handler.require_access == "none" or handler.require_access in policy:
        return None
    needed = handler.require_access
    reason = (
        f"handler {handler.name} ({handler.origin}) needs {needed} access, which accessPolicy does not give"
    )
    return Answer(403, _FORBIDDEN_SUB_STATUS[needed], reason)


def forbidden_remotely(handler: Handler, not_remote: frozenset[str]) -> Answer | None:
    """The refusal of a handler whose access the folder gives only who sits at this machine
    (NoRemoteScript…)."""
    needed = handler.require_access
    if needed == "none" or needed not in not_remote:
        return None
    reason = (
        f"handler {handler.name} ({handler.origin}) needs {needed} access, which accessPolicy gives only at "
        "the server itself"
    )
    return Answer(403, _FORBIDDEN_SUB_STATUS[needed], reason)


def is_remote(request: Request) -> bool:
    """Whether a client does not sit at this machine; one behind a proxy does not."""
    if not _FORWARDED.isdisjoint(request.headers):
        return True
    try:
        address = ip_address(request.remote_address)
    except ValueError:
        return True
    return not (getattr(address, "ipv4_mapped", None) or address).is_loopback
