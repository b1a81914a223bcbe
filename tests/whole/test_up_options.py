"""The options of `up`, and the `plan` and `build` commands, as a user types them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.live import REPOSITORY, WEBSTEAD, fetch, live

TELL = """\
import json, os, sys

def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "application/json")])
    told = {
        "settings": {k: v for k, v in os.environ.items()},
        "path": sys.path,
        "executable": sys.executable,
        "pid": os.getpid(),
        "multithread": environ["wsgi.multithread"],
        "multiprocess": environ["wsgi.multiprocess"],
        "modules": [name for name in sys.modules if name.startswith("webstead")],
    }
    return [json.dumps(told).encode()]
"""

SERVER = """\
import http.server, os, sys
print("arguments", sys.argv[1:], flush=True)
Handler = http.server.SimpleHTTPRequestHandler
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def test_the_app_sees_its_settings_and_nothing_of_webstead(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(TELL)
    (tmp_path / ".env").write_text("FROM_FILE=f\nBOTH=file\n")
    words = ("--env", "BOTH=flag", "--env-file", str(tmp_path / ".env"))
    with live(tmp_path, *words, env={"FROM_SHELL": "s", "PYTHONPATH": str(REPOSITORY)}) as up:
        told = json.loads(fetch(up.ready()).text)
        settings = told["settings"]
        assert (settings["FROM_FILE"], settings["BOTH"], settings["FROM_SHELL"]) == ("f", "flag", "s")
        assert not [name for name in settings if name in ("PYTHONPATH", "WEBSTEAD_REPORT_FD")]
        assert not [entry for entry in told["path"] if str(REPOSITORY / "src") in entry]
        assert not [entry for entry in told["path"] if str(REPOSITORY / ".venv") in entry]
        assert told["path"][0] == str(tmp_path)
        assert not told["executable"].startswith(sys.prefix)
        assert told["modules"] == []
        assert told["multithread"] is True
        assert up.interrupt() == 0


def test_workers_share_the_requests(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(TELL)
    with live(tmp_path, "--workers", "2", "--threads", "1") as up:
        url = up.ready()
        told = [json.loads(fetch(url).text) for _ in range(8)]
        assert len({t["pid"] for t in told}) == 2
        assert {t["multithread"] for t in told} == {False}
        assert up.interrupt() == 0


def test_a_command_gets_its_port_and_its_output_is_prefixed(tmp_path: Path) -> None:
    (tmp_path / "server.py").write_text(SERVER)
    (tmp_path / "hello.txt").write_text("hello")
    with live(tmp_path, "--command", "python server.py $PORT 'two words'") as up:
        url = up.ready()
        assert fetch(url + "/hello.txt").text == "hello"
        assert up.interrupt() == 0
    assert any("| arguments" in line and "'two words'" in line for line in up.lines)


def test_json_prints_one_event_a_line(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(TELL)
    with live(tmp_path, "--json") as up:
        line = json.loads(up.wait_for(lambda line: json.loads(line)["event"] == "ready"))
        fetch(line["url"] + "/page?x=1")
        access = json.loads(up.wait_for(lambda line: json.loads(line)["event"] == "access"))
        assert (access["method"], access["target"], access["status"]) == ("GET", "/page?x=1", 200)
        assert up.interrupt() == 0
    names = [json.loads(line)["event"] for line in up.lines]
    assert names[0] == "planned"
    assert names[-1] == "stopped"


def run(*words: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*WEBSTEAD, *words],
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_plan_writes_nothing_and_its_json_has_the_contract(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "app.py").write_text(TELL)
    env = {"WEBSTEAD_CACHE_DIR": str(tmp_path / "cache"), "WEBSTEAD_STATE_DIR": str(tmp_path / "state")}
    done = run("plan", str(project), "--json", env=env)
    assert done.returncode == 0
    plan = json.loads(done.stdout)
    assert plan["version"] == 1
    assert {"python", "install", "start", "alternatives", "webconfig", "settings", "warnings"} <= set(plan)
    assert plan["start"]["target"] == "app:application"
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["app.py", "project"]


def test_plan_without_a_start_exits_3_and_asks(tmp_path: Path) -> None:
    done = run("plan", str(tmp_path), "--json")
    assert done.returncode == 3
    plan = json.loads(done.stdout)
    assert plan["start"] is None
    assert plan["questions"]


def test_plan_of_a_malformed_file_is_an_error_also_as_json(tmp_path: Path) -> None:
    (tmp_path / "web.config").write_text("<configuration>")
    done = run("plan", str(tmp_path), "--json")
    assert done.returncode == 4
    assert json.loads(done.stdout)["error"]["path"] == "web.config"


def test_build_twice_changes_nothing_and_up_no_build_serves(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "app.py").write_text(TELL)
    (project / "requirements.txt").write_text("idna\n")
    env = {"WEBSTEAD_CACHE_DIR": str(tmp_path / "cache")}
    assert "Done" in run("build", str(project), env=env).stdout
    assert "Done" not in run("build", str(project), env=env).stdout
    with live(project, "--no-build", env=env) as up:
        assert fetch(up.ready()).status == 200
        assert up.interrupt() == 0


def test_a_reader_that_goes_away_does_not_stop_the_site(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(TELL)
    words = [*WEBSTEAD, "up", str(tmp_path), "--port", "0"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL)
    try:
        assert process.stdout is not None
        with process.stdout as lines:
            url = next(line.split()[1] for line in lines if line.startswith("Ready: "))
        assert [fetch(url).status for _ in range(5)] == [200] * 5
        process.terminate()
        assert process.wait(6) == 0
    finally:
        process.kill()
        process.wait()
