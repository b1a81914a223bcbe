"""Both sides against each other: any calls in any order, bytes delivered in any pieces, and both views the
same.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from webstead.formats.fastcgi.client import Answer, Body, ClientConnection, End, Head, Stderr, Values
from webstead.formats.fastcgi.pairs import encode_pairs
from webstead.formats.fastcgi.records import (
    AUTHORIZER,
    CANT_MPX_CONN,
    FILTER,
    OVERLOADED,
    REQUEST_COMPLETE,
    RESPONDER,
)
from webstead.formats.fastcgi.server import (
    Aborted,
    BodyEnd,
    Chunk,
    DataChunk,
    DataEnd,
    Refused,
    Reply,
    Request,
    ServerConnection,
    ServerEvent,
    end_of_response,
    stderr,
    stdout,
)

MOST = 3
MAX_PARAMS = 200
HEAD = b"Status: 201 Made\r\nX-Id: %d\r\n\r\n"
BYTES = st.binary(min_size=1, max_size=60)


@dataclass
class Talk:
    """One request as everybody knows it: what was sent, what arrived, in both directions."""

    role: int
    value: bytes
    streams: list[str]
    sent: dict[str, bytes] = field(default_factory=lambda: {"body": b"", "data": b""})
    arrived: dict[str, bytes] = field(default_factory=lambda: {"body": b"", "data": b""})
    aborted: bool = False
    running: bool = False  # the app has heard of it and has not ended it
    refused: bool = False
    told: bool = False  # the app, of the abort
    output: bytes = b""
    head_sent: bool = False
    errors: bytes = b""
    heard: bytes = b""
    heard_errors: bytes = b""
    over: bool = False

    @property
    def too_large(self) -> bool:
        return len(encode_pairs([(b"VALUE", self.value)])) > MAX_PARAMS


class BothSides(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.talks: dict[int, Talk] = {}  # by id, the newest: an id is free only when nothing more can come
        self.to_app = b""
        self.to_server = b""
        self.asked = self.told = 0

    @initialize(keep=st.booleans(), most=st.integers(1, MOST), gather=st.integers(0, 40))
    def connect(self, keep: bool, most: int, gather: int) -> None:
        self.keep = keep
        self.most = most
        self.asks = ClientConnection(keep, most_requests=MOST)
        values = {"FCGI_MAX_REQS": str(most)}
        self.served = ServerConnection(values, gather, max_params=MAX_PARAMS, most_requests=most)

    @precondition(lambda self: self.asks.reusable)
    @rule(role=st.sampled_from([RESPONDER, AUTHORIZER, FILTER]), value=st.binary(max_size=300))
    def begin(self, role: int, value: bytes) -> None:
        self.to_app += self.asks.begin(encode_pairs([(b"VALUE", value)]), role=role)
        streams = {RESPONDER: ["body"], AUTHORIZER: [], FILTER: ["body", "data"]}[role]
        assert self.asks.newest not in self.talks or self.talks[self.asks.newest].over
        self.talks[self.asks.newest] = Talk(role, value, streams)

    def sending(self) -> list[int]:
        return [number for number, talk in self.talks.items() if talk.streams]

    @precondition(lambda self: self.sending())
    @rule(data=st.data(), content=st.one_of(BYTES, st.just(b"")))
    def send(self, data: st.DataObject, content: bytes) -> None:
        number = data.draw(st.sampled_from(self.sending()))
        talk = self.talks[number]
        stream = talk.streams[0]
        talk.sent[stream] += content
        self.to_app += {"body": self.asks.body, "data": self.asks.data}[stream](content, number)
        if not content:
            talk.streams.pop(0)

    @precondition(lambda self: any(not talk.aborted for talk in self.open()))
    @rule(data=st.data())
    def abort(self, data: st.DataObject) -> None:
        numbers = [number for number in self.asks.answering if not self.talks[number].aborted]
        number = data.draw(st.sampled_from(numbers))
        self.to_app += self.asks.abort(number)
        self.talks[number].aborted = True
        self.talks[number].streams = []

    def open(self) -> list[Talk]:
        return [self.talks[number] for number in self.asks.answering]

    @rule()
    def ask(self) -> None:
        self.to_app += self.asks.get_values([b"FCGI_MAX_REQS", b"FCGI_OTHER"])
        self.asked += 1

    @precondition(lambda self: self.to_app)
    @rule(size=st.integers(1, 400))
    def deliver_to_app(self, size: int) -> None:
        piece, self.to_app = self.to_app[:size], self.to_app[size:]
        for event in self.served.feed(piece):
            self.at_app(event)

    @precondition(lambda self: self.to_server)
    @rule(size=st.integers(1, 400))
    def deliver_to_server(self, size: int) -> None:
        piece, self.to_server = self.to_server[:size], self.to_server[size:]
        for answer in self.asks.feed(piece):
            self.at_server(answer)

    def at_app(self, event: ServerEvent) -> None:
        if isinstance(event, Reply):
            self.to_server += event.data
            return
        talk = self.talks[event.request_id]
        if type(event) is Request or type(event) is Refused:
            assert not talk.running
            assert event.keep is self.keep
            talk.running = True
        assert talk.running
        if type(event) is Request:
            assert not talk.too_large
            assert event.params == {"VALUE": talk.value.decode("latin-1")}
            assert event.role == talk.role
            talk.arrived["body"] = event.body
            if event.complete:
                assert event.body == talk.sent["body"]
        elif type(event) is Refused:
            assert talk.too_large
            assert event.status == 431
            talk.refused = True
        elif type(event) is Aborted:
            assert talk.aborted
            assert not talk.told
            talk.told = True
        elif type(event) is Chunk or type(event) is DataChunk:
            talk.arrived["body" if type(event) is Chunk else "data"] += event.data
        elif type(event) is BodyEnd or type(event) is DataEnd:
            stream = "body" if type(event) is BodyEnd else "data"
            assert talk.arrived[stream] == talk.sent[stream]
            assert stream not in talk.streams
        for stream in ("body", "data"):
            assert talk.sent[stream].startswith(talk.arrived[stream])

    def at_server(self, answer: Answer) -> None:
        number, event = answer
        if type(event) is Values:
            assert event.values == {"FCGI_MAX_REQS": str(self.most)}
            self.told += 1
            return
        talk = self.talks[number]
        assert not talk.over
        if type(event) is End:
            talk.over = True
            if event.protocol_status == REQUEST_COMPLETE:
                assert talk.aborted or (talk.heard, talk.heard_errors) == (talk.output, talk.errors)
            else:
                assert event.protocol_status == (CANT_MPX_CONN if self.most == 1 else OVERLOADED)
                assert not talk.head_sent
            return
        assert not talk.aborted
        if type(event) is Head:
            assert event == Head(201, [(b"X-Id", b"%d" % number)])
        elif type(event) is Stderr:
            talk.heard_errors += event.data
        elif type(event) is Body:
            talk.heard += event.data
            assert talk.output.startswith(talk.heard)

    def running(self) -> list[int]:
        return [number for number, talk in self.talks.items() if talk.running]

    @precondition(lambda self: self.running())
    @rule(data=st.data(), content=st.binary(max_size=60))
    def write(self, data: st.DataObject, content: bytes) -> None:
        number = data.draw(st.sampled_from(self.running()))
        talk = self.talks[number]
        self.to_server += stdout(number, b"" if talk.head_sent else HEAD % number) + stdout(number, content)
        talk.head_sent = True
        talk.output += content

    @precondition(lambda self: self.running())
    @rule(data=st.data(), errors=st.binary(max_size=60))
    def end(self, data: st.DataObject, errors: bytes) -> None:
        self.finish(data.draw(st.sampled_from(self.running())), errors)

    def finish(self, number: int, errors: bytes) -> None:
        talk = self.talks[number]
        assert self.served.done(number) is (self.keep or self.served.active > 0)
        self.to_server += stdout(number, b"" if talk.head_sent else HEAD % number) + stderr(number, errors)
        self.to_server += end_of_response(number)
        talk.head_sent = True
        talk.errors = errors
        talk.running = False

    @invariant()
    def limits_hold(self) -> None:
        assert self.served.active <= self.most
        assert not any(self.served.body_open(number) for number in set(self.talks) - set(self.running()))
        assert len(self.running()) <= self.served.active

    def teardown(self) -> None:
        """Everybody finishes: then nothing is open on either side."""
        if not hasattr(self, "asks"):
            return
        for number in self.sending():
            for stream in self.talks[number].streams:
                self.to_app += {"body": self.asks.body, "data": self.asks.data}[stream](b"", number)
            self.talks[number].streams = []
        for event in self.served.feed(self.to_app):
            self.at_app(event)
        for number in self.running():
            self.has_heard_all(number)
            self.finish(number, b"")
        for answer in self.asks.feed(self.to_server):
            self.at_server(answer)
        assert self.served.idle
        assert self.asks.answering == ()
        assert all(talk.over for talk in self.talks.values())
        assert self.told == self.asked
        self.asks.end_of_file()

    def has_heard_all(self, number: int) -> None:
        """The app, of a request of which everything was delivered. What is behind Refused is of no interest,
        and an abort leaves the streams as they are.
        """
        talk = self.talks[number]
        assert talk.refused or talk.told is talk.aborted
        if not talk.aborted:
            assert not self.served.body_open(number)
            assert talk.refused or talk.arrived == talk.sent


BothSides.TestCase.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
TestBothSides = BothSides.TestCase
