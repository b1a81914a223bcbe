"""Folders of a site as zips, and zips over folders."""

from __future__ import annotations

import io
import os
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from tests.management import Management
from webstead.site.files.packing import Branch, packed, tree_of
from webstead.site.releases.pointer import switch


@pytest.fixture
def management(tmp_path: Path) -> Management:
    management = Management(tmp_path)
    home = management.server.site("shop")
    home.folder_of("r1").mkdir()
    (home.folder_of("r1") / "app.py").write_text("app = 1\n")
    (home.folder_of("r1") / "empty").mkdir()
    (home.kept / "uploads").mkdir()
    (home.kept / "uploads" / "a.png").write_text("png")
    (home.folder_of("r1") / "uploads").symlink_to("../../kept/uploads")
    (home.folder_of("r1") / "out").symlink_to("/etc")
    (home.folder_of("r1") / "circle").symlink_to(".")
    switch(home, "r1")
    return management


def home_of(management: Management) -> Path:
    return management.server.site("shop").root


def a_zip(files: dict[str, str]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return packed.getvalue()


def test_a_folder_comes_as_a_zip_with_its_empty_folders_and_what_its_links_lead_to(
    management: Management,
) -> None:
    answer = management.ask("GET", "/api/zip/site/wwwroot/")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Content-Disposition"] == "attachment; filename=wwwroot.zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert sorted(archive.namelist()) == ["app.py", "empty/", "uploads/a.png"]
        assert archive.read("app.py") == b"app = 1\n"
        assert archive.getinfo("app.py").external_attr >> 16 & 0o777 == 0o644


def test_the_client_may_name_it(management: Management) -> None:
    named = management.ask("GET", "/api/zip/site/wwwroot/?fileName=my site.zip")
    assert named.headers["Content-Disposition"] == 'attachment; filename="my site.zip"'
    hostile = management.ask("GET", '/api/zip/site/wwwroot/?fileName=a"%3B b%C3%A4')
    disposition = hostile.headers["Content-Disposition"]
    assert disposition == "attachment; filename=\"a__ b_\"; filename*=UTF-8''a%22%3B%20b%C3%A4"


def test_other_addresses_lead_on_or_are_404(management: Management) -> None:
    led = management.ask("GET", "/api/zip/site/wwwroot")
    assert (led.status_code, led.headers["Location"]) == (
        307,
        "http://shop.scm.localhost/api/zip/site/wwwroot/",
    )
    for path in ("site/wwwroot/app.py", "none/", ".ssh/"):
        assert management.ask("GET", f"/api/zip/{path}").status_code == 404


def test_a_large_folder_takes_no_memory(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with (tmp_path / "data" / "big").open("wb") as file:
        file.truncate(200 << 20)
    tracemalloc.start()
    try:
        total = sum(map(len, packed(tmp_path, tree_of(tmp_path, [Branch(("data",))]))))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert total > 100_000
    assert peak < 8 << 20


@pytest.mark.parametrize("path", ["data", "data/", "data/new/", "/data/new/deeper/"])
def test_a_zip_is_unpacked_over_the_folder_and_nothing_is_removed(management: Management, path: str) -> None:
    home = home_of(management)
    (home / "data" / "stays").write_text("stays")
    packed = a_zip({"a.txt": "a", "folder/b.txt": "b", "empty/": ""})
    answer = management.ask("PUT", f"/api/zip/{path}", content=packed)
    assert (answer.status_code, answer.content) == (200, b"")
    target = home / path.strip("/")
    assert (target / "a.txt").read_text() == "a"
    assert (target / "folder/b.txt").read_text() == "b"
    assert (target / "empty").is_dir()
    assert (home / "data" / "stays").read_text() == "stays"
    assert list(management.server.temporary.iterdir()) == []


def test_it_goes_through_the_pointer_into_the_release(management: Management) -> None:
    answer = management.ask("PUT", "/zip/site/wwwroot", content=a_zip({"app.py": "new", "uploads/b": "b"}))
    assert answer.status_code == 200
    home = home_of(management)
    assert (home / "site/releases/r1/app.py").read_text() == "new"
    assert (home / "site/kept/uploads/b").read_text() == "b"


@pytest.mark.parametrize("path", ["data/missing", "site/wwwroot/app.py", "site/wwwroot/app.py/", ".ssh/"])
def test_a_missing_folder_without_a_slash_and_a_file_are_404(management: Management, path: str) -> None:
    (home_of(management) / "site/wwwroot/app.py").touch()
    answer = management.ask("PUT", f"/api/zip/{path}", content=a_zip({"a": "a"}))
    assert answer.status_code in ((404, 409) if path == ".ssh/" else (404,))
    assert not (home_of(management) / ".ssh").exists()


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/etc/x", "C:\\x", "..\\x"])
def test_an_archive_that_would_write_elsewhere_changes_nothing(management: Management, name: str) -> None:
    answer = management.ask("PUT", "/api/zip/data/", content=a_zip({"good.txt": "good", name: "bad"}))
    assert answer.status_code == 400
    assert list((home_of(management) / "data").iterdir()) == []
    assert list(management.server.temporary.iterdir()) == []


@pytest.mark.parametrize(
    "content", [b"", b"no zip", a_zip({"a": "a" * 99})[:60]], ids=["empty", "a text", "a part"]
)
def test_what_is_no_zip_is_400(management: Management, content: bytes) -> None:
    answer = management.ask("PUT", "/api/zip/data/", content=content)
    assert answer.status_code == 400
    assert answer.json()["fix"]


def test_a_link_out_of_the_home_is_not_written_through(management: Management, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (home_of(management) / "data" / "x").symlink_to(outside)
    answer = management.ask("PUT", "/api/zip/data/", content=a_zip({"x/pwned": "1"}))
    assert answer.status_code == 409
    assert list(outside.iterdir()) == []


def test_a_file_in_the_place_of_a_folder_is_told(management: Management) -> None:
    (home_of(management) / "data" / "x").write_text("file")
    answer = management.ask("PUT", "/api/zip/data/", content=a_zip({"x/y": "1"}))
    assert answer.status_code == 409
    assert "x" in answer.json()["found"]


def test_a_zip_that_is_called_json_is_one(management: Management) -> None:
    """As GitHub's client sends it."""
    for kind in ("application/json", "multipart/form-data"):
        headers = {"Content-Type": kind, "If-Match": "*"}
        answer = management.ask("PUT", "/api/zip/data/x//", content=a_zip({kind[:4]: "1"}), headers=headers)
        assert answer.status_code == 200
        assert (home_of(management) / "data" / "x" / kind[:4]).is_file()


def test_json_must_name_a_package(management: Management) -> None:
    json_type = {"Content-Type": "application/json"}
    for body in (b"{}", b"[]", b"no", b'{"packageUri": 1}', b'{"packageUri": "file:///etc/passwd"}'):
        answer = management.ask("PUT", "/api/zip/data/", content=body, headers=json_type)
        assert answer.status_code == 400, body


def test_the_dump_has_logs_and_records_and_not_the_packages(management: Management) -> None:
    home = home_of(management)
    (home / "LogFiles/Application/a.txt").write_text("line")
    (home / "site/deployments/r1").mkdir()
    (home / "site/deployments/r1/manifest").write_text("app.py")
    (home / "site/deployments/r1/package.zip").write_text("large")
    answer = management.ask("GET", "/dump", as_user=management.token("logs"))
    assert answer.headers["Content-Disposition"] == "attachment; filename=dump-11-26-12-00-00.zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        names = archive.namelist()
    assert {"deployments/r1/manifest", "LogFiles/Application/a.txt"} <= set(names)
    assert not any(name.endswith("package.zip") for name in names)


def test_a_folder_whose_name_is_no_text_comes_and_goes_as_a_zip(management: Management) -> None:
    folder = home_of(management) / "data" / os.fsdecode(b"caf\xe9")
    sent = management.ask("PUT", "/api/zip/data/caf%E9/", content=a_zip({"a.txt": "a"}))
    assert sent.status_code == 200
    assert (folder / "a.txt").read_text() == "a"
    got = management.ask("GET", "/api/zip/data/caf%E9/")
    assert zipfile.ZipFile(io.BytesIO(got.content)).namelist() == ["a.txt"]
    assert management.ask("GET", "/api/zip/data/caf%E9/none/").status_code == 404
    pushed = management.ask(
        "PUT", "/api/zip/data/", content=b'{"packageUri": "http://x/", "path": "\\ud800"}'
    )
    assert pushed.status_code == 400
