"""web.config on a real disk: found whatever its case, with the files that it names."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from webstead.gateway.failure import StartFailure
from webstead.gateway.wfastcgi.site_config import find_web_config, read_app_settings


def config(path: Path, key: str = "", attributes: str = "") -> None:
    item = f'<add key="{key}" value="{path.name}"/>' if key else ""
    path.write_text(f"<configuration><appSettings {attributes}>{item}</appSettings></configuration>")


@pytest.mark.parametrize("name", ["web.config", "Web.config", "WEB.CONFIG"])
def test_a_configuration_is_found_whatever_its_case(tmp_path: Path, name: str) -> None:
    assert find_web_config(str(tmp_path)) is None
    config(tmp_path / name, "a")
    found = find_web_config(str(tmp_path))
    assert found == str(tmp_path / name)
    assert read_app_settings(found) == {"a": name}


def test_of_several_the_lower_case_one_wins_and_it_is_told(tmp_path: Path) -> None:
    told: list[str] = []
    for name in ("Web.config", "WEB.config"):
        config(tmp_path / name)
    assert find_web_config(str(tmp_path), told.append) == str(tmp_path / "WEB.config")
    config(tmp_path / "web.config")
    assert find_web_config(str(tmp_path), told.append) == str(tmp_path / "web.config")
    assert told == [
        f"{tmp_path} has several files of this name: WEB.config is read, Web.config not",
        f"{tmp_path} has several files of this name: web.config is read, WEB.config, Web.config not",
    ]


def test_a_folder_that_is_not_there_has_none(tmp_path: Path) -> None:
    assert find_web_config(str(tmp_path / "absent")) is None


def section(path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f'<appSettings><add key="{path.stem}" value="x"/></appSettings>')


def test_files_in_the_folder_are_read(tmp_path: Path) -> None:
    section(tmp_path / "sub" / "more.config")
    config(tmp_path / "web.config", "a", r'file="sub\more.config"')
    assert read_app_settings(str(tmp_path / "web.config")) == {"a": "web.config", "more": "x"}
    config(tmp_path / "web.config", "", 'configSource="sub/more.config"')
    assert read_app_settings(str(tmp_path / "web.config")) == {"more": "x"}


def test_a_missing_file_is_passed_over_a_missing_source_is_not(tmp_path: Path) -> None:
    config(tmp_path / "web.config", "a", 'file="absent.config"')
    assert read_app_settings(str(tmp_path / "web.config")) == {"a": "web.config"}
    config(tmp_path / "web.config", "a", 'configSource="absent.config"')
    with pytest.raises(StartFailure, match=r"absent\.config cannot be read") as failure:
        read_app_settings(str(tmp_path / "web.config"))
    assert failure.value.fix == "Name a file that is there."


@pytest.mark.parametrize("way", ["dots", "absolute", "link"])
def test_nothing_outside_the_folder_is_read(tmp_path: Path, way: str) -> None:
    site = tmp_path / "site"
    site.mkdir()
    section(tmp_path / "outer.config")
    (site / "link.config").symlink_to(tmp_path / "outer.config")
    named = {"dots": "../outer.config", "absolute": str(tmp_path / "outer.config"), "link": "link.config"}[
        way
    ]
    told: list[str] = []
    config(site / "web.config", "a", f'file="{named}"')
    assert read_app_settings(str(site / "web.config"), told.append) == {"a": "web.config"}
    assert told == [f'appSettings file="{named}" is not read: it is not in {site}']
    config(site / "web.config", "a", f'configSource="{named}"')
    with pytest.raises(StartFailure, match="outside its folder"):
        read_app_settings(str(site / "web.config"))


def test_a_configuration_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    os.mkdir(tmp_path / "web.config")
    with pytest.raises(StartFailure, match=r"web\.config cannot be read"):
        read_app_settings(str(tmp_path / "web.config"))
