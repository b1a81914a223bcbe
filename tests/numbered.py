"""Releases that are told apart by a number, which every file of one says: so that a half one is seen.

Their app answers with the number, as its module, its files and the package that it needs say it; and it
writes into its own folder what it is asked to.
"""

from __future__ import annotations

import functools
import io
import os
import random
import tempfile
import zipfile
from pathlib import Path

from tests.package_index import wheel

__all__ = ["answer_of", "differences", "files_of", "package"]

SMALL = 500
"""Files, beside a larger one."""

_APP = """\
import time
from pathlib import Path
from urllib.parse import parse_qs
{imports}
FIRST = {number}
HERE = Path(__file__).parent


def put(name, text, after):
    time.sleep(after)
    (HERE / "notes").mkdir(exist_ok=True)
    for place in (HERE / "notes" / name, HERE / f"note-{{name}}"):
        place.with_name(f"{{place.name}}.new").write_text(text)
        place.with_name(f"{{place.name}}.new").replace(place)
    print(f"put {{name}}", flush=True)


def app(environ, start_response):
    asked = parse_qs(environ["QUERY_STRING"])
    if "put" in asked:
        name = asked["put"][0]
        put(name, asked.get("text", [name])[0], float(asked.get("after", ["0"])[0]))
    length = sum(len(block) for block in iter(lambda: environ["wsgi.input"].read(65536), b""))
    second = HERE.joinpath("second.txt").read_text()
    third = HERE.joinpath("data", "f499.txt").read_text()
    start_response("200 OK", [("Content-Type", "text/plain"), ("X-Length", str(length))])
    return [f"{{FIRST}} {{second}} {{third}}{version}".encode()]
"""
_RELEASE_STEP = """\
import time

print("before the traffic of {number}")
time.sleep(0.1)
"""


def answer_of(number: int, *, builds: bool = False) -> str:
    """Of its app."""
    return f"{number} {number} {number}" + (f" {_version(number)}" if builds else "")


@functools.lru_cache(maxsize=64)
def files_of(number: int, *, builds: bool = False) -> dict[str, bytes]:
    """By path. builds: with a package that is installed, another one for every second number, and with a
    release step."""
    imports, version = ("from marker import VERSION", " {VERSION}") if builds else ("", "")
    texts = {
        "app.py": _APP.format(number=number, imports=imports, version=version),
        "second.txt": f"{number}",
        **{f"data/f{each}.txt": f"{number}" for each in range(SMALL)},
    }
    files = {path: text.encode() for path, text in texts.items()}
    files["data/large.bin"] = random.Random(number).randbytes(300_000)
    return files | (_built(number) if builds else {})


def _built(number: int) -> dict[str, bytes]:
    name, content = _wheel(_version(number))
    return {
        name: content,
        "requirements.txt": f"./{name}\n".encode(),
        "Procfile": b"release: python release.py\n",
        "release.py": _RELEASE_STEP.format(number=number).encode(),
    }


def _version(number: int) -> str:
    return f"1.{number // 2}"


def _wheel(version: str) -> tuple[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        made = wheel(Path(folder), "marker", version)
        return made.name, made.read_bytes()


def package(number: int, *, builds: bool = False) -> bytes:
    """As a zip."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files_of(number, builds=builds).items():
            archive.writestr(path, content)
    return held.getvalue()


def differences(folder: Path, *, builds: bool = False) -> list[str]:
    """Between a release on the disk and what its number says that it is: nothing, for a whole one. What the
    app wrote, and links to it, are no part of it."""
    number = int((folder / "second.txt").read_text())
    expected = files_of(number, builds=builds)
    found = {path: (folder / path).read_bytes() for path in _deployed(folder)}
    missing = sorted(expected.keys() - found.keys())
    wrong = sorted(path for path, content in found.items() if expected.get(path) != content)
    return [*(f"{path} is missing" for path in missing), *(f"{path} is wrong" for path in wrong)]


def _deployed(folder: Path) -> list[str]:
    return [
        name
        for at, folders, names in os.walk(folder)
        if Path(at).name not in ("__pycache__", "notes")
        for each in names
        if not (name := os.path.relpath(f"{at}/{each}", folder)).startswith("note-")
    ]
