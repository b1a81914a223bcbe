"""A stream transport, by what it can do: uvloop's are not subclasses of asyncio's."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

__all__ = ["Wire"]


@runtime_checkable
class Wire(Protocol):
    def write(self, data: bytes) -> None: ...

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    def is_closing(self) -> bool: ...

    def abort(self) -> None: ...
