from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest

from webstead.errors import BindError
from webstead.host.listen import BACKLOG, free_port, listen, url_of


def test_port_0_takes_any_free_port_and_the_url_tells_which() -> None:
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        assert port > 0
        assert url_of(listener, "127.0.0.1") == f"http://127.0.0.1:{port}"
        with socket.create_connection(("127.0.0.1", port)):
            pass
    assert BACKLOG == 1024


def test_a_taken_port_is_told_with_the_process_that_has_it() -> None:
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(BindError) as caught:
            listen("127.0.0.1", port)
    error = caught.value
    assert error.what == f"Port {port} on 127.0.0.1 is in use"
    assert f"(pid {os.getpid()}) listens on 127.0.0.1:{port}" in error.found
    assert "--port 0" in error.fix
    assert error.exit_code == 8


def test_a_port_is_free_again_at_once_after_its_server_ended() -> None:
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as client:
            accepted, _ = first.accept()
            accepted.close()  # our side closes first: TIME_WAIT stays on the server's port
            assert client.recv(1) == b""
    listen("127.0.0.1", port).close()


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(BindError, match="not an address of this machine"):
        listen("192.0.2.1", 0)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 70, "\udcff"])
def test_a_name_without_an_address_is_refused(host: str) -> None:
    with pytest.raises(BindError, match="has no address"):
        listen(host, 0)


def test_a_name_is_listened_on_by_its_ipv4_address_and_kept_in_the_url() -> None:
    with listen("localhost", 0) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"
        assert url_of(listener, "localhost").startswith("http://localhost:")


def test_ipv6_has_brackets_in_the_url_and_the_wildcard_takes_ipv4_too() -> None:
    with listen("::1", 0) as listener:
        assert url_of(listener, "::1") == f"http://[::1]:{listener.getsockname()[1]}"
    with listen("::", 0) as listener:
        port = listener.getsockname()[1]
        assert url_of(listener, "::") == f"http://[::1]:{port}"
        with socket.create_connection(("127.0.0.1", port)):
            pass


def test_the_wildcard_is_opened_by_the_loopback_address() -> None:
    with listen("0.0.0.0", 0) as listener:
        assert url_of(listener, "0.0.0.0").startswith("http://127.0.0.1:")


def test_a_port_below_1024_needs_privileges() -> None:
    """As a user who has none: in a child that gives up root where the tests run as root."""
    code = (
        "import os, sys\n"
        "from webstead.errors import BindError\n"
        "from webstead.host.listen import listen\n"
        "'loaded while root can read it'.encode('idna')\n"
        "os.getuid() or os.setuid(65534)\n"
        "try: listen('127.0.0.1', 1)\n"
        "except BindError as error: print(error.what, '|', error.fix)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout.startswith("Port 1 needs privileges | --port 8000")


def test_a_free_port_can_be_bound() -> None:
    with socket.create_server(("127.0.0.1", free_port())):
        pass
