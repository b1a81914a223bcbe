"""What is published: the wheel has the package and nothing else, and runs where it is installed."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from uv import find_uv_bin

from tests.live import REPOSITORY, fetch

SOURCE = REPOSITORY / "src" / "webstead"


def uv(*words: str | Path) -> None:
    done = subprocess.run(
        [find_uv_bin(), *map(str, words)], capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    uv("build", "--quiet", "--wheel", "--out-dir", folder, REPOSITORY)
    (path,) = folder.glob("*.whl")
    return path


def test_it_has_the_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    ours = {
        f"webstead/{path.relative_to(SOURCE).as_posix()}"
        for path in SOURCE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert names == ours
    assert "webstead/py.typed" in names


def test_it_serves_where_it_is_installed(wheel: Path, tmp_path: Path) -> None:
    uv("venv", "--quiet", "--python", sys.executable, tmp_path / "env")
    uv("pip", "install", "--quiet", "--python", tmp_path / "env", wheel)
    site = tmp_path / "site"
    site.mkdir()
    (site / "app.py").write_text(
        "def application(environ, start_response):\n"
        "    start_response('200 OK', [('Content-Type', 'text/plain')])\n"
        "    return [b'installed']\n"
    )
    process = subprocess.Popen(
        [tmp_path / "env" / "bin" / "webstead", "up", site, "--port", "0"],
        cwd=tmp_path,
        env={**os.environ, "PATH": "/usr/bin:/bin"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout is not None
        with process.stdout as lines:
            url = next(line.split()[1] for line in lines if line.startswith("Ready: "))
            assert fetch(url).text == "installed"
            process.terminate()
        assert process.wait(6) == 0
    finally:
        process.kill()
        process.wait()
