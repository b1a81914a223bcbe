"""`webstead gateway run`: the process becomes the gateway, in the app's own Python."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.live import WEBSTEAD
from webstead.cli.gateway.run import become, nginx_command

from .conftest import APPS, SECONDS, Peer

APP = """\
import json, os, sys

def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps([sys.prefix, os.getcwd(), os.getpid()]).encode()]
"""


class Run:
    """A running `webstead gateway run`. told: what it printed before it became the gateway."""

    def __init__(self, words: Sequence[str], cwd: Path, env: Mapping[str, str]) -> None:
        self.cwd = cwd
        reading, writing = os.pipe()
        self.process = subprocess.Popen(
            [*WEBSTEAD, "gateway", "run", *words],
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            pass_fds=(writing,),
            env={**os.environ, "WEBSTEAD_REPORT_FD": str(writing), **env},
            text=True,
        )
        os.close(writing)
        with os.fdopen(reading) as channel:
            self.report = json.loads(channel.readline() or "null")

    def facts(self, path: Path) -> list[str | int]:
        with Peer(path) as peer:
            found: list[str | int] = json.loads(peer.get("/").text)
        return found

    def end(self, number: int = signal.SIGTERM) -> str:
        """Stop it as a user does; what it printed."""
        self.process.send_signal(number)
        _, errors = self.process.communicate(timeout=SECONDS)
        assert self.process.returncode == 0, errors
        return errors


@contextmanager
def running(words: Sequence[str], cwd: Path, env: Mapping[str, str] | None = None) -> Iterator[Run]:
    run = Run(words, cwd, env or {})
    family = [run.process.pid]
    try:
        if run.process.poll() is None:
            family += [child.pid for child in psutil.Process(run.process.pid).children(recursive=True)]
        yield run
    finally:
        for number in family:
            if psutil.pid_exists(number) and run.process.returncode is None:
                psutil.Process(number).kill()
        run.process.communicate()


@pytest.fixture
def site(folder: Path) -> Path:
    (folder / "site").mkdir()
    (folder / "site" / "shop.py").write_text(APP)
    return folder / "site"


def environment(folder: Path) -> Path:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True, timeout=60)
    return folder


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_listens_in_the_apps_folder_and_tells_where(site: Path, number: signal.Signals) -> None:
    with running(["shop:app"], site) as run:
        assert run.report == {"loaded": True}
        prefix, folder, _ = run.facts(site / "gateway.sock")
        assert (prefix, folder) == (sys.prefix, str(site))
        told = run.end(number)
    assert f"Address: unix:{site}/gateway.sock\n" in told
    assert f"nginx:   webstead gateway config nginx shop:app --directory {site} --bind unix:{site}/" in told
    assert not (site / "gateway.sock").exists()


def test_the_process_becomes_the_gateway(site: Path) -> None:
    with running(["shop:app", "--workers", "0"], site) as run:
        assert run.facts(site / "gateway.sock")[2] == run.process.pid
        run.end()


def test_the_apps_own_environment_is_found(site: Path) -> None:
    environment(site / ".venv")
    with running(["shop:app", "--directory", "site"], site.parent) as run:
        assert run.facts(site / "gateway.sock")[0] == str(site / ".venv")
        assert f"{site}/.venv/bin/python (.venv of the app's folder)" in run.end()


def test_another_python_can_be_named_and_the_active_one_is_taken(site: Path) -> None:
    other = environment(site.parent / "other")
    for words, env in (
        (["--python", "../other/bin/python"], {}),
        (["--python", "python"], {"PATH": str(other / "bin")}),
        ([], {"VIRTUAL_ENV": str(other)}),
    ):
        with running(["shop:app", *words], site, env) as run:
            assert run.facts(site / "gateway.sock")[0] == str(other)
            run.end()


def test_every_word_of_the_gateway_reaches_it(site: Path) -> None:
    words = ["--bind", "unix:../own.sock", "--threads=2", "--path", "/one", "--path", "/two", "shop:app"]
    with running([*words, "--workers", "0"], site) as run:
        command = psutil.Process(run.process.pid).cmdline()
        at = command.index("--bind")
        assert command[-1] == "shop:app"
        assert sorted(zip(command[at:-1:2], command[at + 1 : -1 : 2], strict=True)) == [
            ("--bind", "unix:../own.sock"),
            ("--path", "/one"),
            ("--path", "/two"),
            ("--threads", "2"),
            ("--workers", "0"),
        ]
        assert run.facts(site.parent / "own.sock")[1] == str(site)
        assert f"--bind unix:{site.parent}/own.sock" in run.end()


def test_a_variable_of_the_gateway_is_left_to_it(site: Path) -> None:
    env = {"WEBSTEAD_GATEWAY_BIND": f"unix:{site}/by-variable.sock", "WSGI_HANDLER": "shop:app"}
    with running([], site, env) as run:
        run.facts(site / "by-variable.sock")
        assert "--bind" not in psutil.Process(run.process.pid).cmdline()
        run.end()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["no_such_module:app"], 70),
        (["broken_import:app"], 71),
        (["pages:app", "--bind", "tcp:192.0.2.1:1"], 69),
    ],
)
def test_the_exit_code_is_the_gateways_own(words: list[str], code: int, folder: Path) -> None:
    bind = [] if "--bind" in words else ["--bind", f"unix:{folder}/x.sock"]
    with running([*words, *bind, "--directory", str(APPS)], folder) as run:
        assert run.process.wait(SECONDS) == code
        assert run.report["code"] == code


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["shop:app", "--threads", "many"], "many"),
        (["shop:app", "other:app"], ""),
        (["shop:app", "--thread", "2"], "--threads"),
        (["shop:app", "--interface", "wsgj"], "wsgj"),
    ],
)
def test_wrong_words_are_refused_before_anything_starts(words: list[str], found: str, site: Path) -> None:
    done = subprocess.run(
        [*WEBSTEAD, "gateway", "run", *words],
        cwd=site,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert found in done.stderr


def test_an_app_that_only_web_config_names_is_served(site: Path) -> None:
    settings = '<appSettings><add key="WSGI_HANDLER" value="shop.app" /></appSettings>'
    (site / "Web.config").write_text(f"<configuration>{settings}</configuration>")
    with running([], site) as run:
        assert run.facts(site / "gateway.sock")[1] == str(site)
        assert "nginx:" not in run.end()  # that command would have to name the app


def test_a_folder_that_is_not_there_is_told_of(site: Path) -> None:
    done = subprocess.run(
        [*WEBSTEAD, "gateway", "run", "shop:app", "--directory", "shopp"],
        cwd=site,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert f"found: {site}/shopp\n" in done.stderr


def test_a_python_that_is_not_there_is_told_of(site: Path) -> None:
    done = subprocess.run(
        [*WEBSTEAD, "gateway", "run", "shop:app", "--python", "python9"],
        cwd=site,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 6
    assert "python9" in done.stderr


def test_where_a_process_cannot_be_replaced_its_code_comes_back(capfd: pytest.CaptureFixture[str]) -> None:
    code = become([sys.executable, "-c", "print('ran'); raise SystemExit(7)"], windows=True)
    assert code == 7
    assert capfd.readouterr().out == "ran\n"


def test_a_printed_command_is_for_a_shell() -> None:
    assert nginx_command("a:b()", "tcp:127.0.0.1:9000", Path("/my site")) == (
        "webstead gateway config nginx 'a:b()' --directory '/my site' --bind tcp:127.0.0.1:9000"
    )
