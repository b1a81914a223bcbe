"""Installing, updating, pinning, going back to an older version: all the same, a package takes the place of
what is there. Whatever fails, what was there before is there again.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from webstead.effects.files import remove_tree, write_atomically
from webstead.errors import UsageError
from webstead.formats.nuget import BadVersion, Version, present_id, read_version, same_id
from webstead.site.extensions.catalogue import Installed, find_installed, name_of_folder
from webstead.site.extensions.files import give, remove_from_wwwroot, to_wwwroot, unpack_content
from webstead.site.extensions.folders import exchanged
from webstead.site.extensions.operation import Operation, Workplace, operating
from webstead.site.extensions.package import Package, digest_of, open_package
from webstead.site.extensions.scripts import run_script, script_among, words_of_arguments
from webstead.site.extensions.state import Kind, Settings, ask_restart, holding, write_settings

__all__ = ["NotInstalled", "Source", "Wanted", "install", "uninstall", "version_of"]

_XDT, _SCM_XDT = "applicationHost.xdt", "scmApplicationHost.xdt"

_DEFAULT_XDT = """<?xml version="1.0"?>
<configuration xmlns:xdt="http://schemas.microsoft.com/XML-Document-Transform">
  <system.applicationHost>
    <sites>
      <site name="%XDT_SCMSITENAME%" xdt:Locator="Match(name)">
        <application path="/{id}" xdt:Locator="Match(path)" xdt:Transform="Remove" />
        <application path="/{id}" applicationPool="%XDT_APPPOOLNAME%" xdt:Transform="Insert">
          <virtualDirectory path="/" physicalPath="%XDT_EXTENSIONPATH%" />
        </application>
      </site>
    </sites>
  </system.applicationHost>
</configuration>
"""
"""Of a package that brings no transform: App Service then serves its files below the management."""

_NOT_APPLIED = f"{_XDT} changes the configuration of IIS, and is not applied here."


class NotInstalled(UsageError):
    """The site has no such extension."""

    http_status = 404


@dataclass(frozen=True, slots=True)
class Wanted:
    """id: as it was asked for. version: "" for that of the package. arguments: of the install script."""

    id: str
    version: str = ""
    kind: Kind = "Gallery"
    arguments: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A package that is there. name: for people. feed, address: where it came from, without secrets."""

    file: Path
    name: str
    feed: str = ""
    address: str = ""


def install(
    place: Workplace,
    wanted: Wanted,
    obtain: Callable[[], Source],
    begun: Callable[[], None] = lambda: None,
) -> Installed:
    """obtain: fetches the package; within the lock, so that its failure is the operation's. begun: called
    once the lock is held and the status says so.

    Raises Busy; UsageError, ConfigError for a package that is refused, is another, or has another version;
    BuildError for its script; HostError for the disk.
    """
    with operating(place, "install", wanted.id, wanted.kind) as operation:
        begun()
        arguments = words_of_arguments(wanted.arguments)
        source = obtain()
        package = open_package(source.file, source.name)
        _check(wanted, package)
        operation.named(package.nuspec.id)
        there = find_installed(place.home, package.nuspec.id)
        settings = _settings(place, wanted, source, package)
        if there is not None and _is_same(there.settings, settings):
            operation.note("It was installed already, just so.")
            return there
        before = _brought_to_wwwroot(there)
        _put(place, package, settings, arguments, operation)
        if before is not None:
            again = {each.path for each in package.members} if wanted.kind == "WebRoot" else set[str]()
            remove_from_wwwroot(place.home, before, but=again)
        if wanted.kind == "WebRoot" or package.has(_XDT):
            ask_restart(place.home, package.nuspec.id)
        if package.has(_XDT):
            operation.note(_NOT_APPLIED)
    return _found(place, package.nuspec.id)


def uninstall(place: Workplace, extension: str) -> None:
    """Raises NotInstalled, Busy; BuildError when its script fails: then it stays; HostError."""
    with holding(place.home, "uninstall", extension, place.clock):  # what is being installed is not there yet
        there = _found(place, extension)
    with operating(place, "uninstall", there.nuspec.id) as operation:
        there = _found(place, there.nuspec.id)
        script = script_among(os.listdir(there.folder), "uninstall")
        run_script(place.run, script, there.folder, ())
        before = _brought_to_wwwroot(there)
        with exchanged(place.home, there.name, None, place.temporary):
            if before is not None:
                remove_from_wwwroot(place.home, before)
        operation.removed = True


def _brought_to_wwwroot(there: Installed | None) -> Package | None:
    """The package whose files lie in wwwroot; its own file may be gone afterwards."""
    if there is None or there.settings is None or there.settings.kind != "WebRoot":
        return None
    return open_package(there.package, there.package.name)


def _check(wanted: Wanted, package: Package) -> None:
    """Raises UsageError for another package or version than was asked for: nothing takes its place."""
    nuspec = package.nuspec
    if not any(same_id(nuspec.id, each) for each in (wanted.id, present_id(wanted.id))):
        raise UsageError(
            "The package is another one.",
            found=f"it is {nuspec.id} {nuspec.version}, and {wanted.id} was asked for",
            fix=f"Ask for it by its own id: {nuspec.id}.",
        )
    if wanted.version and version_of(wanted.version) != nuspec.version:
        raise UsageError(
            "The package has another version.",
            found=f"it is {nuspec.id} {nuspec.version}, and {wanted.version} was asked for",
            fix="Give the package of that version, or ask for this one.",
        )


def version_of(text: str) -> Version:
    """Of a text that somebody asked with. Raises UsageError."""
    try:
        return read_version(text)
    except BadVersion as fault:
        raise UsageError("The version is none.", found=str(fault), fix="Write it as 1.2.3.") from None


def _settings(place: Workplace, wanted: Wanted, source: Source, package: Package) -> Settings:
    return Settings(
        *(package.nuspec.written, wanted.kind, place.clock.now()),
        *(source.feed, source.address, wanted.arguments),
        digest=digest_of(package.file),
    )


def _is_same(there: Settings | None, wanted: Settings) -> bool:
    return there is not None and (there.digest, there.kind, there.arguments) == (
        *(wanted.digest, wanted.kind),
        wanted.arguments,
    )


def _put(
    place: Workplace, package: Package, settings: Settings, arguments: tuple[str, ...], operation: Operation
) -> None:
    home, extension = place.home, package.nuspec.id
    script = script_among((member.path for member in package.members if "/" not in member.path), "install")
    with _made(place, package, settings) as (made, web):
        give(made, place.owner)
        with exchanged(home, name_of_folder(home, extension), made, place.temporary) as folder:
            if settings.kind == "WebRoot":
                to_wwwroot(home, package, web)
                return
            written = run_script(place.run, script, folder, arguments)
    if written:
        log = home.root / "site" / "siteextensions" / extension.lower() / "install.log"
        write_atomically(log, written.encode("utf-8", "replace"))
    if script.note:
        operation.note(script.note)


@contextmanager
def _made(place: Workplace, package: Package, settings: Settings) -> Iterator[tuple[Path, Path]]:
    """The folder that is to be the extension's, whole; and the one with what goes to wwwroot."""
    around = Path(tempfile.mkdtemp(prefix="extension-", dir=place.temporary))
    made, web = around / "made", around / "web"
    made.mkdir(mode=0o755)
    web.mkdir()
    try:
        if settings.kind == "WebRoot":
            unpack_content(package, web)
        else:
            unpack_content(package, made)
            if not (package.has(_XDT) or package.has(_SCM_XDT)):
                (made / _SCM_XDT).write_text(_DEFAULT_XDT.format(id=package.nuspec.id))
        shutil.copyfile(package.file, made / package.file_name)
        write_settings(made, settings)
        yield made, web
    finally:
        remove_tree(around)


def _found(place: Workplace, extension: str) -> Installed:
    there = find_installed(place.home, extension)
    if there is None:
        raise NotInstalled(
            f"'{extension}' not found.",
            found="the site has no such extension",
            fix="See what it has: GET /api/siteextensions, or webstead site extensions list.",
        )
    return there
