"""What a crash left behind: records that nobody finishes are closed, and follow the pointer; folders that
were begun go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from webstead.effects.clock import Clock, SystemClock
from webstead.effects.files import remove_tree
from webstead.effects.lock import try_locked
from webstead.site.deploy.work import ForwardClock
from webstead.site.homes import ServerHome, SiteHome
from webstead.site.releases.note import has_note, read_note
from webstead.site.releases.prune import remove_unfinished
from webstead.site.store import Store
from webstead.site.store.activations import activations, record_activation
from webstead.site.store.deployment_log import add_entry
from webstead.site.store.deployments import save_deployment, unfinished
from webstead.site.store.model import Activation, Deployment, EntryType, Status
from webstead.site.store.sites import list_sites

__all__ = ["Ending", "ending_of", "recover"]


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


def recover(server: ServerHome, store: Store, *, clock: Clock | None = None) -> tuple[Deployment, ...]:
    """The deployments that were closed. May be called at any time: a site whose lock is held is left to its
    holder."""
    open_ones = unfinished(store)
    closed: list[Deployment] = []
    for site in list_sites(store):
        home = server.site(site.name)
        if not home.lock.parent.is_dir():
            continue
        with try_locked(home.lock) as descriptor:
            if descriptor is not None:
                own = [each for each in open_ones if each.site == site.name]
                closed += _recover_site(store, home, own, clock or SystemClock())
    return tuple(closed)


def _recover_site(
    store: Store, home: SiteHome, open_ones: Sequence[Deployment], clock: Clock
) -> list[Deployment]:
    forward = ForwardClock(clock, store, home.name)
    closed = [_close(store, home, each, forward) for each in open_ones]
    _record_pointer(store, home, forward)
    if not home.releases.is_dir():
        return closed
    remove_unfinished(home)
    known = {each.release for each in activations(store, home.name)}
    for folder in home.releases.iterdir():
        if folder.name != home.release and (not has_note(home, folder.name) or folder.name not in known):
            remove_tree(folder)
    return closed


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


def _record_pointer(store: Store, home: SiteHome, clock: Clock) -> None:
    """A switch that was not recorded any more is recorded now."""
    current, known = home.release, activations(store, home.name)
    if current is not None and (not known or known[0].release != current):
        record_activation(store, Activation(home.name, current, clock.now(), "deployment", ""))
