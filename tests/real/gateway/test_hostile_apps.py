"""Apps that break every manner: one request may fail for it, the process and the other requests not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .conftest import Gateway, Peer, short_folder

Start = Callable[..., Gateway]
WAYS = {
    "one thread": (),
    "four threads": ("--threads", "4"),
    "multiplex": ("--threads", "4", "--multiplex", "8"),
}
LONG = b"x" * 200_000


@pytest.fixture(scope="module", params=list(WAYS.values()), ids=list(WAYS))
def hostile(request: pytest.FixtureRequest) -> Iterator[Gateway]:
    with short_folder() as folder, Gateway(folder, "hostile:app", request.param) as gateway:
        yield gateway
        assert gateway.process.poll() is None
        gateway.signal()
        assert gateway.end() == 0


@pytest.fixture
def peer(hostile: Gateway) -> Iterator[Peer]:
    """One connection: whatever an answer leaves behind on it would be found by the next one."""
    with hostile.peer() as peer:
        yield peer
        assert peer.get("/hello").text == "hello"


@pytest.mark.parametrize("page", ["/keep-write", "/keep-write-of-list"])
def test_a_write_after_the_end_is_an_error_and_reaches_no_other_response(peer: Peer, page: str) -> None:
    assert peer.get(page).text == "first"
    late = peer.get("/write-late")
    assert (late.status, late.text) == (200, "AppError")
    assert late.header(b"Content-Type") == b"text/plain"


def test_a_write_behind_a_content_length_goes_nowhere(peer: Peer) -> None:
    assert peer.get("/keep-write?5").text == "first"
    late = peer.get("/write-late")
    assert late.text == "written"
    assert late.header(b"Content-Type") == b"text/plain"


def test_a_body_is_closed_behind_its_request(peer: Peer) -> None:
    peer.ask("/keep-input", "POST", LONG)
    assert peer.answer().text == "kept"
    assert peer.get("/read-late").text == "ValueError"


def test_a_body_that_is_read_behind_the_answer_is_not_that_of_the_next_request(peer: Peer) -> None:
    peer.ask("/read-in-close", "POST", LONG)
    assert peer.answer().text == "answered"


def test_an_app_that_empties_its_environ_fails_alone(peer: Peer) -> None:
    assert peer.get("/empty-environ").status == 500


def test_a_process_of_the_app_ends_by_sigterm(peer: Peer) -> None:
    assert peer.get("/child-terminated").text == "ended by SIGTERM"


@pytest.mark.parametrize(
    ("page", "code"),
    [("/child-returns", 0), ("/child-exits", 3), ("/child-exits-with-text", 1), ("/child-fails", 1)],
)
def test_a_forked_child_that_comes_back_does_not_answer(peer: Peer, page: str, code: int) -> None:
    answer = peer.get(page)
    assert (answer.status, answer.text) == (200, f"child {code}")


@pytest.mark.parametrize(("page", "code"), [("/child-returns", 0), ("/child-exits", 3), ("/child-fails", 1)])
def test_a_forked_child_does_not_go_on_with_the_event_loop(start: Start, page: str, code: int) -> None:
    gateway = start("hostile_async:app")
    with gateway.peer() as peer:
        assert peer.get(page).text == f"child {code}"
        assert peer.get("/hello").text == "hello"


@pytest.mark.parametrize("what", ["exit", "interrupt", "generator", "memory", "surrogate", "unspeakable"])
def test_whatever_is_raised_is_a_500(peer: Peer, what: str) -> None:
    assert peer.get(f"/raises?{what}").status == 500


def test_endless_recursion_is_a_500(peer: Peer) -> None:
    assert peer.get("/recursion").status == 500


@pytest.mark.parametrize("what", ["text", "number", "none", "memory", "dict"])
def test_what_is_no_body_is_a_500(peer: Peer, what: str) -> None:
    assert peer.get(f"/confused?{what}").status == 500


def test_a_header_cannot_begin_another_one(peer: Peer) -> None:
    answer = peer.get("/split-header")
    assert answer.status == 500
    assert answer.header(b"Set-Cookie") is None


def test_a_failing_close_is_too_late_to_change_the_answer(peer: Peer) -> None:
    assert peer.get("/close-fails").text == "all of it"


@pytest.mark.parametrize("words", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("page", ["/surroundings", "/descriptors-closed"])
def test_changed_surroundings_do_not_stop_the_service(
    start: Start, words: tuple[str, ...], page: str
) -> None:
    gateway = start("hostile:app", words=words)
    with gateway.peer() as peer:
        assert peer.get(page).status in (200, 500)
        assert peer.get("/raises?memory").status == 500
        assert peer.get("/hello").text == "hello"
    gateway.signal()
    assert gateway.end() == 0


def test_a_thread_that_does_not_end_is_left_behind_at_the_end_of_the_grace(start: Start) -> None:
    gateway = start("hostile:app", words=("--grace", "0.5"))
    assert gateway.get("/thread-left").text == "left"
    gateway.signal()
    assert gateway.end() == 0
    assert not Path(gateway.path).exists()
