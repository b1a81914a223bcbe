"""How a deployment ends: whatever happened is in its record and its log, and nothing half made is left."""

from __future__ import annotations

import contextlib
import re
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from webstead.effects.files import remove_tree
from webstead.errors import HostError, WebsteadError
from webstead.site.deploy.addresses import shown_url
from webstead.site.deploy.advice import for_deployer
from webstead.site.deploy.hooks import POST_DEPLOYMENT, publish
from webstead.site.deploy.kudu_files import write_log
from webstead.site.deploy.model import Package, Published, Request, Url, Zip
from webstead.site.deploy.record import Record, as_kudu, last_error_line
from webstead.site.deploy.retention import prune
from webstead.site.deploy.work import Work
from webstead.site.layout import default_cache
from webstead.site.releases.aside import remove_set_aside
from webstead.site.releases.failure import of_disk
from webstead.site.store.model import Deployment, Status

__all__ = ["as_error", "recorded", "remove_received", "succeed"]


def succeed(work: Work, record: Record, spent: str) -> None:
    """spent: the time of each step, as a sentence."""
    work.log.say(spent)
    work.log.say("Deployment successful.")
    now = work.clock.now()
    done = replace(record.now, status=Status.SUCCESS, status_text="", progress="")
    record.put(replace(done, ended=now, last_success=now))
    try:
        prune(work.store, work.home, work.record.options.releases_kept)
    except (OSError, WebsteadError) as error:
        work.log.warn(f"What is not needed any more could not be removed: {error}")


@contextmanager
def recorded(work: Work, record: Record) -> Iterator[None]:
    """Whatever ends it is in the record and in the log, and nothing of it is left."""
    try:
        yield
    except BaseException as failure:
        error = of_disk(as_error(failure), (work.home.root, default_cache(), Path(tempfile.gettempdir())))
        _in_words_of_the_sender(work, error)
        _clean_up(work, switching=record.now.status == Status.DEPLOYING)
        with contextlib.suppress(WebsteadError):  # a disk that is full does not take the log, either
            work.log.end()
            work.log.fail(error)
            work.log.say(_LAST_WORDS[work.serves])
        record.close(_ended(work, record.now, error))
        _write_log(work, record.now)
        _tell_hooks(work, record.now)
        if not isinstance(failure, Exception):
            raise
        if not work.serves:
            raise error from failure
    else:
        _write_log(work, record.now)
        _tell_hooks(work, record.now)


_LAST_WORDS = {False: "Deployment Failed.", True: "The new release serves all the same."}


def _ended(work: Work, deployment: Deployment, error: WebsteadError) -> Deployment:
    """The pointer says what it has come to: what fails after that has moved undoes nothing."""
    now, text = work.clock.now(), last_error_line(error)
    if not work.serves:
        return replace(deployment, status=Status.FAILED, status_text=text, progress="", ended=now)
    done = replace(deployment, status=Status.SUCCESS, status_text="", progress="", ended=now)
    return replace(done, release=work.release, last_success=now)


def as_error(failure: BaseException) -> WebsteadError:
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


def _in_words_of_the_sender(work: Work, error: WebsteadError) -> None:
    """Nobody knows the file that it was received in, nor has a command line's options."""
    source = work.request.source
    name = f"The package of {shown_url(source.url)}" if isinstance(source, Url) else "What was sent"
    received = re.compile(rf"{re.escape(str(work.server.temporary))}/[^\s,:]+")
    error.what, error.found = received.sub(name, error.what), received.sub(name, error.found)
    error.fix = for_deployer(error.fix)


def remove_received(request: Request) -> None:
    match request.source:
        case Zip(file=file) | Published(file=file) | Package(file=file):
            with contextlib.suppress(OSError):  # the next start of the server removes it
                file.unlink(missing_ok=True)
        case _:
            pass


def _clean_up(work: Work, *, switching: bool) -> None:
    """The release that failed goes, unless the pointer leads to it already, or instances of it may run."""
    with contextlib.suppress(OSError):
        remove_tree(work.raw)
        remove_tree(work.temporary)
        (work.server.temporary / f"fetched-{work.release}.zip").unlink(missing_ok=True)
        remove_set_aside(work.home)
    if work.serves or (switching and not _is_let_go(work)):
        return
    with contextlib.suppress(OSError):
        remove_tree(work.folder)
        remove_tree(work.home.deployments / work.release)


def _is_let_go(work: Work) -> bool:
    """Whether nothing of the new release runs any more. If not, `recover` removes it when that is so."""
    try:
        work.host.settled(work.record.name)
    except WebsteadError as error:
        with contextlib.suppress(WebsteadError):
            work.log.warn(f"{work.folder} stays for now: instances of it may still run. {error}")
        return False
    return True


def _write_log(work: Work, deployment: Deployment) -> None:
    with contextlib.suppress(WebsteadError):  # the log cannot be read, either
        write_log(work.store, work.home, deployment.id)


def _tell_hooks(work: Work, deployment: Deployment) -> None:
    """In the background: who is told has no part in the deployment."""
    arguments = (work.store, work.record.name, POST_DEPLOYMENT, as_kudu(deployment))
    threading.Thread(target=publish, args=arguments, name="web hooks", daemon=True).start()
