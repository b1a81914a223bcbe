"""wfastcgi's settings: from both sources, expanded, split and checked."""

from __future__ import annotations

import os
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.gateway.failure import BAD_USAGE, StartFailure
from webstead.gateway.wfastcgi.settings import (
    DEFAULT_RESTART,
    SETTINGS,
    WfastcgiSettings,
    export_settings,
    wfastcgi_settings,
)


def settings(
    app: dict[str, str] | None = None, environ: dict[str, str] | None = None, told: list[str] | None = None
) -> WfastcgiSettings:
    heard: list[str] = []
    found = wfastcgi_settings(app or {}, environ or {}, heard.append)
    assert heard == (told or [])
    return found


VALUES = {
    "WSGI_HANDLER": ("site.app", "handler", "site.app"),
    "WSGI_LOG": ("D:\\x.log", "log", "D:\\x.log"),
    "WSGI_RESTART_FILE_REGEX": (".*py", "restart", ".*py"),
    "PYTHONPATH": ("lib;more", "path", ("lib", "more")),
    "SCRIPT_NAME": ("/app", "mount", "/app"),
    "AllowPathInfoForScriptMappings": ("", "path_info", True),
    "APPINSIGHTS_INSTRUMENTATIONKEY": ("key", "insights_key", "key"),
    "APPLICATIONINSIGHTS_CONNECTION_STRING": ("a=b", "insights_connection", "a=b"),
    "WSGI_PTVSD_SECRET": ("s", "debug_secret", "s"),
    "WSGI_PTVSD_ADDRESS": ("h:1", "debug_address", "h:1"),
    "WSGI_ALT_VIRTUALENV_ACTIVATE_THIS": ("env", "virtualenv", "env"),
    "WSGI_ALT_VIRTUALENV_HANDLER": ("x.y", "virtualenv_handler", "x.y"),
}


@pytest.mark.parametrize("name", [setting.name for setting in SETTINGS])
def test_each_setting_is_read_from_both_sources_and_app_settings_win(name: str) -> None:
    value, field, expected = VALUES[name]
    unset = getattr(settings(), field)
    assert unset != expected
    assert getattr(settings({name: value}), field) == expected
    assert getattr(settings({name.upper(): value}), field) == expected, "app settings: whatever the case"
    assert getattr(settings({}, {name: value}), field) == expected
    assert getattr(settings({name: value}, {name: "1"}), field) == expected


def test_every_setting_is_told_of() -> None:
    assert {setting.name for setting in SETTINGS} == set(VALUES)
    assert all(setting.doc.endswith(".") for setting in SETTINGS)


def test_nothing_set_is_wfastcgis_defaults() -> None:
    assert settings() == WfastcgiSettings()
    assert settings().as_variables() == {}
    assert re.match(DEFAULT_RESTART, "pkg/web.config")
    assert not re.match(DEFAULT_RESTART, "static/site.css")


def test_what_options_have_too_goes_by_its_name() -> None:
    found = settings({"wsgi_handler": "a.b", "WSGI_RESTART_FILE_REGEX": "", "SCRIPT_NAME": "app/"})
    assert found.as_variables() == {
        "WSGI_HANDLER": "a.b",
        "WSGI_RESTART_FILE_REGEX": "",
        "SCRIPT_NAME": "/app",
    }


def test_restart_can_be_turned_off_and_a_bad_expression_is_refused() -> None:
    assert settings({"WSGI_RESTART_FILE_REGEX": ""}).restart == ""
    with pytest.raises(StartFailure, match="WSGI_RESTART_FILE_REGEX") as caught:
        settings({"WSGI_RESTART_FILE_REGEX": "*.py"})
    assert caught.value.code == BAD_USAGE
    assert DEFAULT_RESTART in caught.value.fix


def test_variables_expand_where_paths_are_and_nowhere_else() -> None:
    app = {
        "PYTHONPATH": "%HOME%/lib;%own%",
        "Own": "mine",
        "WSGI_LOG": "%HOME%/log",
        "WSGI_HANDLER": "%HOME%.x",
    }
    found = settings(app, {"HOME": "/home"})
    assert found.path == ("/home/lib", "mine")
    assert found.log == "/home/log"
    assert found.handler == "%HOME%.x"


def test_names_with_brackets_expand() -> None:
    assert settings({"WSGI_LOG": "%ProgramFiles(x86)%/a"}, {"ProgramFiles(x86)": "/p"}).log == "/p/a"


def test_a_variable_that_is_not_set_stays_with_one_warning() -> None:
    told = ["PYTHONPATH: %NONE%, %NO% is not set, and stays as it is"]
    assert settings({"PYTHONPATH": "%NONE%/a;%NONE%/b;%NO%"}, told=told).path == (
        "%NONE%/a",
        "%NONE%/b",
        "%NO%",
    )


def test_a_setting_may_add_to_its_former_value() -> None:
    assert settings({"PYTHONPATH": "%PYTHONPATH%;new"}, {"PYTHONPATH": "old"}).path == ("old", "new")


def test_the_path_is_split_at_both_separators_but_not_at_a_drive() -> None:
    found = settings(
        {"PYTHONPATH": f" a ;;D:\\home\\lib;E:/x{os.pathsep if os.pathsep == ';' else ';'}b:c"}
    ).path
    assert found[:3] == ("a", "D:\\home\\lib", "E:/x")
    assert found[3:] == (("b:c",) if os.pathsep == ";" else ("b", "c"))


@pytest.mark.parametrize("text", ["/app", "app", "/app/", " /app/ "])
def test_a_mount_has_one_form(text: str) -> None:
    assert settings({"SCRIPT_NAME": text}).mount == "/app"
    assert settings({"SCRIPT_NAME": "/"}).mount == ""


def test_secrets_do_not_show() -> None:
    found = settings({"WSGI_PTVSD_SECRET": "xyzzy", "APPINSIGHTS_INSTRUMENTATIONKEY": "plugh"})
    assert found.debug_secret == "xyzzy"
    assert "xyzzy" not in repr(found)
    assert "plugh" not in repr(found)


def test_every_app_setting_is_exported_as_written() -> None:
    environ = {"DJANGO_SETTINGS_MODULE": "old", "KEEP": "1"}
    export_settings({"DJANGO_SETTINGS_MODULE": "new", "PYTHONPATH": "%X%"}, environ)
    assert environ == {"DJANGO_SETTINGS_MODULE": "new", "PYTHONPATH": "%X%", "KEEP": "1"}


def test_what_cannot_be_a_variable_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setenv("WEBSTEAD_TEST_AFTER", "")
    export_settings({"a=b": "1", "WEBSTEAD_TEST_AFTER": "2"}, os.environ, told.append)
    assert os.environ["WEBSTEAD_TEST_AFTER"] == "2"
    assert len(told) == 1
    assert "'a=b'" in told[0]


TEXT = st.text(st.sampled_from("aB%;:/\\() \t"), max_size=12)


@given(TEXT, TEXT)
def test_any_path_gives_folders_without_separators(text: str, value: str) -> None:
    folders = wfastcgi_settings({"PYTHONPATH": text}, {"a": value, "B": value}, lambda line: None).path
    assert all(folder.strip() == folder and folder and ";" not in folder for folder in folders)
