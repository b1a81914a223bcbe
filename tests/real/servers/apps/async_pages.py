"""An ASGI app with two of the pages of `site_pages`."""

import asyncio
import json
import os
from urllib.parse import unquote


async def _send_part(send, part, more=True):
    await send({"type": "http.response.body", "body": part, "more_body": more})


async def process(scope, send):
    await _send_part(send, json.dumps({"process": os.getpid()}).encode(), more=False)


async def stream(scope, send):
    """Three parts; each but the first is sent when a byte has come through the named pipe."""
    gate = os.open(unquote(scope["query_string"].decode()), os.O_RDONLY)
    try:
        for part in (b"one ", b"two ", b"three"):
            await _send_part(send, part)
            if not await asyncio.to_thread(os.read, gate, 1):
                break
    finally:
        os.close(gate)
    await _send_part(send, b"", more=False)


async def app(scope, receive, send):
    assert scope["type"] == "http"  # the gateway goes on without a lifespan
    headers = [(b"content-type", b"text/plain"), (b"x-accel-buffering", b"no")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await {"/process": process, "/stream": stream}[scope["path"]](scope, send)
