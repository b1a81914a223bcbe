"""The web.config that a plan writes is read back to the same start."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.errors import PlanError
from webstead.formats.webconfig import GATEWAY, platform_handler_config, windows_words
from webstead.plan.configured import lay_over, made
from webstead.plan.model import Start, VirtualDirectory
from webstead.plan.written import write_web_config
from webstead.project import Evidence

EVIDENCE = (Evidence("a--b.py", 3, ""),)
# What XML 1.0 cannot hold at all cannot be in an attribute of web.config either.
WORD = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")), min_size=1, max_size=12)


def start(interface: str, *words: str, target: str | None = "app:app") -> Start:
    return Start("wsgi" if interface == "wsgi" else "command", target, words, ".", EVIDENCE)


def test_a_wsgi_start_is_a_fastcgi_handler() -> None:
    site = lay_over([made(write_web_config(start("wsgi"), ()))])
    ((folder, handler),) = site.handlers()
    assert (folder, handler.kind, handler.pool) == ("", "fastcgi", f"fastcgi:{GATEWAY}")
    assert [(s.key, s.value) for s in site.app_settings()] == [("WSGI_HANDLER", "app:app")]


def test_collected_files_lose_the_handler() -> None:
    virtual = [VirtualDirectory("/assets/static", "collectstatic")]
    site = lay_over([made(write_web_config(start("wsgi"), virtual))])
    assert [(folder, handler.kind) for folder, handler in site.handlers()] == [
        ("", "fastcgi"),
        ("assets/static", "static"),
    ]


@given(st.lists(WORD, min_size=1, max_size=5).filter(lambda words: bool(words[0].strip())))
def test_the_words_of_a_command_come_back(words: list[str]) -> None:
    platform = lay_over([made(write_web_config(start("command", *words), ()))]).http_platform()
    assert platform is not None
    assert (platform.process_path, *windows_words(platform.arguments)) == tuple(words)


def test_a_program_without_port_gets_it_by_its_variable() -> None:
    site = lay_over([made(write_web_config(start("command", "streamlit", "run", "x.py"), ()))])
    platform = site.http_platform()
    assert platform is not None
    names = [setting.key for setting in platform.environment]
    assert names == ["STREAMLIT_SERVER_HEADLESS", "PORT", "STREAMLIT_SERVER_PORT"]


@pytest.mark.parametrize(
    ("command", "settings"),
    [
        ("streamlit run x.py --server.port 1", {"STREAMLIT_SERVER_HEADLESS": "true"}),
        ("python -m streamlit run x.py --server.port 1 --server.headless true", {}),
        ("panel serve x.py --port 1", {"BOKEH_ALLOW_WS_ORIGIN": "*"}),
        ("panel serve x.py --port 1 --allow-websocket-origin=shop.example.org", {}),
    ],
)
def test_a_program_behind_a_front_asks_nobody_and_takes_any_name(
    command: str, settings: dict[str, str]
) -> None:
    text = write_web_config(start("command", *command.split()), ())
    platform = lay_over([made(text)]).http_platform()
    assert platform is not None
    ports = {"PORT", "STREAMLIT_SERVER_PORT"}
    assert {s.key: s.value for s in platform.environment if s.key not in ports} == settings


@given(st.tuples(st.from_regex(r"[A-Z_]{1,8}", fullmatch=True), WORD))
def test_variables_come_back(variable: tuple[str, str]) -> None:
    site = lay_over([made(write_web_config(start("wsgi"), (), dict([variable])))])
    assert variable in [(s.key, s.value) for s in site.app_settings()] or variable[0] == "WSGI_HANDLER"


def test_the_handler_for_an_unmapped_platform_waits_for_its_section() -> None:
    assert lay_over([made(platform_handler_config())]).http_platform() is None


def test_a_control_character_is_refused_in_words() -> None:
    with pytest.raises(PlanError) as caught:
        write_web_config(start("command", "python", "a\x01.py"), ())
    assert "\\x01" in caught.value.found
