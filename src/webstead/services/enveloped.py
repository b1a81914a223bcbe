"""JSON answers of an application in the envelope of Azure's resource manager, as they are sent."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import Message, Send

from webstead.services.arm import Envelope, wrapped

__all__ = ["enveloped"]


def enveloped(envelope: Envelope, send: Send) -> Send:
    """JSON that is no error is held back until it is whole; all else goes through as it is."""
    start: list[Message] = []
    body = bytearray()

    async def held(message: Message) -> None:
        if message["type"] == "http.response.start" and _is_plain_json(message):
            start.append(message)
        elif message["type"] == "http.response.body" and start:
            body.extend(message.get("body", b""))
            if not message.get("more_body"):
                whole = wrapped(envelope, bytes(body)) if body else b""
                MutableHeaders(scope=start[0])["content-length"] = str(len(whole))
                await send(start.pop())
                await send({**message, "body": whole})
        else:
            await send(message)

    return held


def _is_plain_json(message: Message) -> bool:
    kind = MutableHeaders(scope=message).get("content-type", "")
    return int(message["status"]) < 400 and kind.startswith("application/json")
