"""`ID.nuspec`: what a package is, as its author describes it.

The namespace tells its age and nothing else: seven are in use, and none. The elements are the same in all,
and newer ones stand in old namespaces, too. What App Service's site extensions need is read; dependencies,
frameworks and `<files>` (of the source, not of a package) are passed over.

Source: NuGet's .nuspec reference; the packages of public galleries.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from webstead.errors import ConfigError
from webstead.formats.nuget.identity import id_fault
from webstead.formats.nuget.versions import BadVersion, Version, read_version
from webstead.formats.webconfig.document import Element, read_document

__all__ = ["LARGEST_NUSPEC", "SITE_EXTENSION", "License", "Nuspec", "PackageType", "read_nuspec"]

LARGEST_NUSPEC = 1 << 20
"""Bytes. Release notes make some of them long: 100 kB is seen."""

LONGEST_TEXT = 20_000
"""Characters of one value that are kept: a description is shown in lists."""

MOST_TYPES = 20

SITE_EXTENSION = "AzureSiteExtension"
"""The package type; packages of the first gallery have none."""

_AUTHOR = "Ask its author for a package that `nuget pack` made, or correct the nuspec and pack it again."


@dataclass(frozen=True, slots=True)
class License:
    """expression: of SPDX, or file: a path in the package, or url: what older packages have. One at most."""

    expression: str = ""
    file: str = ""
    url: str = ""

    @property
    def page(self) -> str:
        """Where it is read; "" for none, and for one that is in the package itself."""
        if self.expression:
            return f"https://licenses.nuget.org/{quote(self.expression, safe='')}"
        return self.url


@dataclass(frozen=True, slots=True)
class PackageType:
    name: str
    version: str = ""


@dataclass(frozen=True, slots=True)
class Nuspec:
    """id: as its author writes it. written: the version as it stands in the file. icon, readme: paths in the
    package. Addresses are those of http and https alone, "" for others. minimum_client: of NuGet."""

    id: str
    version: Version
    written: str
    title: str = ""
    summary: str = ""
    description: str = ""
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    types: tuple[PackageType, ...] = ()
    license: License = License()
    project_url: str = ""
    repository_url: str = ""
    icon_url: str = ""
    icon: str = ""
    readme: str = ""
    minimum_client: str = ""

    @property
    def name(self) -> str:
        """What people are shown."""
        return self.title or self.id

    @property
    def is_site_extension(self) -> bool:
        """By its type, or by the tag that packages have which are older than types."""
        words = [each.name for each in self.types] + list(self.tags)
        return any(word.lower() == SITE_EXTENSION.lower() for word in words)


def read_nuspec(data: bytes, path: str) -> Nuspec:
    """path: for errors. Raises ConfigError: it is no XML, has a document type, no `<metadata>`, or an id or a
    version that cannot be."""
    if len(data) > LARGEST_NUSPEC:
        found = f"{len(data):,} bytes; at most {LARGEST_NUSPEC:,} are read"
        raise ConfigError(f"{path} is too large.", path=path, found=found, fix=_AUTHOR)
    root = read_document(data, path)
    metadata = _child(root, "metadata") if root.name.lower() == "package" else None
    if metadata is None:
        found = f"<{root.name}> without <metadata>"
        raise root.error(f"{path} is no nuspec.", found=found, fix=_AUTHOR)
    package = _id(metadata)
    version, written = _version(metadata)
    return Nuspec(
        id=package,
        version=version,
        written=written,
        title=_text(metadata, "title"),
        summary=_text(metadata, "summary"),
        description=_text(metadata, "description"),
        authors=_listed(_text(metadata, "authors"), ","),
        tags=tuple(_text(metadata, "tags").replace(",", " ").split()),
        types=_types(metadata),
        license=_license(metadata),
        project_url=_address(_text(metadata, "projectUrl")),
        repository_url=_address(_attribute(_child(metadata, "repository"), "url")),
        icon_url=_address(_text(metadata, "iconUrl")),
        icon=_text(metadata, "icon"),
        readme=_text(metadata, "readme"),
        minimum_client=_attribute(metadata, "minClientVersion"),
    )


def _id(metadata: Element) -> str:
    text = _text(metadata, "id")
    if fault := id_fault(text):
        place = _child(metadata, "id") or metadata
        raise place.error(
            "The package has no id that can be used.", found=f"{text[:120]!r}: {fault}", fix=_AUTHOR
        )
    return text


def _version(metadata: Element) -> tuple[Version, str]:
    text = _text(metadata, "version")
    try:
        return read_version(text), text
    except BadVersion as fault:
        place = _child(metadata, "version") or metadata
        raise place.error(
            "The package has no version that can be used.", found=str(fault)[:300], fix=_AUTHOR
        ) from None


def _types(metadata: Element) -> tuple[PackageType, ...]:
    around = _child(metadata, "packageTypes")
    found = [] if around is None else [each for each in around.children if each.name.lower() == "packagetype"]
    types = (
        PackageType(_attribute(each, "name"), _attribute(each, "version")) for each in found[:MOST_TYPES]
    )
    return tuple(each for each in types if each.name)


def _license(metadata: Element) -> License:
    """`licenseUrl` beside an expression says the same once more, and beside a file leads to a page that says
    that it is in the package."""
    element = _child(metadata, "license")
    text = "" if element is None else element.text[:LONGEST_TEXT]
    kind = _attribute(element, "type").lower()
    if text and kind == "expression":
        return License(expression=text)
    if text and kind == "file":
        return License(file=text)
    return License(url=_address(_text(metadata, "licenseUrl")))


def _child(element: Element, name: str) -> Element | None:
    """Names are without regard to case, as NuGet's own reader takes them."""
    return next((each for each in element.children if each.name.lower() == name.lower()), None)


def _text(metadata: Element, name: str) -> str:
    found = _child(metadata, name)
    return "" if found is None else found.text[:LONGEST_TEXT]


def _attribute(element: Element | None, name: str) -> str:
    if element is None:
        return ""
    found = (each.value for key, each in element.attributes.items() if key.lower() == name.lower())
    return next(found, "").strip()[:LONGEST_TEXT]


def _listed(text: str, separator: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(separator) if part.strip())


def _address(text: str) -> str:
    """An address that is shown as a link must not run a script (`javascript:`) where it is clicked."""
    try:
        parts = urlsplit(text)
        return text if parts.scheme.lower() in ("http", "https") and parts.hostname else ""
    except ValueError:
        return ""
