"""A virtual environment as items: what a real one holds, without its path."""

from __future__ import annotations

import py_compile
import subprocess
import sys
from pathlib import Path

import pytest

from webstead.build.environment import environment_at, site_packages
from webstead.build.output import place, relocated_items
from webstead.errors import BuildError


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    folder = tmp_path / "cache" / "env"
    words = [sys.executable, "-m", "uv", "venv", "--quiet", "--no-project", "--python", sys.executable]
    subprocess.run([*words, str(folder)], check=True, timeout=60)
    return folder


def test_no_file_of_it_holds_the_path(prefix: Path, tmp_path: Path) -> None:
    (prefix / "bin" / "tool").write_text(f"#!{prefix}/bin/python\nprint('tool')\n")
    (prefix / "bin" / "tool").chmod(0o755)
    (prefix / "overlay" / "bin").mkdir(parents=True)
    (prefix / "overlay" / "bin" / "more").write_text(f"#!{prefix}/bin/python\nprint('more')\n")
    (prefix / "overlay" / "bin" / "more").chmod(0o755)
    place(relocated_items(environment_at(prefix), "env", tmp_path / "project"), tmp_path / "out")
    moved = tmp_path / "out" / "env"
    texts = [path for path in moved.rglob("*") if path.is_file() and not path.is_symlink()]
    assert not [path for path in texts if str(prefix).encode() in path.read_bytes()]
    assert not {path.name for path in texts} & {".gitignore", "CACHEDIR.TAG", ".lock"}
    for name in ("bin/tool", "overlay/bin/more"):
        done = subprocess.run([str(moved / name)], capture_output=True, text=True, timeout=30, check=True)
        assert done.stdout == f"{moved.joinpath(name).name}\n"


def test_byte_code_is_taken_when_python_would_take_it(prefix: Path, tmp_path: Path) -> None:
    (site,) = site_packages(prefix)
    for name in ("good", "stale"):
        (site / f"{name}.py").write_text("X = 1\n")
        py_compile.compile(
            str(site / f"{name}.py"), invalidation_mode=py_compile.PycInvalidationMode.TIMESTAMP
        )
    (site / "stale.py").write_text("X = 22\n")
    (site / "closed.pyc").write_bytes(next((site / "__pycache__").glob("good.*")).read_bytes())
    place(relocated_items(environment_at(prefix), "env", tmp_path / "project"), tmp_path / "out")
    moved = tmp_path / "out" / "env"
    found = {path.name.partition(".")[0] for path in moved.rglob("*.pyc")}
    assert found == {"good", "closed"}
    next(moved.rglob("good.py")).touch()
    code = "import good, stale, closed; print(good.X, stale.X, closed.X)"
    words = [str(moved / "bin" / "python"), "-c", code]
    assert subprocess.run(words, capture_output=True, text=True, timeout=30, check=True).stdout == "1 22 1\n"


def test_an_editable_package_outside_of_the_project_is_refused(prefix: Path, tmp_path: Path) -> None:
    (site,) = site_packages(prefix)
    (site / "__editable__.tools-1.pth").write_text(f"{tmp_path}/tools/src\n")
    with pytest.raises(BuildError) as caught:
        relocated_items(environment_at(prefix), "env", tmp_path / "project")
    assert caught.value.what.endswith(f"{tmp_path}/tools/src")
    assert "without -e" in caught.value.fix
