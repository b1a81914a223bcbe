"""Loading: every grammar, and for each way to fail its code, its message and its report."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import APPS, GATEWAY, SECONDS, Gateway, Peer

Start = Callable[..., Gateway]


@pytest.mark.parametrize(
    "target",
    [
        "shapes:app",
        "shapes.app",
        "shapes:create_app()",
        "shapes.create_app()",
        "shapes:holder.inner",
        "shapes.holder.inner",
        "shapes:Holder().inner",
        "shapes:instance",
        " shapes:app ",
    ],
)
def test_every_grammar_finds_the_app(start: Start, target: str) -> None:
    gateway = start(target)
    assert gateway.report == {"loaded": True}
    assert gateway.get("/").text == "shapes.app"


@pytest.mark.parametrize(
    "proxy", ["ptvs_virtualenv_proxy.get_virtualenv_handler()", "virtualenv_proxy.get_venv_handler()"]
)
def test_wfastcgis_variables_name_the_app(start: Start, proxy: str) -> None:
    gateway = start(None, env={"WSGI_HANDLER": proxy, "WSGI_ALT_VIRTUALENV_HANDLER": "shapes.create_app()"})
    assert gateway.get("/").text == "shapes.app"


def test_the_working_directory_is_searched_when_none_is_given(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(APPS)
    assert start("shapes:app", directory=None).get("/").text == "shapes.app"


def test_path_folders_come_last(start: Start, tmp_path: Path) -> None:
    (tmp_path / "shapes.py").write_text("raise ImportError('the wrong one')")
    (tmp_path / "late.py").write_text("from shapes import app")
    gateway = start("late:app", words=("--path", str(tmp_path)))
    assert gateway.get("/").text == "shapes.app"


def failed(gateway: Gateway, code: int) -> dict[str, str]:
    """The report of a gateway that did not start: who reads it shows it, so it is not printed as well."""
    assert gateway.end() == code
    assert gateway.report["code"] == code
    report: dict[str, str] = gateway.report
    assert report["what"]
    assert report["fix"]
    assert "loading/loader.py" not in report["detail"]
    assert "error: " not in gateway.output
    assert not gateway.path.exists()
    return report


def test_without_a_reader_of_the_report_the_same_is_printed(start: Start) -> None:
    gateway = start("broken_import:app", reported=False)
    assert gateway.end() == 71
    assert "\nfound: ModuleNotFoundError: No module named 'a_package_that_nobody_has'\n" in gateway.output
    assert "\nfix: " in gateway.output
    assert "broken_import.py" in gateway.output
    assert "loading/loader.py" not in gateway.output


def test_the_log_file_tells_of_starts_and_failures(start: Start, tmp_path: Path) -> None:
    log = tmp_path / "wsgi.log"
    assert start("broken_import:app", env={"WSGI_LOG": str(log)}).end() == 71
    assert "webstead gateway" in log.read_text()
    assert "a_package_that_nobody_has" in log.read_text()
    good = start("shapes:app", env={"WSGI_LOG": str(log)})
    assert good.get("/").text
    assert "shapes:app is loaded" in log.read_text()


@pytest.mark.parametrize("target", ["shape:app", "shape.app", "no.such.shape.app", "shapes.deep:app"])
def test_no_such_module_is_70(start: Start, target: str) -> None:
    report = failed(start(target), 70)
    assert "There is no module" in report["what"]
    assert str(APPS) in report["found"]
    assert not report["detail"]


def test_a_near_name_is_suggested(start: Start) -> None:
    assert "'shapes'" in failed(start("shape:app"), 70)["fix"]


def test_a_near_name_inside_a_package_is_suggested(start: Start) -> None:
    assert "'broken_package.wsgi'" in failed(start("broken_package.wsgy:app"), 70)["fix"]


@pytest.mark.parametrize(
    ("target", "found"),
    [
        ("broken_import:app", "ModuleNotFoundError: No module named 'a_package_that_nobody_has'"),
        ("broken_import.app", "ModuleNotFoundError: No module named 'a_package_that_nobody_has'"),
        ("broken_package.wsgi:app", "ImportError: cannot import name 'settings'"),
        ("broken_package.deep.app", "ModuleNotFoundError: No module named 'broken_package.sibling'"),
        ("selfish_package.inner:app", "ModuleNotFoundError: No module named 'selfish_package.inner'"),
        ("broken_exit:app", "SystemExit: 3"),
    ],
)
def test_a_module_that_fails_is_71_with_its_own_traceback(start: Start, target: str, found: str) -> None:
    report = failed(start(target), 71)
    assert "failed while it was imported" in report["what"]
    assert report["found"].startswith(found)
    first = report["detail"].splitlines()[1]
    assert str(APPS) in first, report["detail"]


def test_a_missing_package_is_named_in_the_fix(start: Start) -> None:
    assert "'a_package_that_nobody_has'" in failed(start("broken_import:app"), 71)["fix"]


def test_a_syntax_error_shows_its_line(start: Start, tmp_path: Path) -> None:
    (tmp_path / "broken_syntax.py").write_text("def app(environ, start_response)\n    return []\n")
    report = failed(start("broken_syntax:app", directory=tmp_path), 71)
    assert report["found"].startswith("SyntaxError")
    assert "broken_syntax.py" in report["detail"]


@pytest.mark.parametrize(
    ("target", "what"),
    [
        ("shapes:aap", "'shapes' has no 'aap'"),
        ("shapes.aap", "'shapes' has no 'aap'"),
        ("shapes:number", "'shapes:number' is not callable"),
        ("shapes:number()", "'shapes:number' cannot be called"),
        ("shapes:app()", "'shapes:app' cannot be called without arguments"),
        ("shapes:make_for()", "'shapes:make_for' cannot be called without arguments"),
        (
            "shapes:create_app",
            "'shapes:create_app' is neither a WSGI nor an ASGI app; it looks like a factory",
        ),
        ("shapes:empty_factory()", "'shapes:empty_factory()' is None"),
        ("shapes", "'shapes' names a module"),
        ("shapes:other_coroutine", "'shapes:other_coroutine' is a coroutine function"),
    ],
)
def test_what_is_no_wsgi_app_is_71(start: Start, target: str, what: str) -> None:
    report = failed(start(target), 71)
    assert what in report["what"]
    assert "shapes:app" in report["found"]
    assert "shapes:create_app()" in report["found"]
    assert not report["detail"]


@pytest.mark.parametrize(
    ("target", "found"),
    [
        ("shapes:broken_factory()", "KeyError: 'DATABASE_URL'"),
        ("shapes:holder.failing", "AttributeError: 'Holder' object has no attribute 'missing'"),
    ],
)
def test_what_fails_on_the_way_to_the_app_is_71_with_its_traceback(
    start: Start, target: str, found: str
) -> None:
    report = failed(start(target), 71)
    assert report["found"].startswith(found)
    assert "Error" in report["detail"]


@pytest.mark.parametrize(
    "target", ["shapes:", ":app", "shapes:app-2", "shapes app", "create_app().x", "a..b"]
)
def test_what_names_nothing_is_71(start: Start, target: str) -> None:
    assert "does not name an app" in failed(start(target), 71)["what"]


def test_a_proxy_with_nothing_behind_it_is_71(start: Start) -> None:
    report = failed(start("ptvs_virtualenv_proxy.get_venv_handler()"), 71)
    assert "WSGI_ALT_VIRTUALENV_HANDLER" in report["fix"]


def test_no_target_at_all_is_a_usage_error(start: Start) -> None:
    assert "WSGI_HANDLER" in failed(start(None, env={"WSGI_HANDLER": ""}), 64)["fix"]


def test_a_folder_that_is_not_there_is_a_usage_error(start: Start, tmp_path: Path) -> None:
    failed(start("shapes:app", directory=tmp_path / "none"), 64)


def test_a_module_of_the_app_may_hide_one_of_pythons(start: Start, tmp_path: Path) -> None:
    """The gateway has imported all that it needs: the app's own json.py must not break it, nor be passed
    over.
    """
    (tmp_path / "difflib.py").write_text("raise RuntimeError('not for the gateway')")
    (tmp_path / "site_app.py").write_text((APPS / "shapes.py").read_text())
    with start("site_app:app", directory=tmp_path) as gateway:
        assert gateway.get("/").text == "shapes.app"
        gateway.signal()
        assert gateway.end() == 0
    assert "'site_app'" in failed(start("site_apq:app", directory=tmp_path), 70)["fix"]


def test_an_app_may_have_a_webstead_of_its_own(start: Start, tmp_path: Path) -> None:
    (tmp_path / "webstead.py").write_text((APPS / "shapes.py").read_text())
    assert start("webstead:app", directory=tmp_path).get("/").text == "shapes.app"


def test_another_webstead_on_the_path_is_not_ours(start: Start, tmp_path: Path) -> None:
    (tmp_path / "webstead").mkdir()
    (tmp_path / "webstead" / "__init__.py").write_text("raise ImportError('the wrong one')")
    assert start("shapes:app", env={"PYTHONPATH": str(tmp_path)}).get("/").text == "shapes.app"


def test_the_log_file_gets_the_lines_too(start: Start, tmp_path: Path) -> None:
    log = tmp_path / "wsgi.log"
    gateway = start("pages:app", env={"WSGI_LOG": str(log)})
    assert gateway.get("/fails").status == 500
    assert "RuntimeError" in log.read_text()


def test_a_log_file_that_cannot_be_written_is_a_warning(start: Start, tmp_path: Path) -> None:
    gateway = start("pages:app", env={"WSGI_LOG": str(tmp_path / "no" / "such" / "folder")})
    assert gateway.get("/hello").text == "hello"
    assert "warning: WSGI_LOG cannot be written" in gateway.output


def test_the_apps_children_inherit_neither_channel(start: Start, tmp_path: Path) -> None:
    source = (
        "import os, subprocess, sys\n"
        "script = 'import os; print(sorted(os.listdir(\"/proc/self/fd\")), dict(os.environ))'\n"
        "text = subprocess.run([sys.executable, '-c', script], close_fds=False, capture_output=True).stdout\n"
        "def app(environ, start_response):\n"
        "    start_response('200 OK', [('Content-Type', 'text/plain')])\n"
        "    return [text]\n"
    )
    (tmp_path / "parent.py").write_text(source)
    text = start("parent:app", directory=tmp_path, env={"WSGI_LOG": str(tmp_path / "log")}).get("/").text
    assert "['0', '1', '2', '3']" in text  # 3 is the listing itself
    assert "'WSGI_LOG'" in text
    assert "WEBSTEAD_REPORT_FD" not in text
    assert "WEBSTEAD_LIFELINE_FD" not in text


def test_a_channel_that_is_not_open_is_a_warning(start: Start) -> None:
    gateway = start("pages:app", env={"WEBSTEAD_LIFELINE_FD": "999"})
    assert gateway.get("/hello").text == "hello"
    assert "warning: WEBSTEAD_LIFELINE_FD=999" in gateway.output


def test_loading_waits_and_the_backlog_with_it(folder: Path, tmp_path: Path) -> None:
    """A connection made while the app loads is answered once it has loaded."""
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    source = f"open({str(gate)!r}).read()\nfrom shapes import app\n"
    (tmp_path / "waits.py").write_text(source)
    answers: list[str] = []

    def ask(path: Path) -> None:
        with gate.open("w"):  # opens when the app's import has come to it: the socket is bound by then
            peer = Peer(path)
            peer.ask("/")
        answers.append(peer.answer().text)
        peer.socket.close()

    asking = threading.Thread(target=ask, args=(folder / "gateway.sock",))
    asking.start()
    with Gateway(folder, "waits:app", words=("--path", str(APPS)), directory=tmp_path):
        asking.join(20)
    assert answers == ["shapes.app"]


def checked(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(GATEWAY), "--check", "--web-config", "none", "--directory", str(APPS), *words],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def test_check_loads_the_app_and_ends() -> None:
    done = checked("--bind", "tcp:127.0.0.1:1", "--workers", "4", "shapes:app")
    assert (done.returncode, done.stderr) == (0, "shapes:app can be loaded (WSGI)\n")


@pytest.mark.parametrize(("target", "code"), [("nowhere:app", 70), ("shapes:nothing", 71)])
def test_check_says_what_is_wrong_with_it(target: str, code: int) -> None:
    done = checked(target)
    assert done.returncode == code
    assert done.stderr.startswith("error: ")


def reported(directory: Path, *words: str) -> dict[str, object]:
    """The line that a check writes for who asked for it."""
    with tempfile.TemporaryFile() as report:
        subprocess.run(
            [sys.executable, str(GATEWAY), "--check", "--directory", str(directory), *words],
            capture_output=True,
            timeout=SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
            pass_fds=[report.fileno()],
            env={**os.environ, "WEBSTEAD_REPORT_FD": str(report.fileno())},
        )
        report.seek(0)
        said = json.loads(report.read())
    assert isinstance(said, dict)
    return said


def test_check_reports_the_interface_in_one_line() -> None:
    assert reported(APPS, "shapes:app") == {"loaded": True, "interface": "wsgi"}


def test_check_ends_although_a_thread_of_the_app_does_not(tmp_path: Path) -> None:
    (tmp_path / "threaded.py").write_text(
        "import threading\n"
        "threading.Thread(target=threading.Event().wait).start()\n"
        "async def app(scope, receive, send): ...\n"
    )
    assert reported(tmp_path, "threaded:app") == {"loaded": True, "interface": "asgi"}


def test_check_says_where_an_import_stands_when_its_time_is_up(tmp_path: Path) -> None:
    (tmp_path / "serves.py").write_text(
        "import socketserver\n"
        "server = socketserver.TCPServer(('127.0.0.1', 0), socketserver.BaseRequestHandler)\n"
        "server.serve_forever()\n"
    )
    said = reported(tmp_path, "serves:app", "--check-timeout", "0.5")
    assert said["what"] == "serves:app was not loaded within 0.5 s."
    assert said["found"] == (f"the import stands at {tmp_path}/serves.py, line 3: server.serve_forever()")
    assert said["fix"] == "Put the call that starts a server under: if __name__ == '__main__':"


FAKE_DJANGO = """
class settings:
    configured = True
    ROOT_URLCONF = "urls"
"""


@pytest.mark.parametrize(
    ("urls", "answer"),
    [
        ("import views", "No module named 'views'"),
        ("raise KeyError('TOKEN')", "KeyError: 'TOKEN'"),
        ("class OperationalError(Exception): ...\nraise OperationalError('no database')", None),
        ("open('/no/such/file')", None),
        ("urlpatterns = []", None),
    ],
)
def test_check_loads_what_django_loads_with_the_first_request(
    tmp_path: Path, urls: str, answer: str | None
) -> None:
    (tmp_path / "django").mkdir()
    (tmp_path / "django" / "conf.py").write_text(FAKE_DJANGO)
    (tmp_path / "wsgi.py").write_text("import django.conf\ndef application(environ, start): ...\n")
    (tmp_path / "urls.py").write_text(urls)
    said = reported(tmp_path, "wsgi:application")
    if answer is None:
        assert said == {"loaded": True, "interface": "wsgi"}
    else:
        assert (
            said["what"] == "Django's URLs, urls, failed while they were imported; every request would fail."
        )
        assert str(said["found"]).endswith(answer)
