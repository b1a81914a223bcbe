"""`webstead build -o`: what is written runs where it is put."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.live import WEBSTEAD, fetch, served

APP = """\
import os, sys
from flask import Flask
app = Flask(__name__)
@app.get("/")
def hello():
    return "|".join([sys.prefix, os.environ.get("TITLE", "-"), os.environ.get("SECRET_KEY", "-"), __file__])
"""
SECONDS = 30.0


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sites") / "shop"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    (folder / "requirements.txt").write_text("flask\n-e ./lib\n")
    (folder / "lib" / "src" / "stock").mkdir(parents=True)
    (folder / "lib" / "src" / "stock" / "__init__.py").write_text("COUNT = 3\n")
    (folder / "lib" / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
        '[project]\nname = "stock"\nversion = "1"\n'
        '[project.scripts]\ncount-stock = "stock:COUNT.__index__"\n'
    )
    return folder


def webstead(*words: str | Path, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*WEBSTEAD, *map(str, words)],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        env={**os.environ, **(env or {})},
    )


def built(project: Path, output: Path, *words: str) -> dict[str, object]:
    done = webstead("build", project, "-o", output, "--json", *words)
    assert done.returncode == 0, done.stdout + done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    found: dict[str, object] = next(event for event in events if event["event"] == "output.written")
    return found


def started(start: Path, env: Mapping[str, str] | None = None) -> AbstractContextManager[str]:
    return served([str(start)], env or {})


def shell(text: str, name: str = "sh") -> str:
    done = subprocess.run([name, "-c", text], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_folder_runs_where_it_is_moved_to(project: Path, tmp_path: Path) -> None:
    made = built(project, tmp_path / "out", "-e", "TITLE=my shop", "-e", "SECRET_KEY=s3cret")
    assert made["needs"] == ["SECRET_KEY"]
    moved = tmp_path / "a folder" / ("of a name so long that no first line could hold it" * 3)
    moved.parent.mkdir()
    (tmp_path / "out").rename(moved)
    with started(moved / "start", {"SECRET_KEY": "theirs"}) as url:
        prefix, title, secret, file = fetch(url).text.split("|")
    assert (prefix, title, secret) == (str(moved / "antenv"), "my shop", "theirs")
    assert file == str(moved / "app.py")
    assert "s3cret" not in "".join(path.read_text() for path in moved.glob(".webstead/*.json"))
    for name in ("sh", "bash"):
        printed = shell(f". '{moved}/antenv/bin/activate' && command -v python && flask --version", name)
        assert printed.startswith(str(moved / "antenv/bin/python"))
        assert "Flask" in printed
    assert shell(f"'{moved}/antenv/bin/count-stock' || echo $?") == "3"
    where = shell(f"'{moved}/start' run python -c 'import stock; print(stock.__file__)'")
    assert where == str(moved / "lib/src/stock/__init__.py")
    verify = "import importlib.metadata as m, base64, hashlib\n" + RECORDS
    assert shell(f"'{moved}/antenv/bin/python' -c '{verify}'") == "true"


RECORDS = """
for each in m.distributions():
    for file in each.files or ():
        if file.hash is not None:
            found = hashlib.sha256(file.locate().read_bytes()).digest()
            assert base64.urlsafe_b64encode(found).rstrip(b"=").decode() == file.hash.value, file
print("true")
"""


@pytest.mark.parametrize("form", ["zstd", "tar-gz", "zip"])
def test_an_archive_runs_and_has_the_digest_of_the_folder(project: Path, tmp_path: Path, form: str) -> None:
    plain = built(project, tmp_path / "plain")
    packed = built(project, tmp_path / "packed", f"--compress={form}")
    assert packed["digest"] == plain["digest"]
    again = built(project, tmp_path / "again", f"--compress={form}")
    assert Path(str(again["archive"])).read_bytes() == Path(str(packed["archive"])).read_bytes()
    (tmp_path / "packed").rename(tmp_path / "moved")
    cache = {"WEBSTEAD_OUTPUT_CACHE": str(tmp_path / "cache")}
    with started(tmp_path / "moved" / "start", cache) as url:
        assert fetch(url).text.startswith(str(tmp_path / "cache"))
    (unpacked,) = (tmp_path / "cache").iterdir()
    stamp = unpacked.stat().st_mtime_ns
    run = f"WEBSTEAD_OUTPUT_CACHE='{tmp_path}/cache' '{tmp_path}/moved/start' run python -c 'print(1)'"
    assert shell(run) == "1"
    assert unpacked.stat().st_mtime_ns == stamp
    Path(str(packed["archive"]).replace("/packed/", "/moved/")).write_bytes(b"cut off")
    broken = f"WEBSTEAD_OUTPUT_CACHE='{tmp_path}/other' '{tmp_path}/moved/start' 2>&1 || echo $?"
    assert re.search(r"error: .* cannot be unpacked\nfound: .*\nfix: .*\n5$", shell(broken))
    assert not list((tmp_path / "other").iterdir())


def test_a_second_run_changes_what_changed(project: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    shutil.copytree(project, own)
    built(own, tmp_path / "out")
    (tmp_path / "out" / "uploads").mkdir()
    (own / "app.py").write_text(APP + "# more\n")
    (own / "requirements.txt").write_text("flask\n")
    second = built(own, tmp_path / "out")
    assert not list((tmp_path / "out").glob("antenv/lib/*/site-packages/*stock*"))
    assert (tmp_path / "out" / "uploads").is_dir()
    third = built(own, tmp_path / "out", "--compress")
    assert third["digest"] == second["digest"]
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        ".webstead",
        "output.tar.zst",
        "start",
        "uploads",
    }


def test_another_python_is_found_and_a_missing_one_is_told(project: Path, tmp_path: Path) -> None:
    built(project, tmp_path / "out")
    python = tmp_path / "out" / "antenv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/python3")
    assert shell(f"'{tmp_path}/out/start' run python -c 'print(7)'") == "7"
    python.unlink()
    python.symlink_to("/nowhere/python3")
    start = tmp_path / "out" / "start"
    start.write_text(
        start.read_text().replace("python3", "python-that-is-not-there").replace("python python", "x")
    )
    done = subprocess.run(
        [str(start)],
        env={"PATH": "/usr/bin:/bin", "HOME": "/nowhere"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 6
    assert done.stderr.startswith("error: Python 3.")
    assert "WEBSTEAD_PYTHON=PATH" in done.stderr


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (["-o", "{project}/out"], 2, "would be part of the project"),
        (["-o", "{project}/.."], 2, "would be written over the project"),
        (["-o", "{project}/app.py"], 2, "part of the project"),
        (["-o", "{tmp}/file"], 2, "is a file, not a folder"),
        (["-o", "{tmp}/theirs"], 5, "holds files that no build of Webstead placed"),
        (["--compress"], 2, "--compress is about an output"),
        (["-o", "{tmp}/out", "--start-name", "app.py"], 5, "has a file of its own at app.py"),
        (["-o", "/proc/out"], 5, "cannot be written to /proc/out"),
    ],
)
def test_a_place_that_no_output_can_have_is_refused(
    project: Path, tmp_path: Path, words: list[str], code: int, error: str
) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "thesis.txt").write_text("x")
    given = [word.format(project=project, tmp=tmp_path) for word in words]
    done = webstead("build", project, *given)
    assert (done.returncode, error in done.stderr) == (code, True), done.stderr
    assert "fix:   " in done.stderr
    assert (tmp_path / "theirs" / "thesis.txt").read_text() == "x"
    assert sorted(path.name for path in project.iterdir() if path.name != "__pycache__") == [
        "app.py",
        "lib",
        "requirements.txt",
    ]


def test_what_is_installed_is_written_as_a_bill(project: Path, tmp_path: Path) -> None:
    done = webstead("build", project, "--sbom", tmp_path / "bom.json")
    assert done.returncode == 0, done.stderr
    bill = json.loads((tmp_path / "bom.json").read_text())
    assert {"flask", "werkzeug", "stock"} <= {component["name"] for component in bill["components"]}
