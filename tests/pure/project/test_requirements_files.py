"""requirements.txt as pip reads it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.project.manifests.requirements import read_requirements
from webstead.project.tree import MemoryTree


def names(contents: str | bytes, **others: str) -> list[str]:
    tree = MemoryTree(
        {"requirements.txt": contents, **{key.replace("__", "/"): v for key, v in others.items()}}
    )
    return [item.name for item in read_requirements(tree, "requirements.txt").listed]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("flask", ["flask"]),
        ("Flask==3.0  # the web", ["flask"]),
        ("flask_sqlalchemy>=3,<4", ["flask-sqlalchemy"]),
        ('uvicorn[standard]>=0.30 ; python_version > "3.8"', ["uvicorn"]),
        ("git+https://example.org/x.git@main#egg=My.Package", ["my-package"]),
        ("pkg @ https://example.org/pkg-1.0-py3-none-any.whl", ["pkg"]),
        ("./wheels/shop-1.2-py3-none-any.whl", ["shop"]),
        ("-e .", []),
        ("-e git+https://example.org/x.git#egg=shop", ["shop"]),
        ("--index-url https://example.org/simple", []),
        ("--no-binary :all:", []),
        ("# flask", []),
        ("", []),
        ("flask == 3.*", ["flask"]),
        ("flask --config-settings x=y", ["flask"]),
    ],
)
def test_a_line_lists_a_package_or_none(line: str, expected: list[str]) -> None:
    assert names(line + "\n") == expected


def test_continued_lines_are_one() -> None:
    text = "flask==3.0 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\nclick==8\n"
    read = read_requirements(MemoryTree({"requirements.txt": text}), "requirements.txt")
    assert [(item.name, item.evidence.line) for item in read.listed] == [("flask", 1), ("click", 4)]


@pytest.mark.parametrize(
    "word", ["-r base.txt", "-rbase.txt", "--requirement base.txt", "--requirement=base.txt"]
)
def test_includes_are_followed(word: str) -> None:
    tree = MemoryTree({"requirements.txt": word + "\n", "base.txt": "flask\n"})
    read = read_requirements(tree, "requirements.txt")
    assert [item.evidence.where for item in read.listed] == ["base.txt:1"]
    assert read.files == ("requirements.txt", "base.txt")


def test_includes_are_relative_to_the_file_that_has_them() -> None:
    tree = MemoryTree(
        {
            "requirements.txt": "-r deploy/all.txt\n",
            "deploy/all.txt": "-r web.txt\n",
            "deploy/web.txt": "flask\n",
        }
    )
    assert read_requirements(tree, "requirements.txt").listed[0].evidence.path == "deploy/web.txt"


def test_constraints_are_inputs_but_list_nothing() -> None:
    tree = MemoryTree(
        {
            "requirements.txt": "flask\n-c pins.txt\n",
            "pins.txt": "werkzeug<4\n-r more.txt\n",
            "more.txt": "x\n",
        }
    )
    read = read_requirements(tree, "requirements.txt")
    assert [item.name for item in read.listed] == ["flask"]
    assert read.files == ("requirements.txt", "pins.txt", "more.txt")


def test_files_that_include_each_other_are_read_once() -> None:
    tree = MemoryTree({"requirements.txt": "-r b.txt\n", "b.txt": "-r requirements.txt\nflask\n"})
    assert [item.name for item in read_requirements(tree, "requirements.txt").listed] == ["flask"]


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("-r gone.txt", "does not exist"),
        ("-r ../up.txt", "outside"),
        ("-r /etc/passwd", "outside"),
        ("-c C:\\x.txt", "outside"),
    ],
)
def test_an_include_that_is_not_there_is_named_with_its_line(line: str, part: str) -> None:
    read = read_requirements(MemoryTree({"requirements.txt": f"flask\n{line}\n"}), "requirements.txt")
    (finding,) = read.findings
    assert "requirements.txt:2" in finding.text
    assert part in finding.text
    assert finding.fix


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "utf-32"])
def test_any_encoding_is_read(encoding: str) -> None:
    assert names("flask==3.0\r\nclick\r\n".encode(encoding)) == ["flask", "click"]


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    read = read_requirements(MemoryTree({"requirements.txt": data}), "requirements.txt")
    assert read.files[0] == "requirements.txt"
    assert all(item.name for item in read.listed)


@given(st.lists(st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True), max_size=8))
def test_plain_names_come_back_in_order(listed: list[str]) -> None:
    assert names("\n".join(listed)) == listed
