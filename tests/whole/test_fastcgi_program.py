"""A compiled FastCGI program in the site's folder, and a script with `#!`, run as themselves."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.live import REPOSITORY, Up, fetch, live

SITE = REPOSITORY / "tests" / "fixtures" / "sites" / "compiled_program"
pytestmark = pytest.mark.needs("gcc")


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compiled once, with the FastCGI developers' own library."""
    made = tmp_path_factory.mktemp("compiled") / "counter"
    words = ["gcc", "-o", str(made), str(SITE / "bin" / "counter.c"), "-lfcgi"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return made


@pytest.fixture
def folder(program: Path, tmp_path: Path) -> Path:
    made = tmp_path / "site"
    shutil.copytree(SITE, made)
    shutil.copy(program, made / "bin" / "counter")
    return made


@pytest.fixture
def site(folder: Path) -> Iterator[tuple[Up, str]]:
    with live(folder) as up:
        yield up, up.ready()
        assert up.interrupt() == 0


def told(text: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


def test_a_compiled_program_answers(site: tuple[Up, str]) -> None:
    up, url = site
    answer = fetch(url + "/count.fcgi/some/where", data=b"x" * 200_000)
    assert answer.headers["x-program"] == "counter"
    assert "request 1\nbody 200000\n" in answer.text
    assert told(answer.text) == {
        "SCRIPT_NAME": "/count.fcgi",
        "PATH_INFO": "/some/where",
        "SCRIPT_FILENAME": f"{up_root(answer.text)}/count.fcgi",
        "GREETING": "hello",
        "ONLY_FOR_PYTHON": "(unset)",
    }
    up.wait_for(lambda line: line == "counter: answered request 1")
    everything = told(fetch(url + "/all/any/where").text)
    assert (everything["SCRIPT_NAME"], everything["PATH_INFO"]) == ("", "/all/any/where")
    assert everything["SCRIPT_FILENAME"] == "(unset)"
    assert fetch(url + "/bin/counter").status == 404


def up_root(text: str) -> str:
    return told(text)["SCRIPT_FILENAME"].removesuffix("/count.fcgi")


def test_one_process_answers_one_request_after_the_other(site: tuple[Up, str]) -> None:
    _, url = site
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(fetch, [url + "/count.fcgi"] * 40))
    assert sorted(int(a.text.split()[1]) for a in answers) == list(range(1, 41))


def test_a_program_that_ends_in_good_order_is_replaced_and_loses_nothing(site: tuple[Up, str]) -> None:
    """More often within a minute than failures would be borne."""
    up, url = site
    for _ in range(12):
        assert fetch(url + "/count.fcgi?end", data=b"a").text.startswith("request 1\n")
    up.drain_lines()
    assert "too often" not in up.output


def test_a_program_that_crashes_is_told_of_and_started_again(site: tuple[Up, str]) -> None:
    up, url = site
    assert fetch(url + "/count.fcgi?crash", data=b"a").status == 502
    up.wait_for(lambda line: "SIGABRT" in line)
    assert fetch(url + "/count.fcgi").text.startswith("request 1\n")


def test_a_script_with_its_interpreter_in_the_first_line(folder: Path) -> None:
    script = folder / "bin" / "start.fcgi"
    script.write_text('#!/bin/sh\nGREETING="from a script" exec bin/counter\n')
    script.chmod(0o755)
    config = folder / "web.config"
    config.write_text(config.read_text().replace("counter.exe", "start.fcgi"))
    with live(folder) as up:
        assert told(fetch(up.ready() + "/count.fcgi").text)["GREETING"] == "from a script"
        assert up.interrupt() == 0


def test_a_program_that_may_not_be_run_is_told_of_and_then_taken(folder: Path) -> None:
    (folder / "bin" / "counter").chmod(0o644)
    with live(folder) as up:
        url = up.ready()
        refused = fetch(url + "/count.fcgi")
        assert refused.status == 500
        assert "chmod +x" in refused.text
        (folder / "bin" / "counter").chmod(0o755)
        up.wait_for_answer(url + "/count.fcgi", lambda answer: answer.status == 200)
        assert up.interrupt() == 0


def test_a_new_program_in_the_old_one_s_place_is_taken_up(folder: Path) -> None:
    with live(folder) as up:
        url = up.ready()
        assert told(fetch(url + "/count.fcgi").text)["GREETING"] == "hello"
        (folder / "bin" / "first").write_bytes((folder / "bin" / "counter").read_bytes())
        (folder / "bin" / "first").chmod(0o755)
        (folder / "bin" / "new").write_text('#!/bin/sh\nGREETING="the new one" exec bin/first\n')
        (folder / "bin" / "new").chmod(0o755)
        (folder / "bin" / "new").rename(folder / "bin" / "counter")
        up.wait_for_answer(url + "/count.fcgi", lambda answer: "the new one" in answer.text)
        assert up.interrupt() == 0


def test_a_program_that_ends_at_once_is_a_failure(folder: Path) -> None:
    (folder / "bin" / "counter").write_text("#!/bin/sh\necho no database >&2\nexit 3\n")
    with live(folder) as up:
        answer = fetch(up.ready() + "/count.fcgi")
        assert answer.status == 500
        assert "no database" in answer.text
        assert up.interrupt() == 0
