"""Which place the options name: the command line before the environment, and both before a folder's note."""

from __future__ import annotations

from pathlib import Path

import pytest

from webstead.cli.connecting import Chosen, chosen
from webstead.cli.folder_note import FolderNote, write_note
from webstead.errors import UsageError

HOME, PROFILE = Path("/srv/home"), Path("shop.PublishSettings")
SITE_URL, SERVER_URL = "https://shop.scm.example.org", "https://scm.example.org"


@pytest.mark.parametrize(
    ("typed", "environment", "prevails"),
    [
        ({"profile": PROFILE}, {"home": HOME, "site": "shop"}, {"profile": PROFILE}),
        ({"url": SITE_URL}, {"home": HOME, "site": "shop"}, {"url": SITE_URL}),
        ({"url": SERVER_URL}, {"home": HOME, "site": "shop"}, {"url": SERVER_URL, "site": "shop"}),
        ({"home": HOME}, {"url": SITE_URL, "site": "shop"}, {"home": HOME, "site": "shop"}),
        ({"site": "shop"}, {"profile": PROFILE}, {"site": "shop"}),
        ({"site": "shop"}, {"url": SITE_URL}, {"site": "shop"}),
        ({"site": "shop"}, {"url": SERVER_URL}, {"site": "shop", "url": SERVER_URL}),
        ({"site": "shop"}, {"home": HOME}, {"site": "shop", "home": HOME}),
        ({}, {"profile": PROFILE}, {"profile": PROFILE}),
    ],
)
def test_the_command_line_wins_over_the_environment(
    typed: dict[str, object], environment: dict[str, object], prevails: dict[str, object]
) -> None:
    said = {**dict.fromkeys(("site", "home", "profile", "url")), **environment, **typed}
    found = chosen(**said, environment=set(environment))  # type: ignore[arg-type]
    shown = {name: getattr(found, name) for name in said if getattr(found, name) is not None}
    assert shown == prevails


def test_several_places_in_one_of_them_are_one_too_many() -> None:
    with pytest.raises(UsageError, match="Several servers"):
        chosen(None, HOME, PROFILE, None)
    with pytest.raises(UsageError, match="Several servers"):
        chosen(None, HOME, PROFILE, None, environment={"home", "profile"})


def test_a_password_of_an_address_is_not_told() -> None:
    with pytest.raises(UsageError) as raised:
        chosen(None, HOME, None, "https://ada:s3cret@scm.example.org")
    assert "s3cret" not in raised.value.found
    assert SERVER_URL in raised.value.found


def test_a_folders_note_names_the_site_of_the_home_that_is_named(tmp_path: Path) -> None:
    home, folder = tmp_path / "home", tmp_path / "shop"
    write_note(folder, FolderNote("shop", home))
    assert chosen(None, home, None, None, folder).site == "shop"
    assert chosen(None, tmp_path / "other", None, None, folder) == Chosen(
        None, tmp_path / "other", None, None
    )
    write_note(folder, FolderNote("", None, PROFILE))
    assert chosen(None, home, None, None, folder) == Chosen(None, home, None, None)
