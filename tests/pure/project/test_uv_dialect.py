"""Lines that pip reads and uv does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.project.manifests.requirements import read_requirements
from webstead.project.manifests.uv_dialect import in_uvs_words
from webstead.project.tree import MemoryTree


def words(text: str) -> tuple[str, list[int]]:
    changed, notes = in_uvs_words(text, lambda place, included: f"<{place}{' included' if included else ''}>")
    return changed, [note.line for note in notes]


@pytest.mark.parametrize(
    ("line", "changed", "lost"),
    [
        ("flask==3.0", "flask==3.0", False),
        ("flask --hash=sha256:aa", "flask --hash=sha256:aa", False),
        ("--find-links wheels", "--find-links <wheels>", False),
        ("-f ./wheels", "-f <./wheels>", False),
        ("--find-links=https://example.org/", "--find-links=https://example.org/", False),
        ("-f /srv/wheels", "-f /srv/wheels", False),
        ("-r base.txt", "-r <base.txt included>", False),
        ("-c 'pins.txt'", "-c <pins.txt included>", False),
        ("-r https://example.org/x.txt", "-r https://example.org/x.txt", False),
        ('cffi --config-settings="a=b c" --hash=sha256:aa', "cffi --hash=sha256:aa", True),
        ("cffi --global-option=x", "cffi", True),
        ("cffi --install-option='--x y' \\", "cffi \\", True),
        ("pkg-resources==0.0.0", "", True),
        ("pkg_resources==0.0.0  # ubuntu", "", True),
        ("pkg-resources", "pkg-resources", False),
        ("--no-such-option", "--no-such-option", False),
    ],
)
def test_a_line_is_kept_changed_or_left_out(line: str, changed: str, lost: bool) -> None:
    assert words(f"# first\n{line}\nlast\n") == (f"# first\n{changed}\nlast\n", [2] if lost else [])


def test_what_is_left_out_is_a_finding() -> None:
    text = "flask\npkg-resources==0.0.0\n"
    read = read_requirements(MemoryTree({"requirements.txt": text}), "requirements.txt")
    assert [item.name for item in read.listed] == ["flask"]
    (finding,) = read.findings
    assert finding.text.startswith("requirements.txt:2: pkg-resources==0.0.0, which a bug of Ubuntu's pip")


@given(st.text(max_size=200))
def test_lines_keep_their_numbers(text: str) -> None:
    changed, _ = words(text)
    assert len(changed.split("\n")) == len(text.splitlines()) + 1
