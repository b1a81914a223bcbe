"""The client and a server that runs here: found by its note, asked over HTTP, and again after a restart."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.live import Up, fetch
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


APP = """\
import sys
from itertools import count

numbers = count()


def application(environ, start_response):
    print("asked for", environ["PATH_INFO"], "number", next(numbers), flush=True)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"Hello"]
"""


def test_the_log_is_followed_from_its_newest_lines_over_a_restart_of_the_server(tmp_path: Path) -> None:
    home, folder = tmp_path / "home", tmp_path / "shop"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    where = ("--site", "shop", "--home", home)

    def ask(server: Up, path: str) -> None:
        url = next(line.split()[1] for line in server.lines if line.startswith("Serving: "))
        assert fetch(f"{url}{path}", headers={"Host": "shop.localhost"}).status == 200

    def asked(path: str) -> Callable[[str], bool]:
        return lambda line: f"asked for {path} " in line

    with serve(home) as first:
        with server_api(Chosen(None, home, None, None)) as server:
            create_site(server, "shop", [], {})
        with Up((folder, *where), cwd=tmp_path, env={}, verb=("deploy",)) as deploying:
            assert deploying.end() == 0
        ask(first, "/before")
        with Up(("-f", *where), cwd=tmp_path, env={}, verb=("logs",)) as following:
            following.wait_for(asked("/before"))
            ask(first, "/then")
            following.wait_for(asked("/then"))
            first.interrupt()
            following.wait_for(lambda line: "Waiting for it" in line)
            with serve(home) as second:
                ask(second, "/after")
                following.wait_for(asked("/after"))
                assert following.interrupt() == 0
                second.interrupt()
    for path in ("/before", "/then", "/after"):
        assert sum(map(asked(path), following.lines)) == 1
