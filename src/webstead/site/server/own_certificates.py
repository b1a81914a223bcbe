"""Certificates that a person brings as files: read, and checked with words for what is wrong.

Nothing is ever written to them, and their rights stay as they are: they are certbot's, or whoever's.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from webstead.errors import ConfigError, UsageError
from webstead.settings import Secret

__all__ = ["KeyPair", "OwnCertificate", "covers", "pairs_of", "read_own", "stamp_of"]

LARGEST = 1 << 20
"""Bytes of a PEM file: a chain of ten certificates has 20,000."""

_RENEW = "Renew it, as with: certbot renew; a server that runs takes up the new files by itself."


@dataclass(frozen=True, slots=True)
class KeyPair:
    """certificate: PEM, with the chain behind it. key: PEM, maybe the same file."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class OwnCertificate:
    """names: in lower case, `*.NAME` for any one label. until: when it ends. pem: the key, the certificate
    and its chain, as one text."""

    pair: KeyPair
    names: tuple[str, ...]
    until: datetime
    pem: Secret


def pairs_of(certificates: Sequence[Path], keys: Sequence[Path]) -> tuple[KeyPair, ...]:
    """A key for each certificate, in the same order; or none at all, where each file has its key in it.
    Raises UsageError."""
    if keys and len(keys) != len(certificates):
        raise UsageError(
            "Each certificate needs its key.",
            found=f"--certificate {len(certificates)} times, --key {len(keys)} times",
            fix="--certificate fullchain.pem --key privkey.pem, once for each certificate, in the same order",
        )
    return tuple(
        KeyPair(certificate.absolute(), key.absolute())
        for certificate, key in zip(certificates, keys or certificates, strict=True)
    )


def covers(names: Sequence[str], host: str) -> bool:
    """As clients see it (RFC 6125, 6.4.3): `*` stands for the whole first label."""
    return host in names or f"*.{host.partition('.')[2]}" in names


def read_own(pair: KeyPair, now: datetime) -> OwnCertificate:
    """Raises ConfigError, which says what is wrong: a file that is not there or holds something else, a key
    of another certificate, with a password or open to everybody, a date, a certificate without names."""
    chain = _chain(pair.certificate)
    certificate = chain[0]  # the host's own, as servers send them
    key = _key(pair.key)
    _check_fit(pair, certificate, key)
    _check_dates(pair.certificate, certificate, now)
    names = _names(pair.certificate, certificate)
    parts = [key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())]
    parts += [each.public_bytes(Encoding.PEM) for each in chain]
    pem = Secret(b"".join(parts).decode("ascii"))
    return OwnCertificate(pair, names, certificate.not_valid_after_utc, pem)


def stamp_of(pair: KeyPair) -> tuple[object, ...]:
    """Another one when a file was replaced or written to, also behind a link; files that are not there have
    one, too."""
    return tuple(_stamp(path) for path in (pair.certificate, pair.key))


def _stamp(path: Path) -> object:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def _read(path: Path, what: str) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise _wrong(
            path,
            f"The {what} cannot be read.",
            error.strerror or str(error),
            "Name a PEM file that the server's user may read.",
        ) from None
    if len(data) > LARGEST:
        raise _wrong(path, f"The {what} is too long.", f"more than {LARGEST} bytes", "Name a PEM file.")
    return data


def _chain(path: Path) -> list[x509.Certificate]:
    """One at least."""
    try:
        return x509.load_pem_x509_certificates(_read(path, "certificate"))
    except ValueError as error:
        raise _wrong(
            path,
            "The certificate is no PEM certificate.",
            str(error),
            "Name a file that begins with -----BEGIN CERTIFICATE-----, as certbot's fullchain.pem.",
        ) from None


def _key(path: Path) -> PrivateKeyTypes:
    data = _read(path, "private key")
    _check_rights(path)
    try:
        return load_pem_private_key(data, None)
    except TypeError:
        raise _wrong(
            path,
            "The private key has a password, and nobody is here to type it.",
            "an encrypted PEM key",
            f"Write it without: openssl pkey -in {path} -out KEY.pem, with the mode 0600.",
        ) from None
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _wrong(
            path,
            "The private key is no PEM key.",
            str(error).partition(".")[0],
            "Name the key with --key: a file with -----BEGIN PRIVATE KEY-----, as certbot's privkey.pem.",
        ) from None


def _check_fit(pair: KeyPair, certificate: x509.Certificate, key: PrivateKeyTypes) -> None:
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if key.public_key().public_bytes(*form) != certificate.public_key().public_bytes(*form):
        raise _wrong(
            pair.key,
            "The private key is another certificate's.",
            f"it does not fit {pair.certificate}, of {certificate.subject.rfc4514_string() or 'no name'}",
            "Give both in the same order; the host's own certificate comes first in its file.",
        )


def _check_rights(path: Path) -> None:
    """A group may have it: Debian's ssl-cert does."""
    if os.name == "posix" and path.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH):
        raise _wrong(
            path,
            "The private key is open to everybody on this machine.",
            f"its mode is {stat.S_IMODE(path.stat().st_mode):04o}",
            f"chmod o-rwx {path}; when others had it, have the certificate made anew with another key.",
        )


def _check_dates(path: Path, certificate: x509.Certificate, now: datetime) -> None:
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if now >= ends:
        raise _wrong(path, "The certificate has expired.", f"it held until {ends:%Y-%m-%d %H:%M} UTC", _RENEW)
    if now < begins:
        raise _wrong(
            path,
            "The certificate does not hold yet.",
            f"it begins at {begins:%Y-%m-%d %H:%M} UTC, and here it is {now:%Y-%m-%d %H:%M}",
            "See that the clock of this machine is right.",
        )


def _names(path: Path, certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        stated = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        hosts = stated.get_values_for_type(x509.DNSName)
        addresses = [str(each) for each in stated.get_values_for_type(x509.IPAddress)]
    except (x509.ExtensionNotFound, ValueError):
        hosts, addresses = [], []
    if not hosts and not addresses:
        raise _wrong(
            path,
            "The certificate names no host.",
            "no subjectAltName, and clients look at nothing else",
            "Have it made for the host names that it is to be shown for.",
        )
    return tuple(dict.fromkeys([host.lower().rstrip(".") for host in hosts] + addresses))


def _wrong(path: Path, what: str, found: str, fix: str) -> ConfigError:
    return ConfigError(what, path=str(path), found=found, fix=fix)
