"""`up --reload`: the old code serves until the new answers."""

from __future__ import annotations

from pathlib import Path

from tests.live import Up, fetch, live

APP = """\
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"{}"]
"""


def write(folder: Path, text: str) -> None:
    (folder / "app.py").write_text(text)


def ready(line: str) -> bool:
    return line.startswith("Ready: ")


def error(line: str) -> bool:
    return line.startswith("error: ")


def test_new_code_takes_over_and_broken_code_does_not(tmp_path: Path) -> None:
    write(tmp_path, APP.format("one"))
    with live(tmp_path, "--reload") as up:
        url = up.ready()
        assert fetch(url).text == "one"
        write(tmp_path, APP.format("two"))
        up.wait_for(ready)
        assert fetch(url).text == "two"
        write(tmp_path, "import not_there\n" + APP.format("three"))
        assert "app" in up.wait_for(error)
        assert fetch(url).text == "two"
        write(tmp_path, "def broken(:\n")
        up.wait_for(error)
        assert fetch(url).text == "two"
        write(tmp_path, APP.format("four"))
        up.wait_for(ready)
        assert fetch(url).text == "four"
        assert up.interrupt() == 0


def test_a_first_start_that_fails_is_served_and_mended(tmp_path: Path) -> None:
    write(tmp_path, "import not_there\n" + APP.format("one"))
    with live(tmp_path, "--reload") as up:
        not_ready(up, tmp_path, "not_there")
        assert up.interrupt() == 0


def test_a_project_without_a_start_is_served_with_the_question(tmp_path: Path) -> None:
    (tmp_path / "other.py").write_text("x = 1\n")
    with live(tmp_path, "--reload") as up:
        not_ready(up, tmp_path, "--command")
        assert up.interrupt() == 0


def not_ready(up: Up, folder: Path, told: str) -> None:
    line = up.wait_for(lambda line: "eady: " in line)
    assert line.startswith("Not ready: ")
    url = line.split()[2]
    answer = fetch(url + "/any", headers={"Accept": "text/plain"})
    assert answer.status == 500
    assert told in answer.text
    write(folder, APP.format("mended"))
    up.wait_for(ready)
    assert fetch(url).text == "mended"
