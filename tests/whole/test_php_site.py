"""A site that is PHP and Python, as it stands on IIS: real php-cgi processes beside the gateway."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from tests.live import REPOSITORY, Answer, Up, fetch, live
from tests.observed import has_ended, words_of

SITE = REPOSITORY / "tests" / "fixtures" / "sites" / "php_and_python"
pytestmark = pytest.mark.needs("php-cgi")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Up, str]]:
    """One running site for the tests that only ask."""
    folder = tmp_path_factory.mktemp("php") / "site"
    shutil.copytree(SITE, folder)
    with live(folder) as up:
        yield up, up.ready()
        assert up.interrupt() == 0


@pytest.fixture
def url(site: tuple[Up, str]) -> str:
    return site[1]


def php_processes(up: Up) -> list[psutil.Process]:
    return [process for process in up.family() if process.name().startswith("php-cgi")]


def form(boundary: str, title: str, content: bytes) -> bytes:
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="title"\r\n\r\n{title}\r\n'
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    return head.encode() + content + f"\r\n--{boundary}--\r\n".encode()


def server_variables(answer: Answer) -> dict[str, str]:
    variables: dict[str, str] = json.loads(answer.text)["server"]
    return variables


def test_a_default_document_is_php_s(url: str) -> None:
    told = server_variables(fetch(url + "/?a=1"))
    assert told["SCRIPT_NAME"] == "/index.php"
    assert told["REQUEST_URI"] == "/?a=1"
    assert fetch(url + "/shop/").text == "product none at /shop/ of /shop/index.php"
    moved = fetch(url + "/shop")
    assert (moved.status, moved.headers["location"]) == (301, "/shop/")
    assert json.loads(fetch(url + "/", data=b"a=b").text)["post"] == {"a": "b"}


def test_a_form_is_posted(url: str) -> None:
    answer = fetch(url + "/index.php", data=b"name=Ada+L.&text=%C3%A9")
    assert json.loads(answer.text)["post"] == {"name": "Ada L.", "text": "\u00e9"}


def test_five_megabytes_are_uploaded(url: str) -> None:
    content = os.urandom(5_000_000)
    headers = {"Content-Type": "multipart/form-data; boundary=xyz"}
    answer = fetch(url + "/answers.php?upload", data=form("xyz", "a title", content), headers=headers)
    assert answer.text == f"5000000 {hashlib.sha256(content).hexdigest()} a title"


@pytest.mark.parametrize("size", [0, 10, 1_000_000])
def test_a_body_of_unknown_length_arrives_with_its_length(url: str, size: int) -> None:
    content = os.urandom(size)
    parts = urlsplit(url)
    client = HTTPConnection(parts.hostname or "", parts.port, timeout=20)
    client.request(
        "POST",
        "/answers.php?raw",
        body=iter([content[:7], content[7:]]) if size else iter([b""]),
        encode_chunked=True,
        headers={"Transfer-Encoding": "chunked"},
    )
    answer = client.getresponse().read().decode()
    client.close()
    assert answer == f"{size} {hashlib.sha256(content).hexdigest()} {size}"


def test_status_headers_and_cookies_are_the_script_s(url: str) -> None:
    parts = urlsplit(url)
    client = HTTPConnection(parts.hostname or "", parts.port, timeout=20)
    client.request("GET", "/answers.php?status")
    answer = client.getresponse()
    assert (answer.status, answer.read(), answer.headers["x-own"]) == (418, b"teapot", "a")
    assert answer.headers.get_all("set-cookie") == ["one=1", "two=2"]
    client.close()
    moved = fetch(url + "/answers.php?redirect")
    assert (moved.status, moved.headers["location"]) == (302, "/shop/")


def test_a_session_is_kept(url: str) -> None:
    first = fetch(url + "/answers.php?session")
    cookie = first.headers["set-cookie"].partition(";")[0]
    assert cookie.startswith("PHPSESSID=")
    visits = [fetch(url + "/answers.php?session", headers={"Cookie": cookie}).text for _ in range(2)]
    assert (first.text, visits) == ("1", ["2", "3"])


@pytest.mark.alone
def test_a_slow_script_keeps_nobody_waiting(url: str) -> None:
    with ThreadPoolExecutor(2) as pool:
        slow = [pool.submit(fetch, url + "/answers.php?slow") for _ in range(2)]
        began = time.monotonic()
        assert fetch(url + "/answers.php").text == "plain"
        assert time.monotonic() - began < 1.0
        assert not any(future.done() for future in slow)
        assert [future.result().text for future in slow] == ["slow", "slow"]


def test_more_slow_requests_than_processes_wait_for_their_turn(url: str) -> None:
    with ThreadPoolExecutor(6) as pool:
        assert [a.text for a in pool.map(fetch, [url + "/answers.php?slow"] * 6)] == ["slow"] * 6


@pytest.mark.alone
def test_a_process_whose_client_left_is_given_nothing_until_it_is_done(url: str) -> None:
    parts = urlsplit(url)
    left = [socket.create_connection((parts.hostname, parts.port), timeout=20) for _ in range(3)]
    for client in left:
        client.sendall(b"GET /answers.php?long HTTP/1.1\r\nHost: a\r\n\r\n")
    assert fetch(url + "/answers.php").text == "plain"  # the fourth process; by now the others are busy
    for client in left:
        client.close()
    longest, deadline = 0.0, time.monotonic() + 2.5  # the front has seen that they left, the scripts go on
    while (began := time.monotonic()) < deadline:
        assert fetch(url + "/answers.php").text == "plain"
        longest = max(longest, time.monotonic() - began)
    assert longest < 0.9
    with ThreadPoolExecutor(4) as pool:  # and then all four are there again
        assert [a.text for a in pool.map(fetch, [url + "/answers.php?slow"] * 4)] == ["slow"] * 4


@pytest.mark.alone
def test_what_a_script_flushes_arrives_at_once(url: str) -> None:
    """responseBufferLimit is 4 MB here, as by default: parts are sent as they come, whatever it says."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=20) as client:
        client.sendall(b"GET /answers.php?stream HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        seen: list[tuple[float, bytes]] = []
        while data := client.recv(65536):
            seen.append((time.monotonic(), data))
    times = [next(when for when, data in seen if b"part %d" % number in data) for number in (1, 2, 3)]
    assert times[1] - times[0] > 0.2
    assert times[2] - times[1] > 0.2


def test_a_fatal_error_is_500_and_its_text_is_in_the_log(site: tuple[Up, str]) -> None:
    up, url = site
    assert fetch(url + "/answers.php?fatal").status == 500
    line = up.wait_for(lambda line: "no_such_function()" in line)
    assert line.startswith("php-cgi.")
    assert fetch(url + "/answers.php?warn").text == "warned"
    up.wait_for(lambda line: line.endswith("a line for the log"))


def test_php_sees_what_iis_would_tell_it(url: str) -> None:
    told = server_variables(fetch(url + "/index.php/a/b%20c?x=1&y"))
    root = told["DOCUMENT_ROOT"]
    wanted = {
        "SCRIPT_NAME": "/index.php",
        "SCRIPT_FILENAME": f"{root}/index.php",
        "PATH_INFO": "/a/b c",
        "PATH_TRANSLATED": f"{root}/a/b c",
        "ORIG_PATH_INFO": "/index.php/a/b c",
        "PHP_SELF": "/index.php/a/b c",
        "APPL_PHYSICAL_PATH": f"{root}/",
        "REQUEST_URI": "/index.php/a/b%20c?x=1&y",
        "QUERY_STRING": "x=1&y",
        "REQUEST_METHOD": "GET",
        "HTTPS": "off",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": str(urlsplit(url).port),
        "SERVER_ADDR": "127.0.0.1",
        "REMOTE_ADDR": "127.0.0.1",
    }
    assert {name: told.get(name) for name in wanted} == wanted
    assert "PATH_INFO" not in server_variables(fetch(url + "/index.php"))


def test_a_rewritten_url_is_known_by_iis_s_names(url: str) -> None:
    assert fetch(url + "/products/7").text == "product 7 at /products/7 of /shop/index.php"


def test_each_half_of_the_site_has_its_own_environment(url: str) -> None:
    assert json.loads(fetch(url + "/index.php").text)["app_setting"] is False
    assert json.loads(fetch(url + "/api/x.php").text) == {
        "path": "/api/x.php",
        "app_setting": "secret of the app",
    }


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/upload/photo.jpg/x.php", 404),
        ("/upload/photo.jpg/.php", 404),
        ("/upload/photo.jpg%00.php", 400),
        ("/upload/photo.jpg%20.php", 404),
        ("/none.php", 404),
        ("/php.ini", 404),
        ("/index.php::$DATA", 404),
        ("/index.php.", 404),
        ("/index.php%20", 404),
        ("/shop/..%2findex.php%5c..%5cphp.ini", 404),
    ],
)
def test_nothing_else_is_run_or_shown(url: str, path: str, status: int) -> None:
    answer = fetch(url + path)
    assert answer.status == status
    assert b"was run" not in answer.body
    assert b"<?php" not in answer.body


def test_words_in_the_query_are_no_options_of_php(url: str) -> None:
    """CVE-2012-1823."""
    for query in ("-s", "-d+allow_url_include%3d1", "%2ds", "-n+-s"):
        answer = fetch(f"{url}/shop/index.php?{query}")
        assert answer.text.startswith("product none at"), query


def test_a_path_with_a_line_end_is_no_path(url: str) -> None:
    """CVE-2019-11043 needs one in PATH_INFO."""
    for path in ("/index.php/%0a", "/index.php/PHP%0Ais_the_shittiest_lang.php?" + "Q" * 1700):
        assert fetch(url + path).status == 400


def test_a_header_named_proxy_is_no_setting(url: str) -> None:
    """CVE-2016-5385."""
    told = server_variables(fetch(url + "/index.php", headers={"Proxy": "http://evil"}))
    assert "HTTP_PROXY" not in told


def test_a_method_that_the_handler_does_not_take(url: str) -> None:
    assert fetch(url + "/index.php", method="DELETE").status == 405


def test_the_server_itself_answers_options(url: str) -> None:
    asked = fetch(url + "/index.php", method="OPTIONS")
    assert (asked.status, asked.headers["allow"]) == (200, "OPTIONS, GET, HEAD, POST")
    assert fetch(url + "/index.php", method="TRACE").status == 501


def test_a_head_has_no_body(url: str) -> None:
    asked = fetch(url + "/answers.php?status", method="HEAD")
    assert (asked.status, asked.headers["x-own"], asked.body) == (418, "a", b"")


def test_a_mapping_of_names_that_need_not_be_there_runs_no_picture(tmp_path: Path) -> None:
    """PHP's own search for a file in the path (cgi.fix_pathinfo) is given nothing to find."""
    folder = tmp_path / "site"
    shutil.copytree(SITE, folder)
    config = folder / "web.config"
    config.write_text(config.read_text().replace('resourceType="Either"', 'resourceType="Unspecified"'))
    (folder / "link.php").symlink_to("/etc/hostname")
    (folder / ".hidden").mkdir()
    (folder / ".hidden" / "x.php").write_text("<?php echo 'was run';")
    with live(folder) as up:
        url = up.ready()
        for path in (
            *("/upload/photo.jpg/x.php", "/upload/photo.jpg/none/x.php", "/link.php", "/.hidden/x.php"),
            *("/none.php", "/none/at/all.php", "/none.php/a.php"),
        ):
            answer = fetch(url + path)
            assert answer.status == 404, path
            assert b"was run" not in answer.body
        assert server_variables(fetch(url + "/index.php/a.php"))["PATH_INFO"] == "/a.php"
        assert up.interrupt() == 0


def test_processes_that_have_answered_their_share_lose_nothing(site: tuple[Up, str]) -> None:
    """PHP_FCGI_MAX_REQUESTS is 25: each process ends often while several clients ask."""
    up, url = site

    def ask(number: int) -> str:
        return fetch(url + "/answers.php", data=b"a=1" if number % 2 else None).text

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(ask, range(400))) == {"plain"}
    up.drain_lines()
    assert "too often" not in up.output
    assert len([line for line in up.lines if "exited with code 0" in line]) > 4


def test_a_killed_process_is_replaced(url: str) -> None:
    for _ in range(3):
        pid = int(fetch(url + "/answers.php?pid").text)
        os.kill(pid, signal.SIGKILL)
        answers = [fetch(url + "/answers.php?pid") for _ in range(6)]
        assert {answer.status for answer in answers} == {200}
        assert str(pid) not in {answer.text for answer in answers}


def test_a_request_whose_process_is_killed_is_answered_by_another(site: tuple[Up, str]) -> None:
    up, url = site
    before = {process.pid for process in php_processes(up)}
    found: list[Answer] = []
    asking = threading.Thread(target=lambda: found.append(fetch(url + "/answers.php?slow")))
    asking.start()
    busy = busy_process(before)
    os.kill(busy, signal.SIGKILL)
    asking.join(20)
    assert [(answer.status, answer.text) for answer in found] == [(200, "slow")]


def busy_process(pids: set[int]) -> int:
    """The one that has a connection."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        for pid in pids:
            if any(link.endswith("]") and "socket" in link for link in connections_of(pid)):
                return pid
    raise AssertionError("no process took the request")


def connections_of(pid: int) -> list[str]:
    """What its descriptors beyond the first three are: its listening socket is 0."""
    try:
        return [os.readlink(fd) for fd in Path(f"/proc/{pid}/fd").iterdir() if int(fd.name) > 2]
    except OSError:
        return []


def test_no_program_outlives_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    shutil.copytree(SITE, folder)
    with live(folder) as up:
        up.ready()
        programs = php_processes(up)
        assert len(programs) == 4
        up.process.kill()
        _, alive = psutil.wait_procs(programs, timeout=10)
        assert all(map(has_ended, alive))


@pytest.mark.alone
def test_children_that_php_forks_itself_answer_at_the_same_time(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    shutil.copytree(SITE, folder)
    config = folder / "web.config"
    old = 'name="PHP_FCGI_MAX_REQUESTS" value="25"'
    config.write_text(config.read_text().replace(old, 'name="PHP_FCGI_CHILDREN" value="3"'))
    with live(folder) as up, ThreadPoolExecutor(3) as pool:
        url = up.ready()
        assert len(php_processes(up)) == 4
        began = time.monotonic()
        assert [a.text for a in pool.map(fetch, [url + "/answers.php?slow"] * 3)] == ["slow"] * 3
        assert time.monotonic() - began < 2.9  # one after the other they take 4.5 s
        assert up.interrupt() == 0


def test_a_changed_php_ini_takes_effect(tmp_path: Path) -> None:
    """monitorChangesTo names it; the app in Python goes on."""
    folder = tmp_path / "site"
    shutil.copytree(SITE, folder)
    (folder / "zone.php").write_text("<?php echo ini_get('date.timezone');")
    with live(folder) as up:
        url = up.ready()
        assert fetch(url + "/zone.php").text == "UTC"
        python = {process.pid for process in up.family() if "gateway" in " ".join(words_of(process))}
        with (folder / "php.ini").open("a") as ini:
            ini.write("date.timezone = Europe/Athens\n")
        up.wait_for_answer(url + "/zone.php", lambda answer: answer.text == "Europe/Athens")
        assert python == {p.pid for p in up.family() if "gateway" in " ".join(words_of(p))}
        assert up.interrupt() == 0


def test_a_program_that_is_not_there_is_told_of_and_the_rest_answers(tmp_path: Path) -> None:
    folder = tmp_path / "site"
    shutil.copytree(SITE, folder)
    config = folder / "web.config"
    config.write_text(config.read_text().replace("php-cgi.exe", "no-such-cgi.exe"))
    with live(folder) as up:
        url = up.ready()
        assert "Install no-such-cgi" in up.output
        answer = fetch(url + "/index.php")
        assert answer.status == 500
        assert "no-such-cgi" in answer.text
        assert "Install no-such-cgi, or write the path" in answer.text
        assert json.loads(fetch(url + "/api/").text)["path"] == "/api/"
        assert up.interrupt() == 0
