"""What a command is given, and where it runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from webstead.site.commands.variables import command_environment, folder_of_command, idle_seconds
from webstead.site.homes import SiteHome

HOME = Path("/srv/sites/shop")


@pytest.mark.parametrize(
    ("text", "folder"),
    [
        ("", "/srv/sites/shop"),
        ("  ", "/srv/sites/shop"),
        ("site/wwwroot", "/srv/sites/shop/site/wwwroot"),
        ("/tmp", "/tmp"),
        ("%WEBROOT%/static", "/srv/w/static"),
        ("$WEBROOT/static", "/srv/w/static"),
        ("${WEBROOT}/static", "/srv/w/static"),
        ("%NONE%/$NONE", "/srv/sites/shop/%NONE%/$NONE"),
    ],
)
def test_the_folder_is_joined_to_the_home_with_its_variables_filled_in(text: str, folder: str) -> None:
    assert folder_of_command(text, HOME, {"WEBROOT": "/srv/w"}) == Path(folder)


def test_settings_are_there_in_both_forms_and_lead_nothing_astray() -> None:
    settings = {"COLOUR": "red", "Path": "/evil", "HOME": "/elsewhere"}
    found = command_environment({"PATH": "/site/bin:/usr/bin"}, settings, SiteHome(HOME))
    assert (found["COLOUR"], found["APPSETTING_COLOUR"]) == ("red", "red")
    assert found["PATH"] == "/site/bin:/usr/bin"
    assert found["HOME"] == "/srv/sites/shop"
    assert found["WEBROOT_PATH"] == found["DEPLOYMENT_TARGET"] == "/srv/sites/shop/site/wwwroot"
    assert {"DEPLOYMENT_SOURCE", "KUDU_SYNC_CMD", "KUDU_SELECT_PYTHON_VERSION_CMD"} <= set(found)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("", 60), ("5", 5), ("0.5", 0.5), ("0", 60), ("soon", 60), ("-1", 60), ("999999", 86400)],
)
def test_how_long_a_command_may_be_idle_is_a_setting(text: str, seconds: float) -> None:
    assert idle_seconds({"SCM_COMMAND_IDLE_TIMEOUT": text}) == seconds


def test_without_the_setting_it_is_a_minute() -> None:
    assert idle_seconds({}) == 60
