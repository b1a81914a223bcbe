"""Error pages of the site's own: for whom, in the place of what, and what is left of the answer."""

from __future__ import annotations

import pytest

from .stage import (
    FrontProcess,
    Stage,
    answered,
    eventually,
    fastcgi,
    platform,
    read_all,
    webconfig,
)

PAGES = """<httpErrors {}><error statusCode="404" path="errors\\404.html"/>
<error statusCode="405" path="/gone.html"/><error statusCode="403" path="/sorry" responseMode="Redirect"/>
<error statusCode="500" path="errors/500.html"/></httpErrors>"""
CUSTOM = 'errorMode="Custom"'
APP = """
def app(environ, start_response):
    status = environ["PATH_INFO"][1:]
    start_response(status + " Of The App", [("Content-Type", "text/plain"), ("X-App", "yes")])
    return [b"the app's own " + status.encode()]
"""


@pytest.fixture
def front(stage: Stage) -> FrontProcess:
    (stage.root / "errors").mkdir()
    (stage.root / "errors" / "404.html").write_text("our 404")
    (stage.root / "errors" / "500.html").write_text("our 500")
    (stage.root / "folder").mkdir()
    return stage.front()


def test_pages_take_the_place_of_our_own(stage: Stage, front: FrontProcess) -> None:
    front.serve(stage.root, config=webconfig("static", PAGES.format(CUSTOM)))
    missing = front.ask("/none")
    assert (missing.status, missing.body) == (404, b"our 404")
    assert missing.headers["content-type"].startswith("text/html")
    assert missing.headers["content-length"] == "7"
    head = front.ask("/none", method="HEAD")
    assert (head.status, head.body, head.headers["content-length"]) == (404, b"", "7")
    listing = front.ask("/folder/")
    assert (listing.status, listing.headers["location"]) == (302, "/sorry")
    posted = front.ask("/errors/404.html", method="POST")  # its page is not there: ours is
    assert (posted.status, posted.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(("head", "local"), [("Host: localhost\r\n", True), ("", False)])
def test_people_at_the_machine_see_the_details(
    stage: Stage, front: FrontProcess, head: str, local: bool
) -> None:
    front.serve(stage.root, config=webconfig("static", PAGES.format("")))
    assert (front.ask("/none", head=head).body == b"our 404") is not local


@pytest.mark.parametrize(("existing", "own"), [("Auto", True), ("PassThrough", True), ("Replace", False)])
def test_an_apps_own_page_passes_unless_it_is_to_be_replaced(
    stage: Stage, front: FrontProcess, existing: str, own: bool
) -> None:
    endpoint, _ = stage.gateway(APP)
    config = webconfig("fastcgi", PAGES.format(f'{CUSTOM} existingResponse="{existing}"'))
    front.serve(stage.root, fastcgi(endpoint), config=config)
    for status in (404, 500):
        answer = front.ask(f"/{status}")
        assert answer.status == status
        assert answer.body == (f"the app's own {status}" if own else f"our {status}").encode()
        assert ("x-app" in answer.headers) is own
    assert front.ask("/201").body == b"the app's own 201"


LOCAL = "Host: localhost\r\n"


@pytest.mark.parametrize(
    ("mode", "local", "remote"), [("Custom", False, False), ("Detailed", True, True), ("", True, False)]
)
def test_who_sees_details_where_no_page_fits(
    stage: Stage, front: FrontProcess, mode: str, local: bool, remote: bool
) -> None:
    limit = '<security><requestFiltering><requestLimits maxQueryString="1"/></requestFiltering></security>'
    for pages in ("<httpErrors/>", PAGES.replace('"404"', '"410"')):
        config = pages.replace("<httpErrors", f'<httpErrors errorMode="{mode}"' if mode else "<httpErrors")
        front.serve(stage.root, config=webconfig("static", limit + config.replace(" {}", "")))
        for head, details in ((LOCAL, local), ("", remote)):
            answer = front.ask("/?long", head=head)
            assert answer.status == 404
            assert (b"maxQueryString" in answer.body) is details


def test_detailed_errors_go_before_pages(stage: Stage, front: FrontProcess) -> None:
    front.serve(stage.root, config=webconfig("static", PAGES.format('errorMode="Detailed"')))
    assert front.ask("/none").body != b"our 404"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_page_may_be_large(stage: Stage, front: FrontProcess, method: str) -> None:
    page = bytes(range(256)) * 10_000
    (stage.root / "errors" / "404.html").write_bytes(page)
    front.serve(stage.root, config=webconfig("static", PAGES.format(CUSTOM)))
    answer = front.ask("/none", method=method)
    assert (answer.status, answer.headers["content-length"]) == (404, str(len(page)))
    assert answer.body == (page if method == "GET" else b"")


KEPT = """
import socket, sys
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
count = 0
while True:
    client, _ = listener.accept()
    count += 1
    while True:
        head = b""
        while b"\\r\\n\\r\\n" not in head:
            data = client.recv(65536)
            if not data:
                break
            head += data
        else:
            body = b"connection %d" % count * 2000
            status = b"404 No" if b"/none" in head else b"200 OK"
            client.sendall(b"HTTP/1.1 %b\\r\\nContent-Length: %d\\r\\n\\r\\n%b" % (status, len(body), body))
            continue
        break
""".replace("\\\\", "\\")


def test_an_answer_that_is_replaced_costs_no_connection(stage: Stage, front: FrontProcess) -> None:
    endpoint, _ = stage.platform(KEPT)
    config = webconfig("platform", PAGES.format(f'{CUSTOM} existingResponse="Replace"'))
    front.serve(stage.root, platform(endpoint), config=config)
    first = front.ask("/a").body
    for _ in range(3):
        assert front.ask("/none").body == b"our 404"
    assert front.ask("/a").body == first


@pytest.mark.parametrize(
    ("accepted", "page"),
    [
        ("de-AT, en;q=0.5", b"Nicht da"),
        ("en;q=0.9, de;q=0.1", b"Not there"),
        ("fr", b"404"),
        ("../de", b"404"),
        ("", b"404"),
    ],
)
def test_pages_in_the_language_of_the_client(
    stage: Stage, front: FrontProcess, accepted: str, page: bytes
) -> None:
    for name, text in (("de", b"Nicht da"), ("en", b"Not there"), ("", b"404")):
        (stage.root / "errors" / name).mkdir(exist_ok=True)
        (stage.root / "errors" / name / "404.htm").write_bytes(text)
    page_of = '<error statusCode="404" path="404.htm" prefixLanguageFilePath="errors"/>'
    pages = f'<httpErrors errorMode="Custom">{page_of}</httpErrors>'
    front.serve(stage.root, config=webconfig("static", pages))
    answer = front.ask("/none", head=f"Accept-Language: {accepted}\r\n" if accepted else "")
    assert (answer.status, answer.body) == (404, page)
    assert answer.headers["vary"] == "accept-language"


def test_the_default_page_is_for_all_others(stage: Stage, front: FrontProcess) -> None:
    default = 'errorMode="Custom" defaultPath="errors/500.html"'
    front.serve(stage.root, config=webconfig("static", PAGES.format(default)))
    assert front.ask("/none").body == b"our 404"
    posted = front.ask("/errors/500.html", method="DELETE")  # 405 has a page that is not there
    assert posted.status == 405
    assert front.ask("/a%00").status == 400
    front.serve(stage.root, config=webconfig("static", f"<httpErrors {default}/>"))
    gone = front.ask("/none")
    assert (gone.status, gone.body) == (404, b"our 500")
    redirect = default.replace("errors/500.html", "https://e.test/") + ' defaultResponseMode="Redirect"'
    front.serve(stage.root, config=webconfig("static", f"<httpErrors {redirect}/>"))
    assert front.ask("/none").headers["location"] == "https://e.test/"


# ExecuteURL

EXECUTED = """
def app(environ, start_response):
    path, query = environ["PATH_INFO"], environ["QUERY_STRING"]
    length = environ.get("CONTENT_LENGTH", "")
    if path == "/fails":
        start_response("500 No", [])
        return [b"the first answer " * 10000]
    if path == "/page":
        start_response("404 Not Found", [("X-Page", "yes")])
        return [f"{environ['REQUEST_METHOD']} {query} [{length}] {environ['HTTP_COOKIE']}".encode()]
    start_response("200 OK", [])
    return [b"other"]
"""
EXECUTE = """<httpErrors errorMode="Custom" existingResponse="Replace">
<error statusCode="403" path="{}" responseMode="ExecuteURL"/>
<error statusCode="404" path="{}" responseMode="ExecuteURL"/>
<error statusCode="500" path="{}" responseMode="ExecuteURL"/></httpErrors>
<httpProtocol><customHeaders><add name="X-Once" value="1"/></customHeaders></httpProtocol>
<security><requestFiltering><hiddenSegments><add segment="hidden"/></hiddenSegments></requestFiltering>
</security>
"""


def executing(stage: Stage, front: FrontProcess, page: str) -> None:
    endpoint, _ = stage.gateway(EXECUTED, "--threads", "1")
    config = webconfig("fastcgi", EXECUTE.replace("{}", page))
    front.serve(stage.root, fastcgi(endpoint), config=config)


def test_a_page_of_the_app_is_asked_as_a_request(stage: Stage, front: FrontProcess) -> None:
    executing(stage, front, "/page")
    refused = front.ask("/hidden/x?a=%20b", method="POST", head="Cookie: id=1\r\n", body=b"12345")
    assert refused.status == 404
    assert refused.headers["x-page"] == "yes"
    assert refused.headers["x-once"] == "1"  # a header that came twice would have been noticed
    assert refused.body == b"GET 404;http://site.test:80/hidden/x?a=%20b [] id=1"
    local = front.ask("/hidden/x", head="Cookie: id=1\r\nHost: localhost:8000\r\n")
    assert local.body == b"GET 404;http://localhost:8000/hidden/x [] id=1"
    head = front.ask("/hidden/x", method="HEAD", head="Cookie: id=1\r\n")
    assert (head.status, head.headers["x-page"], head.body) == (404, "yes", b"")


def test_a_page_is_told_what_its_own_filtering_lets_pass(stage: Stage, front: FrontProcess) -> None:
    executing(stage, front, "/page")
    cookie = "Cookie: id=1\r\n"
    long = front.ask(f"/hidden/x?{'a' * 2040}", head=cookie)  # 2048 bytes are allowed
    assert long.body == b"GET 404;http://site.test:80/hidden/x [] id=1"
    longer = front.ask("/hidden/" + "a" * 3000, head=cookie)
    assert longer.body == b"GET 404; [] id=1"


def test_a_page_takes_the_place_of_the_apps_own_answer(stage: Stage, front: FrontProcess) -> None:
    executing(stage, front, "/page?own=1")
    for _ in range(3):
        failed = front.ask("/fails", head="Cookie: id=1\r\n")
        assert (failed.status, failed.headers["x-page"]) == (404, "yes")
        assert failed.body == b"GET own=1&500;http://site.test:80/fails [] id=1"


SLOW = """
import time
def app(environ, start_response):
    time.sleep(1.0)  # longer than the front leaves a request unwatched
    if environ["PATH_INFO"] == "/page":
        start_response("404 Not Found", [])
        return [b"page"]
    start_response("500 No", [])
    return [b"no"]
"""


def test_answers_and_pages_may_take_long(stage: Stage, front: FrontProcess) -> None:
    endpoint, _ = stage.gateway(SLOW, "--threads", "1")
    front.serve(stage.root, fastcgi(endpoint), config=webconfig("fastcgi", EXECUTE.replace("{}", "/page")))
    for body in (b"", b"x" * 200_000):
        answer = front.ask("/fails", method="POST", body=body)
        assert (answer.status, answer.body) == (404, b"page")
    with front.connect() as client:  # one that does not wait for the answer
        client.sendall(b"GET /fails HTTP/1.1\r\nHost: site.test\r\n\r\n")
    assert front.ask("/page").status == 404
    assert front.errors.read_text() == ""


def test_pages_that_fail_lead_to_no_other_page(stage: Stage, front: FrontProcess) -> None:
    executing(stage, front, "/hidden/page")
    refused = front.ask("/hidden/x")
    assert refused.status == 404
    assert refused.body.startswith(b"404.8 ")
    executing(stage, front, "/fails")
    assert front.ask("/hidden/x").body == b"the first answer " * 10000
    assert front.ask("/fails").status == 500


def test_a_file_is_executed_with_the_status_that_it_has(stage: Stage, front: FrontProcess) -> None:
    """As on IIS, which sites rely on when they choose ExecuteURL."""
    front.serve(stage.root, config=webconfig("static", EXECUTE.replace("{}", "/errors/404.html")))
    answer = front.ask("/none")
    assert (answer.status, answer.body) == (200, b"our 404")


ANSWERS = """<rewrite><rules>
<rule name="Said"><match url="^said"/>
<action type="CustomResponse" statusCode="451" statusReason="Not for you"/></rule>
<rule name="Gone"><match url="^gone"/><action type="AbortRequest"/></rule></rules></rewrite>"""


def test_the_reason_of_a_rule_is_for_everybody(stage: Stage, front: FrontProcess) -> None:
    front.serve(stage.root, config=webconfig("static", ANSWERS))
    assert front.ask("/said").body == b"451 Not for you\n"


@pytest.mark.parametrize("pages", ["", EXECUTE.replace("{}", "/errors/404.html")])
@pytest.mark.parametrize("before", [0, 1])
def test_a_request_that_is_to_be_dropped_gets_no_answer(
    stage: Stage, front: FrontProcess, pages: str, before: int
) -> None:
    front.serve(stage.root, config=webconfig("static", ANSWERS + pages))
    with front.connect() as other, front.connect() as client:
        for _ in range(before):
            client.sendall(b"GET /said HTTP/1.1\r\nHost: site.test\r\n\r\n")
            while not client.recv(65536).endswith(b"Not for you\n"):
                pass
        client.sendall(b"GET /gone HTTP/1.1\r\nHost: site.test\r\n\r\n")
        assert read_all(client) == b""
        other.sendall(b"GET /said HTTP/1.1\r\nHost: site.test\r\nConnection: close\r\n\r\n")
        assert answered(read_all(other)).status == 451
    eventually(lambda: any(" 444 " in line for line in front.lines()), "it is in the log")
