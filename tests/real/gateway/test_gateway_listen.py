"""Every way a gateway can be reached: what it makes itself, what it inherits, and whom it lets in."""

from __future__ import annotations

import grp
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from webstead.gateway.failure import BAD_BIND, StartFailure
from webstead.gateway.transport.addresses import allowed_addresses, is_loopback, plain_address
from webstead.gateway.transport.channel import Channel, SocketChannel
from webstead.gateway.transport.inherited import LISTEN_VARIABLES
from webstead.gateway.transport.listen import Listener, open_listener, open_transport

from .conftest import SECONDS

SOURCE = Path(__file__).parents[3] / "src"


def refusal(bind: str, environ: dict[str, str] | None = None, allow_public: bool = False) -> StartFailure:
    with pytest.raises(StartFailure) as failure:
        open_transport(bind, environ or {}, allow_public).close()
    assert failure.value.code == BAD_BIND
    assert failure.value.fix
    return failure.value


@contextmanager
def opened(fd: int) -> Iterator[None]:
    try:
        yield
    finally:
        os.close(fd)


def listener(bind: str, environ: dict[str, str] | None = None, allow_public: bool = False) -> Listener:
    return open_listener(bind, environ or {}, allow_public)


@pytest.mark.parametrize("bind", ["", "unix", "unix:", "pipe:x", "fd:", "tcp:"])
def test_an_address_of_no_known_kind(bind: str) -> None:
    assert "none of unix:PATH" in refusal(bind).found


def test_an_address_as_other_servers_take_it() -> None:
    assert refusal("127.0.0.1:9000").fix == "Write --bind tcp:127.0.0.1:9000."


def test_a_unix_socket_is_for_its_owner_only(folder: Path) -> None:
    path = folder / "s"
    with closing(listener(f"unix:{path}")):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not path.exists()


@pytest.mark.parametrize("words", ["mode=660,group={group}", "group={group},mode=0660"])
def test_a_unix_socket_with_a_mode_and_a_group(folder: Path, words: str) -> None:
    path = folder / "s"
    group = grp.getgrgid(os.getgroups()[-1] if os.geteuid() else grp.getgrnam("www-data").gr_gid)
    with closing(listener(f"unix:{path},{words.format(group=group.gr_name)}")):
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        assert path.stat().st_gid == group.gr_gid
        with socket.socket(socket.AF_UNIX) as peer:
            peer.connect(str(path))


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("mode=66", "'mode=66' is neither"),
        ("mode=999", "'mode=999' is neither"),
        ("mode=6600", "'mode=6600' is neither"),
        ("mode=²60", "is neither"),
        ("group=", "'group=' is neither"),
        ("b", "'b' is neither"),
        ("owner=x", "'owner=x' is neither"),
        ("group=no-such-group", "there is no group 'no-such-group'"),
        ("mode=666", "lets every user of this machine"),
        ("mode=604", "lets every user of this machine"),
    ],
)
def test_words_of_a_unix_address_that_are_refused(folder: Path, words: str, found: str) -> None:
    assert found in refusal(f"unix:{folder}/s,{words}").found
    assert not (folder / "s").exists()


def test_a_mode_for_all_has_to_be_asked_for_twice(folder: Path) -> None:
    with closing(listener(f"unix:{folder}/s,mode=666", allow_public=True)):
        assert stat.S_IMODE((folder / "s").stat().st_mode) == 0o666


@pytest.mark.parametrize("words", ["9000", ":9000"])
def test_a_port_alone_is_no_address(words: str) -> None:
    failure = refusal(f"tcp:{words}")
    assert (failure.found, failure.fix) == ("it has no host", "Write tcp:127.0.0.1:PORT.")


def test_what_the_system_refuses_comes_with_a_cure(folder: Path) -> None:
    (folder / "file").touch()
    assert "Make the folder" in refusal(f"unix:{folder}/none/s").fix
    assert "whose folder is one" in refusal(f"unix:{folder}/file/s").fix
    assert "about 100 characters" in refusal(f"unix:{folder}/{'s' * 120}").fix
    with closing(listener("tcp:127.0.0.1:0")) as first:
        assert "stop what holds it" in refusal(f"tcp:127.0.0.1:{first.socket.getsockname()[1]}").fix


@pytest.mark.parametrize("port", ["x", "", "65536", "²", "-1"])
def test_what_is_no_port(port: str) -> None:
    assert "is not a port" in refusal(f"tcp:127.0.0.1:{port}").found


@pytest.mark.parametrize("host", ["0.0.0.0", "[::]", "192.0.2.1", "example.org"])
def test_other_machines_are_not_served_unless_somebody_says_so(host: str) -> None:
    failure = refusal(f"tcp:{host}:0")
    assert "is not a loopback address" in failure.found
    assert "--allow-public" in failure.fix


@pytest.mark.parametrize("host", ["0.0.0.0", "[::]"])
def test_allow_public(host: str) -> None:
    with closing(listener(f"tcp:{host}:0", allow_public=True)) as found:
        assert not is_loopback(found.socket.getsockname()[0])


def lets_in(bind: str, allowed: str, host: str, allow_public: bool = False) -> bool:
    """Whether a listener lets somebody in who connects from this host to itself."""
    with closing(listener(bind, {"FCGI_WEB_SERVER_ADDRS": allowed}, allow_public)) as found:
        with socket.create_connection((host, found.socket.getsockname()[1]), SECONDS):
            found.socket.setblocking(True)
            accepted = found.accept()
        if accepted is not None:
            accepted.close()
        return accepted is not None


@pytest.mark.parametrize(
    ("bind", "allowed", "host", "expected"),
    [
        ("tcp:127.0.0.1:0", "", "127.0.0.1", True),
        ("tcp:127.0.0.1:0", "127.0.0.1", "127.0.0.1", True),
        ("tcp:127.0.0.1:0", "192.0.2.1, 127.0.0.1", "127.0.0.1", True),
        ("tcp:127.0.0.1:0", "::ffff:127.0.0.1", "127.0.0.1", True),
        ("tcp:127.0.0.1:0", "192.0.2.1", "127.0.0.1", False),
        ("tcp:[::1]:0", "::1", "::1", True),
        ("tcp:[::1]:0", "0:0:0:0:0:0:0:1", "::1", True),
        ("tcp:[::1]:0", "127.0.0.1", "::1", False),
        ("tcp:[::]:0", "127.0.0.1", "127.0.0.1", True),
        ("tcp:[::]:0", "::1", "127.0.0.1", False),
    ],
)
def test_only_listed_addresses_may_connect(bind: str, allowed: str, host: str, expected: bool) -> None:
    assert lets_in(bind, allowed, host, allow_public=True) is expected


@pytest.mark.parametrize("text", ["localhost", "127.0.0.1;::1", ",", "127.0.0.1,", "127.0.0.1/8", "1.2.3"])
def test_a_list_that_is_none_starts_nothing(text: str) -> None:
    failure = refusal("tcp:127.0.0.1:0", {"FCGI_WEB_SERVER_ADDRS": text})
    assert repr(text) in failure.found
    assert "127.0.0.1,::1" in failure.fix


def test_addresses_have_one_form() -> None:
    assert plain_address("fe80::1%eth0") == "fe80::1"
    assert plain_address("::FFFF:10.0.0.1") == "10.0.0.1"
    assert allowed_addresses({"FCGI_WEB_SERVER_ADDRS": " 10.0.0.1 ,FE80::1"}) == {"10.0.0.1", "fe80::1"}
    assert is_loopback("::ffff:127.0.0.1")


def inherited(given: socket.socket) -> str:
    """An address for a copy of this socket, as a process inherits it."""
    return f"fd:{os.dup(given.fileno())}"


def test_a_listening_socket_is_inherited(folder: Path) -> None:
    with socket.socket(socket.AF_UNIX) as given:
        given.bind(str(folder / "s"))
        given.listen()
        with closing(open_transport(inherited(given), {})) as found:
            assert isinstance(found, Listener)
            assert not found.socket.get_inheritable()
            assert found.accept() is None


def test_a_connected_socket_is_inherited() -> None:
    ours, theirs = socket.socketpair()
    found = open_transport(inherited(ours), {})
    assert isinstance(found, SocketChannel)
    theirs.sendall(b"ask")
    assert found.receive() == b"ask"
    theirs.close()
    ours.close()
    found.close()


def test_one_connection_is_no_listening_socket() -> None:
    ours, theirs = socket.socketpair()
    theirs.close()
    with ours, pytest.raises(StartFailure) as failure:
        open_listener(inherited(ours), {})
    assert failure.value.found == "it is one connection, not a listening socket"


def test_other_descriptors_are_named() -> None:
    reading, writing = os.pipe()
    with opened(reading), opened(writing):
        found = refusal(f"fd:{reading}").found
        assert found == f"file descriptor {reading} is a pipe, which carries bytes one way only"
    assert f"file descriptor {reading} is closed" in refusal(f"fd:{reading}").found
    assert "is not a file descriptor" in refusal("fd:²").found


def test_sockets_that_cannot_serve() -> None:
    with socket.socket(socket.AF_UNIX) as idle:
        assert "neither listens nor is connected" in refusal(inherited(idle)).found
    datagrams, others = socket.socketpair(type=socket.SOCK_DGRAM)
    with datagrams, others:
        assert "datagrams" in refusal(inherited(datagrams)).found


def test_an_inherited_port_is_not_public_either() -> None:
    with socket.create_server(("0.0.0.0", 0)) as given:
        assert "open to other machines, on 0.0.0.0" in refusal(inherited(given)).found
        open_transport(inherited(given), {}, allow_public=True).close()


@pytest.mark.parametrize(("allowed", "served"), [("127.0.0.1", True), ("192.0.2.1", False)])
def test_a_connected_port_has_to_come_from_a_listed_address(allowed: str, served: bool) -> None:
    environ = {"FCGI_WEB_SERVER_ADDRS": allowed}
    listening = socket.create_server(("127.0.0.1", 0))
    with listening, socket.create_connection(listening.getsockname()) as peer:
        accepted, _ = listening.accept()
        with accepted:
            if served:
                channel = open_transport(inherited(accepted), environ)
                peer.close()
                channel.close()
            else:
                assert "127.0.0.1 is not in" in refusal(inherited(accepted), environ).found


def activation(**changes: str) -> dict[str, str]:
    return {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1", "LISTEN_FDNAMES": "web", **changes}


def test_systemd_says_which_descriptors_there_are() -> None:
    environ = activation(LISTEN_FDS="2", OTHER="x")
    assert "systemd passed LISTEN_FDS=2" in refusal("fd:5", environ).found
    assert environ == {"OTHER": "x"}
    assert "systemd passed LISTEN_FDS=nothing" in refusal("fd:3", activation(LISTEN_FDS="")).found


@pytest.mark.parametrize("changes", [{"LISTEN_PID": "1"}, {"LISTEN_FDS": "9999"}])
def test_variables_for_another_process_say_nothing(changes: dict[str, str], folder: Path) -> None:
    environ = activation(**changes)
    with socket.socket(socket.AF_UNIX) as given:
        given.bind(str(folder / "s"))
        given.listen()
        open_transport(inherited(given), environ).close()
    assert not set(environ) & set(LISTEN_VARIABLES)


PROGRAM = """
import os, stat, sys
sys.path.insert(0, {source!r})
from webstead.gateway.transport.listen import open_transport
transport = open_transport({bind!r}, os.environ)
print("to the app's own output")
if {talks}:
    os.write(1, b"again")
    transport.send(transport.receive().upper())
assert sys.stdin.read() == ""
transport.close()
"""


@pytest.mark.parametrize("streams", [1, 3])
def test_the_connection_is_no_longer_a_standard_stream(streams: int) -> None:
    """inetd gives one socket as all three: what the app prints must not get into the protocol."""
    ours, theirs = socket.socketpair()
    given = ours.fileno() if streams == 3 else None
    program = PROGRAM.format(source=str(SOURCE), bind="fd:0", talks=True)
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdin=ours.fileno(), stdout=given, stderr=given
    )
    ours.close()
    with theirs:
        theirs.settimeout(SECONDS)
        theirs.sendall(b"ask")
        assert theirs.recv(100) == b"ASK"
        theirs.shutdown(socket.SHUT_WR)
        assert theirs.recv(100) == b""
    assert process.wait(SECONDS) == 0


def test_systemds_descriptor_is_served(folder: Path) -> None:
    with socket.socket(socket.AF_UNIX) as given:
        given.bind(str(folder / "s"))
        given.listen()
        shell = 'exec 3<&0 0</dev/null; LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"'
        program = PROGRAM.format(source=str(SOURCE), bind="fd:3", talks=False)
        words = ["sh", "-c", shell, "sh", sys.executable, "-c", program]
        process = subprocess.Popen(words, stdin=given.fileno())
    assert process.wait(SECONDS) == 0


def test_a_channel_is_what_it_says() -> None:
    ours, theirs = socket.socketpair()
    theirs.close()
    channel: Channel = SocketChannel(ours)
    assert channel.receive() == b""
    channel.close()
