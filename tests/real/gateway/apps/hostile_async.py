"""An ASGI app whose child comes back."""

import os


async def app(scope, receive, send):
    if scope["type"] != "http":
        raise RuntimeError("no lifespan here")
    text = "hello"
    if scope["path"] != "/hello":
        child = os.fork()
        if not child and scope["path"] == "/child-returns":
            return
        if not child:
            raise SystemExit(3) if scope["path"] == "/child-exits" else ValueError("in the child")
        text = f"child {os.WEXITSTATUS(os.waitpid(child, 0)[1])}"  # noqa: ASYNC222 (the child is over at once)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": text.encode()})
