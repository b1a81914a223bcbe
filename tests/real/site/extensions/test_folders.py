"""The folder of an extension: at whatever moment its replacement is cut off, one of both is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from webstead.site.extensions.folders import exchanged, folder_in_force, heal, names
from webstead.site.homes import SiteHome


@pytest.fixture
def home(tmp_path: Path) -> SiteHome:
    home = SiteHome(tmp_path / "sites" / "shop")
    home.make()
    (tmp_path / "tmp").mkdir()
    return home


@pytest.fixture
def temporary(home: SiteHome, tmp_path: Path) -> Path:
    return tmp_path / "tmp"


def made(temporary: Path, what: str) -> Path:
    folder = temporary / f"made-{what}"
    folder.mkdir()
    (folder / "is").write_text(what)
    return folder


def there(home: SiteHome) -> str:
    """What is in force; "" for nothing."""
    folder = folder_in_force(home, "a")
    return "" if folder is None else (folder / "is").read_text()


class Cut(BaseException):
    """The process ends here."""


def put(home: SiteHome, temporary: Path, what: str) -> None:
    with exchanged(home, "a", made(temporary, what), temporary) as folder:
        assert (folder / "is").read_text() == what


def test_one_takes_the_place_of_the_other_and_leaves_nothing(home: SiteHome, temporary: Path) -> None:
    put(home, temporary, "old")
    put(home, temporary, "new")
    assert there(home) == "new"
    assert [path.name for path in home.extensions.iterdir()] == ["a"]
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("before", ["", "old"])
def test_what_fails_brings_back_what_was_there(home: SiteHome, temporary: Path, before: str) -> None:
    if before:
        put(home, temporary, before)

    def fail() -> None:
        with exchanged(home, "a", made(temporary, "new"), temporary):
            assert there(home) == before
            raise ValueError("script")

    with pytest.raises(ValueError, match="script"):
        fail()
    assert there(home) == before
    assert names(home) == (["a"] if before else [])


@pytest.mark.parametrize("before", ["", "old"])
@pytest.mark.parametrize("at", range(12))
def test_a_cut_at_any_change_of_a_name_leaves_one_of_them_whole(
    home: SiteHome, temporary: Path, monkeypatch: pytest.MonkeyPatch, before: str, at: int
) -> None:
    """Every rename, mkdir and rmdir is a moment in which the process may end: nothing is tidied then."""
    if before:
        put(home, temporary, before)
    folder, done = made(temporary, "new"), [0]

    def counted(real: str) -> None:
        call = getattr(Path, real)

        def one(self: Path, *words: object, **more: object) -> object:
            done[0] += 1
            if done[0] > at:
                raise Cut
            return call(self, *words, **more)

        monkeypatch.setattr(Path, real, one)

    for name in ("rename", "mkdir", "rmdir"):
        counted(name)
    try:
        with exchanged(home, "a", folder, temporary):
            pass
        done[0] = -1
    except Cut:
        pass
    finished = done[0] == -1
    monkeypatch.undo()
    seen = there(home)
    assert seen in (before, "new")
    assert not finished or seen == "new"
    heal(home, temporary)
    assert there(home) == seen
    assert [path.name for path in home.extensions.iterdir()] == (["a"] if there(home) else [])
    assert finished or at < 8
