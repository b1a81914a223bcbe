"""The front before real gateway instances."""

from __future__ import annotations

import os
import signal
import socket
import threading

from tests.real.front.stage import (
    FASTCGI,
    Answered,
    FrontProcess,
    Stage,
    eventually,
    failed,
    fastcgi,
    memory,
    webconfig,
)
from webstead.formats.fastcgi.records import STDERR, STDOUT, pack_end, pack_record
from webstead.site_table import Endpoint, FailureText, PoolEntry

APP = """
import os, sys, time

def app(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/upload":
        size = 0
        while part := environ["wsgi.input"].read(65536):
            size += len(part)
        body = [str(size).encode()]
    elif path == "/download":
        start_response("200 OK", [("Content-Type", "application/octet-stream")])
        return (b"x" * 65536 for _ in range(800))
    elif path == "/die":
        os._exit(9)
    elif path == "/die-late":
        start_response("200 OK", [("Content-Length", "100")])
        def late():
            yield b"part"
            os._exit(9)
        return late()
    elif path == "/pid":
        body = [str(os.getpid()).encode()]
    elif path == "/headers":
        start_response("200 OK", [("Server", "own"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
        return [b"ok"]
    elif path == "/endless":
        start_response("200 OK", [("Content-Type", "text/event-stream")])
        def events():
            try:
                while True:
                    yield b"data: tick\\n\\n"
                    time.sleep(0.02)
            finally:
                open(environ["QUERY_STRING"], "w").close()
        return events()
    elif path == "/slow":
        open(environ["QUERY_STRING"], "w").close()
        time.sleep(0.5)
        body = [b"slow"]
    else:
        body = [environ.get(path.rpartition("/")[2], "").encode("latin-1")]
    start_response("200 OK", [("Content-Length", str(len(body[0])))])
    return body
"""


def started(stage: Stage, *options: str) -> FrontProcess:
    front = stage.front()
    endpoint, _ = stage.gateway(APP, *options)
    front.serve(stage.root, fastcgi(endpoint), config=webconfig("fastcgi"))
    return front


def test_the_app_gets_the_request_s_variables(stage: Stage) -> None:
    front = started(stage)
    for asked, value in {
        b"/PATH_INFO": b"/PATH_INFO",
        b"/%C3%A9/PATH_INFO": "/\u00e9/PATH_INFO".encode(),
        b"/a/../x//PATH_INFO": b"/x/PATH_INFO",
        b"/SCRIPT_NAME": b"",
        b"/REQUEST_URI?a=%20b": b"/REQUEST_URI?a=%20b",
        b"/QUERY_STRING?a=%20b&c": b"a=%20b&c",
        b"/REQUEST_METHOD": b"GET",
        b"/SERVER_NAME": b"site.test",
        b"/SERVER_PROTOCOL": b"HTTP/1.1",
        b"/REMOTE_ADDR": b"127.0.0.1",
        b"/HTTP_HOST": b"site.test",
    }.items():
        assert front.ask(asked).body == value, asked
    assert front.ask("/SERVER_PORT").body == str(front.port).encode()
    assert front.ask("/HTTP_X_A", head="X-A: 1\r\nx-a: 2\r\n").body == b"1, 2"
    assert front.ask("/HTTP_COOKIE", head="Cookie: a=1\r\nCookie: b=2\r\n").body == b"a=1; b=2"
    assert front.ask("/HTTP_PROXY", head="Proxy: http://evil\r\n").body == b""
    assert front.ask("/HTTP_X_B", head="X_B: smuggled\r\n").body == b""
    assert front.ask("/HTTP_X_ORIGINAL_URL", head="X-Original-URL: /admin\r\n").body == b""


def test_bad_hosts_and_paths_are_refused(stage: Stage) -> None:
    front = started(stage)
    for head in ("Host: \r\n", "Host: a\r\nHost: b\r\n", "Host: a/b\r\n", "Host: a b\r\n"):
        assert front.ask("/HTTP_HOST", head=head).status == 400, head
    with front.connect() as client:
        client.sendall(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
        assert client.recv(65536).startswith(b"HTTP/1.1 400 ")
    for path, status in ((b"/%zz", 400), (b"/../x", 400), (b"/%00", 400), (b"/%252e", 404), (b"/%ff", 400)):
        assert front.ask(path).status == status, path


def test_head_has_the_length_and_no_body(stage: Stage) -> None:
    answer = started(stage).ask("/PATH_INFO", method="HEAD")
    assert (answer.status, answer.headers["content-length"], answer.body) == (200, "10", b"")


def test_the_app_s_own_server_header_and_all_cookies_arrive(stage: Stage) -> None:
    answer = started(stage).ask("/headers")
    assert answer.headers["server"] == "own"
    assert answer.raw.count(b"set-cookie: ") == 2
    assert started(stage).ask("/PATH_INFO").headers["server"] == "Webstead"


def test_bodies_of_every_size_arrive_whole(stage: Stage) -> None:
    front = started(stage)
    for size in (0, 1, 65_535, 65_536, 65_537, 300_000):
        assert front.ask("/upload", method="POST", body=b"x" * size).body == str(size).encode()


def test_a_body_in_chunks_arrives_whole(stage: Stage) -> None:
    front = started(stage)
    with front.connect() as client:
        client.sendall(
            b"POST /upload HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        client.sendall(b"5\r\nhello\r\n3\r\nyou\r\n0\r\n\r\n")
        assert client.makefile("rb").read().endswith(b"\r\n\r\n8")


def test_a_path_that_decodes_twice_is_allowed_where_the_site_says_so(stage: Stage) -> None:
    front = stage.front()
    endpoint, _ = stage.gateway(APP)
    extra = '<security><requestFiltering allowDoubleEscaping="true"/></security>'
    front.serve(stage.root, fastcgi(endpoint), config=webconfig("fastcgi", extra))
    assert front.ask(b"/%252e/PATH_INFO").body == b"/%2e/PATH_INFO"


def test_large_uploads_and_downloads_need_no_memory(stage: Stage) -> None:
    front = started(stage)
    front.ask("/upload", method="POST", body=b"x" * 100_000)
    before = memory(front.process)
    assert front.ask("/upload", method="POST", body=b"x" * 20_000_000).body == b"20000000"
    with front.connect() as client:
        client.sendall(b"GET /download HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        received, peak = 0, before
        while data := client.recv(1 << 16):
            received += len(data)
            if received % 97 == 0:
                peak = max(peak, memory(front.process))
    assert received > 800 * 65536
    assert max(peak, memory(front.process)) - before < 25_000_000


def test_a_client_that_does_not_read_stops_the_app_not_the_front(stage: Stage) -> None:
    front = started(stage, "--threads", "4")
    with front.connect() as client:
        client.sendall(b"GET /download HTTP/1.1\r\nHost: a\r\n\r\n")
        eventually(lambda: len(client.recv(1000)) == 1000, "the download runs")
        before = memory(front.process)
        for _ in range(20):
            assert front.ask("/PATH_INFO").status == 200
        assert memory(front.process) - before < 8_000_000


def test_a_client_that_leaves_ends_the_app_s_stream(stage: Stage) -> None:
    front = started(stage, "--threads", "2")
    ended = stage.folder / "ended"
    with front.connect() as client:
        client.sendall(f"GET /endless?{ended} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        assert client.recv(65536)
        eventually(lambda: b"tick" in client.recv(65536), "events come")
    eventually(ended.exists, "the app's stream is closed")


def test_an_instance_that_dies_before_its_answer_is_a_502(stage: Stage) -> None:
    front = started(stage)
    answer = front.ask("/die", head="Host: localhost\r\nAccept: application/json\r\n")
    assert answer.status == 502
    assert b"stopped or failed while it answered" in answer.body


def test_an_answer_that_breaks_off_is_cut(stage: Stage) -> None:
    answer = started(stage).ask("/die-late")
    assert (answer.status, answer.headers["content-length"], answer.body) == (200, "100", b"part")


def test_a_killed_instance_is_survived(stage: Stage) -> None:
    """A request that comes while no instance runs waits for the next table."""
    front = stage.front()
    first, process = stage.gateway(APP)
    front.serve(stage.root, fastcgi(first), config=webconfig("fastcgi"))
    assert front.ask("/pid").body == str(process.pid).encode()
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    answers: list[Answered] = []
    asking = threading.Thread(target=lambda: answers.append(front.ask("/pid")))
    asking.start()
    second, process = stage.gateway(APP)
    front.serve(stage.root, fastcgi(second), config=webconfig("fastcgi"))
    asking.join(20)
    assert [answer.body for answer in answers] == [str(process.pid).encode()]


def test_a_new_table_under_load_loses_no_request(stage: Stage) -> None:
    front = stage.front("--access", "off")
    endpoints = [stage.gateway(APP)[0] for _ in range(2)]
    front.serve(stage.root, fastcgi(endpoints[0]), config=webconfig("fastcgi"))
    done = threading.Event()
    statuses: list[int] = []

    def load() -> None:
        while not done.is_set():
            statuses.append(front.ask("/pid").status)

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    for turn in range(30):
        front.serve(stage.root, fastcgi(endpoints[turn % 2]), config=webconfig("fastcgi"))
    eventually(lambda: len(statuses) > 200, "requests are answered")
    done.set()
    for thread in threads:
        thread.join(20)
    assert set(statuses) == {200}


def test_requests_go_to_the_instance_with_the_fewest(stage: Stage) -> None:
    front = stage.front()
    (one, _), (two, process) = stage.gateway(APP), stage.gateway(APP)
    front.serve(stage.root, fastcgi(one, two), config=webconfig("fastcgi"))
    begun = stage.folder / "begun"
    slow = threading.Thread(target=front.ask, args=(f"/slow?{begun}",))
    slow.start()
    eventually(begun.exists, "the slow request runs")
    assert {front.ask("/pid").body for _ in range(3)} == {str(process.pid).encode()}
    slow.join(20)


def test_a_failed_pool_answers_with_its_failure_and_is_wanted(stage: Stage) -> None:
    front = stage.front()
    failure = FailureText(
        500, "The app does not start.", "No module named 'flask'", "pip install flask", "Trace"
    )
    front.serve(stage.root, failed(FASTCGI, failure), config=webconfig("fastcgi"))
    local = front.ask("/", head="Host: localhost\r\nAccept: text/html\r\n")
    assert local.status == 500
    assert b"No module named &#x27;flask&#x27;" in local.body
    assert front.told("wanted") == {"type": "wanted", "site": "", "pool": FASTCGI}
    remote = front.ask("/", head="Host: localhost\r\nX-Forwarded-For: 9.9.9.9\r\n")
    assert remote.body == b"500 The site has an error.\n"


def test_a_pool_that_starts_is_waited_for(stage: Stage) -> None:
    front = stage.front()
    front.serve(stage.root, PoolEntry(FASTCGI, "fastcgi", "starting"), config=webconfig("fastcgi"))
    answers: list[Answered] = []
    asking = threading.Thread(target=lambda: answers.append(front.ask("/PATH_INFO")))
    asking.start()
    endpoint, _ = stage.gateway(APP)
    front.serve(stage.root, fastcgi(endpoint), config=webconfig("fastcgi"))
    asking.join(20)
    assert [answer.status for answer in answers] == [200]


def test_a_pool_that_does_not_come_is_a_503(stage: Stage) -> None:
    front = stage.front()
    front.serve(stage.root, PoolEntry(FASTCGI, "fastcgi", "starting"), config=webconfig("fastcgi"))
    answer = front.ask("/")
    assert answer.status == 503
    assert answer.headers["retry-after"] == "2"


def test_the_app_s_error_stream_goes_to_the_log(stage: Stage) -> None:
    """Other gateways than ours write it on the connection."""
    front = stage.front()
    reply = pack_record(STDERR, 1, b"trouble with \x1b[31m\nand") + pack_record(STDERR, 1, b" more")
    reply += pack_record(STDOUT, 1, b"Content-Type: text/plain\r\n\r\nok") + pack_end(1, 0, 0)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()

        def answer() -> None:
            client, _ = listener.accept()
            with client:
                client.recv(65536)
                client.sendall(reply)
                client.recv(1)

        instance = threading.Thread(target=answer, daemon=True)
        instance.start()
        endpoint = Endpoint("app/1", f"127.0.0.1:{listener.getsockname()[1]}")
        front.serve(stage.root, fastcgi(endpoint), config=webconfig("fastcgi"))
        assert front.ask("/").body == b"ok"
        eventually(lambda: "more" in front.errors.read_text(), "the lines are written")
    shown = "app/1: trouble with \N{REPLACEMENT CHARACTER}[31m\napp/1: and more\n"
    assert front.errors.read_text() == shown


def test_many_requests_on_one_connection(stage: Stage) -> None:
    front = started(stage)
    with front.connect() as client:
        replies = client.makefile("rb")
        for number in range(50):
            client.sendall(f"GET /QUERY_STRING?{number} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            head = b"".join(iter(replies.readline, b"\r\n"))
            size = int(head.split(b"content-length: ")[1].split(b"\r\n")[0])
            assert replies.read(size) == str(number).encode()


def test_two_requests_sent_at_once_are_answered_in_order(stage: Stage) -> None:
    front = started(stage)
    with socket.create_connection(("127.0.0.1", front.port), timeout=20) as client:
        client.sendall(
            b"GET /QUERY_STRING?first HTTP/1.1\r\nHost: a\r\n\r\n"
            b"GET /QUERY_STRING?second HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        )
        raw = client.makefile("rb").read()
    assert raw.index(b"first") < raw.index(b"second")
