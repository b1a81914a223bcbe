"""Packages (`.nupkg`) for tests, as `nuget pack` makes them, and as nobody does in good faith."""

from __future__ import annotations

from collections.abc import Mapping

from tests.site_homes import zipped

__all__ = ["NAMESPACES", "nupkg", "nuspec_text"]

_SCHEMA = "http://schemas.microsoft.com/packaging/{}/nuspec.xsd"
NAMESPACES = (
    "",
    *(_SCHEMA.format(when) for when in ("2010/07", "2011/08", "2011/10", "2012/06", "2013/01", "2013/05")),
)

_PARTS = {
    "_rels/.rels": "<Relationships/>",
    "[Content_Types].xml": "<Types/>",
    "package/services/metadata/core-properties/0123456789abcdef0123456789abcdef.psmdcp": "<coreProperties/>",
}


def nuspec_text(package: str = "hello", version: str = "1.0.0", more: str = "", namespace: str = "") -> str:
    """more: further elements of its metadata."""
    xmlns = f' xmlns="{namespace}"' if namespace else ""
    return (
        f'<?xml version="1.0"?>\n<package{xmlns}>\n <metadata>\n  <id>{package}</id>\n'
        f"  <version>{version}</version>\n  <authors>Ada, Grace</authors>\n"
        f"  <description>Says hello &amp; goodbye</description>\n  {more}\n </metadata>\n</package>\n"
    )


def nupkg(
    package: str = "hello",
    version: str = "1.0.0",
    content: Mapping[str, bytes | str] | None = None,
    *,
    more: str = "",
    nuspec: str = "",
) -> bytes:
    """content: by the paths below `content/`; one page without it. nuspec: of another text."""
    files = {"index.html": f"{package} {version}"} if content is None else content
    text = nuspec or nuspec_text(package, version, more)
    inside = {f"content/{path}": data for path, data in files.items()}
    return zipped({**_PARTS, f"{package}.nuspec": text, **inside})
