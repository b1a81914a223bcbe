"""A Flask app: a form, an upload, links of its own, a stream."""

import hashlib

from flask import Flask, Response, redirect, request, url_for

app = Flask(__name__)


@app.get("/")
def home():
    return {"framework": "flask", "link": url_for("thanks", name="é a"), "scheme": request.scheme}


@app.post("/form")
def form():
    return redirect(url_for("thanks", name=request.form["name"]))


@app.get("/thanks/<name>")
def thanks(name):
    return f"thank you, {name}"


@app.post("/upload")
def upload():
    content = request.files["file"].read()
    return {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}


@app.post("/raw")
def raw():
    return {"size": len(request.get_data())}


@app.get("/stream")
def stream():
    return Response((f"{number};" for number in range(1000)), mimetype="text/plain")
