"""Beyond the files: the app imported where its environment is built, and what uv says of wheels."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from webstead.build.wheels import package_without_wheel
from webstead.check import Change, check
from webstead.effects.processes import Completed, TimedOut
from webstead.effects.recording import Answer, RecordingRunner
from webstead.errors import BuildError, UsageError
from webstead.plan import Overrides
from webstead.site import checking
from webstead.site.checking import read_site, write_change
from webstead.site.layout import SiteLayout, find_layout
from webstead.site.prepare import build_site, plan_site

TODAY = date(2026, 11, 26)
WSGI = "def app(environ, start_response):\n    start_response('200 OK', [])\n    return [b'']\n"


@pytest.fixture
def layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SiteLayout:
    monkeypatch.setenv("WEBSTEAD_CACHE_DIR", str(tmp_path / "cache"))
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "app.py").write_text(WSGI)
    return find_layout(tmp_path / "site", tmp_path / "state")


def build(layout: SiteLayout) -> None:
    build_site(layout, plan_site(layout, Overrides()), lambda event: None)


def test_without_an_environment_nothing_is_imported(layout: SiteLayout) -> None:
    assert read_site(layout, "webstead", TODAY).imported == {}


def test_an_app_that_can_be_imported_is_not_told(layout: SiteLayout) -> None:
    build(layout)
    subject = read_site(layout, "webstead", TODAY)
    assert {target: each.failure for target, each in subject.imported.items()} == {"app:app": ""}
    assert not check(subject, select=("handler-does-not-import", "handler-missing"))
    assert read_site(layout, "webstead", TODAY, imports=False).imported == {}


def test_what_its_import_raises_is_told(layout: SiteLayout) -> None:
    (layout.wwwroot / "app.py").write_text(f"import no_such_package\n{WSGI}")
    build(layout)
    (finding,) = check(read_site(layout, "iis", TODAY), select=("handler-does-not-import",))
    assert "No module named 'no_such_package'" in finding.why
    assert "app:app was imported in the site's environment" in finding.why
    assert (finding.path, finding.line) == ("app.py", 1)
    assert "below" not in finding.fix


def test_a_syntax_error_is_told_at_its_line(layout: SiteLayout) -> None:
    (layout.wwwroot / "app.py").write_text(f"from parts import x\n{WSGI}")
    (layout.wwwroot / "parts.py").write_text("\n\nx = = 1\n")
    build(layout)
    (finding,) = check(read_site(layout, "iis", TODAY), select=("handler-does-not-import",))
    assert (finding.path, finding.line) == ("parts.py", 3)


def test_an_app_that_never_ends_its_import_is_given_up(
    layout: SiteLayout, monkeypatch: pytest.MonkeyPatch
) -> None:
    (layout.wwwroot / "app.py").write_text(f"import threading\n{WSGI}threading.Event().wait()\n")
    build(layout)
    monkeypatch.setattr(checking, "IMPORT_SECONDS", 1.0)
    (finding,) = check(read_site(layout, "webstead", TODAY), select=("handler-does-not-import",))
    assert "was not loaded within 1 s" in finding.why


def answering(code: int, *lines: str) -> RecordingRunner:
    return RecordingRunner(
        [Answer(lambda words: "compile" in words, tuple(("stderr", line) for line in lines), code)]
    )


def test_uv_names_the_package_without_a_wheel(tmp_path: Path) -> None:
    runner = answering(
        1,
        "error: No solution found when resolving dependencies",
        "  cause: Because psycopg2==2.9.9 has no usable wheels and you require psycopg2==2.9.9, we know.",
        "hint: Wheels are required for `psycopg2` because building from source is disabled for all packages",
    )
    found = package_without_wheel("requirements.txt", tmp_path, "windows", "3.13", runner=runner)
    assert found == ("psycopg2", "psycopg2==2.9.9 has no usable wheels.")
    (call,) = runner.calls
    assert call.timeout == 60.0
    assert [call.words[n + 1] for n, word in enumerate(call.words) if word == "--python-platform"] == [
        "windows"
    ]
    assert package_without_wheel("a", tmp_path, "linux", "3.13", runner=answering(0)) is None


def test_an_index_that_cannot_be_reached_is_an_error(tmp_path: Path) -> None:
    runner = answering(2, "error: Failed to fetch: https://index.example/flask/")
    with pytest.raises(BuildError, match="cannot tell") as caught:
        package_without_wheel("requirements.txt", tmp_path, "windows", "3.12", runner=runner)
    assert caught.value.found == "Failed to fetch: https://index.example/flask/"


def test_an_index_that_does_not_answer_is_an_error(tmp_path: Path) -> None:
    def late(words: Sequence[str], **_: object) -> Completed:
        raise TimedOut(words, 60.0, ())

    with pytest.raises(BuildError) as caught:
        package_without_wheel("requirements.txt", tmp_path, "windows", "3.12", runner=late)
    assert "60 s" in caught.value.found


def test_a_file_that_has_changed_meanwhile_is_left_alone(layout: SiteLayout) -> None:
    path = layout.wwwroot / "web.config"
    path.write_text("newer")
    with pytest.raises(UsageError, match="is not what was checked"):
        write_change(layout, Change("web.config", "old", "new", ()), b"new", b"old")
    assert path.read_text() == "newer"


def test_a_path_that_leads_out_of_the_project_is_refused(layout: SiteLayout) -> None:
    with pytest.raises(UsageError):
        write_change(layout, Change("../x", None, "", ()), b"", None)
    assert not (layout.wwwroot.parent / "x").exists()


def test_the_permissions_of_a_file_stay(layout: SiteLayout) -> None:
    path = layout.wwwroot / "web.config"
    path.write_bytes(b"old")
    path.chmod(0o640)
    write_change(layout, Change("web.config", "old", "new", ()), b"new", b"old")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"new", 0o640)
