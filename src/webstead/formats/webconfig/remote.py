"""A Rewrite to another server: which servers a rule may mean, and the URL that is asked there.

A server counts when the configuration names it: in the text of a rule's target, or as a value of a rewrite
map. A target whose host comes from the request (`http://{HTTP_HOST}:8080/`, `http://{R:1}`) may lead to one
of those and to no other, or the site would be an open proxy into the network that it stands in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote, unquote

from webstead.formats.webconfig.maps import Maps
from webstead.formats.webconfig.model import ProxySettings, Remote
from webstead.formats.webconfig.rules import Rule
from webstead.formats.webconfig.variables import Template

__all__ = ["BadTarget", "named_servers", "remote_of", "server_is_open"]

_URL = re.compile(r"(?P<scheme>https?)://(?P<authority>[^/?#\\]*)(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
_AUTHORITY = re.compile(r"(?P<host>[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::(?P<port>[0-9]{1,5}))?")
_PORTS = {"http": 80, "https": 443}
_URL_SAFE = "-._~:/?#[]@!$&'()*+,;=%"
_SEPARATOR = re.compile(r"[/\\]")


class BadTarget(ValueError):
    """A target that is not asked. status, sub_status: the answer; fix: what to write."""

    def __init__(self, status: int, sub_status: int, reason: str, fix: str = "") -> None:
        super().__init__(reason)
        self.status = status
        self.sub_status = sub_status
        self.reason = reason
        self.fix = fix


def server_is_open(url: Template) -> bool:
    """Whether the text of a target leaves it to the request which server it means."""
    found = _URL.match(url.prefix)
    return found is not None and not found["rest"] and len(url.parts) > 1


def named_servers(rules: Iterable[Rule], maps: Maps) -> frozenset[str]:
    """The servers that the configuration names, each as `_plain` writes it."""
    texts = [
        rule.action.url.prefix
        for rule in rules
        if rule.action.type == "Rewrite"
        and rule.action.url is not None
        and _URL.match(rule.action.url.prefix)
    ]
    for each in maps.values():
        texts += (each.default, *each.entries.values())
    return frozenset(_plain(_authority(text)) for text in texts) - {""}


def _authority(text: str) -> str:
    found = _URL.match(text)
    return found["authority"] if found else re.split(r"[/?#\\]", text, maxsplit=1)[0]


def _plain(authority: str) -> str:
    """Without case, and without a port that the scheme gives anyway."""
    return authority.lower().removesuffix(":80").removesuffix(":443")


def remote_of(target: str, url: Template, named: frozenset[str], proxy: ProxySettings) -> Remote:
    """target: expanded. url: as written. Raises BadTarget.

    The path may hold no `..`: `http://server/app/{…}` means what is below `/app/`.
    """
    if not proxy.enabled:
        raise BadTarget(
            502, 3, '<proxy enabled="false"> forbids it', 'Write enabled="true", or remove <proxy>.'
        )
    found = _URL.fullmatch(target)
    if found is None:
        raise BadTarget(502, 3, f"it leads to {target[:40]!r}, which is neither http:// nor https://")
    scheme, authority = found["scheme"].lower(), found["authority"]
    server = _AUTHORITY.fullmatch(authority)
    if not _is_named(authority, url, named):
        raise BadTarget(
            502,
            3,
            f"it leads to {authority[:100]!r}, which the request chose and no rule or rewrite map names",
            "Write the server into the rule, or as a value into a <rewriteMap> that the rule looks up.",
        )
    if server is None or int(server["port"] or 80) not in range(1, 65536):
        raise BadTarget(502, 3, f"{authority[:100]!r} is no server: a name or an address, and maybe a port")
    path, _, query = found["rest"].partition("#")[0].partition("?")
    path = quote(path if path.startswith("/") else "/" + path, safe=_URL_SAFE, errors="replace")
    if any(part in (".", "..") for part in _SEPARATOR.split(unquote(path, errors="replace"))):
        raise BadTarget(400, 0, "the path for the other server holds . or ..")
    return Remote(
        scheme="https" if scheme == "https" else "http",
        host=server["host"].strip("[]").lower(),
        port=int(server["port"] or _PORTS[scheme]),
        authority=authority.lower(),
        path=path,
        query=quote(query, safe=_URL_SAFE, errors="replace"),
        proxy=proxy,
    )


def _is_named(authority: str, url: Template, named: frozenset[str]) -> bool:
    written = _URL.match(url.prefix)
    if written is not None and written["rest"] and written["authority"] == authority:
        return True
    return _plain(authority) in named
