"""The steps of `webstead deploy`: choose, pack, send, follow."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from webstead.client import Api
    from webstead.client.changes import Changes
    from webstead.client.deployments import Accepted, Deployment, Line, Wanted
    from webstead.client.selection import LeftOut, Selection
    from webstead.events import Emit

__all__ = ["emit_line", "fail", "follow", "left_out_lines", "log_command", "send"]

_SHOWN = 12
"""Entries that are named of those that are left out."""


def send(api: Api, source: str, wanted: Wanted, emit: Emit, *, whole: bool) -> Accepted:
    """source: a folder, a file, or the URL of a zip. whole: send all of a folder, also what the site has.
    Raises WebsteadError."""
    from webstead.client.deployments import fetch
    from webstead.errors import UsageError

    if "://" in source:
        return fetch(api, wanted, source)
    path = Path(source)
    if path.is_file():
        return _send_file(api, path, wanted, emit)
    if not path.is_dir():
        raise UsageError(
            f"There is no folder or file {source}.",
            found=f"{path.absolute()} is not there",
            fix="Name a folder, a zip, or the URL of a zip: webstead deploy DIR --site NAME",
        )
    return _send_folder(api, path, wanted, emit, whole=whole)


def _send_folder(api: Api, folder: Path, wanted: Wanted, emit: Emit, *, whole: bool) -> Accepted:
    from webstead.client.deployments import check_ready
    from webstead.client.selection import select
    from webstead.errors import UsageError
    from webstead.events import Note

    if wanted.type.lower() not in ("", "zip"):
        fix = "Name the file; or leave --type out, or say --type zip: a folder's files go below --path."
        raise UsageError(f"{folder} is a folder.", found=f"--type {wanted.type} is of one file", fix=fix)
    selection = select(folder)
    for line in left_out_lines(selection.left_out):
        emit(Note("info", line))
    check_ready(api)
    found = None if whole or wanted.route != _WHOLE_SITE else _changes(api, selection, emit)
    if found is None or not found.unchanged:
        return _send_packed(api, selection, wanted, emit)
    emit(Note("info", f"{'Unchanged':<11}{len(found.unchanged):,} of {len(selection.files):,} files"))
    wanted = replace(wanted, base=found.release)
    return _send_packed(api, found.selection, wanted, emit, note=found.note)


_WHOLE_SITE = "/api/zipdeploy"


def _changes(api: Api, selection: Selection, emit: Emit) -> Changes | None:
    """Against the release that serves; None where there is none to compare with."""
    from webstead.cli.sending import Progress
    from webstead.client.changes import changes
    from webstead.client.releases import known_files
    from webstead.events import StepDone, StepStarted

    release, known = known_files(api)
    if not known:
        return None
    began = time.monotonic()
    emit(StepStarted("compare", f"Comparing {_words(selection)}"))
    progress = Progress(emit, "compare", "Comparing", selection.size)
    found = changes(selection, release, known, progress)
    progress.end()
    emit(StepDone("compare", time.monotonic() - began, True))
    return found


def _send_packed(
    api: Api, selection: Selection, wanted: Wanted, emit: Emit, note: tuple[str, bytes] | None = None
) -> Accepted:
    from webstead.cli.sending import Progress
    from webstead.client.packing import packed
    from webstead.events import StepDone, StepStarted

    began = time.monotonic()
    emit(StepStarted("pack", f"Packing {_words(selection)}"))
    progress = Progress(emit, "pack", "Packing", selection.size)
    with packed(selection, progress, note) as made:
        progress.end()
        emit(StepDone("pack", time.monotonic() - began, True))
        return _upload(api, wanted, made.file, made.size, emit)


def _words(selection: Selection) -> str:
    from webstead.cli.report.progress import size_text

    count = len(selection.files)
    return f"{count:,} {'file' if count == 1 else 'files'}, {size_text(selection.size)}"


def _send_file(api: Api, path: Path, wanted: Wanted, emit: Emit) -> Accepted:
    """A zip, or with a type of OneDeploy any file."""
    from webstead.client.deployments import check_ready
    from webstead.effects.zip_listing import is_zip
    from webstead.errors import UsageError

    if not wanted.type and not is_zip(path):
        fix = "Deploy a folder or a zip; a single file with its type: --type static --path static/a.css"
        raise UsageError(f"{path} is no zip.", found="another kind of file", fix=fix)
    check_ready(api)
    try:
        with path.open("rb") as file:
            return _upload(api, wanted, file, path.stat().st_size, emit)
    except OSError as error:
        raise UsageError(f"{path} cannot be read.", found=str(error), fix="Make it readable.") from None


def _upload(api: Api, wanted: Wanted, file: IO[bytes], size: int, emit: Emit) -> Accepted:
    from webstead.cli.sending import uploading
    from webstead.client.deployments import upload

    with uploading(api, file, size, emit) as pieces:
        return upload(api, wanted, pieces, size)


def left_out_lines(left_out: tuple[LeftOut, ...]) -> Iterator[str]:
    """What is not uploaded, and why: folders first, the rest counted."""
    ordered = sorted(left_out, key=lambda each: (not each.path.endswith("/"), each.path))
    for each in ordered[:_SHOWN]:
        yield f"{'Left out':<11}{each.path} ({each.why})"
    if len(ordered) > _SHOWN:
        yield f"{'Left out':<11}{len(ordered) - _SHOWN} more"


def emit_line(emit: Emit, deployment: str) -> Callable[[Line], None]:
    from webstead.events import DeploymentLine

    def tell(line: Line) -> None:
        emit(DeploymentLine(deployment, line.time, line.type, line.depth, line.text))

    return tell


def follow(api: Api, accepted: Accepted, emit: Emit) -> Deployment:
    """To its end. Ctrl+C leaves it to the server, and says how to see it again."""
    from webstead.client.watching import followed
    from webstead.events import Note

    tell = emit_line(emit, accepted.id or "latest")
    try:
        return followed(api, accepted, tell, lambda text: emit(Note("warning", text)))
    except KeyboardInterrupt:
        _interrupt(api)
        for line in _goes_on(api, accepted):
            emit(Note("info", line))
        sys.exit(130)


def _interrupt(api: Api) -> None:
    """What works in this process is asked to stop, and not waited for to its end."""
    from webstead.client.deployments import cancel
    from webstead.errors import RemoteError

    if api.in_process:
        with contextlib.suppress(RemoteError):
            cancel(api)


def _goes_on(api: Api, accepted: Accepted) -> Iterator[str]:
    if api.in_process:
        yield "Nobody serves this home: the deployment ends with this command; what served before does still."
        return
    yield "The deployment goes on without this command."
    yield f"See it:    {log_command(api, accepted.id)}"
    if _is_own(api):
        yield f"Cancel it: {api.place.command('deploy', '--cancel')}"


def log_command(api: Api, deployment: str) -> str:
    """That shows its log, as it is typed."""
    return api.place.command("logs", "--deployment", deployment or "latest")


def fail(api: Api, emit: Emit, deployment: Deployment) -> NoReturn:
    """Ends the command with the exit code of a build that failed."""
    from webstead.errors import BuildError
    from webstead.events import Failed

    what = (
        "The deployment failed; what served before does still." if _is_own(api) else "The deployment failed."
    )
    error = BuildError(
        what,
        found=deployment.status_text or "Its log, above, says why.",
        fix=f"Mend it and deploy again; its log: {log_command(api, deployment.id)}",
    )
    emit(Failed(error.as_json()))
    sys.exit(error.exit_code)


def _is_own(api: Api) -> bool:
    """Whether a deployment can be cancelled, and one that failed has changed nothing: a Kudu copies file by
    file into what serves."""
    from webstead.client.own import is_own
    from webstead.errors import RemoteError

    try:
        return is_own(api)
    except RemoteError:
        return False
