"""What a FastCGI program that is not ours is told of a request."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.formats.fastcgi.pairs import decode_pairs
from webstead.formats.webconfig.model import Handler, Origin, Route
from webstead.front.files import Files
from webstead.front.foreign import foreign_piece, with_fit_script

HANDLER = Handler("PHP", ("*.php",), ("*",), "FastCgiModule", "foreign", Origin("web.config", 3))


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    root = tmp_path_factory.mktemp("site")
    for name in ("index.php", "shop/cart.php", "upload/evil.jpg", ".git/x.php", "shop/app.php.bak"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text("<?php")
    (root / "link.php").symlink_to("/etc/passwd")
    (root / "folder.php").mkdir()
    return Files(str(root), ())


def route(script: str, path: str | None = None, query: str = "", rewritten: bool = False) -> Route:
    return Route(HANDLER, None, script if path is None else path, query, script=script, rewritten=rewritten)


def told(files: Files, of: Route, sent: bytes = b"/as/sent?x=1") -> dict[str, str]:
    return decode_pairs(foreign_piece(of, sent, files, "Webstead/1"))


def test_a_script_and_what_follows_it(files: Files) -> None:
    root = files.root
    assert told(files, route("/shop/cart.php", "/shop/cart.php/a/b", "q=1")) == {
        "GATEWAY_INTERFACE": "CGI/1.1",
        "SERVER_SOFTWARE": "Webstead/1",
        "DOCUMENT_ROOT": root,
        "APPL_PHYSICAL_PATH": f"{root}/",
        "APPL_MD_PATH": "/LM/W3SVC/1/ROOT",
        "SCRIPT_NAME": "/shop/cart.php",
        "URL": "/shop/cart.php",
        "ORIG_PATH_INFO": "/shop/cart.php/a/b",
        "PATH_INFO": "/a/b",
        "SCRIPT_FILENAME": f"{root}/shop/cart.php",
        "PATH_TRANSLATED": f"{root}/a/b",
        "QUERY_STRING": "q=1",
        "REQUEST_URI": "/as/sent?x=1",
        "UNENCODED_URL": "/as/sent?x=1",
        "REDIRECT_STATUS": "200",
    }


def test_a_script_alone_has_no_path_info(files: Files) -> None:
    assert not {"PATH_INFO", "PATH_TRANSLATED"} & set(told(files, route("/index.php")))


def test_after_a_rewrite_the_url_as_sent_is_there_by_iis_s_names(files: Files) -> None:
    pairs = told(files, route("/index.php", rewritten=True))
    assert (pairs["HTTP_X_ORIGINAL_URL"], pairs["IIS_WasUrlRewritten"]) == ("/as/sent?x=1", "1")
    assert "IIS_WasUrlRewritten" not in told(files, route("/index.php"))


def test_a_program_of_all_paths_has_the_path_as_path_info(files: Files) -> None:
    pairs = told(files, route("", "/any/where"))
    assert (pairs["SCRIPT_NAME"], pairs["PATH_INFO"], pairs["URL"]) == ("", "/any/where", "/any/where")
    assert not {"SCRIPT_FILENAME", "PATH_TRANSLATED"} & set(pairs)


@pytest.mark.parametrize("script", ["/none/at/all.php", "/none/x.php"])
def test_nothing_is_given_that_a_program_could_walk_up(files: Files, script: str) -> None:
    assert not {"SCRIPT_FILENAME", "PATH_TRANSLATED"} & set(told(files, route(script, script + "/x")))


@pytest.mark.parametrize(
    ("script", "path", "runs"),
    [
        ("/index.php", "/index.php/x", True),
        ("/later.php", "/later.php", True),
        ("/none/later.php", "/none/later.php", True),
        ("/upload/evil.jpg/x.php", "/upload/evil.jpg/x.php", False),
        ("/.git/x.php", "/.git/x.php", False),
        ("/shop/app.php.bak", "/shop/app.php.bak", False),
        ("/link.php", "/link.php", False),
        ("/folder.php", "/folder.php/x", False),
        ("", "/any/where", True),
        ("", "/shop/", True),
        ("", "/upload/evil.jpg/x", False),
        ("", "/.git/x.php", False),
    ],
)
def test_what_may_not_be_sent_is_not_run(files: Files, script: str, path: str, runs: bool) -> None:
    found = with_fit_script(route(script, path), files)
    assert (found.handler is not None) is runs
    assert (found.answer.status if found.answer else 200) == (200 if runs else 404)


@given(st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=30))
def test_script_and_path_info_make_the_path(files: Files, extra: str) -> None:
    pairs = told(files, route("/index.php", "/index.php/" + extra))
    whole = pairs["SCRIPT_NAME"] + pairs["PATH_INFO"]
    assert whole == pairs["ORIG_PATH_INFO"] == ("/index.php/" + extra).encode().decode("latin-1")
    assert pairs["SCRIPT_FILENAME"] == str(Path(files.root) / "index.php")
