"""Fuzz publish profiles: `python fuzz publish_profile`.

Any bytes are profiles or a ConfigError that helps; a management's address has a host and no credentials.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from webstead.errors import ConfigError
from webstead.formats.webdeploy import management_of, read_profiles

__all__ = ["one"]


def one(data: bytes) -> None:
    """data: a whole file, or what stands in its root."""
    for text in (data, b"<publishData>" + data + b"</publishData>"):
        try:
            profiles = read_profiles(text, "a.PublishSettings")
            profile, address = management_of(profiles, "a.PublishSettings")
        except ConfigError as refused:
            if not (refused.what and refused.found and refused.fix):
                raise AssertionError(f"an error that helps nobody: {refused!r}") from refused
            continue
        parts = urlsplit(address)
        if not parts.hostname or "@" in address or parts.path or parts.scheme not in ("http", "https"):
            raise AssertionError(f"no address: {address!r}")
        if not profile.user or not profile.password.reveal():
            raise AssertionError(f"no credentials: {profile!r}")
