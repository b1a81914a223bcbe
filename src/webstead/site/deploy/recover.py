"""What a crash left behind: records that nobody finishes are closed, and follow the pointer; folders that
were begun go; what the old instances wrote last is brought to the new release, if it serves."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from webstead.effects.clock import Clock, SystemClock
from webstead.effects.files import remove_parts, remove_tree
from webstead.effects.lock import try_locked
from webstead.errors import WebsteadError
from webstead.site.custody import custody
from webstead.site.deploy.kudu_files import write_active, write_log
from webstead.site.deploy.lock import forget, was_cut_off
from webstead.site.deploy.model import Host
from webstead.site.deploy.moving import put_back
from webstead.site.deploy.programs import end_strays
from webstead.site.deploy.retention import remove_without_use
from webstead.site.deploy.switching import Succession, collect_late
from webstead.site.deploy.work import ForwardClock
from webstead.site.homes import ServerHome, SiteHome
from webstead.site.releases.manifest import read_manifest
from webstead.site.releases.note import has_note, read_note
from webstead.site.releases.prune import releases_of, remove_unfinished
from webstead.site.store import Store
from webstead.site.store.activations import activations, ensure_activation
from webstead.site.store.deployment_log import add_entry
from webstead.site.store.deployments import save_deployment, unfinished
from webstead.site.store.model import Deployment, EntryType, SiteOptions, Status
from webstead.site.store.sites import list_sites

__all__ = ["Ending", "ending_of", "recover"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ending:
    """What becomes of a deployment that was cut off."""

    status: Literal[Status.FAILED, Status.SUCCESS]
    text: str


def ending_of(deployment: Deployment, current: str | None) -> Ending:
    """By what the pointer leads to: it moves last, so what it leads to is whole. Pure."""
    if current is not None and deployment.release == current and deployment.status == Status.DEPLOYING:
        return Ending(Status.SUCCESS, "The server ended when this release served already.")
    doing = deployment.progress.rstrip(".") or _DOING[deployment.status]
    return Ending(Status.FAILED, f"The server ended in the middle of this deployment: {doing.lower()}.")


_DOING = {
    Status.PENDING: "receiving changes",
    Status.BUILDING: "building",
    Status.DEPLOYING: "switching to the new release",
    Status.FAILED: "",
    Status.SUCCESS: "",
}


def recover(
    server: ServerHome, store: Store, host: Host, *, clock: Clock | None = None
) -> tuple[Deployment, ...]:
    """The deployments that were closed. May be called at any time: a site whose lock is held is left to its
    holder. One that cannot be looked through is left as it is, and in the log: it keeps no other from being
    served. host: what it had begun to put to work is brought back to what the pointer leads to."""
    open_ones = unfinished(store)
    closed: list[Deployment] = []
    for site in list_sites(store):
        own = [each for each in open_ones if each.site == site.name]
        try:
            closed += _recover_free(store, server.site(site.name), host, own, clock or SystemClock())
        except Exception as error:  # noqa: BLE001 - also a mistake of ours: the management must start
            mistake = not isinstance(error, WebsteadError | OSError)
            _log.error("what was cut off of %s stays for now: %s", site.name, error, exc_info=mistake)
    for site in list_sites(store):
        _put_back(server.site(site.name), site.options)
    return tuple(closed)


def _recover_free(
    store: Store, home: SiteHome, host: Host, open_ones: Sequence[Deployment], clock: Clock
) -> list[Deployment]:
    """Nothing, while somebody holds its lock."""
    if not home.lock.parent.is_dir():
        return []
    with try_locked(home.lock) as descriptor:
        return [] if descriptor is None else _recover_site(store, home, host, open_ones, clock)


def _recover_site(
    store: Store, home: SiteHome, host: Host, open_ones: Sequence[Deployment], clock: Clock
) -> list[Deployment]:
    forward = ForwardClock(clock, store, home.name)
    if open_ones or was_cut_off(home) or _unrecorded(store, home):
        end_strays(home)
        if not _settled(home, host):
            return []  # its instances may be those of a release that would be removed
        _collect(store, home, open_ones)
    closed = [_close(store, home, each, forward) for each in open_ones]
    if home.release is not None:  # a switch that was not recorded any more is recorded now
        ensure_activation(store, home.name, home.release, forward.now())
    if home.releases.is_dir():
        _remove_leftovers(store, home, closed)
    for each in closed:
        write_log(store, home, each.id)
    if closed:
        write_active(home)
    forget(home)
    return closed


def _put_back(home: SiteHome, options: SiteOptions) -> None:
    """The branch whose push was cut off stands where it stood: else that push would find nothing to do."""
    try:
        put_back(home, lambda: custody(home, options))
    except (WebsteadError, OSError) as error:
        _log.error("a branch that was pushed to %s stays for now: %s", home.name, error)


def _settled(home: SiteHome, host: Host) -> bool:
    """When only the management was killed, the supervisor has begun what it was asked for: it may have put
    the new release to work, and the pointer never moved."""
    try:
        broken = host.settled(home.name)
    except WebsteadError as error:
        _log.error("what was cut off of %s stays for now: %s", home.name, error)
        return False
    if broken is not None:
        _log.warning("the release that %s serves does not start: %s", home.name, broken)
    return True


def _collect(store: Store, home: SiteHome, open_ones: Sequence[Deployment]) -> None:
    """What the app wrote into a release that served for a moment: the old one, when it was cut off after the
    pointer had moved, and before that was looked through; the new one, when it was before."""
    current = home.release
    if current is None:
        return
    brought = read_manifest(home.deployments / current)
    for other in _moments(store, home, current, open_ones):
        succession = Succession(home, other, current, brought)
        collect_late(succession, lambda text: _log.warning("%s: %s", home.name, text))


def _moments(store: Store, home: SiteHome, current: str, open_ones: Sequence[Deployment]) -> Iterator[str]:
    known, there = activations(store, home.name), frozenset(releases_of(home))
    unrecorded = bool(known) and known[0].release != current
    if unrecorded or any(each.release == current for each in open_ones):
        yield from [each.release for each in known if each.release in there - {current}][:1]
    for each in open_ones:
        if each.status == Status.DEPLOYING and each.release in there - {current}:
            yield each.release


def _remove_leftovers(store: Store, home: SiteHome, closed: Sequence[Deployment]) -> None:
    """What cannot be removed is in nobody's way, and looked for again when the server starts next."""
    removals: tuple[Callable[[], None], ...] = (
        partial(remove_unfinished, home),
        partial(_remove_unrecorded, store, home),
        partial(remove_without_use, store, home),
        partial(_remove_packages, home, closed),
        partial(_remove_parts, home),
    )
    for remove in removals:
        try:
            remove()
        except OSError as error:
            _log.warning("something that was cut off of %s stays for now: %s", home.name, error)


def _remove_unrecorded(store: Store, home: SiteHome) -> None:
    for release in _unrecorded(store, home):
        remove_tree(home.folder_of(release))
        remove_tree(home.deployments / release)


def _remove_packages(home: SiteHome, closed: Sequence[Deployment]) -> None:
    """Of which nothing was made."""
    for each in closed:
        if each.last_success is None:
            remove_tree(home.deployments / each.id)


def _remove_parts(home: SiteHome) -> None:
    for folder in (home.lock.parent, home.deployments, *home.deployments.iterdir()):
        remove_parts(folder)


def _unrecorded(store: Store, home: SiteHome) -> list[str]:
    """Releases that never were the current one: nobody can go back to them."""
    known = {each.release for each in activations(store, home.name)}
    return [
        release
        for release in releases_of(home)
        if release != home.release and (not has_note(home, release) or release not in known)
    ]


def _close(store: Store, home: SiteHome, deployment: Deployment, clock: Clock) -> Deployment:
    ending, now = ending_of(deployment, home.release), clock.now()
    done = replace(deployment, status=ending.status, progress="", ended=now)
    if ending.status == Status.SUCCESS:
        done = replace(done, last_success=now, status_text="")
    else:
        own = read_note(home, home.release).deployment == deployment.id
        done = replace(done, status_text=ending.text, release=(home.release or "") if own else "")
    kind = EntryType.ERROR if ending.status == Status.FAILED else EntryType.WARNING
    add_entry(store, deployment.site, deployment.id, ending.text, now=now, type=kind)
    save_deployment(store, done)
    return done
