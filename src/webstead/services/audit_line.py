"""What the audit has of a request."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["AuditLine"]


@dataclass(frozen=True, slots=True)
class AuditLine:
    """time: in UTC. client: its address. who: `$shop`, `token:NAME`, "" for nobody who is known. refused: why
    it was; "" when it was let in, whatever came of it (status). count: of such requests; the line is the last
    one's."""

    time: str
    client: str
    who: str
    site: str
    method: str
    path: str
    status: int
    refused: str = ""
    count: int = 1
