from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.client.ignore import BUILT_IN, deciding, read_rules


def left_out(text: str, path: str, base: str = "") -> bool:
    rule = deciding(read_rules(text, base, "f"), path.rstrip("/"), folder=path.endswith("/"))
    return rule is not None and not rule.takes


@pytest.mark.parametrize(
    ("text", "path", "out"),
    [
        ("*.log", "a.log", True),
        ("*.log", "deep/er/a.log", True),
        ("/a.log", "deep/a.log", False),
        ("deep/a.log", "deep/a.log", True),
        ("deep/a.log", "x/deep/a.log", False),
        ("build/", "build", False),
        ("build/", "x/build/", True),
        ("**/x", "a/b/x", True),
        ("a/**/x", "a/x", True),
        ("a/**", "a/b/c", True),
        ("a/**", "a/", False),
        ("*.log\n!keep.log", "keep.log", False),
        ("!keep.log\n*.log", "keep.log", True),
        ("# a", "# a", False),
        ("\\#a", "#a", True),
        ("\\!a", "!a", True),
        ("a ", "a", True),
        ("a\\ ", "a ", True),
        ("[a-c]x", "bx", True),
        ("[!a-c]x", "bx", False),
        ("[]x]", "]", True),
        ("[a", "[a", False),
        ("a?c", "a/c", False),
        ("[[:digit:]]", "7", True),
        ("\ufeff*.log\r\n", "a.log", True),
        ("/", "a", False),
    ],
)
def test_a_pattern_means_what_gits_manual_says(text: str, path: str, out: bool) -> None:
    assert left_out(text, path) is out


def test_a_folders_own_file_counts_from_there() -> None:
    assert left_out("/a", "sub/a", base="sub/")
    assert not left_out("/a", "a", base="sub/")


def test_a_rule_says_where_it_stands() -> None:
    rule = deciding(read_rules("\n*.log\n", "", ".gitignore"), "a.log", folder=False)
    assert rule is not None
    assert rule.origin == ".gitignore:2"


@pytest.mark.parametrize(
    "path", [".git/", "a/__pycache__/", "a.pyc", "shop.PublishSettings", "node_modules/", ".venv/"]
)
def test_what_is_never_part_of_a_site_is_left_out(path: str) -> None:
    rule = deciding(BUILT_IN, path.rstrip("/"), folder=path.endswith("/"))
    assert rule is not None
    assert not rule.takes


@given(st.text("ab*?/[]!\\#^-: .", max_size=24), st.text("ab/ .", min_size=1, max_size=8))
def test_any_line_is_a_rule_or_nothing(text: str, path: str) -> None:
    deciding(read_rules(text, "", "f"), path, folder=True)
