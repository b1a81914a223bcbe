"""What a deployment fetches over HTTP: a package, or a file for a place of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from webstead.errors import HostError
from webstead.site.deploy.addresses import shown_url
from webstead.site.deploy.fetch import download
from webstead.site.deploy.model import Url
from webstead.site.deploy.steps import Steps
from webstead.site.deploy.work import Work

__all__ = ["downloaded", "fetched_file"]


@contextmanager
def fetched_file(work: Work, steps: Steps) -> Iterator[Work]:
    """The same work, with the file itself in place of its address; as it is, where none is to be fetched."""
    source = work.request.source
    if not isinstance(source, Url) or source.published is None:
        yield work
        return
    with steps.doing("fetch", "Fetching the file."):
        file = downloaded(work, source)
    try:
        yield replace(work, request=replace(work.request, source=replace(source.published, file=file)))
    finally:
        file.unlink(missing_ok=True)


def downloaded(work: Work, source: Url) -> Path:
    """A new file in the server's temporary folder. Raises as `download`, HostError, Cancelled."""
    work.log.begin(f"Fetching {shown_url(source.url)}")
    file = work.server.temporary / f"fetched-{work.release}.zip"
    file.unlink(missing_ok=True)

    def told(done: int, total: int | None) -> None:
        work.log.tick()

    try:
        size = download(source.url, file, check=work.held.check, told=told)
    except OSError as error:
        file.unlink(missing_ok=True)
        raise HostError(
            "The package cannot be written.",
            found=f"{error.filename or file}: {error.strerror or error}",
            fix="See that the disk has room; then deploy again. Nothing was changed.",
        ) from None
    work.log.end(f"{size / 1e6:,.1f} MB.")
    return file
