"""A Flask app as people write them."""

from flask import Flask, redirect, request

app = Flask(__name__)


@app.get("/")
def index():
    return "flask says hello"


@app.post("/form")
def form():
    return redirect(f"/thanks/{request.form['name']}")


@app.get("/thanks/<name>")
def thanks(name):
    return f"thank you, {name} from {request.remote_addr}"


@app.post("/upload")
def upload():
    stored = request.files["file"]
    return f"{stored.filename} {len(stored.read())}"
