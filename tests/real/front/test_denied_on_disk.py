"""What is denied is not sent, whatever its path looks like: with real files, under real names and links."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.formats.webconfig.urlpath import BadPath, canonical
from webstead.front.files import Files

SECRETS = (
    "web.config",
    "app.py",
    ".env",
    ".git/config",
    "db.sqlite3",
    "data/shop.mdb",
    "keys/id_ed25519",
    "venv/bin/python",
    "venv/notes.txt",
    "env2/pyvenv.cfg",
    "env2/notes.txt",
)
SHOWN = ("index.html", "static/site.css", "env/page.html")
LINKS = {"link.txt": "web.config", "static/to": "../.git", "out.txt": "../outside.txt", "up": ".."}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Files:
    folder = tmp_path_factory.mktemp("site")
    (folder / "outside.txt").write_text("secret")
    root = folder / "wwwroot"
    for name in (*SECRETS, *SHOWN):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("shown" if name in SHOWN else "secret")
    for name, target in LINKS.items():
        (root / name).symlink_to(target)
    return Files(str(root), ())


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """A release that has links to what is kept beside it."""
    root = tmp_path_factory.mktemp("home")
    for name in ("kept/photo.png", "kept/uploads/a.png", "kept/.env", "kept/venv/pyvenv.cfg", "kept/venv/x"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("kept")
    (root / "secret").write_text("secret")
    (root / "kept/uploads/out").symlink_to("../../secret")
    (root / "r1").mkdir()
    for name in ("photo.png", "uploads", "venv"):
        (root / "r1" / name).symlink_to(f"../kept/{name}")
    (root / "r1/env.txt").symlink_to("../kept/.env")
    (root / "r1/all").symlink_to("../kept")
    (root / "r1/up").symlink_to("..")
    (root / "virtual").mkdir()
    (root / "virtual/photo.png").symlink_to("../kept/photo.png")
    return Files(str(root / "r1"), (("/virtual", str(root / "virtual")),), str(root / "kept"))


@pytest.mark.parametrize("path", ["photo.png", "uploads/a.png"])
def test_what_is_kept_is_seen_where_its_link_is(release: Files, path: str) -> None:
    assert sent(release, f"/{path}") == b"kept"


@pytest.mark.parametrize(
    "path", ["env.txt", "venv/x", "uploads/out", "up/secret", "all/.env", "virtual/photo.png"]
)
def test_what_is_denied_is_denied_there_too(release: Files, path: str) -> None:
    assert sent(release, f"/{path}") is None


def sent(site: Files, raw: str) -> bytes | None:
    try:
        found = site.find(canonical(raw))
    except BadPath:
        return None
    return None if found is None else found.body


@pytest.mark.parametrize("path", SHOWN)
def test_what_is_to_be_seen_is(site: Files, path: str) -> None:
    assert sent(site, f"/{path}") == b"shown"


@pytest.mark.parametrize("path", [*SECRETS, *LINKS, "static/to/config", "up/outside.txt"])
def test_what_is_denied_is_not(site: Files, path: str) -> None:
    assert sent(site, f"/{path}") is None


_DETOURS = st.sampled_from(
    ["./", "x/../", "/", "%2e/", "static/%2e%2e/", "\\\\", "x\\..\\", "%2f", "up/wwwroot/", "static/..%5c"]
)
_ENDINGS = st.sampled_from(
    ["", ".", "%20", "..", "%2e", "::$DATA", ":x", "/", "\\", "%5c", "/.", "%00", "%00.txt"]
)


@given(
    st.sampled_from([*SECRETS, *LINKS, "static/to/config", "up/outside.txt"]),
    st.lists(_DETOURS, max_size=3),
    _ENDINGS,
    st.integers(0, 2),
    st.data(),
)
def test_no_spelling_gets_it(
    site: Files, secret: str, detours: list[str], ending: str, again: int, data: st.DataObject
) -> None:
    name = "".join(
        data.draw(st.sampled_from([letter, letter.swapcase(), f"%{ord(letter):02x}"])) for letter in secret
    )
    raw = "/" + "".join(detours) + name + ending
    for _ in range(again):
        raw = raw.replace("%", "%25")
    assert sent(site, raw) != b"secret"
