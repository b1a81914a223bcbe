"""Apps that only their own framework can serve, given as `module:object` or `module:factory()`: the code
makes them and starts no server."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import os
import sys
from typing import Any, Callable

from webstead.portbind.redirection import LOOPBACK

__all__ = ["FRAMEWORKS", "serve_object"]


def serve_object(framework: str, target: str, port: int, address: str = LOOPBACK) -> None:
    """Serves until it is told to stop."""
    sys.path.insert(0, os.getcwd())
    module, _, attribute = target.partition(":")
    found: Any = importlib.import_module(module)
    for name in attribute.removesuffix("()").split("."):
        found = getattr(found, name)
    FRAMEWORKS[framework](found, attribute.endswith("()"), port, address)


def _called(factory: Any) -> Any:
    """aiohttp's own command gives the words that are left over; a factory for it takes one argument."""
    needed = [
        parameter
        for parameter in inspect.signature(factory).parameters.values()
        if parameter.default is parameter.empty and parameter.kind <= parameter.POSITIONAL_OR_KEYWORD
    ]
    return factory([]) if needed else factory()


def _aiohttp(found: Any, is_factory: bool, port: int, address: str) -> None:
    web = importlib.import_module("aiohttp.web")
    # The app, or a coroutine that gives it: run_app takes both, and makes either on its own loop.
    web.run_app(_called(found) if is_factory else found, host=address, port=port, print=None)


def _tornado(found: Any, is_factory: bool, port: int, address: str) -> None:
    async def serve() -> None:
        app = _called(found) if is_factory else found
        if inspect.isawaitable(app):
            app = await app
        app.listen(port, address)
        await asyncio.Event().wait()

    asyncio.run(serve())


FRAMEWORKS: dict[str, Callable[[Any, bool, int, str], None]] = {"aiohttp": _aiohttp, "tornado": _tornado}
