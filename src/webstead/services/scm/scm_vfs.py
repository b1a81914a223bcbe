"""`/api/scmvfs/{path}`: the files of the site's repository, one at a time (reference 1.2).

What is read is the head of the branch that is deployed; what is written is a commit to it, which is deployed
then. The ETag of all files is the commit: who has an older one may write a file that did not change since,
and one that did is merged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from webstead.errors import UsageError
from webstead.services.context import OfSite, SiteContext
from webstead.services.errors import ApiError
from webstead.services.files.paths import path_in, redirected
from webstead.services.routes import Route
from webstead.services.scm.git import branch_of
from webstead.services.scm.pushing import in_progress, perform
from webstead.services.scm.vfs import CHANGED, NO_CONDITION, VfsItem
from webstead.services.surroundings import repository_of
from webstead.site.deploy.git import commit_of, move_branch
from webstead.site.deploy.model import Commit
from webstead.site.deploy.model import Request as Deployment
from webstead.site.deploy.moving import Move, note_move
from webstead.site.deploy.repository import Repository
from webstead.site.deploy.scm_files import (
    LARGEST_FILE,
    Change,
    Head,
    Node,
    commit_change,
    content_of,
    head_of,
    is_part_of,
    is_text,
    merged,
    node_at,
    nodes_in,
)
from webstead.site.files.listing import FOLDER_TYPE, media_type
from webstead.site.files.paths import FilePath

__all__ = ["ROUTES"]


def read(site: OfSite, request: Request, path: str) -> Response:
    """A file, or what a folder holds, of the branch that is deployed."""
    asked, repository = path_in(path), repository_of(site)
    head = head_of(repository, branch_of(site))
    node = node_at(repository, head.commit, asked.text)
    if node.kind in ("missing", "other"):
        raise _missing(asked)
    if (node.kind == "folder") != asked.slash:
        return redirected(site, slash=not asked.slash)
    headers = {"ETag": head.etag}
    if node.kind == "folder":
        listed = _listing(site, head, asked, nodes_in(repository, head.commit, asked.text))
        return JSONResponse(listed, headers=headers)
    if head.commit in _tags(request, "if-none-match"):
        return Response(status_code=304, headers=headers)
    content = content_of(repository, node)
    return Response(content, headers=headers, media_type=media_type(node.name))


def to_folder(site: OfSite) -> Response:
    """The repository is a folder: its address ends in `/`."""
    return redirected(site, slash=True)


async def write(
    site: OfSite, request: Request, path: str, message: str = "", nodeploy: str | None = None
) -> Response:
    """Commit the body as this file. A file that is there needs If-Match: `*`, or the commit that it was read
    at; when it has changed since, both changes are merged, or told as a conflict. nodeploy: do not deploy the
    commit."""
    asked = path_in(path)
    if asked.slash:
        raise ApiError(409, "git keeps no empty folders.", fix="Write a file in it.")
    body = await _body(request)
    tags = _tags(request, "if-match")

    def commit() -> _Made:
        repository, head = _ready(site)
        node = node_at(repository, head.commit, asked.text)
        missing = node.kind == "missing"
        content = body if missing else _content(repository, head, node, asked, tags, body)
        if node.kind == "file" and content == content_of(repository, node):
            return _Made(repository, head, head.commit, 204)
        text = message or f"{'Add' if missing else 'Change'} {asked.text}"
        made = _committed(repository, head, Change(asked.text, content, text, site.principal.name))
        return _Made(repository, head, made, 201 if missing else 204)

    return await _deployed(site, await run_in_threadpool(commit), deploys=nodeploy is None)


async def delete(
    site: OfSite,
    request: Request,
    path: str,
    message: str = "",
    nodeploy: str | None = None,
    recursive: str = "",
) -> Response:
    """Commit that this file, or with `recursive=true` this folder, is gone."""
    asked = path_in(path)
    everything = recursive.strip().lower() in ("true", "1")
    tags = _tags(request, "if-match")

    def commit() -> _Made:
        repository, head = _ready(site)
        node = node_at(repository, head.commit, asked.text)
        if node.kind in ("missing", "other") or not asked.text:
            raise _missing(asked)
        if node.kind == "file" and asked.slash:
            return _Made(repository, head, "", 307)
        if node.kind == "folder" and not everything:
            raise ApiError(
                409, "The folder is not empty.", fix="Add ?recursive=true to remove all that is in it."
            )
        if node.kind == "file" and _since(repository, head, node, asked, tags) is not None:
            raise _unmatched(head, CHANGED)
        text = message or f"Remove {asked.text}"
        made = _committed(repository, head, Change(asked.text, None, text, site.principal.name))
        return _Made(repository, head, made, 200)

    return await _deployed(site, await run_in_threadpool(commit), deploys=nodeploy is None)


@dataclass(frozen=True, slots=True)
class _Made:
    """commit: that follows the head; the head itself, when nothing is changed; "" for an address that leads
    on. status: of the answer."""

    repository: Repository
    head: Head
    commit: str
    status: int

    @property
    def move(self) -> Move:
        return Move(self.head.ref, self.head.commit, self.commit)


def _ready(site: SiteContext) -> tuple[Repository, Head]:
    in_progress(site)
    repository = repository_of(site)
    return repository, head_of(repository, branch_of(site))


def _since(
    repository: Repository, head: Head, node: Node, path: FilePath, tags: frozenset[str]
) -> Node | None:
    """The version that the client has, when the file has changed since; None when it has not. Raises ApiError
    412."""
    if not tags:
        raise _unmatched(head, NO_CONDITION)
    if tags & {"*", head.commit}:
        return None
    for tag in tags:
        if len(tag) == len(head.commit) and tag.isalnum() and is_part_of(repository, tag, head):
            before = node_at(repository, tag, path.text)
            return None if before.blob == node.blob else before
    raise _unmatched(head, CHANGED)


def _content(
    repository: Repository, head: Head, node: Node, path: FilePath, tags: frozenset[str], body: bytes
) -> bytes:
    """What is committed: the body, or it and what was committed meanwhile. Raises ApiError 409, 412."""
    if node.kind != "file":
        raise ApiError(409, "A folder of this name, a link or a submodule is there already.")
    before = _since(repository, head, node, path, tags)
    if before is None:
        return body
    base = content_of(repository, before) if before.kind == "file" else b""
    ours = content_of(repository, node)
    if not all(is_text(version) for version in (base, ours, body)):
        raise ApiError(
            409,
            "The file was changed meanwhile, and is no text that could be merged.",
            fix=f"Send it with If-Match: {head.etag} to replace it.",
            headers={"ETag": head.etag},
        )
    both = merged(base, ours, body)
    if not both.clean:
        raise ApiError(
            409,
            "The file was changed in the same places meanwhile.",
            found=both.content.decode(errors="replace"),
            fix=f"Solve it between the marks, and send it with If-Match: {head.etag}",
            shape="text",
            headers={"ETag": head.etag},
        )
    return both.content


def _committed(repository: Repository, head: Head, change: Change) -> str:
    try:
        return commit_change(repository, head, change)
    except UsageError as error:
        raise _no_commit(error) from None


def _no_commit(error: UsageError) -> ApiError:
    return ApiError(409, "It cannot be committed.", found=error.found, fix=error.fix)


async def _deployed(site: SiteContext, made: _Made, *, deploys: bool) -> Response:
    """The branch moves, and goes back when its deployment fails, as after a push."""
    if not made.commit:
        return redirected(site, slash=False)
    if made.commit != made.head.commit:
        if deploys:
            await _deploy(site, made)
        else:
            await run_in_threadpool(_move, made)
    return Response(status_code=made.status, headers={"ETag": f'"{made.commit}"'})


async def _deploy(site: SiteContext, made: _Made) -> None:
    facts = await run_in_threadpool(commit_of, made.repository, made.commit)
    request = Deployment(
        site=site.name,
        source=Commit(made.commit),
        id=made.commit,
        deployer=site.principal.name,
        author=facts.author,
        author_email=facts.email,
        message=facts.message,
    )

    def go_back() -> None:  # unless somebody has committed more
        try:
            move_branch(made.repository, made.head.ref, made.head.commit, made.commit)
        finally:
            note.settle()

    note = await run_in_threadpool(note_move, site.home, made.move)
    try:
        await run_in_threadpool(_move, made)
        await perform(site, request, track=False, undo=go_back)
        note.settle()
    finally:
        note.release()


def _move(made: _Made) -> None:
    """Raises ApiError 409 when the branch stands elsewhere by now."""
    try:
        move_branch(made.repository, made.head.ref, made.commit, made.head.commit)
    except UsageError as error:
        raise _no_commit(error) from None


def _unmatched(head: Head, what: str) -> ApiError:
    fix = f"Send If-Match: {head.etag} to change this version, or If-Match: * to change any."
    return ApiError(412, what, fix=fix, headers={"ETag": head.etag})


def _missing(path: FilePath) -> ApiError:
    return ApiError(404, f"'{path.text}' not found.", found="the head of the branch that is deployed")


def _listing(site: SiteContext, head: Head, path: FilePath, nodes: Sequence[Node]) -> list[dict[str, object]]:
    asked = site.asked
    query = f"?{asked.query}" if asked.query else ""
    time = head.time.isoformat(timespec="microseconds")
    return [
        VfsItem(
            name=node.name,
            size=node.size,
            mtime=time,
            crtime=time,
            mime=FOLDER_TYPE if node.kind == "folder" else media_type(node.name),
            href=f"{asked.base}{asked.raw_path}{quote(node.name, safe='', errors='surrogateescape')}"
            f"{'/' if node.kind == 'folder' else ''}{query}",
            path=f"{path.text}/{node.name}".lstrip("/"),
        ).model_dump()
        for node in nodes
    ]


def _tags(request: Request, name: str) -> frozenset[str]:
    """What a condition names, without quotes."""
    values = ",".join(request.headers.getlist(name)).split(",")
    return frozenset(tag for value in values if (tag := value.strip().removeprefix("W/").strip('"')))


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_FILE:
            raise ApiError(413, f"The file is longer than {LARGEST_FILE:,} bytes.", fix="Push it with git.")
    return bytes(body)


_FILES = "/scmvfs/{path:path}"
_ANY = "application/octet-stream"
_CHANGES = {
    404: "There is no such file or folder",
    409: "A deployment runs, or both changes are in the same places",
    412: "If-Match is missing, or names no commit of the branch",
    422: "The commit cannot be built, or does not start: the branch stands where it stood",
}

ROUTES = (
    Route(
        "GET HEAD",
        _FILES,
        read,
        scope="files",
        summary="A file of the repository, or what a folder holds",
        media=_ANY,
        others={
            304: "It is the commit that If-None-Match names",
            307: "To the form with, or without, `/`",
            404: "There is no such file or folder",
        },
    ),
    Route("GET HEAD", "/scmvfs", to_folder, scope="files", summary="To the repository's folder", status=307),
    Route(
        "PUT",
        _FILES,
        write,
        scope="deploy",
        summary="Commit a file, and deploy it",
        status=201,
        takes=_ANY,
        optional=True,
        others={204: "It was there", 413: "It is too long", **_CHANGES},
    ),
    Route(
        "DELETE",
        _FILES,
        delete,
        scope="deploy",
        summary="Commit that a file is gone, and deploy it",
        others=_CHANGES,
    ),
)
