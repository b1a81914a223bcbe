"""Orders over a real socket."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import pytest

from webstead.errors import HostError, StartError
from webstead.site.server.order_service import OrderService
from webstead.site.server.orders import Order, SupervisorClient


async def perform(order: Order) -> object:
    if order.order == "activate" and order.release == "bad":
        raise StartError("It does not start.", found="no module", fix="install it")
    if order.order == "settled":
        raise ZeroDivisionError("a mistake")
    if order.order == "instances":
        return [{"site": order.site, "name": "app-1", "pool": "app", "pid": 7, "started": 1.5}]
    return None


async def served(path: Path) -> OrderService:
    service = OrderService(path, perform)
    await service.begin()
    return service


def test_orders_are_answered_also_below_a_long_path(tmp_path: Path) -> None:
    folder = tmp_path / ("f" * 120)
    folder.mkdir()

    async def talk() -> None:
        service = await served(folder / "supervisor.sock")
        client = SupervisorClient(folder / "supervisor.sock")
        assert await asyncio.to_thread(client.activate, "shop", "good", renew=True) is None
        refused = await asyncio.to_thread(client.activate, "shop", "bad", renew=True)
        assert isinstance(refused, StartError)
        assert refused.fix == "install it"
        (instance,) = await asyncio.to_thread(client.instances, "shop")
        assert (instance.site, instance.pid, instance.started) == ("shop", 7, 1.5)
        await service.end()

    asyncio.run(talk())


def test_after_a_mistake_of_our_own_the_next_order_is_taken(tmp_path: Path) -> None:
    told: list[object] = []

    async def talk() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["exception"]))
        service = await served(tmp_path / "s.sock")
        client = SupervisorClient(tmp_path / "s.sock")
        with pytest.raises(HostError, match="gave no answer"):
            await asyncio.to_thread(client.settled, "shop")
        await asyncio.to_thread(client.changed, "shop")
        await service.end()

    asyncio.run(talk())
    assert isinstance(told[0], ZeroDivisionError)


def test_the_end_of_the_supervisor_ends_who_waits(tmp_path: Path) -> None:
    async def wait(order: Order) -> object:
        taken.set()
        await asyncio.Event().wait()
        return None

    async def talk() -> None:
        service = OrderService(tmp_path / "s.sock", wait)
        await service.begin()
        waiting = asyncio.create_task(
            asyncio.to_thread(SupervisorClient(tmp_path / "s.sock").recycle, "shop")
        )
        await taken.wait()
        await service.end()
        with pytest.raises(HostError):
            await waiting

    taken = asyncio.Event()
    asyncio.run(talk())


def test_nobody_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(HostError, match="does not answer"):
        SupervisorClient(tmp_path / "s.sock").changed("shop")


def test_nobody_else_may_order(tmp_path: Path) -> None:
    async def begin() -> int:
        service = await served(tmp_path / "s.sock")
        mode = (tmp_path / "s.sock").stat().st_mode & 0o777
        await service.end()
        return mode

    assert asyncio.run(begin()) == 0o600
    assert not (tmp_path / "s.sock").exists()


def test_a_line_without_an_end_ends_the_connection(tmp_path: Path) -> None:
    async def talk() -> None:
        service = await served(tmp_path / "s.sock")
        reader, writer = await asyncio.open_unix_connection(tmp_path / "s.sock")
        writer.write(b"x" * (1 << 18))
        with contextlib.suppress(ConnectionResetError):  # it had not read all of it
            assert await reader.read() == b""
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        await asyncio.to_thread(SupervisorClient(tmp_path / "s.sock").changed, "shop")
        await service.end()

    asyncio.run(talk())
