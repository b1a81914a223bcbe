"""What a request for a file comes to, by what is there and what the client says it knows: Kudu's table
(reference 1.2), pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from webstead.front.ranges import Part, select_parts
from webstead.front.validators import Conditions, etag_of, judge, range_holds

__all__ = ["Kind", "Known", "Reading", "Removal", "Writing", "may_remove", "may_write", "reading"]

Kind = Literal["missing", "file", "folder"]


@dataclass(frozen=True, slots=True)
class Known:
    """What is there. size, mtime_ns: of a file."""

    kind: Kind
    size: int = 0
    mtime_ns: int = 0

    @property
    def etag(self) -> str:
        return etag_of(self.size, self.mtime_ns).decode()


Reading = Literal["missing", "add slash", "drop slash", "list", "unchanged", "unsatisfiable", "whole"]
Writing = Literal["make folder", "create", "replace", "is folder", "no condition", "changed"]
Removal = Literal[
    "missing", "drop slash", "not empty", "remove folder", "no condition", "changed", "remove file"
]


def reading(known: Known, *, slash: bool, asked: Conditions) -> Reading | tuple[Part, ...]:
    """Of GET and HEAD. The parts of the file where a range of it is to be sent. A range request is never
    answered with 304, as Kudu does."""
    if known.kind == "missing":
        return "missing"
    if known.kind == "folder":
        return "list" if slash else "add slash"
    if slash:
        return "drop slash"
    etag, modified = known.etag.encode(), known.mtime_ns // 1_000_000_000
    if asked.range is None:
        same = judge(Conditions(if_none_match=asked.if_none_match), etag, modified) == "unchanged"
        return "unchanged" if same else "whole"
    return select_parts(asked.range, known.size) if range_holds(asked.if_range, etag, modified) else "whole"


def may_write(known: Known, *, slash: bool, if_match: bytes | None) -> Writing:
    """Of PUT. What is new needs no condition, and whichever is given holds: clients always send `*`."""
    if known.kind == "missing":
        return "make folder" if slash else "create"
    if known.kind == "folder" or slash:
        return "is folder"
    if if_match is None:
        return "no condition"
    return "replace" if _holds(known, if_match) else "changed"


def may_remove(known: Known, *, slash: bool, if_match: bytes | None, empty: bool, recursive: bool) -> Removal:
    """Of DELETE. empty: of a folder."""
    if known.kind == "missing":
        return "missing"
    if known.kind == "folder":
        return "remove folder" if empty or recursive else "not empty"
    if slash:
        return "drop slash"
    if if_match is None:
        return "no condition"
    return "remove file" if _holds(known, if_match) else "changed"


def _holds(known: Known, if_match: bytes) -> bool:
    return judge(Conditions(if_match=if_match), known.etag.encode(), 0) == "send"
