"""Addresses of packages and repositories, as they may be shown. Pure."""

from __future__ import annotations

from urllib.parse import urlsplit

from webstead.settings import Secret

__all__ = ["shown_url"]


def shown_url(url: Secret | str) -> str:
    """As it may be logged: without credentials, query (tokens stand there) and fragment."""
    text = url.reveal() if isinstance(url, Secret) else url
    if "://" not in text:  # git's own form: user@host:path
        return text.partition("?")[0]
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "an address that is none"
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}{parts.path}"
