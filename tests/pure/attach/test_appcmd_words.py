"""appcmd's words, pinned: they are those of wfastcgi-enable, whose users find the same entries again."""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.errors import UsageError
from webstead.formats import appcmd
from webstead.formats.webconfig.words import windows_words

PLAIN = appcmd.make_application(r"C:\Python312\python.exe", r"C:\sites\gateway.pyz")
SPACED = appcmd.make_application(r"C:\Program Files\Python312\python.exe", r"C:\my sites\gateway.pyz")
SECTION = "/section:system.webServer/fastCGI"


def test_an_application_is_added_as_wfastcgi_enable_does() -> None:
    assert appcmd.add_words(PLAIN) == (
        "set",
        "config",
        SECTION,
        r"/+[fullPath='C:\Python312\python.exe', arguments='C:\sites\gateway.pyz', "
        "signalBeforeTerminateSeconds='30']",
    )


def test_paths_with_spaces_are_quoted_in_both_places() -> None:
    assert appcmd.add_words(SPACED)[-1] == (
        "/+[fullPath='\"C:\\Program Files\\Python312\\python.exe\"', "
        "arguments='\"C:\\my sites\\gateway.pyz\"', "
        "signalBeforeTerminateSeconds='30']"
    )
    assert SPACED.script_processor == (
        '"C:\\Program Files\\Python312\\python.exe"|"C:\\my sites\\gateway.pyz"'
    )


def test_limits_are_written_only_when_asked_for() -> None:
    asked = appcmd.make_application("p.exe", "g", max_instances=4, max_requests=5000)
    assert appcmd.add_words(asked)[-1].endswith("', maxInstances='4', instanceMaxRequests='5000']")


def test_options_of_the_gateway_follow_its_path() -> None:
    made = appcmd.make_application(
        "p.exe", r"C:\my sites\g.pyz", ["--log", r"C:\my logs\x.log", "--multiplex", "2"]
    )
    assert made.arguments == r'"C:\my sites\g.pyz" --log "C:\my logs\x.log" --multiplex 2'
    assert windows_words(made.arguments)[2] == r"C:\my logs\x.log"


def test_an_application_is_removed_by_its_key_and_changed_in_place() -> None:
    key = r"fullPath='C:\Python312\python.exe', arguments='C:\sites\gateway.pyz'"
    assert appcmd.remove_words(PLAIN) == ("set", "config", SECTION, f"/-[{key}]")
    assert appcmd.change_words(PLAIN, [("maxInstances", "4"), ("idleTimeout", "60")]) == (
        "set",
        "config",
        SECTION,
        f"/[{key}].maxInstances:4",
        f"/[{key}].idleTimeout:60",
    )


def test_what_ends_a_value_is_written_as_its_number() -> None:
    odd = appcmd.make_application(r"C:\O'Neil\100%\python.exe", "g")
    assert r"fullPath='C:\O%u0027Neil\100%u0025\python.exe'" in appcmd.add_words(odd)[-1]


@pytest.mark.parametrize("path", ["", 'C:\\a"b', "C:\\a\nb", "C:\\a\0"])
def test_a_path_that_no_entry_can_hold_is_refused(path: str) -> None:
    with pytest.raises(UsageError):
        appcmd.make_application(path, "g")
    with pytest.raises(UsageError):
        appcmd.make_application("p", path)


def test_permissions_reach_all_in_a_folder_and_just_a_file() -> None:
    assert appcmd.grant_words(r"C:\Python312", "IIS_IUSRS")[-1] == "IIS_IUSRS:(OI)(CI)(RX)"
    assert appcmd.grant_words(r"C:\g.PYZ", "IIS_IUSRS") == ("icacls", r"C:\g.PYZ", "/grant", "IIS_IUSRS:(RX)")


WINDOWS_NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters='"\ufffe\uffff')
)


@given(WINDOWS_NAMES.filter(bool), WINDOWS_NAMES.filter(bool))
def test_what_appcmd_lists_is_read_back(python: str, gateway: str) -> None:
    made = appcmd.make_application(python, gateway, max_instances=3)
    values = {"fullPath": made.full_path, "arguments": made.arguments, **dict(made.settings)}
    attributes = " ".join(f"{name}={quoteattr(value)}" for name, value in values.items())
    listing = f"<system.webServer>\r\n<fastCgi><application {attributes} /></fastCgi></system.webServer>"
    assert appcmd.read_applications(listing) == (made,)


@given(st.text())
def test_any_text_of_appcmd_is_read_without_failing(text: str) -> None:
    assert isinstance(appcmd.read_applications(text), tuple)


@pytest.mark.parametrize(
    "text", ["", "ERROR ( message:Access denied. )", '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>']
)
def test_what_is_no_listing_has_no_applications(text: str) -> None:
    assert appcmd.read_applications(text) == ()


@given(st.lists(st.text(st.characters(codec="ascii", exclude_characters="\0\r\n"), max_size=12), max_size=4))
def test_a_printed_command_means_the_same_words(words: list[str]) -> None:
    """As cmd.exe reads it, and then the C runtime."""
    assert list(windows_words(cmd_exe(appcmd.command_text(words)))) == words


def cmd_exe(line: str) -> str:
    """What the program gets of a line at the prompt: carets outside of quotes taken away, nothing else
    special there.
    """
    inside, taken = False, []
    rest = iter(line)
    for char in rest:
        if char == "^" and not inside:
            taken.append(next(rest))
            continue
        assert inside or char not in "&|<>", line
        inside ^= char == '"'
        taken.append(char)
    return "".join(taken)


@pytest.mark.parametrize(
    ("word", "text"),
    [
        (r"C:\Python\python.exe", r"C:\Python\python.exe"),
        (r"C:\Program Files\x", r'"C:\Program Files\x"'),
        (r"C:\R&D\x", r'"C:\R&D\x"'),
        ("IIS_IUSRS:(OI)(CI)(RX)", '"IIS_IUSRS:(OI)(CI)(RX)"'),
        ("a'\"C:\\R&D\\x y\"'", '"a\'\\"C:\\R^&D\\x y\\"\'"'),
    ],
)
def test_commands_are_printed_for_the_prompt(word: str, text: str) -> None:
    assert appcmd.command_text([word]) == text
