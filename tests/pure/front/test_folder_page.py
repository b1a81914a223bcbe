from __future__ import annotations

import os
import re
from html import unescape
from html.parser import HTMLParser
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.formats.webconfig.schema.browse import Browse
from webstead.front.folder_page import Entry, folder_page

MOMENT = 1_700_000_000.0
NAMES = st.text(st.characters(exclude_characters="/\0", codec="utf-8"), min_size=1, max_size=30)


class Page(HTMLParser):
    """The tags, the links and the text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        self.links += [value or "" for name, value in attrs if name == "href"]


def page(path: str, *entries: Entry, shown: Browse | None = None, more: bool = False) -> str:
    return folder_page(path, entries, shown or Browse(), more=more).decode()


def rows(text: str) -> list[str]:
    return [unescape(re.sub("<[^>]*>", "|", line)) for line in text.split("\n") if line.startswith("<tr>")]


def test_folders_come_first_and_case_does_not_count() -> None:
    files = [Entry(name, False, 1, MOMENT) for name in ("b.txt", "A.txt", "c.txt")]
    text = page("/", *files, Entry("z", True, 0, MOMENT))
    assert re.findall('href="([^"]*)"', text) == ["./z/", "./A.txt", "./b.txt", "./c.txt"]


def test_only_folders_below_the_root_lead_up() -> None:
    assert 'href="../"' in page("/a/")
    assert 'href="../"' not in page("/")


@pytest.mark.parametrize(
    ("shown", "row"),
    [
        (Browse(), "||a.txt||2023-11-14 22:13 UTC|1,234"),
        (Browse(False, False, False, False, False), "||a|"),
        (Browse(date=False, long_date=True, time=False), "||a.txt||Tuesday, 14 November 2023|1,234"),
        (Browse(date=False, time=True, size=False), "||a.txt||22:13 UTC"),
    ],
)
def test_what_is_shown_is_what_the_flags_say(shown: Browse, row: str) -> None:
    (found,) = rows(page("/", Entry("a.txt", False, 1234, MOMENT), shown=shown))
    assert found.removeprefix("|") == row


def test_a_link_has_the_extension_that_is_not_shown() -> None:
    assert 'href="./a.txt"' in page("/", Entry("a.txt", False, 1, MOMENT), shown=Browse(extension=False))


def test_a_list_that_is_cut_says_so() -> None:
    assert "Only 1 of the entries" in page("/", Entry("a", False, 1, 0), more=True)


@pytest.mark.parametrize("seconds", [-1e30, 0, 1e30])
def test_any_time_of_a_file_is_shown(seconds: float) -> None:
    assert "UTC" in page("/", Entry("a", False, 1, seconds))


@given(NAMES, NAMES, st.booleans())
def test_no_name_is_more_than_a_name(folder: str, name: str, is_folder: bool) -> None:
    parsed = Page()
    parsed.feed(page(f"/{folder}/", Entry(name, is_folder, 1, MOMENT)))
    assert parsed.tags <= {"html", "meta", "title", "style", "h1", "table", "tr", "td", "a"}
    assert parsed.attributes <= {"lang", "charset", "name", "content", "href", "class"}
    up, link = parsed.links
    assert up == "../"
    assert unquote_to_bytes(link) == b"./" + os.fsencode(name) + (b"/" if is_folder else b"")
    assert link.isascii()
    assert ":" not in link


def test_a_name_that_is_no_text_can_still_be_followed() -> None:
    text = page("/", Entry(os.fsdecode(b"\xff.txt"), False, 1, MOMENT))
    assert 'href="./%FF.txt"' in text
    assert "?.txt" in text
