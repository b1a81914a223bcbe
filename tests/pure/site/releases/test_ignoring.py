"""KuduSync's ignore list. What the patterns match was asked of minimatch, as npm's kudusync carries it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.site.releases.ignoring import IGNORED, Ignored


@pytest.mark.parametrize(
    ("path", "covered"),
    [
        (".git", True),
        (".git/config", True),
        ("sub/.git/config", True),
        (".gitignore", False),
        (".deployment", True),
        ("deploy.cmd", True),
        ("DEPLOY.CMD", True),
        ("tools/deploy.sh", True),
        ("deploy.py", False),
        ("app.py", False),
    ],
)
def test_what_kudus_scripts_leave_out(path: str, covered: bool) -> None:
    assert IGNORED.covers(path) is covered


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("file*", "file1.txt", True),
        ("file*", "a/b/file1.txt", True),
        ("bin", "bin", True),
        ("bin", "a/bin", True),
        ("bin/**", "bin/a/b", True),
        ("bin/**", "bin", False),
        ("bin/*", "bin/a/b", False),
        ("a/*/c", "a/b/c", True),
        ("a/**/c", "a/c", True),
        ("a/**/c", "a/x/y/c", True),
        ("**/c", "x/y/c", True),
        ("*.txt", ".txt", False),
        ("*", ".hidden", False),
        (".*", ".hidden", True),
        ("**", "x/.hidden", False),
        ("a/**", "a/.x/y", False),
        ("!a", "b", True),
        ("!a", "a", False),
        ("!!a", "a", True),
        ("#a", "#a", False),
        ("a*b*c", "aXbYbZc", True),
        ("a*b*c", "aXbYbZ", False),
        ("**/a/**/b", "x/a/y/a/z/b", True),
        ("[b-a]", "a", False),
        ("a//b", "a/b", True),
        ("[a-c]x", "bx", True),
        ("?.py", "a.py", True),
        ("[ab].py", "b.py", True),
        ("[!ab].py", "b.py", False),
        ("[!ab].py", "c.py", True),
        ("*.{js,css}", "x/y.css", True),
        ("*.{js,css}", "y.py", False),
        ("{a}", "{a}", True),
        ("a.c", "abc", False),
        ("A.TXT", "a.txt", True),
    ],
)
def test_patterns_as_minimatch_has_them(pattern: str, path: str, matches: bool) -> None:
    assert Ignored(pattern).names(path) is matches


@given(st.text("ab*?[]!^-{},/.\\(", max_size=12), st.text("ab/.", max_size=8))
def test_any_text_is_a_pattern(pattern: str, path: str) -> None:
    assert Ignored(pattern).covers(path) in (True, False)


def test_a_pattern_of_many_stars_takes_no_time() -> None:
    assert not Ignored("*a" * 40 + "b").names("a" * 250)
