"""Addresses of packages and repositories, as they may be shown. Pure."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from webstead.settings import MASK, Secret

__all__ = ["shown_host", "shown_url"]

_NONE = "an address that is none"


def shown_url(url: Secret | str) -> str:
    """As it may be logged: without credentials, query (tokens stand there) and fragment."""
    text = _text(url)
    if "://" not in text:  # git's own form: user@host:path
        return text.partition("?")[0]
    try:
        parts = urlsplit(text)
        return f"{_origin(parts)}{parts.path}"
    except ValueError:
        return _NONE


def shown_host(url: Secret | str) -> str:
    """As it may be listed where whoever knows the address may use it, as that of a web hook: of its path,
    too, no more than that there is one."""
    try:
        parts = urlsplit(_text(url))
        return _origin(parts) + (f"/{MASK}" if parts.path.strip("/") or parts.query or parts.fragment else "")
    except ValueError:
        return _NONE


def _text(url: Secret | str) -> str:
    return url.reveal() if isinstance(url, Secret) else url


def _origin(parts: SplitResult) -> str:
    """Raises ValueError for a port that is none."""
    host = parts.hostname or ""
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}"
