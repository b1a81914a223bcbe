from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.cli.shell import joined


@pytest.mark.parametrize(
    ("directory", "target", "folder"),
    [
        ("site/wwwroot", "static", "site/wwwroot/static"),
        ("site/wwwroot", "..", "site"),
        ("site/wwwroot", "../../..", "."),
        ("site", "~", "."),
        ("site", "/tmp", "/tmp"),
        ("site", "D:\\home", "D:\\home"),
        ("/srv", "..", "/"),
        (".", "LogFiles/./http", "LogFiles/http"),
    ],
)
def test_a_folder_is_found_as_cd_finds_it(directory: str, target: str, folder: str) -> None:
    assert joined(directory, target) == folder


@given(st.text("a./~", max_size=12), st.text("a./~", max_size=12))
def test_the_home_is_not_left_by_dots(directory: str, target: str) -> None:
    assert ".." not in joined(directory.strip("/") or ".", target.strip("/")).split("/")
