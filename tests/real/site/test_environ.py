from __future__ import annotations

from pathlib import Path

import pytest

from webstead.errors import UsageError
from webstead.site.environ import read_settings


def test_pairs_win_over_files_and_later_over_earlier(tmp_path: Path) -> None:
    file = tmp_path / "settings.env"
    file.write_text("# comment\nA=1\nB='two words'\nexport C=3\n")
    settings = read_settings(["A=9", "D=x=y"], [file])
    assert {s.name: s.text for s in settings} == {"A": "9", "B": "two words", "C": "3", "D": "x=y"}
    assert {s.name: s.origin for s in settings} == {
        "A": "--env",
        "B": str(file),
        "C": str(file),
        "D": "--env",
    }


@pytest.mark.parametrize("pair", ["NOVALUE", "=x", "A B=1", "1A=2"])
def test_a_pair_that_is_none_says_how_to_write_it(pair: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_settings([pair], [])
    assert "KEY=VALUE" in caught.value.what
    assert "DEBUG=1" in caught.value.fix


def test_a_bad_pair_never_prints_the_value() -> None:
    with pytest.raises(UsageError) as caught:
        read_settings(["MY-TOKEN=hunter2"], [])
    assert "hunter2" not in caught.value.found


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00A"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "settings.env"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        read_settings([], [file])
    assert str(file) in caught.value.what
