"""What a script imports and this Python has not, by files on the disk and Python's own finders."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import TypedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.build import reachable
from webstead.build.reachable import imports_of


class Answer(TypedDict):
    broken: dict[str, str] | None
    missing: list[dict[str, object]]


def asked(folder: Path, script: str = "app.py", *modules: str) -> Answer:
    words = {"script": str(folder / script) if script else None, "modules": modules, "root": str(folder)}
    done = subprocess.run(
        [sys.executable, reachable.__file__, json.dumps({**words, "path": [str(folder)]})],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    answer: Answer = json.loads(done.stdout)
    return answer


def missing(folder: Path, script: str = "app.py", *modules: str) -> list[object]:
    answer = asked(folder, script, *modules)
    assert answer["broken"] is None
    return [found["wanted"] for found in answer["missing"]]


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / (name.replace("__", "/", 1) + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import json, os.path, xml.dom.minidom", []),
        ("import nowhere", ["nowhere"]),
        ("import nowhere.deep", ["nowhere.deep"]),
        ("from nowhere import thing", ["nowhere.thing"]),
        ("import nowhere as n, elsewhere", ["nowhere", "elsewhere"]),
        ("try:\n import nowhere\nexcept ImportError: pass", []),
        ("try:\n import nowhere\nexcept (ValueError, ModuleNotFoundError): pass", []),
        ("try:\n import nowhere\nexcept: pass", []),
        ("try:\n import nowhere\nexcept Exception: pass", []),
        ("try:\n import nowhere\nexcept ValueError: pass", ["nowhere"]),
        ("try:\n pass\nfinally:\n import nowhere", ["nowhere"]),
        ("import contextlib\nwith contextlib.suppress(ImportError):\n import nowhere", []),
        ("import contextlib\nwith contextlib.suppress(OSError):\n import nowhere", ["nowhere"]),
        ("import typing\nif typing.TYPE_CHECKING:\n import nowhere", []),
        ("import sys\nif sys.platform == 'amiga':\n import nowhere", []),
        ("def f():\n import nowhere", []),
        ("class A:\n import nowhere", []),
        ("if __name__ == '__main__':\n import nowhere", ["nowhere"]),
        ("if '__main__' == __name__:\n import nowhere", ["nowhere"]),
        ("from . import nowhere", []),
        ("from __future__ import annotations", []),
        ("from json import decoder, JSONDecoder, nothing_such", []),
    ],
)
def test_what_certainly_fails_is_found(tmp_path: Path, source: str, found: list[str]) -> None:
    assert missing(write(tmp_path, app=source)) == found


def test_the_files_of_the_project_are_followed(tmp_path: Path) -> None:
    write(
        tmp_path,
        app="from shop import cart\nimport single",
        shop____init__="import one",
        shop__cart="from .prices import total\nfrom . import taxes\nimport shop.absent",
        shop__prices="import two\nif __name__ == '__main__':\n import never",
        shop__taxes="from .. import three\nimport four",
        single="import app, five",
        unused="import six_not_reached",
    )
    answer = asked(tmp_path)
    assert {str(found["wanted"]) for found in answer["missing"]} == {
        "one",
        "two",
        "four",
        "five",
        "shop.absent",
    }
    (own,) = [found for found in answer["missing"] if found["own"]]
    assert (own["module"], own["line"], own["code"]) == ("shop.absent", 3, "import shop.absent")


def test_a_namespace_is_followed_to_its_parts(tmp_path: Path) -> None:
    write(tmp_path, app="from space import here, gone\nimport space.also", space__here="import lost")
    assert missing(tmp_path) == ["space.gone", "space.also", "lost"]


def test_nothing_of_the_script_is_run(tmp_path: Path) -> None:
    write(tmp_path, app="import lib\nopen('ran', 'w')", lib="open('ran', 'w')")
    assert missing(tmp_path) == []
    assert not (tmp_path / "ran").exists()


def test_a_module_that_is_run_by_its_name(tmp_path: Path) -> None:
    write(tmp_path, shop____init__="import one", shop____main__="from . import x\nimport two")
    assert missing(tmp_path, "", "shop") == ["one", "two"]
    assert missing(tmp_path, "", "absent", "json.tool") == ["absent"]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (b"x = = 1", "SyntaxError"),
        (b"\xff\xfe", "SyntaxError"),
        (b"if 1:\nx", "IndentationError"),
        (b"\0", "null"),
    ],
)
def test_a_file_that_does_not_compile_is_named(tmp_path: Path, source: bytes, text: str) -> None:
    write(tmp_path, app="import lib")
    (tmp_path / "lib.py").write_bytes(source)
    broken = asked(tmp_path)["broken"]
    assert broken is not None
    assert broken["file"] == str(tmp_path / "lib.py")
    assert text in broken["text"]


def test_files_that_import_each_other_end(tmp_path: Path) -> None:
    assert missing(write(tmp_path, app="import a", a="import b", b="import a, app")) == []


def test_a_missing_script_is_told(tmp_path: Path) -> None:
    broken = asked(tmp_path)["broken"]
    assert broken is not None
    assert "No such file" in broken["text"]


BLOCKS = st.recursive(
    st.sampled_from(["import a", "from b import c", "x = 1"]).map(lambda line: [line]),
    lambda inner: st.tuples(st.sampled_from(["if x:", "with y:", "def f():", "for i in z:"]), inner).map(
        lambda pair: [pair[0], *(f" {line}" for line in pair[1])]
    ),
    max_leaves=6,
)


@given(st.lists(BLOCKS, min_size=1, max_size=5))
def test_only_imports_that_are_there_are_found(blocks: list[list[str]]) -> None:
    lines = [line for block in blocks for line in block]
    found = list(imports_of(ast.parse("\n".join(lines)).body))
    assert [lines[node.lineno - 1].strip() for node in found] == [
        lines[node.lineno - 1].strip() for node in sorted(found, key=lambda node: node.lineno)
    ]
    assert all(lines[node.lineno - 1].strip().startswith(("import", "from")) for node in found)
