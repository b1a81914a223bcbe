"""Who may see the traceback of a failure: only somebody who sits at this machine, and asked for it as such.

A proxy on this machine tells of itself in the headers. A browser on this machine may run a page of somebody
whose own name leads here (DNS rebinding): then Host holds that name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any

__all__ = ["sees_details"]

_PROXIED = frozenset(
    {
        "HTTP_FORWARDED",
        "HTTP_VIA",
        "HTTP_X_FORWARDED_FOR",
        "HTTP_X_FORWARDED_HOST",
        "HTTP_X_FORWARDED_PROTO",
        "HTTP_X_REAL_IP",
    }
)
_PORT = re.compile(r":[0-9]*$")


def sees_details(environ: Mapping[str, Any]) -> bool:
    """environ: the request's parameters."""
    if not _is_here(str(environ.get("REMOTE_ADDR", ""))) or not _PROXIED.isdisjoint(environ):
        return False
    host = _PORT.sub("", str(environ.get("HTTP_HOST", ""))).strip("[]").lower()
    return host in ("", "localhost") or host.endswith(".localhost") or _is_here(host)


def _is_here(text: str) -> bool:
    """Whether this address is this machine's own."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)
