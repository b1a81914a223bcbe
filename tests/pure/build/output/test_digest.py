from __future__ import annotations

import tarfile
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.build.output import Entry, Item, output_digest
from webstead.build.output.archive import EPOCH, header_of

paths = st.text(min_size=1).filter(lambda path: "__pycache__" not in path)
entries = st.lists(
    st.builds(Entry, paths, st.just(0), st.booleans(), st.text("0123456789abcdef", min_size=64, max_size=64)),
    unique_by=lambda entry: entry.path,
)


@given(entries)
def test_the_order_does_not_matter(found: list[Entry]) -> None:
    assert output_digest(found) == output_digest(reversed(found))


@given(entries.filter(bool))
def test_whatever_changes_gives_another_digest(found: list[Entry]) -> None:
    first, *rest = found
    others = [
        replace(first, path=first.path + "x"),
        replace(first, executable=not first.executable),
        replace(first, sha256="f" * 63 + "g"),
        replace(first, link=first.sha256),
    ]
    seen = {output_digest([other, *rest]) for other in others} | {output_digest(rest), output_digest(found)}
    assert len(seen) == len(others) + 2


@pytest.mark.parametrize("path", ["x/__pycache__/y.cpython-312.pyc", "__pycache__/z.pyc"])
def test_byte_code_beside_its_source_does_not_count(path: str) -> None:
    entry = Entry("app.py", 3, sha256="a" * 64)
    assert output_digest([entry, Entry(path, 1, sha256="b" * 64)]) == output_digest([entry])


@given(
    st.text(st.characters(min_codepoint=1, max_codepoint=0x2FF), min_size=1, max_size=130).filter(
        lambda path: not path.endswith("/")
    ),
    st.one_of(st.integers(0, 1 << 40), st.sampled_from([8**11 - 1, 8**11])),
    st.booleans(),
    st.one_of(st.none(), st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1)),
)
def test_a_header_is_what_tarfile_writes(path: str, size: int, executable: bool, link: str | None) -> None:
    item = Item(path, 0 if link else size, executable, link=link)
    info = tarfile.TarInfo(path)
    info.size, info.mtime, info.mode = item.size, EPOCH, 0o755 if executable else 0o644
    if link is not None:
        info.type, info.linkname, info.mode = tarfile.SYMTYPE, link, 0o777
    assert header_of(item, EPOCH) == info.tobuf(tarfile.PAX_FORMAT, errors="surrogateescape")


def test_byte_code_in_place_of_its_source_counts() -> None:
    entries = [Entry("x/closed.pyc", 1, sha256=digit * 64) for digit in "ab"]
    assert output_digest(entries[:1]) != output_digest(entries[1:])
