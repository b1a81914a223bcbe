"""Fuzz request filtering: `python fuzz filtering`.

A request gets an answer or passes; what means a hidden segment, however often it is escaped, does not pass.
The languages that it names are plain names, and of its secrets nothing is told.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from webstead.formats.webconfig.filtering import (
    Denied,
    FilteringRule,
    Listed,
    RequestFiltering,
    refused_request,
)
from webstead.formats.webconfig.model import STOCK, Request
from webstead.formats.webconfig.urlpath import BadPath, canonical, resolve
from webstead.front.languages import language_folders
from webstead.front.masking import RUN, Masking

__all__ = ["one"]

_RULE = FilteringRule("r", STOCK, ("union",), True, True, True, headers=("x",))
_FILTERING = RequestFiltering(
    allow_double_escaping=True,
    extensions=Listed({".exe": (False, STOCK)}),
    hidden={"bin": STOCK},
    denied_in_url=(Denied("..%"),),
    denied_in_query=(Denied("<script"),),
    rules=(_RULE,),
)
_NAME = re.compile("[A-Za-z0-9-]+")


def one(data: bytes) -> None:
    """Up to the first NUL: a raw target; after it: a header's value."""
    target, _, value = data.partition(b"\0")
    text = value.decode("latin-1")
    if not all(map(_NAME.fullmatch, language_folders(value))):
        raise AssertionError(f"no names of folders: {language_folders(value)!r}")
    scheme, space, _ = text.partition(" ")  # behind the name of a scheme, that name is no secret
    whole = not (space and scheme.isalpha()) and ";" not in text
    if len(text) >= RUN and text not in "/?" and whole and text in _told(text):
        raise AssertionError(f"a secret is told: {text!r}")
    raw, _, query = (b"/" + target).partition(b"?")
    try:
        path = canonical(raw)
    except BadPath:
        return
    sent = (raw + b"?" + query).decode("latin-1")
    request = Request("GET", sent, path, query.decode("latin-1"), "http", "h", 80, "", {"x": text})
    if refused_request(_FILTERING, request) is None and _hidden(path):
        raise AssertionError(f"a hidden segment is reached: {raw!r}")


def _told(secret: str) -> str:
    return Masking([("x-token", secret)], "/").text(f"to {secret} from {secret[::-1]}")


def _hidden(path: str) -> bool:
    """Decoded as often as it can be within three rounds."""
    for _ in range(3):
        if "bin" in path.lower().split("/"):
            return True
        try:
            path = resolve(unquote(path, errors="replace"))
        except BadPath:
            return False
    return False
