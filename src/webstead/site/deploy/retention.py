"""What is forgotten after a deployment that succeeded: records by Kudu's rules, releases by the site's
option, and the files of both."""

from __future__ import annotations

from collections.abc import Container, Sequence

from webstead.effects.files import remove_tree
from webstead.site.homes import SiteHome
from webstead.site.releases.prune import prune_releases, releases_of, surplus
from webstead.site.store import Store
from webstead.site.store.activations import activations
from webstead.site.store.deployments import delete_deployment, list_deployments
from webstead.site.store.model import Deployment, Status
from webstead.site.store.push_events import waiting_push_events

__all__ = ["MOST_SUCCESSFUL", "forgotten", "prune", "remove_without_use"]

MOST_SUCCESSFUL = 10
"""As Kudu's."""


def forgotten(
    deployments: Sequence[Deployment], active: str, waiting: Container[str] = ()
) -> tuple[str, ...]:
    """The ids of deployments that go, as Kudu has it: temporary ones but the newest that is pending, failed
    ones that never succeeded but the newest, and successful ones beyond ten; never the active one.
    deployments: the newest received first. active: the id of the one that serves, "" for none. waiting: the
    ids of temporary ones whose turn will come, of which Kudu has one at most."""
    others = [each for each in deployments if each.id != active and each.id not in waiting]
    temporary = [each for each in others if each.temporary]
    failed = [each for each in others if not each.temporary and _never_succeeded(each)]
    successful = [each for each in others if each.last_success is not None and not each.temporary]
    pending = next((each for each in temporary if not each.complete), None)
    room = MOST_SUCCESSFUL - (1 if active else 0)
    gone = [each for each in temporary if each is not pending]
    return tuple(each.id for each in (*gone, *failed[1:], *successful[room:]))


def _never_succeeded(deployment: Deployment) -> bool:
    return deployment.status == Status.FAILED and deployment.last_success is None


def prune(store: Store, home: SiteHome, releases_kept: int) -> None:
    """Call it with the lock held. Raises OSError, HostError."""
    current = home.release
    deployments = list_deployments(store, home.name)
    active = next((each.id for each in deployments if current and each.release == current), "")
    waiting = {each.deployment for each in waiting_push_events(store) if each.site == home.name}
    for deployment in forgotten(deployments, active, waiting):
        delete_deployment(store, home.name, deployment)
    there = {path.name for path in home.releases.iterdir() if not path.name.startswith(".")}
    used = [each.release for each in activations(store, home.name) if each.release in there]
    gone = surplus(list(dict.fromkeys(used)), current, releases_kept)
    prune_releases(home, gone)
    remove_without_use(store, home)


def remove_without_use(store: Store, home: SiteHome) -> None:
    """What was kept of deployments that are forgotten, and of releases that are gone. Call it with the lock
    held. Raises OSError, HostError."""
    used = {each.id for each in list_deployments(store, home.name)} | set(releases_of(home))
    for path in home.deployments.iterdir():
        if path.is_dir() and path.name != "tools" and path.name not in used:
            remove_tree(path)
