from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.formats.webconfig.urlpath import BadPath, canonical
from webstead.front.denied import is_denied

SECRETS = (
    "web.config",
    "app.py",
    "app.pyc",
    "__pycache__/app.cpython-311.pyc",
    ".env",
    ".env.production",
    ".git/config",
    ".gitignore",
    ".ssh/id_rsa",
    "db.sqlite3",
    "data/site.db",
    "db.sqlite3-wal",
    "db.sqlite3-journal",
    "antenv/bin/python",
    ".venv/pyvenv.cfg",
    "lib/site-packages/flask/app.html",
    "settings.py~",
    "server.pem",
    "site.publishsettings",
    "wsgi.log",
    "app.py.bak",
    "settings.py.orig",
    "web.config.old",
    "db.sqlite3.bak",
    "dump.sql",
    "site.p12",
    "data/shop.mdb",
    "App_Data/shop.mdf",
    "App_Data/shop_log.ldf",
    "shop.ldb",
    "shop.accdb",
    "data/cache.duckdb",
    "dump.rdb",
    "core.dmp",
    "id_ed25519",
    "keys/id_ecdsa",
    "id_dsa",
    "authorized_keys",
    "putty.ppk",
    "keys.kdbx",
    ".git-credentials",
    ".netrc",
    "_netrc",
    ".htpasswd",
    "htpasswd",
    ".pgpass",
    ".pypirc",
    ".npmrc",
    ".aws/credentials",
    ".streamlit/secrets.toml",
    "secrets.json",
    "client_secret.json",
    "docker-compose.yml",
    "alembic.ini",
    "setup.cfg",
    "supervisord.conf",
    "terraform.tfstate",
    "terraform.tfstate.backup",
    "site.pubxml",
    "venv/lib/python3.11/site-packages/x.txt",
    "flask-3.0.0.dist-info/RECORD",
    "gunicorn.pid",
    ".hg/store/data",
    ".svn/wc.db",
    ".DS_Store",
    "celerybeat-schedule",
    "_fuzz.pxd",
)


@pytest.mark.parametrize("path", SECRETS)
def test_a_secret_is_denied(path: str) -> None:
    assert is_denied("/" + path)


@pytest.mark.parametrize("path", SECRETS)
def test_a_secret_is_denied_in_any_case(path: str) -> None:
    assert is_denied("/" + path.upper())
    assert is_denied("/" + path.title())


@pytest.mark.parametrize("path", SECRETS)
@pytest.mark.parametrize(
    "ending", ["::$DATA", ":stream", ".", "..", " ", "%20", ". .", "::$INDEX_ALLOCATION", "%2e", "/.", "\\"]
)
def test_a_secret_is_denied_by_its_windows_names(path: str, ending: str) -> None:
    try:
        spelled = canonical(quote("/" + path + ending.replace("%20", " "), safe="/"))
    except BadPath:
        return
    assert is_denied(spelled)


@pytest.mark.parametrize(
    "raw",
    [
        "/static/../web.config",
        "/static/..%2fweb.config",
        "/static/%2e%2e/web.config",
        "/./web.config",
        "//web.config",
        "/static\\..\\web.config",
        "/static/..%5cweb.config",
        "/%77eb.config",
        "/web%2Econfig",
        "/WEB~1.CON",
        "/web.config/",
        "/web.config%00.txt",
        "/web.config%20",
        "/web%252econfig",
        "/static/%c0%ae%c0%ae/web.config",
        "/\u0017web.config",
        "/.%67it/config",
        "/%2egit/HEAD",
        "/app%2epy",
        "/app.p%79",
        "/app.py%3a%3a$DATA",
    ],
)
def test_no_spelling_of_a_path_reaches_a_secret(raw: str) -> None:
    try:
        path = canonical(raw)
    except BadPath:
        return
    assert is_denied(path)


@pytest.mark.parametrize("name", ["con", "NUL.txt", "com1", "lpt9.html", "aux .css", "COM\u00b9"])
def test_windows_devices_are_denied(name: str) -> None:
    assert is_denied("/" + name)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/index.html",
        "/static/css/site.min.css",
        "/.well-known/security.txt",
        "/.well-known/acme-challenge/token",
        "/downloads/pyramid.pdf",
        "/config.html",
        "/python/",
        "/console.html",
        "/communication.html",
        "/r\u00e9sum\u00e9 2024 (1).pdf",
        "/env/index.html",
        "/media/photo@2x.png",
        "/requirements.txt",
        "/img/shadow/box.png",
        "/weights/model.pth",
        "/js/conf/app.js",
        "/secrets.html",
    ],
)
def test_what_a_site_wants_to_show_is_not_denied(path: str) -> None:
    assert not is_denied(path)


@given(st.sampled_from(SECRETS), st.lists(st.text("abcxyz-_", min_size=1, max_size=8), max_size=3), st.data())
def test_a_secret_is_denied_at_any_depth_and_however_it_is_escaped(
    secret: str, folders: list[str], data: st.DataObject
) -> None:
    plain = "/" + "/".join([*folders, secret])
    escaped = "".join(
        f"%{ord(letter):02x}" if letter != "/" and data.draw(st.booleans()) else letter for letter in plain
    )
    assert canonical(escaped) == plain
    assert is_denied(canonical(escaped))


_ENDINGS = st.sampled_from(
    ["", "", ".", " ", "..", "%20", "%2e", "::$DATA", ":x", "/", "\\", "%5c", "/.", "%2f"]
)
_DETOURS = st.sampled_from(["", "./", "x/../", "/", "%2e/", "x/%2e%2e/", "\\", "x\\..\\", "%2f", "a%5c..%5c"])


@given(st.sampled_from(SECRETS), st.lists(_DETOURS, max_size=3), _ENDINGS, st.integers(0, 2), st.data())
def test_no_spelling_reaches_a_secret(
    secret: str, detours: list[str], ending: str, again: int, data: st.DataObject
) -> None:
    """Escaped, escaped again, with dots, backslashes, in other case, with what Windows leaves off."""
    name = "".join(
        (f"%{ord(letter):02x}" if data.draw(st.booleans()) else letter.swapcase())
        if letter != "/" and data.draw(st.booleans())
        else letter
        for letter in secret
    )
    raw = "/" + "".join(detours) + name + ending.replace(" ", "%20")
    for _ in range(again):
        raw = raw.replace("%", "%25")
    try:
        path = canonical(raw)
    except BadPath:
        return
    assert again > 1 or is_denied(path)
    names_another = "%" in path  # a file whose own name has an escape in it
    assert names_another or secret.lower().strip("/") not in path.lower() or is_denied(path)


@given(st.text(max_size=60))
def test_any_text_gets_an_answer(path: str) -> None:
    assert is_denied(path) in (True, False)
