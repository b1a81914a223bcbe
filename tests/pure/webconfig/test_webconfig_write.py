from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.formats.webconfig import (
    GATEWAY,
    compile_site,
    fastcgi_config,
    is_python,
    parse,
    platform_config,
    windows_words,
)

_TEXT = st.text(
    st.characters(
        exclude_categories=["Cs"],
        exclude_characters=[*map(chr, range(9)), *map(chr, (11, 12, *range(14, 32))), "\ufffe", "\uffff"],
    ),
    max_size=12,
)
_NAMES = st.text(st.sampled_from("ABCxyz_0"), min_size=1, max_size=6)
_VARIABLES = st.dictionaries(_NAMES, _TEXT, max_size=3).filter(
    lambda names: len({name.lower() for name in names} | {"wsgi_handler"}) == len(names) + 1
)


@given(target=_TEXT.filter(str.strip), settings=_VARIABLES)
def test_a_fastcgi_config_reads_back(target: str, settings: dict[str, str]) -> None:
    site = compile_site([("", parse(fastcgi_config(target, settings).encode(), "web.config"))])
    assert {add.key: add.value for add in site.app_settings()} == {"WSGI_HANDLER": target, **settings}
    ((folder, handler),) = site.handlers()
    assert (folder, handler.name, handler.path) == ("", "Python", ("*",))
    assert (handler.kind, handler.script_processor, handler.pool) == (
        "fastcgi",
        GATEWAY,
        f"fastcgi:{GATEWAY}",
    )
    assert handler.resource_type == "unspecified"
    assert is_python(handler.script_processor)
    assert site.notes == ()
    assert site.depends_only_on_path


@given(
    words=st.lists(_TEXT, min_size=1, max_size=4).filter(lambda words: bool(words[0].strip())),
    variables=_VARIABLES,
)
def test_a_platform_config_reads_back(words: list[str], variables: dict[str, str]) -> None:
    text = platform_config(words, variables, startup_seconds=30, processes=2)
    site = compile_site([("", parse(text.encode(), "web.config"))])
    platform = site.http_platform()
    assert platform is not None
    assert [platform.process_path, *windows_words(platform.arguments)] == words
    assert {add.key: add.value for add in platform.environment} == variables
    assert (platform.startup_seconds, platform.processes) == (30.0, 2)
    ((_, handler),) = site.handlers()
    assert (handler.kind, handler.pool) == ("platform", "platform:")
    assert site.notes == ()


def test_static_folders_become_locations() -> None:
    text = fastcgi_config("app:app", {}, static=["static", "media/public"])
    site = compile_site([("", parse(text.encode(), "web.config"))])
    assert [(folder, handler.kind) for folder, handler in site.handlers()] == [
        ("", "fastcgi"),
        ("static", "static"),
        ("media/public", "static"),
    ]


@pytest.mark.parametrize("bad", ["\x00", "\x1b", "\ud800", "\uffff"])
def test_text_that_xml_cannot_hold_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="cannot be written in XML"):
        fastcgi_config("app:app", {"NAME": bad})
