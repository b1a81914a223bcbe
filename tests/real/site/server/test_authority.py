"""The local certificate authority, with real TLS."""

from __future__ import annotations

import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from webstead.errors import ConfigError
from webstead.site.server.authority import Issued, open_authority

NOW = datetime.now(UTC)
HOSTS = ("shop.localhost", "shop.scm.localhost", "127.0.0.1")


def shaken_hands(issued: Issued, trusted: Path, host: str) -> str:
    """The common name that a client of this host sees; raises what the client does."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(issued.certificate, issued.key)
    ours, theirs = socket.socketpair()

    def answer() -> None:
        try:
            server.wrap_socket(theirs, server_side=True).close()
        except OSError:
            theirs.close()

    thread = threading.Thread(target=answer)
    thread.start()
    client = ssl.create_default_context(cafile=str(trusted))
    try:
        with client.wrap_socket(ours, server_hostname=host) as connection:
            return str(connection.version())
    finally:
        ours.close()
        thread.join()


@pytest.mark.parametrize("host", HOSTS)
def test_a_client_that_trusts_it_accepts_the_hosts(tmp_path: Path, host: str) -> None:
    authority = open_authority(tmp_path, NOW)
    issued = authority.issue("shop", HOSTS, NOW)
    assert shaken_hands(issued, authority.certificate, host) in ("TLSv1.2", "TLSv1.3")


def test_another_host_is_refused(tmp_path: Path) -> None:
    authority = open_authority(tmp_path, NOW)
    issued = authority.issue("shop", HOSTS, NOW)
    with pytest.raises(ssl.SSLCertVerificationError, match="ostname mismatch"):
        shaken_hands(issued, authority.certificate, "blog.localhost")


def test_keys_are_private(tmp_path: Path) -> None:
    issued = open_authority(tmp_path, NOW).issue("shop", HOSTS, NOW)
    for key in (issued.key, tmp_path / "authority.key"):
        assert key.stat().st_mode & 0o777 == 0o600


def test_a_certificate_that_fits_is_kept_and_another_is_made_for_other_hosts(tmp_path: Path) -> None:
    authority = open_authority(tmp_path, NOW)
    first = authority.issue("shop", HOSTS, NOW).certificate.read_bytes()
    assert open_authority(tmp_path, NOW).issue("shop", HOSTS, NOW).certificate.read_bytes() == first
    assert authority.issue("shop", (*HOSTS, "shop.example"), NOW).certificate.read_bytes() != first


def test_a_certificate_that_ends_soon_is_renewed(tmp_path: Path) -> None:
    authority = open_authority(tmp_path, NOW)
    first = authority.issue("shop", HOSTS, NOW).certificate.read_bytes()
    later = NOW + timedelta(days=370)
    assert authority.issue("shop", HOSTS, later).certificate.read_bytes() != first


def test_a_certificate_of_an_earlier_authority_is_replaced(tmp_path: Path) -> None:
    first = open_authority(tmp_path, NOW).issue("shop", HOSTS, NOW).certificate.read_bytes()
    for file in tmp_path.glob("authority.*"):
        file.unlink()
    anew = open_authority(tmp_path, NOW)
    issued = anew.issue("shop", HOSTS, NOW)
    assert issued.certificate.read_bytes() != first
    shaken_hands(issued, anew.certificate, "shop.localhost")


def test_an_authority_that_ends_is_made_anew(tmp_path: Path) -> None:
    first = open_authority(tmp_path, NOW).certificate.read_bytes()
    assert open_authority(tmp_path, NOW + timedelta(days=3300)).certificate.read_bytes() != first


def test_damaged_files_are_named(tmp_path: Path) -> None:
    open_authority(tmp_path, NOW)
    (tmp_path / "authority.pem").write_text("nothing")
    with pytest.raises(ConfigError, match="authority cannot be used") as raised:
        open_authority(tmp_path, NOW)
    assert "Remove" in raised.value.fix
