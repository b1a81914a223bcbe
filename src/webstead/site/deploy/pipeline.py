"""A deployment, from what was received to a release that serves: in the order of docs/explanation/sites.md.

What fails before the switch leaves the old release serving. At every moment the disk alone tells what is
current: a release's folder has its note only when it is whole, the pointer is one rename, and the records
follow it (`recover`).
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from webstead.effects.clock import Clock
from webstead.effects.files import remove_tree
from webstead.errors import HostError, UsageError, WebsteadError
from webstead.site.deploy.building import build, release_step, run_command, variables_of, verify
from webstead.site.deploy.decide import BUILD_SETTING, Decision, Facts, decide
from webstead.site.deploy.gather import PACKAGE, Gathered, gather
from webstead.site.deploy.hooks import POST_DEPLOYMENT, publish
from webstead.site.deploy.lock import Held, hold
from webstead.site.deploy.log import DeploymentLog
from webstead.site.deploy.model import Host, Package, Published, Request, Zip
from webstead.site.deploy.package import as_package
from webstead.site.deploy.packages import packages_in
from webstead.site.deploy.place import place
from webstead.site.deploy.post_actions import actions_in, run_actions
from webstead.site.deploy.programs import WatchedRunner
from webstead.site.deploy.record import (
    Record,
    as_kudu,
    begin_record,
    checked_id,
    close_reserved,
    last_error_line,
    new_id,
)
from webstead.site.deploy.retention import prune
from webstead.site.deploy.settings import LARGEST_DEPLOYMENT_FILE, merged, read_deployment_file, value_of
from webstead.site.deploy.switching import Succession, bring_kept, collect_late, find_old, serve
from webstead.site.deploy.tree import arrange, checked_path, scan
from webstead.site.deploy.variables import build_environ
from webstead.site.deploy.work import ForwardClock, Work
from webstead.site.homes import ServerHome, SiteHome
from webstead.site.hosts import first_host
from webstead.site.releases.manifest import Manifest, write_manifest
from webstead.site.releases.note import ReleaseNote, has_note, write_note
from webstead.site.store import Store
from webstead.site.store.activations import record_activation
from webstead.site.store.model import Activation, Deployment, SiteRecord, Status
from webstead.site.store.settings import read_settings
from webstead.site.store.sites import find_site

__all__ = ["Watcher", "deploy"]


@dataclass(frozen=True, slots=True)
class Watcher:
    """Who looks on. on_change: gets the record after each change; on_line: each line of the log, as it is
    added."""

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
    for it. why: as an Activation says. What was received is moved or removed.

    Raises Locked before it begins, when the site's lock is held. Every other failure is recorded, with its
    words in the log and in `status_text`, and raised then.
    """
    site = _known(store, request.site)
    home = server.site(site.name)
    home.make()
    request = as_package(request, read_settings(store, site.name, "app"))
    forward = ForwardClock(clock, store, site.name)
    deployment = checked_id(request.id or new_id())
    try:
        with hold(
            home, why, request.deployer or request.author, deployment=deployment, clock=forward
        ) as held:
            log = DeploymentLog(store, site.name, deployment, forward, watcher.on_line)
            work = _work(server, store, host, site, request, held, log, forward)
            record = begin_record(store, request, deployment, reserved, forward, watcher.on_change)
            with _recorded(work, record):
                _Deployment(work, record, why).run()
    except (WebsteadError, OSError) as error:  # one that has begun has no reserved record any more
        close_reserved(store, site.name, reserved, _as_error(error), forward)
        raise
    finally:
        _remove_received(request)
    return record.now


def _known(store: Store, name: str) -> SiteRecord:
    site = find_site(store, name)
    if site is None:
        raise UsageError(f"There is no site {name}.", found=f"{store.path}", fix="webstead site list")
    return site


def _work(
    server: ServerHome,
    store: Store,
    host: Host,
    site: SiteRecord,
    request: Request,
    held: Held,
    log: DeploymentLog,
    clock: Clock,
) -> Work:
    home = server.site(site.name)
    app = read_settings(store, site.name, "app")
    scm = {**read_settings(store, site.name, "scm"), **request.settings}
    release = _release_id(home, held)
    return Work(
        server=server,
        store=store,
        host=host,
        record=site,
        request=request,
        held=held,
        log=log,
        clock=clock,
        runner=WatchedRunner(held, log),
        app=app,
        scm=scm,
        environ=build_environ(home, app, first_host(site, server.domain)),
        release=release,
        old=find_old(home, release),
    )


def _release_id(home: SiteHome, held: Held) -> str:
    """The deployment's own id; that of one which is deployed again is another each time."""
    wanted = held.deployment
    taken = home.folder_of(wanted).exists() or has_note(home, wanted)
    return f"{wanted[:24]}-{new_id()[:8]}" if taken else wanted


def _remove_received(request: Request) -> None:
    match request.source:
        case Zip(file=file) | Published(file=file) | Package(file=file):
            file.unlink(missing_ok=True)
        case _:
            pass


@contextmanager
def _recorded(work: Work, record: Record) -> Iterator[None]:
    """Whatever ends it is in the record and in the log, and nothing of it is left."""
    try:
        yield
    except BaseException as failure:
        error = _as_error(failure)
        _clean_up(work)
        now = work.clock.now()
        with contextlib.suppress(WebsteadError):  # a disk that is full does not take the log, either
            work.log.end()
            work.log.fail(error)
            work.log.say("Deployment Failed.")
        failed = replace(record.now, status=Status.FAILED, progress="", ended=now)
        record.put(replace(failed, status_text=last_error_line(error)))
        _tell_hooks(work, record.now)
        if isinstance(failure, OSError):
            raise error from failure
        raise
    _tell_hooks(work, record.now)


def _as_error(failure: BaseException) -> WebsteadError:
    if isinstance(failure, WebsteadError):
        return failure
    if isinstance(failure, OSError):
        return HostError(
            "The disk did not take or give what it should.",
            found=f"{failure.filename or ''}: {failure.strerror or failure}".lstrip(": "),
            fix="See that it has room and works; then deploy again. The site serves what it served before.",
        )
    return HostError("The deployment ended by an error of Webstead's own.", found=repr(failure), fix=_REPORT)


_REPORT = "Report it, please, with the server's log. The site serves what it served before."


def _clean_up(work: Work) -> None:
    """The release that failed goes, unless the pointer leads to it already."""
    with contextlib.suppress(OSError):
        remove_tree(work.raw)
        remove_tree(work.server.temporary / f"deploy-{work.release}")
        (work.server.temporary / f"fetched-{work.release}.zip").unlink(missing_ok=True)
        if work.home.release != work.release:
            remove_tree(work.folder)
            remove_tree(work.home.deployments / work.release)


def _tell_hooks(work: Work, deployment: Deployment) -> None:
    """In the background: who is told has no part in the deployment."""
    arguments = (work.store, work.record.name, POST_DEPLOYMENT, as_kudu(deployment))
    threading.Thread(target=publish, args=arguments, name="web hooks", daemon=True).start()


@dataclass(slots=True)
class _Deployment:
    """The steps of one, in their order. spent: seconds, by the step's name."""

    work: Work
    record: Record
    why: str
    spent: dict[str, float] = field(default_factory=dict)

    def run(self) -> None:
        work = self.work
        self._announce()
        source = work.request.source
        if isinstance(source, Published) and not source.target.is_relative_to(work.home.wwwroot):
            self._place(source)
            return
        with self._step("receive", Status.BUILDING, "Receiving the files."):
            gathered = gather(work)
            settings = merged(work.scm, work.app, _deployment_file(work.raw))
            gathered = self._arranged(gathered, settings)
            work.raw.rename(work.folder)
        self._describe(gathered)
        decision = self._decide(gathered, settings)
        with self._step("build", Status.BUILDING, "Building."):
            if decision.how == "command":
                variables = variables_of(work, settings, gathered.commit)
                run_command(work, value_of(settings, "COMMAND"), variables)
            note = self._note(decision)
            built = build(work, note)
        brought = scan(work.folder, gathered.brought)  # commands and hooks may have made files
        succession = Succession(work.home, work.old, work.release, brought)
        kept, given = bring_kept(succession, clean=work.request.clean)
        self._tell_kept(kept.linked, given.overwritten, given.left)
        with self._step("verify", Status.BUILDING, "Verifying that it starts."):
            verify(work, built, note)
        with self._step("release", Status.BUILDING, "Running the release step."):
            release_step(work, built)
            self._post_actions(settings, gathered.commit, built.environment.python)
        listed = gathered.listed if gathered.partial else brought
        self._keep_files(listed, gathered.package, note)
        with self._step("switch", Status.DEPLOYING, "Switching to the new release."):
            self._switch(succession)
        collect_late(succession, work.log.warn)
        self._succeed()

    # What is told

    @contextmanager
    def _step(self, name: str, status: Status, progress: str) -> Iterator[None]:
        self.work.held.check()
        self.record.put(replace(self.record.now, status=status, progress=progress))
        began = self.work.clock.monotonic()
        yield
        self.spent[name] = self.work.clock.monotonic() - began

    def _announce(self) -> None:
        work = self.work
        by = work.request.deployer or work.request.author or "somebody"
        work.log.say(f"Preparing deployment for commit id '{self.record.now.id[:10]}'.")
        work.log.say(f"By {by}.")
        if work.request.clean:
            work.log.say("Clean: what lies in wwwroot and is not in this deployment goes.")
        else:
            work.log.say(
                "Incremental: files that earlier deployments brought and this one does not go; what the app "
                "or a person put into wwwroot stays."
            )

    def _describe(self, gathered: Gathered) -> None:
        """What a commit says of itself, where the request does not say it."""
        now = self.record.now
        self.record.put(
            replace(
                now,
                message=now.message or gathered.message,
                author=now.author or gathered.author,
                author_email=now.author_email or gathered.author_email,
            )
        )

    def _tell_kept(self, kept: tuple[str, ...], overwritten: tuple[str, ...], left: tuple[str, ...]) -> None:
        log = self.work.log
        if kept and self.work.request.clean:
            log.say(f"Gone from the site, for no deployment brought them: {_some(kept)}.")
        elif kept:
            log.say(f"Kept, for no deployment brought them: {_some(kept)}.")
        if overwritten:
            log.warn(f"This deployment brings files that were kept until now: {_some(overwritten)}.")
        if left:
            log.warn(f"These cannot be kept, for they are no files: {_some(left)}.")

    # The steps

    def _place(self, source: Published) -> None:
        """A file that is no part of a release."""
        work = self.work
        with self._step("receive", Status.DEPLOYING, "Putting it in its place."):
            place(work, source)
        if work.request.restart and work.old is not None:
            refused = work.host.activate(work.record.name, work.old, renew=True)
            if refused is not None:
                raise refused
        self._succeed()

    def _arranged(self, gathered: Gathered, settings: dict[str, str]) -> Gathered:
        if gathered.partial:
            return gathered
        project = checked_path(value_of(settings, "PROJECT"), "The setting PROJECT")
        target = checked_path(value_of(settings, "SCM_TARGET_PATH"), "The setting SCM_TARGET_PATH")
        if not project and not target:
            return gathered
        brought = arrange(self.work.raw, gathered.brought, project, target)
        return replace(gathered, brought=brought, listed=brought)

    def _decide(self, gathered: Gathered, settings: dict[str, str]) -> Decision:
        facts = Facts(
            origin=gathered.origin,
            asked=self.work.request.build,
            setting=value_of(settings, BUILD_SETTING),
            command=value_of(settings, "COMMAND"),
            names=frozenset(path.name for path in self.work.folder.iterdir()),
        )
        decision = decide(facts)
        self.work.log.say(decision.why)
        return decision

    def _note(self, decision: Decision) -> ReleaseNote:
        """How the release is planned, from now on and whenever it is put to work."""
        work, now = self.work, self.record.now
        packages = packages_in(work.folder) if decision.how != "build" else ""
        if packages:
            work.log.say(f"It runs with the packages that it brings in {packages}.")
        elif decision.warning:
            work.log.warn(decision.warning)
        created = work.clock.now().isoformat()
        install = decision.how == "build"
        return ReleaseNote(now.id, created, install, packages, now.message, now.deployer)

    def _post_actions(self, settings: dict[str, str], commit: str, python: Path) -> None:
        work = self.work
        own = value_of(settings, "SCM_POST_DEPLOYMENT_ACTIONS_PATH")
        folder = work.home.root / own if own else work.home.deployments / "tools" / "PostDeploymentActions"
        actions = actions_in(folder)
        if not actions:
            return
        work.log.begin("Running post deployment command(s)...")
        variables = variables_of(work, settings, commit)
        try:
            run_actions(
                actions,
                runner=work.runner,
                folder=work.folder,
                variables=variables,
                python=python,
                say=work.log.line,
            )
        finally:
            remove_tree(Path(variables["DEPLOYMENT_TEMP"]))
        work.log.end()

    def _keep_files(self, listed: Manifest, package: Path | None, note: ReleaseNote) -> None:
        """The note comes last: with it the release is whole."""
        work = self.work
        folder = work.home.deployments / work.release
        write_manifest(folder, listed)
        if package is not None:
            own = work.home.deployments / self.record.now.id
            own.mkdir(parents=True, exist_ok=True)
            package.replace(own / PACKAGE)
        write_note(work.home, work.release, note)

    def _switch(self, succession: Succession) -> None:
        work = self.work
        before = self.record.now.release
        work.held.check()  # for the last time: from here on it is the new release
        self.record.put(replace(self.record.now, release=work.release))
        try:
            serve(succession, work.host, renew=work.request.restart)
        except BaseException:
            self.record.put(replace(self.record.now, release=before))
            raise
        now = work.clock.now()
        by = work.request.deployer or work.request.author
        record_activation(work.store, Activation(work.record.name, work.release, now, self.why, by))

    def _succeed(self) -> None:
        work = self.work
        spent = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in self.spent.items())
        work.log.say(f"It took: {spent}.")
        work.log.say("Deployment successful.")
        now = work.clock.now()
        done = replace(self.record.now, status=Status.SUCCESS, status_text="", progress="")
        self.record.put(replace(done, ended=now, last_success=now))
        try:
            prune(work.store, work.home, work.record.options.releases_kept)
        except (OSError, WebsteadError) as error:
            work.log.warn(f"What is not needed any more could not be removed: {error}")


def _deployment_file(folder: Path) -> dict[str, str]:
    """A link in its place is none: what was sent says where it leads."""
    try:
        descriptor = os.open(folder / ".deployment", os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return {}
    with open(descriptor, "rb") as file:
        return read_deployment_file(file.read(LARGEST_DEPLOYMENT_FILE + 1))


def _some(paths: tuple[str, ...]) -> str:
    more = f" and {len(paths) - 10} more" if len(paths) > 10 else ""
    return ", ".join(paths[:10]) + more
