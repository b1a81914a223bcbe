"""wfastcgi's known bugs, one by one: what each does here instead, on one connected stream as IIS gives it."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from webstead.formats.fastcgi.client import Body, End, Head, Values, begin_request, get_values, params, stdin
from webstead.formats.fastcgi.pairs import encode_pairs
from webstead.formats.fastcgi.records import (
    ABORT_REQUEST,
    AUTHORIZER,
    END_REQUEST,
    PARAMS,
    STDERR,
    STDIN,
    STDOUT,
    UNKNOWN_TYPE,
    pack_record,
)

from .conftest import SECONDS, Gateway
from .iis_harness import Process, configure, records, site_of

ENDED = End(0, 0)
SHOW = "    return [repr((environ['SCRIPT_NAME'], environ['PATH_INFO'])).encode()]\n"
Start = Callable[..., Process]


@pytest.fixture
def iis(folder: Path) -> Iterator[Start]:
    """iis(lines of the app, settings of its web.config, …): IIS's process for a site of these."""
    with ExitStack() as stack:

        def start(body: str = "    return [b'hello']\n", **words: str) -> Process:
            site = site_of(folder / "site", body)
            configure(site, {"WSGI_HANDLER": "site_of_iis.app", **words})
            return stack.enter_context(Process(site, folder=folder))

        yield start


# Records


def test_a_body_is_not_held_in_memory(iis: Start) -> None:
    server = iis(
        "    import hashlib\n"
        "    found = hashlib.sha256()\n"
        "    for part in iter(lambda: environ['wsgi.input'].read(65536), b''):\n"
        "        found.update(part)\n"
        "    return [found.hexdigest().encode()]\n"
    )
    assert server.get("/").status == 200
    before = peak(server)
    body = bytes(60 << 20)
    server.ask("/", "POST", body)
    assert server.answer().text == hashlib.sha256(body).hexdigest()
    assert peak(server) - before < 4 << 20


def peak(server: Process) -> int:
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))


def test_the_app_starts_before_the_body_is_there(iis: Start) -> None:
    server = iis(
        "    body = environ['wsgi.input']\n"
        "    def parts():\n"
        "        yield b'begun '\n"
        "        yield body.read()[-4:]\n"
        "    return parts()\n"
    )
    body = b"x" * 199_996 + b"last"
    server.socket.sendall(begin_request(1) + params(1, server.block("/", CONTENT_LENGTH="200000")))
    server.socket.sendall(stdin(1, body[:150_000]))
    assert type(server.event()) is Head
    assert server.event() == Body(b"begun ")
    server.socket.sendall(stdin(1, body[150_000:]) + stdin(1, b""))
    assert [server.event(), server.event()] == [Body(b"last"), ENDED]


def test_parameters_may_be_split_anywhere(iis: Start) -> None:
    server = iis("    return [environ['HTTP_X_LONG'].encode()]\n")
    long = "0123456789" * 30
    block = server.block("/", HTTP_X_LONG=long)
    for size in (1, 7, 128):
        parts = [pack_record(PARAMS, 1, block[at : at + size]) for at in range(0, len(block), size)]
        server.socket.sendall(begin_request(1) + b"".join(parts) + params(1, b"") + stdin(1, b""))
        assert server.answer().text == long


def test_lengths_beyond_the_stream_are_refused(iis: Start) -> None:
    """A value is never cut short to what is there."""
    server = iis()
    assert server.get("/").status == 200
    block = encode_pairs([(b"PATH_INFO", b"/"), (b"HTTP_X", b"0123456789")])
    server.socket.sendall(begin_request(1) + params(1, block[:-5]) + stdin(1, b""))
    answer = server.last()
    assert (answer.status, answer.end) == (400, ENDED)
    assert server.exit_code() == 76


def test_parameters_of_an_unknown_request_are_passed_over(iis: Start) -> None:
    server = iis()
    server.socket.sendall(pack_record(PARAMS, 7, b"\x01\x01ab") + pack_record(STDIN, 7, b""))
    assert server.get("/").text == "hello"


def test_an_abort_has_its_end(iis: Start) -> None:
    server = iis("    return [environ['wsgi.input'].read()]\n")
    assert server.get("/").status == 200
    opening = begin_request(1) + params(1, server.block("/", CONTENT_LENGTH="100000"))
    for sent in (b"", stdin(1, b"some"), stdin(1, b"x" * 90_000)):
        server.socket.sendall(opening + sent + pack_record(ABORT_REQUEST, 1, b""))
        found: list[tuple[int, int, bytes]] = []
        while END_REQUEST not in [kind for kind, _, _ in found]:
            found += records(server.socket.recv(65536))
        assert found[-1] == (END_REQUEST, 1, bytes(8))
        assert server.get("/").status == 200


def test_an_abort_of_a_process_whose_server_then_leaves(iis: Start) -> None:
    server = iis(
        "    try:\n"
        "        environ['wsgi.input'].read()\n"
        "    except OSError:\n"
        "        print('aborted')\n"
        "    return [b'all the same']\n"
    )
    server.socket.sendall(begin_request(1) + params(1, server.block("/", CONTENT_LENGTH="100000")))
    server.socket.sendall(stdin(1, b"x" * 90_000) + pack_record(ABORT_REQUEST, 1, b""))
    assert server.end() == 0
    assert "aborted" in server.output
    assert "Traceback" not in server.output


def test_get_values_has_values(iis: Start) -> None:
    server = iis()
    server.socket.sendall(get_values())
    server.ask("/")
    assert server.event() == Values({"FCGI_MAX_CONNS": "1", "FCGI_MAX_REQS": "1", "FCGI_MPXS_CONNS": "0"})
    assert server.answer().text == "hello"


def test_an_unknown_type_is_told_once_and_only_of_management(iis: Start) -> None:
    server = iis()
    assert server.get("/").status == 200
    server.socket.sendall(pack_record(99, 1, b"") + pack_record(99, 0, b""))
    server.ask("/", keep=False)
    found = records(server.all())
    assert found[0] == (UNKNOWN_TYPE, 0, bytes((99, 0, 0, 0, 0, 0, 0, 0)))
    assert [kind for kind, _, _ in found].count(UNKNOWN_TYPE) == 1
    assert found[-1][0] == END_REQUEST


def test_an_id_that_is_in_use_is_not_taken_over(iis: Start) -> None:
    server = iis("    return [environ['wsgi.input'].read()]\n")
    assert server.get("/").status == 200
    server.socket.sendall(begin_request(1) + params(1, server.block("/")) + begin_request(1))
    assert server.last().status == 400
    assert server.exit_code() == 76


@pytest.mark.parametrize("version", [0, 2, 71])
def test_another_version_is_told_by_the_exit_code(iis: Start, version: int) -> None:
    server = iis()
    assert server.get("/").status == 200
    server.socket.sendall(bytes((version,)) + bytes(7))
    assert server.closed()
    assert server.exit_code() == 76
    assert f"refused: FastCGI version {version}" in server.output


def test_a_record_that_is_cut_short_is_told_by_the_exit_code(iis: Start) -> None:
    server = iis()
    assert server.get("/").status == 200
    server.socket.sendall(begin_request(1)[:5])
    assert server.end() == 74


def test_keep_conn_decides(iis: Start) -> None:
    server = iis()
    for _ in range(3):
        assert server.get("/").text == "hello"
    server.ask("/", keep=False)
    assert server.last().text == "hello"
    assert server.exit_code() == 0


def test_the_role_decides(iis: Start) -> None:
    """An authorizer has no STDIN: wfastcgi would wait for its end."""
    server = iis("    return [environ.get('FCGI_ROLE', 'none').encode()]\n")
    server.socket.sendall(begin_request(1, True, AUTHORIZER) + params(1, server.block("/")))
    assert server.answer().text == "AUTHORIZER"
    assert server.get("/").text == "none"


def test_each_stream_ends_once(iis: Start) -> None:
    """A stream's end before its header is what nginx answers with 502."""
    server = iis("    return iter([b'one', b'', b'two'])\n")
    server.ask("/", keep=False)
    found = records(server.all())
    assert [content for kind, _, content in found if kind == STDOUT].count(b"") <= 1
    assert [kind for kind, _, _ in found][-1] == END_REQUEST
    ends = [at for at, (kind, _, content) in enumerate(found) if kind == STDOUT and not content]
    assert ends in ([], [len(found) - 2])


# The environ


def test_a_clients_original_url_is_not_believed(iis: Start) -> None:
    server = iis(SHOW)
    assert server.get("/public", HTTP_X_ORIGINAL_URL="/admin").text == repr(("", "/public"))


def test_the_servers_original_url_is_decoded(iis: Start) -> None:
    server = iis(SHOW)
    words = {"IIS_WasUrlRewritten": "1", "HTTP_X_ORIGINAL_URL": "/a%20b/caf%C3%A9?x=/y"}
    assert server.get("/handler.fcgi", **words).text == repr(("", "/a b/cafÃ©"))


@pytest.mark.parametrize(
    ("path", "split"),
    [
        ("/app/x", ("/app", "/x")),
        ("/APP/x", ("/app", "/x")),
        ("/app", ("/app", "")),
        ("/application/x", ("", "/application/x")),
    ],
)
def test_a_mount_ends_at_a_slash(iis: Start, path: str, split: tuple[str, str]) -> None:
    assert iis(SHOW, SCRIPT_NAME="/app").get(path).text == repr(split)


def test_a_mount_need_not_be_set_by_hand(iis: Start) -> None:
    server = iis(SHOW)
    assert server.get("/shop/cart", APPL_MD_PATH="/LM/W3SVC/1/ROOT/shop").text == repr(("/shop", "/cart"))


def test_a_missing_path_is_no_reason_to_die(iis: Start) -> None:
    server = iis(SHOW)
    assert server.get("/").status == 200
    for name, path in ((b"SCRIPT_NAME", "/a"), (b"REQUEST_URI", "/b"), (b"QUERY_STRING", "")):
        block = encode_pairs([(name, path.encode())])
        server.socket.sendall(begin_request(1) + params(1, block) + stdin(1, b""))
        assert server.answer().text == repr(("", path))


def test_headers_that_only_a_server_may_say_are_dropped(iis: Start) -> None:
    server = iis("    return [repr([n for n in environ if 'PROXY' in n or 'TOKEN' in n]).encode()]\n")
    words = {"HTTP_PROXY": "http://evil", "HTTP_X_IIS_WINDOWSAUTHTOKEN": "1f4"}
    assert server.get("/", **words).text == "[]"


# The response


@pytest.mark.parametrize(
    "line",
    [
        "start_response('200 OK\\r\\nX-Evil: 1', [])",
        "start_response('200 OK', [('X-Good', 'a\\r\\nX-Evil: 1')])",
        "start_response('200 OK', [('X-Good\\nX-Evil', '1')])",
        "start_response('200 OK', [('X-Good: a\\nX-Evil', '1')])",
    ],
)
def test_no_header_adds_another(iis: Start, folder: Path, line: str) -> None:
    server = iis()
    (server.site / "site_of_iis.py").write_text(
        f"def app(environ, start_response):\n    {line}\n    return [b'']\n"
    )
    answer = server.get("/")
    assert (answer.status, answer.end) == (500, ENDED)
    assert not any(b"evil" in name.lower() for name, _ in answer.headers)


def test_an_error_may_be_told_in_any_language(iis: Start) -> None:
    """wfastcgi encodes it as latin-1, and dies."""
    server = iis("    raise ValueError('日本 → €')\n")
    for _ in range(2):
        answer = server.get("/")
        assert (answer.status, answer.end) == (500, ENDED)
        assert "ValueError: 日本 → €" in answer.text
    assert "日本 → €" in server.errors.decode()


def test_a_failure_is_a_whole_answer(iis: Start) -> None:
    """With the blank line behind its headers, and one END_REQUEST."""
    server = iis("    raise ValueError('x')\n")
    server.ask("/", keep=False)
    found = records(server.all())
    output = b"".join(content for kind, _, content in found if kind == STDOUT)
    head, blank, body = output.partition(b"\r\n\r\n")
    assert head.startswith(b"Status: 500 ")
    assert blank
    assert b"ValueError: x" in body
    assert [kind for kind, _, _ in found].count(END_REQUEST) == 1
    assert any(kind == STDERR for kind, _, _ in found)


@pytest.mark.parametrize("body", ["[]", "iter(())", "None"])
def test_an_empty_body_without_a_start_is_a_500(iis: Start, body: str) -> None:
    server = iis()
    (server.site / "site_of_iis.py").write_text(f"def app(environ, start_response):\n    return {body}\n")
    for _ in range(2):
        answer = server.get("/")
        assert (answer.status, answer.end) == (500, ENDED)


def test_a_late_error_does_not_make_a_500_of_a_response(iis: Start) -> None:
    """IIS takes STDERR for a failure of the whole, however late it comes."""
    server = iis("    yield b'some of it'\n    raise ValueError('too late')\n")
    server.ask("/")
    answer = server.answer()
    assert (answer.status, answer.body, answer.end) == (200, b"some of it", None)
    assert server.errors == b""
    assert server.exit_code() == 0
    assert "ValueError: too late" in server.output


def test_what_a_good_request_prints_is_kept(iis: Start, folder: Path) -> None:
    server = iis(
        "    print('on output')\n"
        "    print('on error', file=sys.stderr)\n"
        "    print('on errors', file=environ['wsgi.errors'])\n"
        "    return [b'printed']\n"
    )
    assert server.get("/").text == "printed"
    assert server.end() == 0
    for line in ("on output\n", "on error\n", "on errors\n"):
        assert line in server.output


# Restart


def test_a_change_lets_the_request_finish(iis: Start) -> None:
    server = iis(
        "    yield b'begun '\n"
        "    with open(os.path.dirname(os.path.abspath(__file__)) + '/gate') as gate:\n"
        "        gate.read()\n"
        "    yield b'finished'\n"
    )
    gate = server.site / "gate"
    os.mkfifo(gate)
    server.ask("/")
    assert type(server.event()) is Head
    assert server.event() == Body(b"begun ")
    (server.site / "site_of_iis.py").write_text("VERSION = 2\n")
    until(lambda: "this process stops" in server.output)
    gate.write_text("")
    assert [server.event(), server.event()] == [Body(b"finished"), ENDED]
    assert server.closed()
    assert server.exit_code() == 0


@pytest.mark.parametrize("change", ["create", "rename", "delete", "web.config"])
def test_every_kind_of_change_counts(iis: Start, change: str) -> None:
    server = iis()
    (server.site / "other.py").write_text("")
    assert server.get("/").status == 200
    if change == "create":
        (server.site / "new.py").touch()
    elif change == "rename":
        (server.site / "other.py").rename(server.site / "renamed.txt")
    elif change == "delete":
        (server.site / "other.py").unlink()
    else:
        configure(server.site, {"WSGI_HANDLER": "site_of_iis.app", "x": "y"})
    assert server.closed()
    assert server.exit_code() == 0
    assert "has changed" in server.output


def test_a_virtual_directorys_own_folder_is_watched(iis: Start, folder: Path) -> None:
    """APPL_PHYSICAL_PATH is the application's; wfastcgi watched it, though its files may be elsewhere:
    --directory names where they are.
    """
    site = site_of(folder / "elsewhere", "    return [b'from elsewhere']\n", "elsewhere")
    application = folder / "application"
    application.mkdir()
    with Process(application, ["--directory", str(site)], folder) as server:
        assert server.get("/").text == "from elsewhere"
        (application / "unrelated.py").touch()
        assert server.get("/").text == "from elsewhere"
        (site / "elsewhere.py").touch()
        assert server.closed()
        assert server.exit_code() == 0
    assert f"elsewhere.py in {site} has changed" in server.output


def until(happened: Callable[[], bool]) -> None:
    """It must happen; whoever is waited for tells nobody."""
    deadline = time.monotonic() + SECONDS
    while not happened():
        assert time.monotonic() < deadline
        os.sched_yield()


# Settings and start


@pytest.mark.parametrize("name", ["web.config", "Web.config", "WEB.CONFIG"])
def test_a_configuration_is_found_in_any_case(iis: Start, name: str) -> None:
    server = iis()
    (server.site / "web.config").rename(server.site / name)
    assert server.get("/").text == "hello"


def test_settings_of_other_locations_and_removed_ones_are_not_taken(iis: Start) -> None:
    server = iis("    return [repr([os.environ.get(n) for n in ('A', 'B', 'C')]).encode()]\n")
    (server.site / "web.config").write_text(
        "<configuration><location path='admin'><appSettings><add key='A' value='1'/></appSettings></location>"
        "<appSettings><add key='WSGI_HANDLER' value='site_of_iis.app'/><add key='B' value='2'/>"
        "<add key='C' value='3'/><remove key='B'/></appSettings></configuration>"
    )
    assert server.get("/").text == repr([None, None, "3"])


def test_a_variable_that_is_not_set_stays_as_it_is_with_a_warning(iis: Start) -> None:
    """It does not become a part of another path."""
    server = iis(
        "    return [repr([p for p in sys.path if 'lib_of' in p]).encode()]\n",
        PYTHONPATH="%NOT_SET%/lib_of_site;%SITE_HOME%/lib_of_home",
        SITE_HOME="/srv",
    )
    assert server.get("/").text == repr([f"{server.site}/%NOT_SET%/lib_of_site", "/srv/lib_of_home"])
    assert "%NOT_SET% is not set" in server.output


def test_the_reason_why_an_app_is_not_found_is_its_own(iis: Start) -> None:
    """wfastcgi says `could not be imported` and the error of its last try."""
    server = iis()
    (server.site / "site_of_iis.py").write_text("import no_such_package\n")
    answer = server.get("/")
    assert answer.status == 500
    assert "No module named 'no_such_package'" in answer.text
    assert "site_of_iis.py" in answer.text
    assert server.exit_code() == 71


def test_a_failing_start_has_an_exit_code(iis: Start) -> None:
    server = iis()
    (server.site / "site_of_iis.py").write_text("1 / 0\n")
    answer = server.get("/")
    assert (answer.status, answer.end) == (500, ENDED)
    assert "ZeroDivisionError" in answer.text
    assert server.closed()
    assert server.exit_code() == 71


def test_a_log_that_cannot_be_written_is_no_reason_to_die(iis: Start) -> None:
    server = iis(WSGI_LOG="/no/such/folder/x.log")
    assert server.get("/").text == "hello"
    assert "/no/such/folder/x.log" in server.output


def test_a_module_and_an_attribute_may_be_told_apart(iis: Start) -> None:
    assert iis(WSGI_HANDLER="site_of_iis:app").get("/").text == "hello"


def test_a_path_with_spaces_needs_nothing(folder: Path) -> None:
    site = site_of(folder / "my own site", SHOW)
    with Process(site, folder=folder) as server:
        assert server.get("/a b").text == repr(("", "/a b"))
        (site / "a new file.py").touch()
        assert server.closed()
        assert server.exit_code() == 0


def test_one_process_may_serve_several_requests_at_once(folder: Path) -> None:
    """Where the web server connects itself, as all but IIS can."""
    site = site_of(folder / "site", "    return [str(environ['wsgi.multithread']).encode()]\n")
    words = ("--threads", "4")
    with Gateway(folder, "site_of_iis:app", words=words, directory=site) as gateway:
        assert gateway.get("/").text == "True"
        assert psutil.Process(gateway.process.pid).num_threads() >= 4
