"""A deployment, from what was received to a release that serves: in the order of docs/explanation/sites.md.

What fails before the switch leaves the old release serving. At every moment the disk alone tells what is
current: a release's folder has its note only when it is whole, the pointer is one rename, and the records
follow it (`recover`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from webstead.effects.clock import Clock
from webstead.errors import WebsteadError
from webstead.site.deploy.beginning import begin_work, known_site
from webstead.site.deploy.building import build, release_step, verify, with_kept
from webstead.site.deploy.ending import as_error, recorded, remove_received, succeed
from webstead.site.deploy.fetching import fetched_file
from webstead.site.deploy.gather import PACKAGE, cleaned_by
from webstead.site.deploy.leaving_out import leave_out
from webstead.site.deploy.lock import hold
from webstead.site.deploy.log import DeploymentLog
from webstead.site.deploy.model import Host, Published, Request
from webstead.site.deploy.own_commands import run_command, run_post_actions
from webstead.site.deploy.package import as_package
from webstead.site.deploy.packaged import chosen
from webstead.site.deploy.place import place
from webstead.site.deploy.receiving import receive
from webstead.site.deploy.record import Record, begin_record, checked_id, new_id
from webstead.site.deploy.settings import is_off, value_of
from webstead.site.deploy.steps import Steps
from webstead.site.deploy.switching import Succession, bring_kept, collect_late, serve
from webstead.site.deploy.telling import tell_beginning, tell_kept, tell_unread
from webstead.site.deploy.terms import decided, note_of
from webstead.site.deploy.tree import scan
from webstead.site.deploy.work import ForwardClock, Work
from webstead.site.homes import ServerHome
from webstead.site.releases.failure import of_disk
from webstead.site.releases.lending import lent
from webstead.site.releases.manifest import Manifest, write_manifest
from webstead.site.releases.note import ReleaseNote, write_note
from webstead.site.store import Store
from webstead.site.store.activations import record_activation
from webstead.site.store.model import Activation, Deployment, Status
from webstead.site.store.settings import read_settings

__all__ = ["Watcher", "deploy"]

_RESTART = "SCM_RESTART_APP_CONTAINER_AFTER_DEPLOYMENT"


@dataclass(frozen=True, slots=True)
class Watcher:
    """Who looks on. on_begin: is called once, when it is recorded, with the lock held. on_change: gets the
    record after each change; on_line: each line of the log, as it is added."""

    on_begin: Callable[[], None] = lambda: None
    on_change: Callable[[Deployment], None] = lambda deployment: None
    on_line: Callable[[str], None] = lambda line: None


_NOBODY = Watcher()


def deploy(
    server: ServerHome,
    store: Store,
    host: Host,
    request: Request,
    *,
    clock: Clock,
    reserved: str = "",
    watcher: Watcher = _NOBODY,
    why: str = "deployment",
) -> Deployment:
    """Blocks until it has ended; the record of its success. reserved: the temporary deployment that stands
    for it until it begins. why: as an Activation says. What was received is moved or removed.

    Raises Locked before it begins, when the site's lock is held. Every other failure is recorded, with its
    words in the log and in `status_text`, and raised then.
    """
    home = server.site(request.site)
    try:
        site = known_site(store, request.site)
        home.make()
        request = as_package(request, read_settings(store, site.name, "app"))
        forward = ForwardClock(clock, store, site.name)
        deployment = checked_id(request.id or new_id())
        with hold(
            home, why, request.deployer or request.author, deployment=deployment, clock=forward
        ) as held:
            site = known_site(store, request.site)  # nobody has deleted it meanwhile
            log = DeploymentLog(store, site.name, deployment, forward, watcher.on_line)
            work = begin_work(server, store, host, site, request, held, log, forward)
            record = begin_record(store, request, deployment, reserved, forward, watcher.on_change)
            with recorded(work, record):
                watcher.on_begin()
                _perform(work, record, why)
    except (WebsteadError, OSError) as failure:
        raise of_disk(as_error(failure), (home.root,)) from failure
    finally:
        remove_received(request)
    return record.now


def _perform(work: Work, record: Record, why: str) -> None:
    steps = Steps(work, record)
    tell_beginning(work.log, work.request, record.now)
    with fetched_file(work, steps) as work:
        source = work.request.source
        if isinstance(source, Published) and not source.target.is_relative_to(work.home.wwwroot):
            with steps.doing("receive", "Putting it in its place.", Status.DEPLOYING):
                place(work, source)
            _renew(work)
        else:
            _make_release(work, record, steps, why)
    succeed(work, record, steps.spent)


def _make_release(work: Work, record: Record, steps: Steps, why: str) -> None:
    """The steps of one, in their order."""
    with steps.doing("receive", "Receiving the files."):
        received = receive(work)
    gathered = received.gathered
    record.describe(gathered.message, gathered.author, gathered.author_email)
    tell_unread(work.log, received.settings)
    decision = decided(work, received)
    with steps.doing("build", "Building."):
        held = work.workshop.confinement
        if decision.how == "command":
            with lent(work.folder, held.user, held.group):
                run_command(work, received)
        leave_out(work, gathered, scanned=decision.how == "command")
        note = note_of(work, decision, record.now)
        with lent(work.folder, held.user, held.group):
            built = build(work, note, partial=gathered.partial)
    brought = scan(work.folder, gathered.brought)  # commands and hooks may have made files
    succession = Succession(work.home, work.old, work.release, brought, cleaned_by(work))
    found, given = bring_kept(succession)
    tell_kept(work.log, found, given, succession.cleaned)
    with steps.doing("verify", "Verifying that it starts."):
        if given.linked:
            built = with_kept(work, note, built)
        verify(work, built, note)
    with steps.doing("release", "Running the release step."):
        release_step(work, built)
        run_post_actions(work, received, built.environment.python)
    note = replace(note, app=built.plan.start is not None, size=brought.size)
    _keep_files(work, record, gathered.listed if gathered.partial else brought, gathered.package, note)
    try:
        with (
            steps.doing("switch", "Switching to the new release.", Status.DEPLOYING),
            chosen(work, received, record.now.id, note),
        ):
            _switch(work, record, succession, why)
    finally:  # also when the supervisor ended after the pointer had moved
        if work.serves:
            collect_late(succession, work.log.warn, found)


def _renew(work: Work) -> None:
    """What was put beside the site is seen by instances that start anew. Raises the host's error."""
    restart = work.request.restart and not is_off(value_of(work.settings, _RESTART))
    if restart and work.old is not None:
        refused = work.host.activate(work.record.name, work.old, renew=True)
        if refused is not None:
            raise refused


def _keep_files(
    work: Work, record: Record, listed: Manifest, package: Path | None, note: ReleaseNote
) -> None:
    """listed: what a later deployment may remove. The note comes last: with it the release is whole."""
    write_manifest(work.home.deployments / work.release, listed)
    if package is not None:
        own = work.home.deployments / record.now.id
        own.mkdir(parents=True, exist_ok=True)
        package.replace(own / PACKAGE)
    write_note(work.home, work.release, note)


def _switch(work: Work, record: Record, succession: Succession, why: str) -> None:
    before = record.now.release
    work.held.check()  # for the last time: from here on it is the new release
    record.put(replace(record.now, release=work.release))
    try:
        serve(succession, work.host, work.log.warn, renew=work.request.restart)
    except BaseException:
        if not work.serves:
            record.now = replace(record.now, release=before)
        raise
    now = work.clock.now()
    by = work.request.deployer or work.request.author
    record_activation(work.store, Activation(work.record.name, work.release, now, why, by))
