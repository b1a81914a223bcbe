"""A stream transport, by what it can do: uvloop's are not subclasses of asyncio's."""

from __future__ import annotations

import asyncio
from typing import Any, Protocol, runtime_checkable

__all__ = ["Wire", "as_wire"]


@runtime_checkable
class Wire(Protocol):
    def write(self, data: bytes) -> None: ...

    def write_eof(self) -> None: ...

    def can_write_eof(self) -> bool: ...

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    def is_closing(self) -> bool: ...

    def close(self) -> None: ...

    def abort(self) -> None: ...

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None: ...

    def get_extra_info(self, name: str, default: Any = None) -> Any: ...

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None: ...


def as_wire(transport: asyncio.BaseTransport) -> Wire:
    if not isinstance(transport, Wire):
        raise TypeError(f"not a stream: {transport!r}")
    return transport
