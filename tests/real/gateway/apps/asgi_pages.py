"""An ASGI app of pages that test a server. Written for Python 3.9 and later, with nothing but it."""

import asyncio
import hashlib
import os
import sys


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(scope, receive, send)
    else:
        await PAGES[scope["path"]](scope, receive, send)


async def lifespan(scope, receive, send):
    await receive()
    if "FAIL_START" in os.environ:
        await send({"type": "lifespan.startup.failed", "message": "no database"})
        return
    if "HANG_START" in os.environ:
        print("starting", flush=True)
        await asyncio.get_running_loop().create_future()
    scope["state"]["task"] = asyncio.ensure_future(background())
    await send({"type": "lifespan.startup.complete"})
    await receive()
    print("shutdown", flush=True)
    await send({"type": "lifespan.shutdown.complete"})


async def background():
    try:
        await asyncio.get_running_loop().create_future()
    except asyncio.CancelledError:
        print("cancelled", flush=True)
        raise


async def respond(send, data, more=False):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": data, "more_body": more})


async def hello(scope, receive, send):
    await respond(send, b"hello")


async def loop(scope, receive, send):
    await respond(send, type(asyncio.get_running_loop()).__module__.encode())


async def version(scope, receive, send):
    await respond(send, f"{sys.implementation.name} {sys.version.split()[0]}".encode())


async def digest(scope, receive, send):
    found = hashlib.sha256()
    size = 0
    more = True
    while more:
        message = await receive()
        found.update(message["body"])
        size += len(message["body"])
        more = message["more_body"]
    await respond(send, f"{size} {found.hexdigest()}".encode())


async def blocks(scope, receive, send):
    """100 MB."""
    await respond(send, b"", True)
    block = bytes(100_000)
    for turn in range(1000):
        await send({"type": "http.response.body", "body": block, "more_body": turn < 999})


async def echo(scope, receive, send):
    await respond(send, b"", True)
    more = True
    while more:
        message = await receive()
        more = message["more_body"]
        await send({"type": "http.response.body", "body": message["body"], "more_body": more})


async def endless(scope, receive, send):
    await respond(send, b"", True)
    try:
        while True:
            await send({"type": "http.response.body", "body": bytes(10_000), "more_body": True})
    except OSError:
        print("left", flush=True)


async def fails(scope, receive, send):
    raise RuntimeError("on purpose")


PAGES = {
    "/hello": hello,
    "/loop": loop,
    "/version": version,
    "/digest": digest,
    "/blocks": blocks,
    "/echo": echo,
    "/endless": endless,
    "/fails": fails,
}
