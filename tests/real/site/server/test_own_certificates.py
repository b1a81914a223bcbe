"""Certificates that a person brings: what is wrong with them is said in words."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from tests.certificates import self_signed
from webstead.effects import FakeClock
from webstead.errors import ConfigError, UsageError
from webstead.events import Event, Note
from webstead.settings import Secret
from webstead.site.server.certificates import Certificates, own_of
from webstead.site.server.own_certificates import (
    KeyPair,
    OwnCertificate,
    covers,
    pairs_of,
    read_own,
    stamp_of,
)
from webstead.site.store.model import SiteOptions, SiteRecord

NOW = datetime.now(UTC)
HOSTS = ("Shop.example.org", "*.scm.example.org")


def test_it_is_known_by_its_names_and_its_end(tmp_path: Path) -> None:
    own = read_own(self_signed(tmp_path, "own", HOSTS, days=90), NOW)
    assert own.names == ("shop.example.org", "*.scm.example.org")
    assert timedelta(days=89) < own.until - NOW < timedelta(days=90)
    assert "BEGIN" not in repr(own)


def test_key_and_certificate_may_be_in_one_file(tmp_path: Path) -> None:
    pair = self_signed(tmp_path, "own", HOSTS)
    both = tmp_path / "both.pem"
    both.write_bytes(pair.key.read_bytes() + pair.certificate.read_bytes())
    both.chmod(0o640)
    (found,) = pairs_of([both], [])
    assert read_own(found, NOW).names[0] == "shop.example.org"


def no_file(pair: KeyPair) -> KeyPair:
    return replace(pair, certificate=pair.certificate.with_name("gone.pem"))


def no_certificate(pair: KeyPair) -> KeyPair:
    return replace(pair, certificate=pair.key)


def no_key(pair: KeyPair) -> KeyPair:
    return replace(pair, key=pair.certificate)


def other_key(pair: KeyPair) -> KeyPair:
    return replace(pair, key=self_signed(pair.key.parent, "other", HOSTS).key)


def with_password(pair: KeyPair) -> KeyPair:
    key = load_pem_private_key(pair.key.read_bytes(), None)
    locked = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    pair.key.write_bytes(locked)
    return pair


def open_to_all(pair: KeyPair) -> KeyPair:
    pair.key.chmod(0o644)
    return pair


def too_long(pair: KeyPair) -> KeyPair:
    pair.certificate.write_bytes(b"x" * (2 << 20))
    return pair


def ended(pair: KeyPair) -> KeyPair:
    return self_signed(pair.key.parent, "own", HOSTS, since=NOW - timedelta(days=91))


def not_begun(pair: KeyPair) -> KeyPair:
    return self_signed(pair.key.parent, "own", HOSTS, since=NOW + timedelta(days=1))


def nameless(pair: KeyPair) -> KeyPair:
    return self_signed(pair.key.parent, "own", ())


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (no_file, "The certificate cannot be read. No such file"),
        (no_certificate, "The certificate is no PEM certificate."),
        (no_key, "open to everybody|no PEM key"),
        (other_key, "The private key is another certificate's."),
        (with_password, "The private key has a password"),
        (open_to_all, "The private key is open to everybody on this machine. its mode is 0644"),
        (too_long, "The certificate is too long."),
        (ended, "The certificate has expired. it held until"),
        (not_begun, "The certificate does not hold yet."),
        (nameless, "The certificate names no host."),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, damage: Callable[[KeyPair], KeyPair], says: str) -> None:
    with pytest.raises(ConfigError) as raised:
        read_own(damage(self_signed(tmp_path, "own", HOSTS)), NOW)
    words = f"{raised.value.what} {raised.value.found}"
    assert any(each in words for each in says.split("|")), words
    assert raised.value.fix
    assert raised.value.path.startswith(str(tmp_path))


def test_files_that_were_replaced_have_another_stamp(tmp_path: Path) -> None:
    pair = self_signed(tmp_path, "own", HOSTS)
    links = KeyPair(tmp_path / "live.pem", tmp_path / "live.key")
    links.certificate.symlink_to(pair.certificate)
    links.key.symlink_to(pair.key)
    before = stamp_of(links)
    assert stamp_of(links) == before
    self_signed(tmp_path, "own", HOSTS)
    assert stamp_of(links) != before, "as behind certbot's links"
    links.key.unlink()
    assert stamp_of(links)[1] is None


@pytest.mark.parametrize(
    ("names", "host", "found"),
    [
        (("a.example",), "a.example", True),
        (("a.example",), "b.a.example", False),
        (("*.example",), "a.example", True),
        (("*.example",), "b.a.example", False),
        (("*.example",), "example", False),
        (("127.0.0.1",), "127.0.0.1", True),
    ],
)
def test_a_name_covers_what_clients_take_it_for(names: tuple[str, ...], host: str, found: bool) -> None:
    assert covers(names, host) is found


def test_the_exact_name_wins_and_then_what_holds_longest() -> None:
    def own(*names: str, days: int) -> OwnCertificate:
        path = Path(f"{names[0]}-{days}")
        return OwnCertificate(KeyPair(path, path), names, NOW + timedelta(days=days), Secret(""))

    exact, wide, longer = own("a.example", days=1), own("*.example", days=50), own("*.example", days=60)
    assert own_of((wide, exact, longer), "a.example") is exact
    assert own_of((wide, exact, longer), "b.example") is longer
    assert own_of((wide, exact, longer), "a.b.example") is None


def test_each_certificate_needs_its_key() -> None:
    with pytest.raises(UsageError, match="Each certificate needs its key"):
        pairs_of([Path("a.pem"), Path("b.pem")], [Path("a.key")])


def record(name: str, *hosts: str) -> SiteRecord:
    return SiteRecord(name, hosts, False, NOW, SiteOptions(), Secret(""))


class Shown:
    def __init__(self, folder: Path, *pairs: KeyPair) -> None:
        self.folder = folder / "tls"
        self.folder.mkdir(exist_ok=True)
        self.events: list[Event] = []
        self.clock = FakeClock(NOW)
        self.certificates = Certificates(self.folder, "localhost", self.clock, self.events.append, pairs)
        self.certificates.open()

    @property
    def warnings(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, Note) and event.level == "warning"]


def test_hosts_have_the_certificate_that_was_brought_and_the_others_one_of_the_authority(
    tmp_path: Path,
) -> None:
    shown = Shown(tmp_path, self_signed(tmp_path, "own", ("www.example.org",)))
    sites = [record("shop", "www.example.org", "example.org"), record("authority")]
    found = shown.certificates.of(sites)
    own, local = str(shown.folder / "own-0.pem"), str(shown.folder / "site-shop.pem")
    assert found["www.example.org"].chain == found["*"].chain == own
    assert found["example.org"].chain == found["shop.localhost"].chain == local
    assert found["authority.localhost"].chain == str(shown.folder / "site-authority.pem"), "no site's name"
    assert os.stat(own).st_mode & 0o777 == 0o600
    assert any("none of the certificates is for example.org (site shop)" in text for text in shown.warnings)
    shown.certificates.of(sites)
    assert len(shown.warnings) == 1, "it is said once"


def test_nothing_is_due_until_a_file_changes_or_a_certificate_ends_soon(tmp_path: Path) -> None:
    pair = self_signed(tmp_path, "own", ("www.example.org",), days=400)
    shown = Shown(tmp_path, pair)
    assert shown.certificates.is_due(), "nothing was shown yet"
    shown.certificates.of([record("shop")])
    assert not shown.certificates.is_due()
    shown.clock.advance(timedelta(days=366).total_seconds())
    assert not shown.certificates.is_due()
    shown.clock.advance(timedelta(days=2).total_seconds())
    assert shown.certificates.is_due(), "30 days before the end"
    shown.certificates.of([record("shop")])
    assert not shown.certificates.is_due()
    self_signed(tmp_path, "own", ("www.example.org",), days=800)
    assert shown.certificates.is_due()


def test_one_that_is_not_ours_to_renew_is_told_of_before_it_ends(tmp_path: Path) -> None:
    shown = Shown(tmp_path, self_signed(tmp_path, "own", ("www.example.org",), days=10))
    shown.certificates.of([])
    assert not shown.warnings
    shown.clock.advance(timedelta(days=4).total_seconds())
    shown.certificates.is_due()
    shown.certificates.is_due()
    assert len(shown.warnings) == 1
    assert "ends at" in shown.warnings[0]


def test_an_authority_that_was_made_anew_is_told_of(tmp_path: Path) -> None:
    shown = Shown(tmp_path)
    shown.certificates.of([record("shop")])
    for path in shown.folder.glob("authority.*"):
        path.unlink()
    shown.certificates.of([record("shop")])
    assert any("Import" in text for text in shown.warnings)


def test_copies_of_certificates_that_are_no_longer_brought_go(tmp_path: Path) -> None:
    Shown(tmp_path, self_signed(tmp_path, "own", ("www.example.org",)))
    assert (tmp_path / "tls" / "own-0.pem").exists()
    Shown(tmp_path)
    assert not (tmp_path / "tls" / "own-0.pem").exists()
