"""A FastAPI app: a form, an upload, links of its own, a stream."""

import hashlib

from fastapi import FastAPI, File, Form, Request
from fastapi.responses import PlainTextResponse, RedirectResponse, StreamingResponse

app = FastAPI()


@app.get("/")
async def home(request: Request):
    link = request.url_for("thanks", name="é a").path
    return {"framework": "fastapi", "link": link, "scheme": request.url.scheme}


@app.post("/form")
async def form(request: Request, name: str = Form()):
    return RedirectResponse(request.url_for("thanks", name=name).path, 302)


@app.get("/thanks/{name}")
def thanks(name: str):
    return PlainTextResponse(f"thank you, {name}")


@app.post("/upload")
async def upload(file: bytes = File()):
    return {"size": len(file), "sha256": hashlib.sha256(file).hexdigest()}


@app.post("/raw")
async def raw(request: Request):
    return {"size": len(await request.body())}


@app.get("/stream")
async def stream():
    async def parts():
        for number in range(1000):
            yield f"{number};"

    return StreamingResponse(parts(), media_type="text/plain")
