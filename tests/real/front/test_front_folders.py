"""Kinds of files, default documents and lists of folders, rule by rule, through a real front."""

from __future__ import annotations

import json
import os
import re
import time

import pytest

from tests.real.front.stage import Answered, FrontProcess, Stage, webconfig

JSON = "Accept: application/json\r\n"
LOCAL = "Host: localhost\r\n"
BROWSE = '<directoryBrowse enabled="true"/>'


@pytest.fixture
def front(stage: Stage) -> FrontProcess:
    root = stage.root
    for name in (
        "page.html",
        "data.own",
        "LICENSE",
        "docs/start.htm",
        "docs/other.txt",
        "list/a.txt",
        "list/.env",
    ):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(name)
    return stage.front()


def code(answer: Answered) -> str:
    error = json.loads(answer.body)["error"]
    return f"{error['status']}.{error.get('sub_status', 0)}"


def links(answer: Answered) -> list[str]:
    return re.findall(r'href="([^"]*)"', answer.body.decode())


@pytest.mark.parametrize(
    ("maps", "path", "outcome"),
    [
        ("", "/page.html", "text/html; charset=utf-8"),
        ("", "/data.own", "404.3"),
        ("", "/LICENSE", "404.3"),
        ("", "/none.own", "404.0"),  # what is not there is 404 first
        ('<mimeMap fileExtension=".own" mimeType="a/own"/>', "/data.own", "a/own"),
        ('<mimeMap fileExtension=".OWN" mimeType="a/own"/>', "/data.own", "a/own"),
        ('<mimeMap fileExtension="." mimeType="text/x"/>', "/LICENSE", "text/x; charset=utf-8"),
        ('<mimeMap fileExtension="." mimeType="text/x"/>', "/data.own", "404.3"),
        ('<mimeMap fileExtension=".*" mimeType="a/any"/>', "/data.own", "a/any"),
        ('<mimeMap fileExtension=".*" mimeType="a/any"/>', "/LICENSE", "a/any"),
        ('<remove fileExtension=".html"/>', "/page.html", "404.3"),
        ("<clear/>", "/page.html", "404.3"),
    ],
)
def test_kinds_of_files(front: FrontProcess, stage: Stage, maps: str, path: str, outcome: str) -> None:
    front.serve(stage.root, config=webconfig("static", f"<staticContent>{maps}</staticContent>"))
    answer = front.ask(path, head=JSON)
    assert (answer.headers["content-type"] if answer.status == 200 else code(answer)) == outcome


def test_the_page_of_404_3_says_what_to_write(front: FrontProcess, stage: Stage) -> None:
    front.serve(stage.root, config=webconfig("static"))
    page = front.ask("/data.own", head=f"{LOCAL}Accept: text/plain\r\n")
    assert (page.status, page.body.startswith(b"404.3 ")) == (404, True)
    assert b'<mimeMap fileExtension=".own"' in page.body
    assert b"mimeMap" not in front.ask("/data.own", head="Host: site.test\r\nAccept: text/plain\r\n").body


@pytest.mark.parametrize(
    ("config", "path", "outcome"),
    [
        ("", "/docs/", "403.14"),
        ("", "/docs", "301 /docs/"),
        ("", "/docs?a=b", "301 /docs/?a=b"),
        (
            '<defaultDocument><files><add value="start.htm"/></files></defaultDocument>',
            "/docs/",
            "docs/start.htm",
        ),
        (
            '<defaultDocument><files><add value="other.txt"/><add value="start.htm"/></files>'
            "</defaultDocument>",
            "/docs/",
            "docs/other.txt",
        ),
        (
            '<defaultDocument enabled="false"><files><add value="start.htm"/></files></defaultDocument>',
            "/docs/",
            "403.14",
        ),
        (
            '<defaultDocument><files><clear/><add value="none.htm"/></files></defaultDocument>',
            "/docs/",
            "403.14",
        ),
        (
            '<defaultDocument><files><add value="start.htm"/></files></defaultDocument>'
            '<staticContent><remove fileExtension=".htm"/></staticContent>',
            "/docs/",
            "404.3",
        ),
    ],
)
def test_folders(front: FrontProcess, stage: Stage, config: str, path: str, outcome: str) -> None:
    front.serve(stage.root, config=webconfig("static", config))
    answer = front.ask(path, head=JSON)
    if answer.status == 301:
        assert f"301 {answer.headers['location']}" == outcome
    else:
        assert (answer.body.decode() if answer.status == 200 else code(answer)) == outcome


@pytest.mark.parametrize(
    "document", ["Default.htm", "Default.asp", "index.htm", "index.html", "iisstart.htm"]
)
def test_the_documents_that_the_server_knows(front: FrontProcess, stage: Stage, document: str) -> None:
    (stage.root / "new").mkdir()
    (stage.root / "new" / document).write_text("here")
    mapped = '<staticContent><mimeMap fileExtension=".asp" mimeType="text/plain"/></staticContent>'
    front.serve(stage.root, config=webconfig("static", mapped))
    assert front.ask("/new/").body == b"here"


def test_a_folder_is_listed_where_the_site_says_so(front: FrontProcess, stage: Stage) -> None:
    front.serve(stage.root, config=webconfig("static", BROWSE))
    page = front.ask("/list/")
    assert (page.status, links(page)) == (200, ["../", "./a.txt"])
    assert front.ask("/list").headers["location"] == "/list/"
    assert links(front.ask("/")) == ["./docs/", "./list/", "./data.own", "./LICENSE", "./page.html"]
    head = front.ask("/list/", method="HEAD")
    assert (head.body, head.headers["content-length"]) == (b"", str(len(page.body)))
    assert front.ask("/list/", method="POST", body=b"x").status == 405
    assert front.ask("/none/").status == 404


def test_a_default_document_comes_before_the_list(front: FrontProcess, stage: Stage) -> None:
    (stage.root / "list" / "index.html").write_text("index")
    front.serve(stage.root, config=webconfig("static", BROWSE))
    assert front.ask("/list/").body == b"index"


def test_what_may_not_be_sent_is_not_listed(front: FrontProcess, stage: Stage) -> None:
    root = stage.root / "list"
    for name in ("app.py", "web.config", "x.secret", "bin/a.txt", "venv/pyvenv.cfg", "db.sqlite3"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text("secret")
    (stage.folder / "outside.txt").write_text("secret")
    (root / "leaves.txt").symlink_to(stage.folder / "outside.txt")
    (root / "broken.txt").symlink_to("nowhere")
    (root / "stays.txt").symlink_to(root / "a.txt")
    os.mkfifo(root / "pipe.txt")
    filtering = (
        '<security><requestFiltering><fileExtensions><add fileExtension=".secret" allowed="false"/>'
        '</fileExtensions><hiddenSegments><add segment="bin"/></hiddenSegments></requestFiltering></security>'
    )
    front.serve(stage.root, config=webconfig("static", BROWSE + filtering))
    assert links(front.ask("/list/")) == ["../", "./a.txt", "./stays.txt"]


def test_hostile_names_are_names(front: FrontProcess, stage: Stage) -> None:
    hostile = ["a&b'=;.txt", "javascript.txt", "ünï #1.txt", "100%.txt", "<script>.txt"]
    for name in hostile:
        (stage.root / "list" / name).write_text(name)
    double = '<security><requestFiltering allowDoubleEscaping="true"/></security>'
    front.serve(stage.root, config=webconfig("static", BROWSE + double))
    page = front.ask("/list/")
    assert b"<script" not in page.body
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    for link in links(page)[2:]:
        answer = front.ask(f"/list/{link.removeprefix('./')}")
        assert answer.status == 200, link
        assert answer.body.decode() in [*hostile, "list/a.txt"]


@pytest.mark.alone
def test_ten_thousand_entries_are_listed(front: FrontProcess, stage: Stage) -> None:
    for number in range(10_000):
        (stage.root / "list" / f"{number:05}.txt").touch()
    front.serve(stage.root, config=webconfig("static", BROWSE))
    began = time.monotonic()
    page = front.ask("/list/")
    assert time.monotonic() - began < 10
    assert links(page)[1:3] == ["./00000.txt", "./00001.txt"]
    assert len(links(page)) == 10_002


def test_virtual_folders_are_listed_where_they_lie(front: FrontProcess, stage: Stage) -> None:
    collected = stage.folder / "collected"
    collected.mkdir()
    (collected / "site.css").write_text("css")
    (stage.root / "static").mkdir()
    front.serve(stage.root, config=webconfig("static", BROWSE), virtual=(("/static", str(collected)),))
    assert links(front.ask("/")).count("./static/") == 1
    assert links(front.ask("/static/")) == ["../", "./site.css"]


def test_a_handler_without_the_modules_neither_lists_nor_finds_documents(
    front: FrontProcess, stage: Stage
) -> None:
    (stage.root / "docs" / "index.html").write_text("index")
    only = (
        "<configuration><system.webServer><handlers><clear/>"
        '<add name="S" path="*" verb="*" modules="{}" resourceType="Either" requireAccess="Read"/>'
        f"</handlers>{BROWSE}</system.webServer></configuration>"
    )
    front.serve(stage.root, config=only.format("StaticFileModule"))
    assert code(front.ask("/docs/", head=JSON)) == "403.14"
    front.serve(stage.root, config=only.format("StaticFileModule,DirectoryListingModule"))
    assert "./index.html" in links(front.ask("/docs/"))
    front.serve(stage.root, config=only.format("StaticFileModule,DefaultDocumentModule"))
    assert front.ask("/docs/").body == b"index"
