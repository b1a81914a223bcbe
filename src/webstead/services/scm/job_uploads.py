"""The files of a job, as they are sent (reference 1.13)."""

from __future__ import annotations

import os
import re
import shutil
import uuid
from contextlib import suppress
from pathlib import Path

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from webstead.effects.files import remove_tree, write_atomically
from webstead.errors import UsageError
from webstead.services.context import SiteContext
from webstead.services.errors import ApiError
from webstead.services.files.paths import check_writable, path_in
from webstead.services.uploads import receive
from webstead.site.files.change import put_file, remove
from webstead.site.files.inside import find
from webstead.site.files.paths import FilePath
from webstead.site.jobs.catalogue import extension_of, is_name, own_parts, settings_in
from webstead.site.jobs.model import SETTINGS_FILE, Kind
from webstead.site.releases.unpack import unpack

__all__ = ["check_own", "put_settings_of", "receive_job", "remove_own"]

_FILE_NAME = re.compile(r"filename\*?=(?:UTF-8\'\')?\"?([^\";]+)\"?", re.IGNORECASE)


def check_own(site: SiteContext, kind: Kind, name: str) -> None:
    """Raises ApiError for a job that belongs to an extension: it comes and goes with that."""
    if extension := extension_of(site.home, kind, name):
        raise ApiError(
            409,
            f"The job belongs to the extension {extension}.",
            found=name,
            fix=f"Install another version of it, or remove it: DELETE /api/siteextensions/{extension}.",
        )


async def receive_job(site: SiteContext, kind: Kind, name: str, request: Request) -> None:
    """A zip, or one script that Content-Disposition names, takes the place of the job's files. Raises
    ApiError."""
    if not is_name(name):
        raise ApiError(
            400, "A job cannot have this name.", found=name[:100], fix="Take letters, digits, - and _."
        )
    check_own(site, kind, name)
    match = _FILE_NAME.search(request.headers.get("content-disposition", ""))
    file_name = Path(match[1].strip().replace("\\", "/")).name if match else ""
    if not file_name or file_name in (".", ".."):
        raise ApiError(
            400,
            "The name of the file is missing.",
            fix="Send the header Content-Disposition: attachment; filename=run.py",
        )
    if site.home.release is None:
        raise ApiError(409, "Nothing was deployed to this site yet: its jobs lie in its wwwroot.")
    await run_in_threadpool(check_writable, site, path_in("site/wwwroot/App_Data"))
    received = await receive(request.stream(), site.context.temporary)
    kind_sent = request.headers.get("content-type", "").lower()
    is_zip = kind_sent.startswith("application/zip") or file_name.lower().endswith(".zip")
    try:
        await run_in_threadpool(_placed, site, kind, name, received, "" if is_zip else file_name)
    finally:
        received.unlink(missing_ok=True)


def _placed(site: SiteContext, kind: Kind, name: str, received: Path, script: str) -> None:
    """script: the name of the one file; "" for a zip. Its settings stay, unless the zip has some."""
    parts = own_parts(kind, name)
    made, old = _aside(site), _aside(site)
    made.mkdir()
    try:
        if script:
            shutil.copyfile(received, made / script)
        else:
            unpack(received, made)
        settings = settings_in(site.home, parts)
        if settings is not None and not (made / SETTINGS_FILE).exists():
            (made / SETTINGS_FILE).write_bytes(settings)
        with find(site.home.root, parts, make=True) as place:
            if place.info is not None:
                os.rename(place.name, old, src_dir_fd=place.folder)
            os.rename(made, place.name, dst_dir_fd=place.folder)
        if old.exists():
            remove_tree(old)
    except UsageError as error:
        raise ApiError(400, error.what, found=error.found, fix=error.fix) from None
    except (FileNotFoundError, NotADirectoryError) as error:
        where = "/".join(parts[:-1])
        raise ApiError(409, f"{where} is no folder in the site's home.", found=str(error.filename)) from None
    finally:
        remove_tree(made)


def _aside(site: SiteContext) -> Path:
    """A name that nothing has, on the file system of the homes."""
    return site.context.temporary / f"job-{uuid.uuid4().hex}"


def put_settings_of(site: SiteContext, kind: Kind, name: str, settings: bytes) -> None:
    """They become those of a job that is there. Raises ApiError."""
    check_own(site, kind, name)
    made = _aside(site)
    try:
        write_atomically(made, settings)
        path = FilePath((*own_parts(kind, name), SETTINGS_FILE), slash=False)
        written = put_file(site.home.root, path, made, b"*")
    finally:
        made.unlink(missing_ok=True)
    if written.outcome not in ("create", "replace"):
        raise ApiError(409, f"{SETTINGS_FILE} of the job {name} is a folder.", fix="Remove it.")


def remove_own(site: SiteContext, kind: Kind, name: str) -> None:
    """The files of a job. Raises ApiError."""
    check_own(site, kind, name)
    with suppress(FileNotFoundError):  # by another meanwhile
        remove(
            site.home,
            FilePath(own_parts(kind, name), slash=True),
            site.context.temporary,
            if_match=b"*",
            recursive=True,
        )
