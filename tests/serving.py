"""`webstead serve` of a home with one site, `shop`, as its clients see it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.live import WEBSTEAD, Up
from tests.management import NOW, bearer
from webstead.site.homes import ServerHome, SiteHome
from webstead.site.server.note import ServerNote, read_note
from webstead.site.store import Store, open_store
from webstead.site.store.sites import create_site

__all__ = ["SCM", "SHOP", "Server", "new_home", "serving"]

SHOP = {"Host": "shop.localhost"}
SCM = {"Host": "shop.scm.localhost"}


def new_home(root: Path) -> ServerHome:
    """With the site."""
    home = ServerHome(root)
    home.make()
    create_site(open_store(home.database), "shop", now=NOW)
    home.site("shop").make()
    return home


class Server:
    """One that runs."""

    def __init__(self, home: ServerHome, up: Up, note: ServerNote, http: httpx.Client) -> None:
        self.home = home
        self.up = up
        self.note = note
        self.http = http
        self._store: Store | None = None

    @property
    def store(self) -> Store:
        """Its records, read beside it."""
        self._store = self._store or open_store(self.home.database)
        return self._store

    @property
    def site(self) -> SiteHome:
        return self.home.site("shop")

    @property
    def headers(self) -> dict[str, str]:
        """Of requests to the management."""
        return {**SCM, **bearer(self.note.token.reveal())}

    def deploy(self, content: bytes | Iterator[bytes], **query: str) -> httpx.Response:
        """It is waited for, unless the query says otherwise."""
        url = f"{self.note.url}/api/zipdeploy"
        return self.http.post(url, params=query, headers=self.headers, content=content)

    def manage(self, path: str, method: str = "GET") -> httpx.Response:
        return self.http.request(method, f"{self.note.url}{path}", headers=self.headers)

    def ask(self, query: str = "") -> tuple[int, str]:
        """The site: status and text."""
        answer = self.http.get(f"{self.note.url}/{query}", headers=SHOP)
        return answer.status_code, answer.text


@contextmanager
def serving(
    home: ServerHome,
    *,
    env: Mapping[str, str] | None = None,
    program: Sequence[str] = WEBSTEAD,
    seconds: float = 60,
) -> Iterator[Server]:
    """program: that `serve` and its options are given to. seconds: in which it has to serve."""
    words = ("--home", home.root, "--port", "0")
    with (
        Up(words, cwd=home.root.parent, env=env or {}, verb=("serve",), program=program) as up,
        httpx.Client(timeout=90) as http,
    ):
        up.wait_for(lambda line: line.startswith("Serving: "), seconds=seconds)
        note = read_note(home)
        assert note is not None
        yield Server(home, up, note, http)
