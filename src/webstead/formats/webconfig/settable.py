"""What `serverVariables/set` may set, and what a value of it may be.

`HTTP_X_FOO` is the request header x-foo. Some are the server's own: what frames the message, what holds for
one connection only, what says where the request goes or who asks; a rule that could set those could smuggle a
second request, or undo what was decided before.
"""

from __future__ import annotations

import re
from ipaddress import IPv6Address

__all__ = ["header_of", "unsettable", "value_bytes"]

_NAME = re.compile(r"[A-Z][A-Z0-9_]*")
_FRAMING = frozenset({"content-length", "expect", "trailer", "transfer-encoding"})
_OF_A_CONNECTION = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "upgrade",
    }
)
_OURS = frozenset({"proxy", "x-iis-windowsauthtoken", "x-original-url"})
_URL = frozenset(
    {
        "CACHE_URL",
        "HTTP_METHOD",
        "HTTP_URL",
        "ORIG_PATH_INFO",
        "PATH_INFO",
        "PATH_TRANSLATED",
        "QUERY_STRING",
        "REQUEST_FILENAME",
        "REQUEST_METHOD",
        "REQUEST_URI",
        "SCRIPT_FILENAME",
        "SCRIPT_NAME",
        "UNENCODED_URL",
        "URL",
    }
)
_FIXED = frozenset(
    {
        "APPL_PHYSICAL_PATH",
        "APP_POOL_ID",
        "DOCUMENT_ROOT",
        "GATEWAY_INTERFACE",
        "SERVER_PROTOCOL",
        "SERVER_SOFTWARE",
    }
)
_VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*")
_HOST = re.compile(r"(?:[A-Za-z0-9._~-]{1,253}|\[([0-9A-Fa-f:.]{2,45})\])(?::([0-9]{1,5}))?")
_LAST_PORT = 65535


def header_of(name: str) -> str | None:
    """The request header (lower case) that a variable stands for; None for one that is no header."""
    if name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        return name.replace("_", "-").lower()
    return name[5:].replace("_", "-").lower() if name.startswith("HTTP_") and name != "HTTP_" else None


def unsettable(name: str) -> str:
    """Why a rule cannot set this variable (upper case); empty for one that it can."""
    if not _NAME.fullmatch(name) or name.startswith(("FCGI_", "HTTP__")) or name == "HTTP_":
        return "it is no name of a server variable"
    if name.startswith("RESPONSE_"):
        return "it is a header of the response, which outbound rules set"
    if name in _URL:
        return "it is part of the URL, which the action changes"
    if name in _FIXED:
        return "it is the server's own"
    header = header_of(name)
    if header in _FRAMING:
        return "it says where the request ends, which the server writes itself"
    if header in _OF_A_CONNECTION:
        return "it holds for one connection only, and the server writes it itself"
    if header in _OURS:
        return "it is the server's word to the app"
    return ""


def value_bytes(name: str, value: str) -> bytes | None:
    """The value as it is sent; None for one that no header can hold, as for a Host that names no host.

    Headers and queries come as a latin-1 view of their bytes, paths as decoded UTF-8: what makes UTF-8 as the
    first is taken as that.
    """
    if name == "HTTP_HOST" and not _is_host(value):
        return None
    data = value.encode("utf-8", "replace")
    if not value.isascii():
        try:
            view = value.encode("latin-1")
            view.decode("utf-8")
            data = view
        except UnicodeError:
            pass
    return data if _VALUE.fullmatch(data) else None


def _is_host(value: str) -> bool:
    found = _HOST.fullmatch(value)
    if found is None or int(found[2] or 0) > _LAST_PORT:
        return False
    try:
        return found[1] is None or bool(IPv6Address(found[1]))
    except ValueError:
        return False
