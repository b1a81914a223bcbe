"""A FastAPI site."""

import asyncio
from collections import defaultdict
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import BackgroundTasks, FastAPI, Request, UploadFile
from fastapi.responses import FileResponse, PlainTextResponse, StreamingResponse

done: list[str] = []


@asynccontextmanager
async def lifespan(app):
    yield {"greeting": "hello"}


app = FastAPI(lifespan=lifespan)


@app.get("/")
def root(request: Request):
    return {"says": request.state.greeting, "to": request.client.host, "url": str(request.url)}


@app.post("/upload")
async def upload(file: UploadFile):
    return {"name": file.filename, "size": len(await file.read())}


@app.get("/stream/{name}")
async def stream(name: str):
    async def parts():
        try:
            for part in ("one ", "two ", "three"):
                yield part
                if part != "three":
                    await gates[name].get()
        finally:
            ended.append(name)

    return StreamingResponse(parts(), media_type="text/plain", headers={"X-Accel-Buffering": "no"})


gates: defaultdict[str, asyncio.Queue] = defaultdict(asyncio.Queue)
ended: list[str] = []


@app.get("/open/{name}")
async def open_gate(name: str):
    await gates[name].put(None)
    return "opened"


@app.get("/ended")
async def which_streams_have_ended():
    return ended


@app.get("/background")
async def background(tasks: BackgroundTasks):
    tasks.add_task(done.append, "background")
    return PlainTextResponse("soon")


@app.get("/done")
async def what_is_done():
    return done


@app.get("/file")
async def file():
    return FileResponse(Path(__file__), filename="café.py")


@app.get("/fails")
async def fails():
    raise RuntimeError("on purpose")
