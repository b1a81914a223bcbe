"""Fuzz the gateway's reading of appSettings: `python fuzz appsettings`.

Any bytes are settings or a StartFailure that helps.
"""

from __future__ import annotations

from webstead.gateway.failure import BAD_USAGE, StartFailure
from webstead.gateway.wfastcgi.settings import export_settings, wfastcgi_settings
from webstead.gateway.wfastcgi.site_config import parse_app_settings

__all__ = ["one"]


def one(data: bytes) -> None:
    """data: a whole file, or the sections of one; and the file that it names."""
    for text in (data, b"<configuration>" + data + b"</configuration>"):
        try:
            settings = parse_app_settings(text, "web.config", lambda named, required: data)
            found = wfastcgi_settings(settings, {}, _quiet)
        except StartFailure as refused:
            if refused.code != BAD_USAGE or not (refused.what and refused.found and refused.fix):
                raise AssertionError(f"a failure that helps nobody: {refused!r}") from refused
            continue
        environ: dict[str, str] = {}
        export_settings(settings, environ, _quiet)
        if environ != settings or (found.mount and not found.mount.startswith("/")):
            raise AssertionError(f"not as written: {settings!r}")


def _quiet(text: str) -> None:
    pass
