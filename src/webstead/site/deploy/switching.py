"""A release that is whole becomes the one that serves: shared by deployments and rollbacks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from webstead.errors import HostError, WebsteadError
from webstead.site.deploy.kudu_files import write_active
from webstead.site.deploy.model import Host
from webstead.site.homes import SiteHome
from webstead.site.releases.aside import remove_set_aside
from webstead.site.releases.kept import keep, link_kept
from webstead.site.releases.late import collect
from webstead.site.releases.linking import Kept
from webstead.site.releases.manifest import EMPTY, Manifest, from_lines, read_manifest, write_manifest
from webstead.site.releases.note import ReleaseNote, write_note
from webstead.site.releases.pointer import switch, take_over

__all__ = ["Succession", "bring_kept", "collect_late", "find_old", "reverse", "serve"]


@dataclass(frozen=True, slots=True)
class Succession:
    """old: the release that serves, None for none. brought: into the new one. cleaned: the folder that gets
    nothing of what is kept, "" for all, None for nothing."""

    home: SiteHome
    old: str | None
    new: str
    brought: Manifest
    cleaned: str | None = None

    @property
    def old_manifest(self) -> Manifest:
        return EMPTY if self.old is None else read_manifest(self.home.deployments / self.old)


def reverse(succession: Succession) -> Succession:
    """The way back from a release that served before the pointer moved, and never was the current one."""
    home, old, new = succession.home, succession.old, succession.new
    if old is None:
        raise ValueError("there is no way back")
    return Succession(home, new, old, succession.old_manifest)


def find_old(home: SiteHome, new: str) -> str | None:
    """The release that serves. A wwwroot that is a folder, as people copy it, becomes one first: what lies in
    it was brought by no deployment but those that Kudu's own first manifest lists."""
    found = f"found-{new[:8]}"
    if not take_over(home, found):
        return home.release
    first = home.root / "site" / "firstDeploymentManifest"
    lines = first.read_text("utf-8", "surrogateescape").split("\n") if first.is_file() else [_PLACEHOLDER]
    write_manifest(home.deployments / found, from_lines(line.rstrip("\r") for line in lines))
    write_note(home, found, ReleaseNote(message="Found in wwwroot."))
    return found


_PLACEHOLDER = "hostingstart.html"
"""The page of a new site on App Service, which its first deployment removes."""


def bring_kept(succession: Succession) -> tuple[Kept, Kept]:
    """What nobody deployed is moved out of the release that serves, and linked in the new one. What was kept,
    and what of it the new one has. Raises HostError."""
    home, old = succession.home, succession.old
    if old is None:
        return Kept(), Kept()
    try:
        found = keep(home, old, succession.old_manifest)
        return found, link_kept(home, succession.new, found, succession.brought, succession.cleaned)
    except OSError as error:
        raise HostError(
            "What the site keeps could not be brought along.",
            found=f"{error.filename or home.kept}: {error.strerror or error}",
            fix="See that the server may write the site's folders, and that the disk has room.",
        ) from None


def serve(
    succession: Succession, host: Host, warn: Callable[[str], None], *, renew: bool, flush: bool = True
) -> None:
    """Instances of the new release take over, the pointer follows, the old ones end. flush: what was written
    comes to the disk first. Raises the host's error, HostError; then the old release serves, unless the host
    does not say so: `Host.settled`."""
    home = succession.home
    refused = host.activate(home.name, succession.new, renew=renew)
    if refused is not None:
        raise refused
    try:
        switch(home, succession.new, flush=flush)
    except OSError as error:
        _go_back(succession, host, warn)
        raise HostError(
            "The pointer to the release could not be switched.",
            found=f"{error.filename or home.wwwroot}: {error.strerror or error}",
            fix="See that the server may write the site's folder, and that the disk works. The site serves "
            "what it served before.",
        ) from None
    write_active(home)
    broken = host.settled(home.name)
    if broken is not None:
        warn(f"The new release is the current one, but it does not start: {broken}")


def _go_back(succession: Succession, host: Host, warn: Callable[[str], None]) -> None:
    """To what the pointer leads to still, with what was written meanwhile."""
    try:
        broken = host.settled(succession.home.name)
    except WebsteadError as error:
        warn(f"It is not known whether the old release serves again: {error}")
        return
    if broken is not None:
        warn(f"The old release does not start any more: {broken}")
    if succession.old is not None:
        collect_late(reverse(succession), warn)


def collect_late(succession: Succession, warn: Callable[[str], None], before: Kept | None = None) -> None:
    """What the old instances wrote while the new ones began. before: what `bring_kept` found. It is never a
    reason to fail: it lies in the old release, and is kept with it."""
    home, old = succession.home, succession.old
    if old is None:
        return
    try:
        collect(
            *(home, old, succession.new, succession.old_manifest, succession.brought),
            *(before, succession.cleaned),
        )
        remove_set_aside(home)
    except (OSError, WebsteadError) as error:
        warn(f"What the old instances wrote last stays in {home.folder_of(old)}: {error}")
