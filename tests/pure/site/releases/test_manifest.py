"""What a deployment brought, in both forms."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.site.releases.manifest import Entry, Manifest, facts_of, from_facts, from_lines

PATHS = st.lists(st.text("ab.é \n\udc80", min_size=1, max_size=3), min_size=1, max_size=3).map("/".join)
GOOD = PATHS.filter(lambda path: all(part not in (".", "..") for part in path.split("/")))
ENTRIES = st.builds(
    *(Entry, st.integers(0, 2**40), st.integers(-(2**60), 2**60)),
    *(st.none() | st.integers(0, 2**32), st.none() | st.integers(-(2**31), 2**33)),
)
MANIFESTS = st.builds(Manifest, st.dictionaries(GOOD, ENTRIES, max_size=5), st.frozensets(GOOD, max_size=3))


@given(MANIFESTS)
def test_facts_are_read_as_they_were_written(manifest: Manifest) -> None:
    assert from_facts(facts_of(manifest)) == manifest


@given(st.binary(max_size=60) | st.builds(lambda m, n: facts_of(m)[:n], MANIFESTS, st.integers(0, 200)))
def test_any_other_bytes_are_facts_or_an_error(data: bytes) -> None:
    try:
        manifest = from_facts(data)
    except (ValueError, TypeError, KeyError, RecursionError):
        return
    assert from_facts(facts_of(manifest)) == manifest


@pytest.mark.parametrize(
    "facts",
    [
        b"{}",
        b"[]",
        b'{"version":2,"files":[],"folders":[]}',
        b'{"version":1,"files":[["../x",1,1,1,1]],"folders":[]}',
        b'{"version":1,"files":[["/x",1,1,1,1]],"folders":[]}',
        b'{"version":1,"files":[["x","1",1,1,1]],"folders":[]}',
        b'{"version":1,"files":[],"folders":["a//b"]}',
        b'{"version":1,"files":[],"folders":[1]}',
    ],
)
def test_facts_that_make_no_sense_are_refused(facts: bytes) -> None:
    with pytest.raises((ValueError, TypeError, KeyError)):
        from_facts(facts)


def test_kudus_list_has_folders_and_files_both_ways() -> None:
    manifest = Manifest({"a/b/c": Entry(1, 1), "d": Entry(1, 1)}, frozenset({"e/f"}))
    assert manifest.lines() == ["a", "a/b", "a/b/c", "d", "e", "e/f"]
    again = from_lines(manifest.lines())
    assert again.lines() == manifest.lines()
    assert set(again.files) == {"a/b/c", "d", "e/f"}  # it does not say that this is a folder


def test_kudus_list_is_read_as_kudusync_reads_it() -> None:
    lines = ["static\\app.css\r", " padded ", "", "../out", "/", "a/./b", "folder/"]
    assert from_lines(lines).lines() == ["folder", "padded", "static", "static/app.css"]


@given(st.lists(st.text(max_size=8)))
def test_any_lines_are_a_list(lines: list[str]) -> None:
    assert from_lines(from_lines(lines).lines()).lines() == from_lines(lines).lines()


@pytest.mark.parametrize("line", ["0\r\\", "/ 0", " / 0 / ", "\\\\0\t"])
def test_blanks_and_separators_at_the_ends_are_none_of_a_path(line: str) -> None:
    assert from_lines([line]).lines() == ["0"]


def test_what_cannot_be_listed_is_not_taken_for_deployed() -> None:
    assert from_lines(["a /b", "c"]).lines() == ["c"]
