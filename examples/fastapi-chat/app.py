"""A chat: one page, one room, one WebSocket for each visitor."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from fastapi import FastAPI, WebSocket
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles

NAME_LIMIT = 30
TEXT_LIMIT = 500
HISTORY = 50  # lines that a newcomer sees
BACKLOG = 200  # unsent lines after which a visitor who does not read is dropped

STATIC = Path(__file__).parent / "static"


@dataclass(frozen=True, slots=True)
class Line:
    """What the page shows: something said, or that someone came or went. at: seconds since 1970."""

    kind: Literal["said", "joined", "left"]
    name: str
    text: str
    at: float
    present: int


Queue = asyncio.Queue[Line | None]


class Room:
    """Who is here, and the last lines. It lives in this process's memory: run the chat with one worker."""

    def __init__(self) -> None:
        self._visitors: set[Queue] = set()
        self._history: deque[Line] = deque(maxlen=HISTORY)

    def enter(self, name: str) -> Queue:
        queue: Queue = asyncio.Queue(HISTORY + BACKLOG)
        for line in self._history:
            queue.put_nowait(line)
        self._visitors.add(queue)
        self.tell("joined", name)
        return queue

    def leave(self, name: str, queue: Queue) -> None:
        self._visitors.discard(queue)
        self.tell("left", name)

    def tell(self, kind: Literal["said", "joined", "left"], name: str, text: str = "") -> None:
        line = Line(kind, name, text, time.time(), len(self._visitors))
        if kind == "said":
            self._history.append(line)
        for queue in tuple(self._visitors):
            self._hand(queue, line)

    def _hand(self, queue: Queue, line: Line) -> None:
        """A visitor who does not read must not stop the others: a full queue is emptied and ended."""
        if not queue.full():
            queue.put_nowait(line)
            return
        self._visitors.discard(queue)
        while not queue.empty():
            queue.get_nowait()
        queue.put_nowait(None)


app = FastAPI(title="Chat", docs_url=None, redoc_url=None)
app.mount("/static", StaticFiles(directory=STATIC), name="static")
room = Room()


@app.get("/", include_in_schema=False)
async def page() -> FileResponse:
    return FileResponse(STATIC / "chat.html")


@app.get("/health")
async def health() -> dict[str, str]:
    return {"status": "ok"}


# No login and no cookie: a page of another site gains nothing by connecting, so any Origin is let in.
@app.websocket("/ws")
async def chat(socket: WebSocket, name: str = "") -> None:
    name = name.strip()[:NAME_LIMIT] or "someone"
    await socket.accept()
    queue = room.enter(name)
    writer = asyncio.create_task(send_lines(socket, queue))
    try:
        await read_lines(socket, name)
    finally:
        room.leave(name, queue)
        writer.cancel()
        await asyncio.gather(writer, return_exceptions=True)


async def read_lines(socket: WebSocket, name: str) -> None:
    """Hands on what the visitor says, until they go. Binary messages say nothing."""
    while (message := await socket.receive())["type"] != "websocket.disconnect":
        text = (message.get("text") or "").strip()[:TEXT_LIMIT]
        if text:
            room.tell("said", name, text)


async def send_lines(socket: WebSocket, queue: Queue) -> None:
    """Sends what the room says. None ends it: the visitor did not read fast enough."""
    while (line := await queue.get()) is not None:
        await socket.send_json(asdict(line))
    await socket.close(code=1013, reason="too slow")
