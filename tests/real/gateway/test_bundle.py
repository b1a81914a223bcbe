"""The gateway as one file: what is in it, and that any Python serves an app with it."""

from __future__ import annotations

import ast
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.attach.bundle import PACKAGE, archive, bundled_files, write_bundle
from webstead.errors import UsageError

from .conftest import GATEWAY, SECONDS, Peer

APP = """\
import json, os, sys, traceback

import webstead

def app(environ, start_response):
    try:
        start_response(object(), [])
    except BaseException:
        trace = traceback.format_exc()
    ours = [name for name in sys.modules if name.startswith("webstead.")]
    facts = {
        "version": list(sys.version_info[:2]),
        "implementation": sys.implementation.name,
        "mine": webstead.MINE,
        "ours": ours,
        "path": sys.path,
        "folder": os.getcwd(),
        "trace": trace,
    }
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(facts).encode()]
"""


def interpreters() -> list[str]:
    """The Pythons from 3.9 to 3.14 that are found on PATH or under pyenv, and the running one."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = {os.path.realpath(sys.executable): sys.executable}
    for minor in range(9, 15):
        known = [shutil.which(f"python3.{minor}") or "", *map(str, pyenv.glob(f"3.{minor}.*/bin/python"))]
        found |= {os.path.realpath(python): python for python in known if python and "shims" not in python}
    return list(found.values())


PYTHONS = [
    *interpreters(),
    pytest.param("pypy3", marks=pytest.mark.needs("pypy3")),
]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(tmp_path_factory.mktemp("bundle") / "gateway.pyz", sys.executable).path


@pytest.fixture
def site(folder: Path) -> Path:
    """The folder of an app that has a package named `webstead` of its own."""
    (folder / "site" / "webstead").mkdir(parents=True)
    (folder / "site" / "webstead" / "__init__.py").write_text("MINE = True\n")
    (folder / "site" / "facts.py").write_text(APP)
    return folder / "site"


@contextmanager
def serving(words: Sequence[str | Path], site: Path, cwd: Path | None = None) -> Iterator[Path]:
    """The gateway with these first words, serving the site; gives its socket."""
    path = site.parent / "gateway.sock"
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [*map(str, words), "--bind", f"unix:{path}", "--directory", str(site), "facts:app"],
        stdin=subprocess.DEVNULL,
        cwd=cwd,
        pass_fds=(writing,),
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "WEBSTEAD_REPORT_FD": str(writing)},
    )
    os.close(writing)
    try:
        with os.fdopen(reading) as channel:
            assert json.loads(channel.readline() or "null") == {"loaded": True}
        yield path
        process.terminate()
        assert process.wait(SECONDS) == 0
    finally:
        process.kill()
        process.wait(SECONDS)


def facts(path: Path) -> dict[str, object]:
    with Peer(path) as peer:
        answer = peer.get("/")
    assert answer.status == 200, answer.text
    found: dict[str, object] = json.loads(answer.text)
    return found


@pytest.mark.parametrize("python", PYTHONS)
def test_it_serves_under_every_python_that_is_here(python: str, bundle: Path, site: Path) -> None:
    with serving((python, bundle), site) as path:
        found = facts(path)
    told = subprocess.check_output([python, "-c", "import sys; print(*sys.version_info[:2])"], text=True)
    assert found["version"] == [int(number) for number in told.split()]
    assert found["implementation"] == ("pypy" if python == "pypy3" else "cpython")


@pytest.mark.parametrize("gateway", ["bundle", "folder"])
def test_the_app_sees_no_sign_of_it(gateway: str, bundle: Path, site: Path) -> None:
    with serving((sys.executable, bundle if gateway == "bundle" else GATEWAY), site) as path:
        found = facts(path)
    assert found["mine"] is True
    assert found["ours"] == []
    assert isinstance(found["path"], list)
    assert found["path"][0] == found["folder"] == str(site)
    assert not any(".pyz" in entry or "gateway" in Path(entry).name for entry in found["path"])


@pytest.mark.parametrize("flags", [["-I"], ["-O"], ["-S"], ["-E", "-s", "-B"]], ids=" ".join)
def test_it_serves_with_flags_of_python(flags: list[str], bundle: Path, site: Path) -> None:
    with serving((sys.executable, *flags, bundle), site) as path:
        assert facts(path)["mine"] is True


def test_it_serves_when_named_by_a_relative_path_or_a_link(bundle: Path, site: Path) -> None:
    with serving((sys.executable, bundle.name), site, cwd=bundle.parent) as path:
        assert facts(path)["mine"] is True
    link = site.parent / "link.pyz"
    link.symlink_to(bundle)
    with serving((sys.executable, link), site) as path:
        assert facts(path)["mine"] is True


def test_it_is_a_program(bundle: Path, site: Path) -> None:
    assert bundle.stat().st_mode & 0o777 == 0o755
    with serving((bundle,), site) as path:
        assert facts(path)["mine"] is True


def test_a_traceback_out_of_it_shows_its_source(bundle: Path, site: Path) -> None:
    with serving((sys.executable, bundle), site) as path:
        trace = str(facts(path)["trace"])
    lines = [line.strip() for line in trace.splitlines()]
    ours = [line for line in lines if ".pyz/webstead/gateway/" in line]
    assert ours, trace
    after = lines[lines.index(ours[-1]) + 1]
    assert after
    assert not after.startswith("File ")
    assert f"{after}\n" in _source(bundle, ours[-1])


def _source(bundle: Path, line: str) -> str:
    name = line.split('"')[1].partition(".pyz/")[2]
    with zipfile.ZipFile(bundle) as files:
        return files.read(name).decode()


@pytest.mark.parametrize("word", ["--version", "--help"])
def test_it_tells_of_itself(word: str, bundle: Path) -> None:
    done = subprocess.run(
        [sys.executable, bundle, word], capture_output=True, text=True, timeout=20, check=False
    )
    assert done.returncode == 0, done.stderr
    assert ("0." in done.stdout) if word == "--version" else ("--bind" in done.stdout)


def test_it_holds_the_gateway_the_codec_and_the_licence(bundle: Path) -> None:
    with zipfile.ZipFile(bundle) as files:
        names = files.namelist()
        licence = files.read("LICENSE").decode()
    sources = [*(PACKAGE / "gateway").rglob("*.py"), *(PACKAGE / "formats" / "fastcgi").glob("*.py")]
    sources += [PACKAGE / "__init__.py", PACKAGE / "formats" / "__init__.py"]
    wanted = {f"webstead/{path.relative_to(PACKAGE).as_posix()}" for path in sources}
    assert set(names) == wanted - {"webstead/gateway/__main__.py"} | {"__main__.py", "LICENSE"}
    assert names == sorted(names)
    assert "MIT" in licence


def test_the_same_source_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = write_bundle(tmp_path / "one.pyz"), write_bundle(tmp_path / "two.pyz")
    assert first.sha256 == second.sha256
    assert first.path.read_bytes() == second.path.read_bytes()
    assert len(first.path.read_bytes()) == first.size
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.pyz", "two.pyz"]


NAMES = st.text(st.characters(codec="ascii", exclude_characters="\0/\\"), min_size=1, max_size=8)


@given(st.dictionaries(NAMES, st.binary(max_size=64), max_size=5))
def test_an_archive_holds_what_it_was_given_in_any_order(files: dict[str, bytes]) -> None:
    data = archive(files)
    assert data == archive(dict(reversed(files.items())))
    with zipfile.ZipFile(io.BytesIO(data)) as found:
        assert {name: found.read(name) for name in found.namelist()} == files


@pytest.mark.parametrize("python", ["", " ", "a\nb", "/" + "x" * 130])
def test_a_first_line_that_no_system_reads_is_refused(python: str) -> None:
    with pytest.raises(UsageError, match="first line"):
        archive({}, python)


def test_a_folder_that_is_not_there_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as raised:
        write_bundle(tmp_path / "no" / "gateway.pyz")
    assert "No such file" in raised.value.found


def test_python_2_can_read_the_file_that_tells_it_is_too_old() -> None:
    source = bundled_files()["__main__.py"].decode("ascii")  # Python 2 takes nothing else without a word
    nodes = list(ast.walk(ast.parse(source, feature_version=(3, 6))))
    functions = [node for node in nodes if isinstance(node, ast.FunctionDef)]
    assert all(node.returns is None for node in functions)
    assert all(arg.annotation is None for node in functions for arg in node.args.args)
    assert not [node for node in nodes if isinstance(node, (ast.JoinedStr, ast.AnnAssign, ast.Starred))]
    assert "from __future__" not in source
