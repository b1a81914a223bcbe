"""A zip that is made while it is sent."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse

from webstead.site.files.packing import Branch, Member, packed, tree_of

__all__ = ["ZIP", "attachment", "zip_answer", "zip_of"]

ZIP = "application/zip"


def zip_answer(root: Path, branches: Sequence[Branch], name: str) -> Response:
    """name: of the file, for the client. Raises OSError when a branch is not there."""
    return zip_of(root, tree_of(root, branches), name)


def zip_of(root: Path, tree: Sequence[Member], name: str) -> Response:
    """Of these files."""
    headers = {"Content-Disposition": attachment(name)}
    return StreamingResponse(packed(root, tree), 200, headers, media_type=ZIP)


def attachment(name: str) -> str:
    """A Content-Disposition (RFC 6266). Names of other than plain letters are told in both forms."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "._- ()") else "_" for c in name)
    if plain == name:
        return f"attachment; filename={name}" if " " not in name else f'attachment; filename="{name}"'
    encoded = quote(name.encode("utf-8", "surrogateescape"), safe="")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"
