"""The client and a server that runs here: found by its note, asked over HTTP, and again after a restart."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from tests.live import Up
from webstead.cli.connecting import Chosen, server_api, site_api
from webstead.client.command import run_command
from webstead.client.sites import create_site, list_sites, publish_profile, show_site
from webstead.errors import RemoteError


def serve(home: Path) -> Up:
    words = ("--home", home, "--port", "0")
    server = Up(words, cwd=home.parent, env={}, verb=("serve",))
    server.wait_for(lambda line: line.startswith("Management: "))
    return server


def test_a_server_is_asked_and_found_anew_after_its_restart(tmp_path: Path) -> None:
    home = tmp_path / "home"
    here, told = Chosen("shop", home, None, None), list[str]()
    with serve(home) as first, server_api(Chosen(None, home, None, None)) as server:
        assert not server.in_process
        create_site(server, "shop", [], {})
        assert [site.name for site in list_sites(server)] == ["shop"]
        with site_api(here) as site:
            assert run_command(site, "echo hello", ".").output.strip() == "hello"
            before = site.place
            first.interrupt()
            with serve(home) as second:
                assert site.patient_get("/api/site", told.append) is not None
                assert site.place.authorization != before.authorization
                assert len(told) == 1
                second.interrupt()
            with pytest.raises(RemoteError, match="no answer"):
                show_site(site)
    with server_api(Chosen(None, home, None, None)) as server:
        assert server.in_process
        assert [site.name for site in list_sites(server)] == ["shop"]


def test_a_profile_of_a_server_here_leads_to_its_site(tmp_path: Path) -> None:
    home, file = tmp_path / "home", tmp_path / "shop.PublishSettings"
    with serve(home):
        with server_api(Chosen(None, home, None, None)) as server:
            create_site(server, "shop", [], {})
            create_site(server, "other", [], {})
            with closing(server.of_site("shop")) as site:
                file.write_text(publish_profile(site, renew=False))
        with site_api(Chosen(None, None, file, None)) as site:
            assert show_site(site).name == "shop"
            with pytest.raises(RemoteError):
                list_sites(site)
