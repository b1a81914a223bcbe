"""Static files through a real front: what is sent, and above all what is not."""

from __future__ import annotations

import os
from email.parser import BytesParser
from pathlib import Path

import pytest

from tests.real.front.stage import FrontProcess, Stage, eventually, memory, webconfig
from webstead.front.files import Files

SECRET = "do not show"


@pytest.fixture
def site(stage: Stage) -> FrontProcess:
    """A site that is served from its files, with secrets between them and beside it."""
    root = stage.root
    for name in (
        "web.config",
        "app.py",
        ".env",
        "db.sqlite3",
        ".git/config",
        "venv/index.html",
        "venv/pyvenv.cfg",
    ):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(SECRET)
    (stage.folder / "outside.txt").write_text(SECRET)
    (root / "leaves.txt").symlink_to(stage.folder / "outside.txt")
    (root / "away").symlink_to(stage.folder)
    (root / "alias.txt").symlink_to(root / ".env")
    (root / "stays.txt").symlink_to(root / "page.html")
    (root / "page.html").write_text("<p>page</p>")
    (root / "docs").mkdir()
    (root / "docs" / "index.html").write_text("index")
    (root / "bare").mkdir()
    (root / "big.bin").write_bytes(bytes(range(256)) * 4096)
    os.mkfifo(root / "pipe.txt")
    front = stage.front()
    extra = '<staticContent><mimeMap fileExtension=".bin" mimeType="application/x-big"/></staticContent>'
    front.serve(root, config=webconfig("static", extra))
    return front


def test_a_file_has_its_type_and_validators(site: FrontProcess) -> None:
    answer = site.ask("/page.html")
    assert (answer.status, answer.body) == (200, b"<p>page</p>")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["server"] == "Webstead"
    etag, modified = answer.headers["etag"], answer.headers["last-modified"]
    for head in (f"If-None-Match: {etag}\r\n", f"If-Modified-Since: {modified}\r\n"):
        unchanged = site.ask("/page.html", head=head)
        assert (unchanged.status, unchanged.body, unchanged.headers["etag"]) == (304, b"", etag)
    assert site.ask("/page.html", head='If-None-Match: "other"\r\n').status == 200


def test_head_answers_as_get_without_the_body(site: FrontProcess) -> None:
    for path in ("/page.html", "/big.bin"):
        get, head = site.ask(path), site.ask(path, method="HEAD")
        assert head.body == b""
        assert {**head.headers, "date": ""} == {**get.headers, "date": ""}


@pytest.mark.parametrize("path", ["/page.html", "/big.bin"])
def test_ranges(site: FrontProcess, path: str) -> None:
    whole = site.ask(path).body
    for header, first, last in (
        ("0-0", 0, 0),
        ("2-5", 2, 5),
        ("-3", len(whole) - 3, len(whole) - 1),
        ("4-", 4, len(whole) - 1),
    ):
        part = site.ask(path, head=f"Range: bytes={header}\r\n")
        assert (part.status, part.body) == (206, whole[first : last + 1])
        assert part.headers["content-range"] == f"bytes {first}-{last}/{len(whole)}"
    beyond = site.ask(path, head="Range: bytes=9999999-\r\n")
    assert (beyond.status, beyond.headers["content-range"]) == (416, f"bytes */{len(whole)}")
    stale = site.ask(path, head='Range: bytes=0-1\r\nIf-Range: "old"\r\n')
    assert (stale.status, stale.body) == (200, whole)


@pytest.mark.parametrize("path", ["/page.html", "/big.bin"])
def test_several_ranges(site: FrontProcess, path: str) -> None:
    whole = site.ask(path).body
    far = max(len(whole) - 2, 0)
    answer = site.ask(path, head=f"Range: bytes={far}-,0-1,500000-600000\r\n")
    if path == "/page.html":  # so small that the parts are one
        assert (answer.status, answer.body) == (206, whole)
        return
    assert answer.status == 206
    assert answer.headers["content-length"] == str(len(answer.raw.partition(b"\r\n\r\n")[2]))
    kind = answer.headers["content-type"].encode()
    parts = [
        (part.get("content-type"), part.get("content-range"), part.get_payload(decode=True))
        for part in BytesParser().parsebytes(b"Content-Type: %b\r\n\r\n%b" % (kind, answer.body)).walk()
        if not part.is_multipart()
    ]
    size = len(whole)
    assert parts == [
        ("application/x-big", f"bytes {far}-{size - 1}/{size}", whole[far:]),
        ("application/x-big", f"bytes 0-1/{size}", whole[:2]),
        ("application/x-big", f"bytes 500000-600000/{size}", whole[500_000:600_001]),
    ]


def test_many_small_ranges_get_the_whole_file(site: FrontProcess) -> None:
    many = ",".join(f"{number * 200}-{number * 200}" for number in range(1000))
    answer = site.ask("/big.bin", head=f"Range: bytes={many}\r\n")
    assert (answer.status, len(answer.body)) == (200, 1 << 20)


def test_a_range_counts_for_get_alone(site: FrontProcess) -> None:
    for given in ("0-1", "9999999-"):
        answer = site.ask("/big.bin", method="HEAD", head=f"Range: bytes={given}\r\n")
        assert (answer.status, answer.headers["content-length"]) == (200, str(1 << 20))


def test_conditions(site: FrontProcess) -> None:
    first = site.ask("/page.html")
    etag, date = first.headers["etag"], first.headers["last-modified"]
    old = "Mon, 01 Jan 2001 00:00:00 GMT"
    for head, status in (
        (f"If-Match: {etag}\r\n", 200),
        ("If-Match: *\r\n", 200),
        (f"If-Match: W/{etag}\r\n", 412),
        ('If-Match: "other"\r\n', 412),
        (f"If-Unmodified-Since: {date}\r\n", 200),
        (f"If-Unmodified-Since: {old}\r\n", 412),
        (f"If-Match: {etag}\r\nIf-Unmodified-Since: {old}\r\n", 200),
        (f"If-Match: {etag}\r\nIf-None-Match: {etag}\r\n", 304),
        (f'If-None-Match: "other"\r\nIf-Modified-Since: {date}\r\n', 200),
        (f"If-Match: {etag}\r\nRange: bytes=0-0\r\n", 206),
        (f"If-Range: {etag}\r\nRange: bytes=0-0\r\n", 206),
        (f"If-Range: {date}\r\nRange: bytes=0-0\r\n", 206),
        (f"If-Range: {old}\r\nRange: bytes=0-0\r\n", 200),
        (f"If-None-Match: {etag}\r\nRange: bytes=0-0\r\n", 304),
    ):
        assert site.ask("/page.html", head=head).status == status, head


def test_large_files_come_whole_with_the_site_s_own_type(site: FrontProcess) -> None:
    answer = site.ask("/big.bin")
    assert answer.body == bytes(range(256)) * 4096
    assert answer.headers["content-type"] == "application/x-big"


def test_folders(site: FrontProcess) -> None:
    assert site.ask("/docs/").body == b"index"
    moved = site.ask("/docs?a=b")
    assert (moved.status, moved.headers["location"]) == (301, "/docs/?a=b")
    assert site.ask("//docs").headers["location"] == "/docs/"
    assert site.ask("/bare/").status == 403
    assert site.ask("/none/").status == 404
    assert site.ask("/page.html/").status == 404


def test_other_methods(site: FrontProcess) -> None:
    answer = site.ask("/page.html", method="PUT", body=b"x")
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")


def test_a_link_that_stays_is_followed(site: FrontProcess) -> None:
    assert site.ask("/stays.txt").body == b"<p>page</p>"


@pytest.mark.parametrize(
    "secret", ["web.config", "app.py", ".env", "db.sqlite3", ".git/config", "venv/index.html"]
)
def test_no_spelling_of_a_path_shows_a_secret(site: FrontProcess, secret: str) -> None:
    escaped = "".join(f"%{ord(letter):02X}" for letter in secret)
    for path in (
        f"/{secret}",
        f"/{secret.upper()}",
        f"/{escaped}",
        f"/docs/../{secret}",
        f"/docs/..%2f{secret}",
        f"/docs/%2e%2e/{secret}",
        f"/docs/..%5c{secret}",
        f"/.//{secret}",
        f"/{secret}.",
        f"/{secret}%20",
        f"/{secret}::$DATA",
        f"/{secret}%00.html",
        f"/{secret}/",
        f"/{escaped.replace('%', '%25')}",
        f"//{secret}",
        f"/\\{secret}",
    ):
        answer = site.ask(path)
        assert answer.status in (400, 403, 404), path
        assert SECRET.encode() not in answer.body, path


@pytest.mark.parametrize(
    "path",
    ["/leaves.txt", "/away/outside.txt", "/alias.txt", "/pipe.txt", "/../outside.txt", "/%2e%2e/outside.txt"],
)
def test_nothing_outside_of_the_site_is_shown(site: FrontProcess, path: str) -> None:
    answer = site.ask(path)
    assert answer.status in (400, 404)
    assert SECRET.encode() not in answer.body


def test_a_changed_file_is_seen(site: FrontProcess, stage: Stage) -> None:
    assert site.ask("/page.html").body == b"<p>page</p>"
    (stage.root / "page.html").write_text("<p>new</p>")
    eventually(lambda: site.ask("/page.html").body == b"<p>new</p>", "the new file is sent")
    (stage.root / "page.html").unlink()
    eventually(lambda: site.ask("/page.html").status == 404, "the file is gone")


def test_virtual_directories_lie_over_the_site(stage: Stage) -> None:
    collected = stage.folder / "collected"
    collected.mkdir()
    (collected / "site.css").write_text("css")
    (collected / "app.py").write_text(SECRET)
    (stage.root / "site.css").write_text("own")
    (stage.root / "static.txt").write_text("beside")
    front = stage.front()
    front.serve(stage.root, config=webconfig("static"), virtual=(("/static", str(collected)),))
    assert front.ask("/static/site.css").body == b"css"
    assert front.ask("/site.css").body == b"own"
    assert front.ask("/static.txt").body == b"beside"
    assert front.ask("/static/app.py").status == 404
    assert front.ask("/static/../web.config").status == 404


def test_a_large_download_needs_no_memory(site: FrontProcess, stage: Stage) -> None:
    with (stage.root / "huge.bin").open("wb") as file:
        file.truncate(50_000_000)
    before = memory(site.process)
    assert len(site.ask("/huge.bin").body) == 50_000_000
    assert len(site.ask("/huge.bin", head="Range: bytes=1-\r\n").body) == 49_999_999
    assert memory(site.process) - before < 15_000_000


def test_the_cache_keeps_its_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        (tmp_path / f"{number}.txt").write_bytes(b"x" * 1000)
    monkeypatch.setattr("webstead.front.files.STATIC_CACHE", 5000)
    files = Files(str(tmp_path), ())
    for number in range(20):
        found = files.find(f"/{number}.txt")
        assert found is not None
        assert found.body == b"x" * 1000
    assert files._kept <= 5000
    assert len(files._known) <= 5


def test_browsers_are_told_how_long_to_keep_a_file(stage: Stage) -> None:
    (stage.root / "a.css").write_text("a{}")
    front = stage.front()
    cache = '<staticContent><clientCache cacheControlMode="UseMaxAge" setEtag="{}"/></staticContent>'
    front.serve(stage.root, config=webconfig("static", cache.format("true")))
    first = front.ask("/a.css")
    assert first.headers["cache-control"] == "max-age=86400"
    again = front.ask("/a.css", head=f"If-None-Match: {first.headers['etag']}\r\n")
    assert (again.status, again.headers["cache-control"]) == (304, "max-age=86400")
    front.serve(stage.root, config=webconfig("static", cache.format("false")))
    assert "etag" not in front.ask("/a.css").headers
