"""The ASGI app that does what lanes.py does."""

import asyncio
import hashlib

_gates = {}


def _gate(name):
    return _gates.setdefault(name, (asyncio.Event(), asyncio.Event()))


async def app(scope, receive, send):
    if scope["type"] != "http":
        raise ValueError("no lifespan here")
    page, _, name = scope["path"].strip("/").partition("/")
    if page == "wait":
        arrived, opened = _gate(name)
        arrived.set()
        await asyncio.wait_for(opened.wait(), 20)
    if page == "open":
        arrived, opened = _gate(name)
        await asyncio.wait_for(arrived.wait(), 20)
        opened.set()
    start = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]}
    if page == "endless":
        await send(start)
        while True:
            await send({"type": "http.response.body", "body": b"x" * 60000, "more_body": True})
    digest = hashlib.sha256()
    more = True
    while more:
        message = await receive()
        digest.update(message.get("body", b""))
        more = message.get("more_body", False)
    await send(start)
    text = f"{page}/{name} {digest.hexdigest()[:16]}"
    await send({"type": "http.response.body", "body": text.encode(), "more_body": False})
