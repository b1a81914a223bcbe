"""What is over is let go at once: the collector of circles looks rarely, and at what is old hardly ever."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Iterator

import pytest

from webstead.front.http1 import HttpReader
from webstead.front.steps import Steps
from webstead.front.upstream import Lost, Upstream


@pytest.fixture(autouse=True)
def without_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize(
    "data", [b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 204 No Content\r\n\r\n", b"nonsense"]
)
def test_a_connection_to_a_process(data: bytes) -> None:
    async def main() -> None:
        upstream = Upstream(asyncio.get_running_loop())
        upstream.begin(HttpReader(upstream, head_only=False), whole=True)
        upstream.data_received(data)
        upstream.abort()
        with pytest.raises(Lost):
            await upstream.wait()
        upstream.connection_lost(None)
        gone = weakref.ref(upstream)
        del upstream
        assert gone() is None

    asyncio.run(main())


def test_a_connection_whose_end_ends_the_response() -> None:
    async def main() -> None:
        upstream = Upstream(asyncio.get_running_loop())
        upstream.begin(HttpReader(upstream, head_only=False), whole=True)
        upstream.data_received(b"HTTP/1.1 200 OK\r\n\r\nall")
        upstream.connection_lost(None)
        assert upstream.ended
        assert upstream.take() == b"all"
        gone = weakref.ref(upstream)
        del upstream
        assert gone() is None

    asyncio.run(main())


def test_what_a_failed_request_held() -> None:
    class Held:
        pass

    async def fails(held: Held) -> None:
        raise ValueError(held.__class__.__name__)

    async def main() -> None:
        held = Held()
        gone = weakref.ref(held)
        errors: list[str] = []
        loop = asyncio.get_running_loop()
        loop.call_soon(Steps(fails(held), loop, lambda error: errors.append(str(error))).step)
        del held
        await asyncio.sleep(0)
        assert errors == ["Held"]
        assert gone() is None

    asyncio.run(main())
