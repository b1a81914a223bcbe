"""What master_site.py is, as an ASGI app."""

import asyncio
import os

VERSION = "one"

_eaten = []


async def app(scope, receive, send):
    if scope["type"] != "http":
        raise ValueError("no lifespan here")
    path = scope["path"]
    if path == "/stuck":
        await _stuck_for_ever()
    if path == "/fails":
        raise RuntimeError("on purpose")
    if path == "/eat":
        _eaten.append(b"x" * (100 << 20))
    text = f"{VERSION} {os.getpid()} ".encode() + b"x" * 5000 + b" end"
    start = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]}
    await send(start)
    await send({"type": "http.response.body", "body": text, "more_body": False})


async def _stuck_for_ever():
    await asyncio.get_running_loop().create_future()
