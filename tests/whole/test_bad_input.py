"""Bad input: one clear message each, with what, found and fix; the right exit code; no traceback of ours."""

from __future__ import annotations

import os
import re
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.live import WEBSTEAD, live

HELLO = """\
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]
"""

IIS_SITE = r"""<configuration>
  <appSettings><add key="WSGI_HANDLER" value="app.application"/></appSettings>
  <system.webServer><handlers>
    <add name="p" path="*" verb="*" modules="FastCgiModule" resourceType="Unspecified"
         scriptProcessor="D:\Python35\python.exe|D:\Python35\wfastcgi.py"/>
  </handlers></system.webServer>
</configuration>"""

OUR_TRACEBACK = re.compile(r'File ".*/webstead/(?!gateway)\w+')


SERVER = """
import os
from wsgiref.simple_server import make_server
from app import application
make_server("127.0.0.1", int(os.environ["HTTP_PLATFORM_PORT"]), application).serve_forever()
"""


def webstead(*words: str | Path, cwd: Path, env: Mapping[str, str] | None = None) -> tuple[int, str]:
    done = subprocess.run(
        [*WEBSTEAD, *map(str, words)],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def assert_message(output: str, *parts: str) -> None:
    lines = output.splitlines()
    for label in ("error:", "found:", "fix:"):
        assert any(line.startswith(label) for line in lines), f"no {label} line in:\n{output}"
    for part in parts:
        assert part in output
    assert not OUR_TRACEBACK.search(output), output


def make(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_no_such_folder(tmp_path: Path) -> None:
    code, output = webstead("up", "nowhere", cwd=tmp_path)
    assert code == 2
    assert_message(output, "nowhere")


def test_a_file_in_place_of_a_folder(tmp_path: Path) -> None:
    make(tmp_path, app_dot_py=HELLO)
    code, output = webstead("up", "app.py", cwd=tmp_path)
    assert code == 2
    assert_message(output, "app.py")


def test_nothing_to_start(tmp_path: Path) -> None:
    make(tmp_path, notes_dot_txt="nothing here")
    code, output = webstead("up", cwd=tmp_path)
    assert code == 3
    assert_message(output, "--command")


def test_two_apps_that_fit_equally(tmp_path: Path) -> None:
    make(tmp_path, one_dot_py=HELLO, two_dot_py=HELLO)
    code, output = webstead("up", cwd=tmp_path)
    assert code == 3
    assert_message(output, "one:application", "two:application", "--app")


def test_malformed_web_config_names_line_and_column(tmp_path: Path) -> None:
    make(tmp_path, web_dot_config="<configuration>\n  <appSettings>\n</configuration>\n")
    code, output = webstead("up", cwd=tmp_path)
    assert code == 4
    assert_message(output, "web.config:3:")


def test_requirement_that_does_not_resolve(tmp_path: Path) -> None:
    make(tmp_path, app_dot_py=HELLO, requirements_dot_txt="idna==0.0.0.1\n")
    code, output = webstead("up", "--port", "0", cwd=tmp_path)
    assert code == 5
    assert_message(output, "idna==0.0.0.1", "requirements.txt")


def test_missing_interpreter(tmp_path: Path) -> None:
    make(tmp_path, app_dot_py=HELLO)
    code, output = webstead("up", "--port", "0", "--runtime", str(tmp_path / "python9"), cwd=tmp_path)
    assert code == 6
    assert_message(output, "python9", "--runtime")


def test_app_that_does_not_import(tmp_path: Path) -> None:
    make(tmp_path, app_dot_py="import not_there_at_all\n" + HELLO)
    code, output = webstead("up", "--port", "0", cwd=tmp_path)
    assert code == 7
    assert_message(output, "not_there_at_all", "app.py", "line 1")
    assert "Ready" not in output


def test_port_in_use(tmp_path: Path) -> None:
    make(tmp_path, app_dot_py=HELLO)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, output = webstead("up", "--port", port, cwd=tmp_path)
    assert code == 8
    assert_message(output, port, "--port 0")


def test_app_that_exits_at_once(tmp_path: Path) -> None:
    make(tmp_path, server_dot_py="print('cannot find the database')\nraise SystemExit(3)\n")
    code, output = webstead("up", "--port", "0", "--command", "python server.py", cwd=tmp_path)
    assert code == 7
    assert_message(output, "cannot find the database", "3")


def test_app_that_never_listens(tmp_path: Path) -> None:
    make(
        tmp_path,
        server_dot_py="import threading\nprint('thinking')\nthreading.Event().wait()\n",
        web_dot_config="""<configuration><system.webServer>
          <handlers><add name="p" path="*" verb="*" modules="httpPlatformHandler"/></handlers>
          <httpPlatform processPath="python" arguments="server.py" startupTimeLimit="2"/>
        </system.webServer></configuration>""",
    )
    from tests.live import fetch

    with live(tmp_path) as up:
        line = up.wait_for(lambda line: "eady: " in line)
        assert line.startswith("Not ready: ")
        assert_message(up.output, "2 s", "thinking")
        answer = fetch(line.split()[2])
        assert answer.status == 502
        assert answer.text.startswith("502.5 ")
        make(tmp_path, server_dot_py=SERVER, app_dot_py=HELLO)
        up.wait_for_answer(line.split()[2], lambda answer: answer.status == 200)
        up.interrupt()


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    code, output = webstead("up", "--port", "0", "--command", "no-such-program --x", cwd=tmp_path)
    assert code == 6
    assert_message(output, "no-such-program")


def test_no_build_without_an_environment(tmp_path: Path) -> None:
    make(tmp_path, app_dot_py=HELLO)
    code, output = webstead(
        "up", "--port", "0", "--no-build", cwd=tmp_path, env={"WEBSTEAD_CACHE_DIR": str(tmp_path / "c")}
    )
    assert code == 5
    assert_message(output, "webstead build")


@pytest.mark.parametrize("words", [("--port", "99999"), ("--workers", "0"), ("--nonsense",)])
def test_words_that_no_option_takes(tmp_path: Path, words: tuple[str, ...]) -> None:
    code, output = webstead("up", *words, cwd=tmp_path)
    assert code == 2
    assert "Traceback" not in output


def test_a_site_with_its_own_fastcgi_handler_serves_its_error_until_it_is_mended(tmp_path: Path) -> None:
    from tests.live import fetch

    make(
        tmp_path,
        app_dot_py="import not_there_at_all\n" + HELLO,
        web_dot_config=IIS_SITE,
    )
    with live(tmp_path) as up:
        line = up.wait_for(lambda line: "eady: " in line)
        assert re.fullmatch(r"Not ready: http://127\.0\.0\.1:\d+ answers with this error", line)
        url = line.split()[2]
        assert_message(up.output, "not_there_at_all")
        answer = fetch(url + "/any/page")
        assert answer.status == 500
        assert "not_there_at_all" in answer.text
        make(tmp_path, app_dot_py=HELLO)
        fetch(url)
        assert up.wait_for(lambda line: line.startswith("Ready: ")) == f"Ready: {url}"
        assert fetch(url).text == "hello"
        up.interrupt()
