"""What a file above locks, a file below cannot change: 500.19 on IIS, an error with both places here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from webstead.errors import ConfigError
from webstead.formats.webconfig import Site

SiteOf = Callable[[Mapping[str, str]], Site]


def server(body: str) -> str:
    return f"<system.webServer>{body}</system.webServer>"


ENTRY = '<add name="A" path="a" verb="*"/>'
OTHER = '<add name="B" path="b" verb="*"/>'
LOCKED = '<add name="A" path="a" verb="*" lockItem="true"/>'
DOCUMENTS = '<defaultDocument enabled="false"/>'


@pytest.mark.parametrize(
    ("above", "below", "locked"),
    [
        ('<handlers lockAttributes="accessPolicy"/>', '<handlers accessPolicy="Read"/>', "accessPolicy"),
        ('<handlers lockAttributes="*"/>', '<handlers accessPolicy="Read"/>', "accessPolicy"),
        ('<httpPlatform lockAllAttributesExcept="arguments"/>', '<httpPlatform processPath="x"/>', "process"),
        ('<handlers lockElements="add"/>', f"<handlers>{ENTRY}</handlers>", "<add>"),
        ('<handlers lockElements="clear"/>', "<handlers><clear/></handlers>", "<clear>"),
        ('<handlers lockAllElementsExcept="remove"/>', f"<handlers>{ENTRY}</handlers>", "<add>"),
        (
            '<defaultDocument lockElements="files"/>',
            '<defaultDocument><files><add value="x"/></files></defaultDocument>',
            "<files>",
        ),
        (
            f"<handlers>{LOCKED}</handlers>",
            '<handlers><remove name="a"/></handlers>',
            "'a'",
        ),
        (
            f"<handlers>{LOCKED}</handlers>",
            "<handlers><clear/></handlers>",
            "'a'",
        ),
        (
            f"<handlers>{LOCKED}</handlers>",
            f"<handlers>{ENTRY}</handlers>",
            "'a'",
        ),
    ],
)
def test_what_is_locked_above_cannot_be_changed(site: SiteOf, above: str, below: str, locked: str) -> None:
    if "<httpPlatform" in above:
        above = above.replace("<httpPlatform", '<httpPlatform processPath="y"')
    with pytest.raises(ConfigError) as refused:
        site({"": server(above), "sub": server(below)})
    error = refused.value
    assert error.path == "sub/web.config"
    assert locked in error.found
    assert "0x80070021" in error.found
    assert "web.config:1" in error.fix
    site({"": server(above)})


@pytest.mark.parametrize(
    ("above", "below"),
    [
        ('<handlers lockAttributes="accessPolicy"/>', f"<handlers>{ENTRY}</handlers>"),
        ('<handlers lockElements="remove clear"/>', f"<handlers>{ENTRY}</handlers>"),
        ('<handlers lockAllElementsExcept="add"/>', f"<handlers>{ENTRY}</handlers>"),
        (
            f"<handlers>{LOCKED}</handlers>",
            f"<handlers>{OTHER}</handlers>",
        ),
    ],
)
def test_what_is_not_locked_can(site: SiteOf, above: str, below: str) -> None:
    site({"": server(above), "sub": server(below)})


@pytest.mark.parametrize("how", ['overrideMode="Deny"', 'allowOverride="false"'])
@pytest.mark.parametrize("path", ["", ' path="sub"', ' path="."'])
def test_a_location_may_lock_whole_sections(site: SiteOf, how: str, path: str) -> None:
    files = {"": f"<location{path} {how}>{server(DOCUMENTS)}</location>", "sub": server(DOCUMENTS)}
    with pytest.raises(ConfigError) as refused:
        site(files)
    assert "the section system.webServer/defaultDocument is locked at web.config:1" in refused.value.found


def test_a_locked_section_is_locked_for_that_folder_only(site: SiteOf) -> None:
    locked = f'<location path="sub" overrideMode="Deny">{server(DOCUMENTS)}</location>'
    found = site({"": locked, "other": server(DOCUMENTS), "sub": server("<handlers/>")})
    assert found.default_documents("sub") == ()


def test_a_location_that_allows_it_locks_nothing(site: SiteOf) -> None:
    open_ = f'<location path="sub" overrideMode="Allow" allowOverride="false">{server(DOCUMENTS)}</location>'
    site({"": open_, "sub": server(DOCUMENTS)})
