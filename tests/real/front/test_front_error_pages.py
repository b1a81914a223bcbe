"""Error pages of the site's own: for whom, in the place of what, and what is left of the answer."""

from __future__ import annotations

import pytest

from .stage import FrontProcess, Stage, fastcgi, webconfig

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
