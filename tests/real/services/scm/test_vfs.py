"""The files of a site over its management."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.management import Management
from webstead.front.validators import http_date
from webstead.site.releases.pointer import switch
from webstead.site.store.settings import write_settings

ANY = {"If-Match": "*"}


@pytest.fixture
def management(tmp_path: Path) -> Management:
    management = Management(tmp_path)
    home = management.server.site("shop")
    home.folder_of("r1").mkdir()
    (home.folder_of("r1") / "app.py").write_text("app = 1\n")
    switch(home, "r1")
    return management


def home_of(management: Management) -> Path:
    return management.server.site("shop").root


def test_a_file_is_sent_with_its_validators(management: Management) -> None:
    answer = management.ask("GET", "/api/vfs/site/wwwroot/app.py")
    assert (answer.status_code, answer.text) == (200, "app = 1\n")
    info = (home_of(management) / "site/wwwroot/app.py").stat()
    assert answer.headers["Last-Modified"] == http_date(int(info.st_mtime)).decode()
    assert answer.headers["ETag"].startswith('"')
    head = management.ask("HEAD", "/api/vfs/site/wwwroot/app.py")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == "8"
    assert head.headers["ETag"] == answer.headers["ETag"]


@pytest.mark.parametrize(
    "path",
    [
        "/vfs/site/wwwroot/app.py",
        "/api/vfs/site%2Fwwwroot%2Fapp.py",
        "/vfs/site%2fwwwroot/app.py?any=thing&recursive=perhaps",
        "/API/VFS/site/wwwroot/app.py",
    ],
)
def test_each_way_to_write_a_path_leads_to_the_file(management: Management, path: str) -> None:
    assert management.ask("GET", path).text == "app = 1\n"


def test_names_with_a_literal_percent_come_back(management: Management) -> None:
    for name, address in (
        ("a%20b.txt", "a%2520b.txt"),
        ("a b#?.txt", "a%20b%23%3F.txt"),
        ("ä.txt", "%C3%A4.txt"),
    ):
        assert management.ask("PUT", f"/api/vfs/data/{address}", content=b"x").status_code == 201
        assert (home_of(management) / "data" / name).read_text() == "x"
        (item,) = management.ask("GET", "/api/vfs/data/").json()
        assert item["name"] == name
        assert management.ask("GET", item["href"].removeprefix("http://shop.scm.localhost")).text == "x"
        assert management.ask("DELETE", f"/api/vfs/data/{address}", headers=ANY).status_code == 200


def test_a_folder_is_listed_at_the_address_with_a_slash(management: Management) -> None:
    (home_of(management) / "site/wwwroot/static").mkdir()
    led = management.ask("GET", "/api/vfs/site/wwwroot?a=1")
    assert led.status_code == 307
    assert led.headers["Location"] == "http://shop.scm.localhost/api/vfs/site/wwwroot/?a=1"
    file, folder = management.ask("GET", "/api/vfs/site/wwwroot/?a=1").json()
    assert list(file) == ["name", "size", "mtime", "crtime", "mime", "href", "path"]
    assert (file["name"], file["size"], file["mime"]) == ("app.py", 8, "application/octet-stream")
    assert file["href"] == "http://shop.scm.localhost/api/vfs/site/wwwroot/app.py?a=1"
    assert file["path"] == str(home_of(management) / "site/wwwroot/app.py")
    assert file["mtime"].endswith("+00:00")
    assert (folder["name"], folder["size"], folder["mime"]) == ("static", 0, "inode/directory")
    assert folder["href"] == "http://shop.scm.localhost/api/vfs/site/wwwroot/static/?a=1"


def test_the_root_leads_to_its_form_with_a_slash_and_lists_no_private_part(management: Management) -> None:
    (home_of(management) / ".ssh").mkdir()
    assert management.ask("GET", "/api/vfs").headers["Location"] == "http://shop.scm.localhost/api/vfs/"
    names = [item["name"] for item in management.ask("GET", "/api/vfs/").json()]
    assert names == ["LogFiles", "SiteExtensions", "data", "site"]


def test_a_file_address_with_a_slash_leads_to_the_one_without(management: Management) -> None:
    for tail in ("app.py/", "app.py%2F"):
        led = management.ask("GET", f"/api/vfs/site/wwwroot/{tail}")
        assert led.status_code == 307
        assert led.headers["Location"] == "http://shop.scm.localhost/api/vfs/site/wwwroot/app.py"


@pytest.mark.parametrize(
    "path",
    [
        *("none", "site/wwwroot/app.py/x", "SystemDrive/", "LocalSiteRoot/", ".ssh/id_rsa", ".ssh/"),
        *("out", "out/"),
    ],
)
def test_what_is_not_there_is_404_with_its_path(management: Management, path: str) -> None:
    (home_of(management) / ".ssh").mkdir()
    (home_of(management) / ".ssh" / "id_rsa").write_text("key")
    (home_of(management) / "out").symlink_to("/etc")
    answer = management.ask("GET", f"/api/vfs/{path}")
    assert answer.status_code == 404
    assert answer.json()["Message"] == f"'{home_of(management)}/{path.rstrip('/')}' not found."


@pytest.mark.parametrize("path", ["%2e%2e/server.sqlite", "site%2F..%2Fx", "x" * 300, "a%00b"])
def test_a_path_that_cannot_be_is_refused(management: Management, path: str) -> None:
    assert management.ask("GET", f"/api/vfs/{path}").status_code == 400


def test_a_version_that_the_client_has_is_not_sent_again(management: Management) -> None:
    path = "/api/vfs/site/wwwroot/app.py"
    tag = management.ask("GET", path).headers["ETag"]
    same = management.ask("GET", path, headers={"If-None-Match": tag})
    assert (same.status_code, same.headers["ETag"], same.content) == (304, tag, b"")
    ranged = management.ask("GET", path, headers={"If-None-Match": tag, "Range": "bytes=0-2"})
    assert (ranged.status_code, ranged.text) == (206, "app")


@pytest.mark.parametrize(
    ("headers", "status", "text", "content_range"),
    [
        ({"Range": "bytes=2-4"}, 206, "p =", "bytes 2-4/8"),
        ({"Range": "bytes=-2"}, 206, "1\n", "bytes 6-7/8"),
        ({"Range": "bytes=0-99"}, 206, "app = 1\n", "bytes 0-7/8"),
        ({"Range": "bytes=0-1", "If-Range": '"other"'}, 200, "app = 1\n", None),
        ({"If-Range": '"other"'}, 200, "app = 1\n", None),
        ({"Range": "bytes=x"}, 200, "app = 1\n", None),
    ],
)
def test_ranges(
    management: Management, headers: dict[str, str], status: int, text: str, content_range: str | None
) -> None:
    answer = management.ask("GET", "/api/vfs/site/wwwroot/app.py", headers=headers)
    assert (answer.status_code, answer.text) == (status, text)
    assert answer.headers.get("Content-Range") == content_range


def test_a_range_behind_the_end_is_416_with_the_size(management: Management) -> None:
    answer = management.ask("GET", "/api/vfs/site/wwwroot/app.py", headers={"Range": "bytes=8-"})
    assert (answer.status_code, answer.headers["Content-Range"]) == (416, "bytes */8")


def test_several_ranges_are_one_answer_of_parts(management: Management) -> None:
    (home_of(management) / "data" / "big").write_bytes(b"a" * 1000 + b"b" * 1000)
    answer = management.ask("GET", "/api/vfs/data/big", headers={"Range": "bytes=0-1, 1990-"})
    assert answer.status_code == 206
    assert answer.headers["Content-Type"].startswith("multipart/byteranges; boundary=")
    assert b"bytes 0-1/2000\r\n\r\naa\r\n" in answer.content
    assert b"bytes 1990-1999/2000\r\n\r\nbbbbbbbbbb\r\n" in answer.content


def test_a_new_file_is_201_with_its_folders_and_a_replaced_one_204(management: Management) -> None:
    path = "/api/vfs/data/new/deep/file.txt"
    made = management.ask("PUT", path, content=b"one", headers=ANY)
    assert (made.status_code, made.content) == (201, b"")
    assert made.headers["Last-Modified"]
    refused = management.ask("PUT", path, content=b"two")
    assert refused.status_code == 412
    assert "If-Match" in refused.json()["Message"]
    stale = management.ask("PUT", path, content=b"two", headers={"If-Match": '"stale"'})
    assert (stale.status_code, stale.headers["ETag"]) == (412, made.headers["ETag"])
    done = management.ask("PUT", path, content=b"two", headers={"If-Match": made.headers["ETag"]})
    assert done.status_code == 204
    assert done.headers["ETag"] != made.headers["ETag"]
    assert (home_of(management) / "data/new/deep/file.txt").read_text() == "two"
    assert not list(management.server.temporary.iterdir())


def test_a_deployed_file_is_replaced_by_a_rename_and_keeps_its_mode(management: Management) -> None:
    file = home_of(management) / "site/releases/r1/app.py"
    file.chmod(0o755)
    with file.open() as held:
        assert (
            management.ask("PUT", "/vfs/site/wwwroot/app.py", content=b"new", headers=ANY).status_code == 204
        )
        assert held.read() == "app = 1\n"
    assert file.read_text() == "new"
    assert file.stat().st_mode & 0o777 == 0o755
    assert os.readlink(home_of(management) / "site/wwwroot") == "releases/r1"


def test_a_folder_is_made_once_and_a_name_that_is_taken_is_409(management: Management) -> None:
    assert management.ask("PUT", "/api/vfs/data/folder/").status_code == 201
    assert (home_of(management) / "data/folder").is_dir()
    for path in ("data/folder/", "data/folder"):
        assert management.ask("PUT", f"/api/vfs/{path}", headers=ANY).status_code == 409
    through = management.ask("PUT", "/api/vfs/site/wwwroot/app.py/x", content=b"x")
    assert through.status_code == 409
    assert through.json()["found"] == "Not a directory"


def test_a_write_through_a_link_that_leads_out_is_refused(management: Management, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (home_of(management) / "data/out").symlink_to(tmp_path / "outside")
    assert management.ask("PUT", "/api/vfs/data/out/x", content=b"x", headers=ANY).status_code == 409
    assert management.ask("DELETE", "/api/vfs/data/out", headers=ANY).status_code == 404
    assert list((tmp_path / "outside").iterdir()) == []


def test_deleting_a_file_needs_its_tag(management: Management) -> None:
    path = "/api/vfs/site/wwwroot/app.py"
    assert management.ask("DELETE", path).status_code == 412
    stale = management.ask("DELETE", path, headers={"If-Match": '"stale"'})
    assert stale.status_code == 412
    assert management.ask("DELETE", path + "/", headers=ANY).status_code == 307
    assert management.ask("DELETE", path, headers={"If-Match": stale.headers["ETag"]}).status_code == 200
    assert management.ask("DELETE", path, headers=ANY).status_code == 404


def test_deleting_a_folder_that_is_not_empty_must_be_asked_for(management: Management) -> None:
    management.ask("PUT", "/api/vfs/data/folder/file", content=b"x")
    full = management.ask("DELETE", "/api/vfs/data/folder/")
    assert full.status_code == 409
    assert "recursive=true" in full.json()["fix"]
    assert management.ask("DELETE", "/api/vfs/data/folder?recursive=true").status_code == 200
    assert not (home_of(management) / "data/folder").exists()


def test_what_is_kept_is_deleted_with_its_link(management: Management) -> None:
    home = home_of(management)
    (home / "site/kept/uploads").mkdir()
    (home / "site/kept/uploads/a.png").write_text("png")
    (home / "site/kept/notes.txt").write_text("notes")
    (home / "site/releases/r1/uploads").symlink_to("../../kept/uploads")
    (home / "site/releases/r1/notes.txt").symlink_to("../../kept/notes.txt")
    assert management.ask("DELETE", "/vfs/site/wwwroot/notes.txt", headers=ANY).status_code == 200
    assert management.ask("DELETE", "/vfs/site/wwwroot/uploads/?recursive=true").status_code == 200
    assert list((home / "site/kept").iterdir()) == []
    assert [path.name for path in (home / "site/releases/r1").iterdir()] == ["app.py"]


def test_a_kept_file_is_replaced_where_it_is(management: Management) -> None:
    home = home_of(management)
    (home / "site/kept/notes.txt").write_text("notes")
    (home / "site/releases/r1/notes.txt").symlink_to("../../kept/notes.txt")
    assert (
        management.ask("PUT", "/vfs/site/wwwroot/notes.txt", content=b"new", headers=ANY).status_code == 204
    )
    assert (home / "site/kept/notes.txt").read_text() == "new"
    assert (home / "site/releases/r1/notes.txt").is_symlink()


@pytest.mark.parametrize("path", ["", "site/", "site/wwwroot/", "site/releases/r1/", "data/", "LogFiles/"])
def test_what_a_home_is_made_of_stays(management: Management, path: str) -> None:
    (home_of(management) / "site/releases/r1/app.py").unlink()
    answer = management.ask("DELETE", f"/api/vfs/{path}?recursive=true")
    assert answer.status_code == 409
    assert (home_of(management) / path).is_dir()


def test_a_token_without_the_scope_reaches_no_file(management: Management) -> None:
    for method in ("GET", "PUT", "DELETE"):
        answer = management.ask(
            method, "/api/vfs/site/wwwroot/app.py", as_user=management.token("read", "logs")
        )
        assert answer.status_code == 403


def test_wwwroot_is_read_only_while_the_site_runs_from_a_package(management: Management) -> None:
    write_settings(management.context.store, "shop", "app", {"WEBSITE_RUN_FROM_PACKAGE": "1"})
    for method, path in (
        ("PUT", "/api/vfs/site/wwwroot/app.py"),
        ("DELETE", "/api/vfs/site%2Fwwwroot/app.py"),
        ("PUT", "/api/vfs/Site/WWWroot/new/"),
        ("PUT", "/api/zip/site/wwwroot/"),
    ):
        answer = management.ask(method, path, headers=ANY, content=b"x")
        assert answer.status_code == 409
        assert "runs from a package" in answer.json()["Message"]
    name = "/api/vfs/data/SitePackages/packagename.txt"
    assert management.ask("PUT", name, headers=ANY, content=b"x.zip").status_code == 201
    assert management.ask("GET", "/api/vfs/site/wwwroot/app.py").status_code == 200


def test_a_name_that_is_no_text_is_listed_read_and_written_and_deleted_at_its_address(
    management: Management,
) -> None:
    """Names of Linux are bytes: this one is Latin-1."""
    folder = home_of(management) / "data" / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    (folder / os.fsdecode(b"men\xfc.txt")).write_bytes(b"soup")
    (listed,) = management.ask("GET", "/api/vfs/data/caf%E9/").json()
    assert listed["name"] == "men\ufffd.txt"
    assert listed["path"].endswith("/data/caf\ufffd/men\ufffd.txt")
    address = listed["href"].partition("localhost")[2]
    assert address == "/api/vfs/data/caf%E9/men%FC.txt"
    assert management.ask("GET", address).content == b"soup"
    assert management.ask("PUT", address, content=b"cake", headers=ANY).status_code == 204
    assert management.ask("PUT", "/VFS/data/caf%E9/%FF", content=b"new").status_code == 201
    assert sorted(map(os.fsencode, os.listdir(folder))) == [b"men\xfc.txt", b"\xff"]
    missing = management.ask("GET", "/api/vfs/data/caf%E9/none")
    assert (missing.status_code, "caf\ufffd/none" in missing.json()["Message"]) == (404, True)
    assert management.ask("DELETE", address, headers=ANY).status_code == 200
    assert management.ask("DELETE", "/api/vfs/data/caf%E9?recursive=true").status_code == 200
    assert not folder.exists()


def test_a_name_of_255_bytes_that_are_no_text_is_a_name(management: Management) -> None:
    path = "/api/vfs/data/" + "%FF" * 255
    assert management.ask("PUT", path, content=b"new").status_code == 201
    assert management.ask("PUT", path + "%FF", content=b"new").status_code == 400


def test_any_other_path_that_is_no_text_is_refused(management: Management) -> None:
    for path in ("/api/settings/%FF", "/api/triggeredwebjobs/%FF", "/api/%FF", "/%FF/vfs/x"):
        assert management.ask("GET", path).status_code == 400, path
