"""The management on a port of its own: reached there alone, by every host name of a site; also over TLS."""

from __future__ import annotations

import http.client
import socket
import ssl
from contextlib import closing
from pathlib import Path

import pytest

from tests.certificates import self_signed
from tests.live import Up
from webstead.cli.connecting import Chosen, server_api, site_api
from webstead.client.sites import create_site, list_sites, publish_profile, show_site
from webstead.site.homes import ServerHome
from webstead.site.server.note import ServerNote, read_note


def serve(home: Path, *words: str | Path) -> Up:
    ports = ("--port", "0", "--management-port", "0")
    server = Up(("--home", home, *ports, *words), cwd=home.parent, env={}, verb=("serve",))
    server.wait_for(lambda line: line.startswith("Management: "))
    return server


def note_of(home: Path) -> ServerNote:
    note = read_note(ServerHome(home))
    assert note is not None
    return note


def status(url: str, host: str) -> int:
    with closing(http.client.HTTPConnection(url.partition("://")[2], timeout=30)) as connection:
        connection.request("GET", "/api/environment", headers={"Host": host})
        answer = connection.getresponse()
        answer.read()
        return answer.status


def test_it_is_reached_there_alone_by_each_host_of_a_site(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with serve(home):
        note = note_of(home)
        assert note.management_url != note.url
        with server_api(Chosen(None, home, None, None)) as server:
            create_site(server, "shop", ["www.shop.example"], {})
        for host in ("shop.localhost", "shop.scm.localhost", "www.shop.example", "scm.localhost"):
            assert status(note.management_url, host) == 401, host
        assert status(note.url, "shop.scm.localhost") == status(note.url, "scm.localhost") == 404
        assert status(note.url, "shop.localhost") == 503, "the site, to which nothing was deployed"


def test_profiles_and_answers_name_the_port_that_each_is_on(tmp_path: Path) -> None:
    home, file = tmp_path / "home", tmp_path / "shop.PublishSettings"
    with serve(home) as up:
        note = note_of(home)
        sites, management = (url.rpartition(":")[2] for url in (note.url, note.management_url))
        assert f"Management: http://scm.localhost:{management}" in up.lines
        with server_api(Chosen(None, home, None, None)) as server:
            create_site(server, "shop", [], {})
            (shop,) = list_sites(server)
            assert shop.url == f"http://shop.localhost:{sites}"
            assert shop.scm_url == f"http://shop.scm.localhost:{management}"
            with closing(server.of_site("shop")) as site:
                file.write_text(publish_profile(site, renew=False))
        assert f"shop.scm.localhost:{management}" in file.read_text()
        with site_api(Chosen(None, None, file, None)) as site:
            assert show_site(site).url == shop.url


@pytest.mark.parametrize("own", [False, True])
def test_it_speaks_tls_where_the_sites_do(tmp_path: Path, own: bool) -> None:
    home = tmp_path / "home"
    pair = self_signed(tmp_path, "own", ("scm.localhost", "*.scm.localhost"))
    words = ("--certificate", pair.certificate, "--key", pair.key) if own else ()
    with serve(home, "--https-port", "0", *words):
        note = note_of(home)
        assert note.management_url.startswith("https://")
        with server_api(Chosen(None, home, None, None)) as server:
            create_site(server, "shop", [], {})
            (shop,) = list_sites(server)
            assert shop.url.startswith("https://shop.localhost:")
            assert not shop.url.endswith(note.url.rpartition(":")[2]), "the port that speaks TLS"
            with closing(server.of_site("shop")) as site:
                assert show_site(site).name == "shop"
        trusted = pair.certificate if own else home / "tls" / "authority.pem"
        client = ssl.create_default_context(cafile=str(trusted))
        port = int(note.management_url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=30) as plain:
            client.wrap_socket(plain, server_hostname="shop.scm.localhost").close()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--certificate", "gone.pem"), "There is a certificate, and no port for TLS."),
        (("--https-port", "0", "--certificate", "gone.pem"), "The certificate cannot be read."),
        (("--https-port", "0", "--key", "gone.pem"), "Each certificate needs its key."),
    ],
)
def test_what_cannot_be_served_with_is_said_at_the_start(
    tmp_path: Path, words: tuple[str, ...], says: str
) -> None:
    home = tmp_path / "home"
    ports = ("--port", "0")
    with Up(("--home", home, *ports, *words), cwd=tmp_path, env={}, verb=("serve",)) as up:
        up.wait_for(lambda line: says in line)
        assert up.process.wait(timeout=30) == (4 if "cannot" in says else 2)
