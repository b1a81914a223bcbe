"""A certificate authority of this server's own: TLS for names that no public authority certifies.

Its certificate is `authority.pem`, to be imported where the sites are opened. Its key stays in the private
folder.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from webstead.effects.files import write_atomically
from webstead.errors import ConfigError

__all__ = ["RENEW", "Authority", "Issued", "open_authority"]

_YEARS = timedelta(days=3650)
_LEAF = timedelta(days=397)
"""The longest that browsers take of a certificate that is not older than 2020."""

_EARLIER = timedelta(days=1)
"""Clocks differ."""

RENEW = timedelta(days=30)
"""How long before its end a certificate is made anew."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate and its key, as files. until: when it ends."""

    certificate: Path
    key: Path
    until: datetime


@dataclass(frozen=True, slots=True)
class Authority:
    """certificate: the file to import."""

    certificate: Path
    _folder: Path
    _root: x509.Certificate
    _key: ec.EllipticCurvePrivateKey

    def issue(self, name: str, hosts: Sequence[str], now: datetime) -> Issued:
        """The certificate of these hosts, in files of this name: the one that is there, while it fits and
        holds for 30 days more. name: of the site."""
        files = self._folder / f"site-{name}.pem", self._folder / f"site-{name}.key"
        until = _end_of_fitting(*files, hosts, now, self._root)
        if until is not None:
            return Issued(*files, until)
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            _begun(f"{name} (Webstead)", now, _LEAF)
            .public_key(key.public_key())
            .issuer_name(self._root.subject)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([_general(host) for host in hosts]), critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
            )
            .sign(self._key, hashes.SHA256())
        )
        write_atomically(files[1], _private(key), 0o600)
        write_atomically(files[0], certificate.public_bytes(Encoding.PEM), 0o644)
        return Issued(*files, certificate.not_valid_after_utc)


def open_authority(folder: Path, now: datetime) -> Authority:
    """The authority of this folder, made when there is none, or when it ends soon. Raises ConfigError when
    its files are damaged."""
    certificate, key = folder / "authority.pem", folder / "authority.key"
    if not certificate.exists() or not key.exists():
        _make(certificate, key, now)
    try:
        root = x509.load_pem_x509_certificate(certificate.read_bytes())
        private = load_pem_private_key(key.read_bytes(), None)
    except (OSError, ValueError) as error:
        raise _damaged(folder, str(error)) from None
    if not isinstance(private, ec.EllipticCurvePrivateKey) or private.public_key() != root.public_key():
        raise _damaged(folder, "the key is not the certificate's")
    if root.not_valid_after_utc - now < _LEAF:
        _make(certificate, key, now)
        return open_authority(folder, now)
    return Authority(certificate, folder, root, private)


def _make(certificate: Path, key: Path, now: datetime) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    begun = _begun("Webstead local authority", now, _YEARS)
    root = (
        begun.public_key(private.public_key())
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Webstead local authority")]))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(private.public_key()), critical=False)
        .sign(private, hashes.SHA256())
    )
    write_atomically(key, _private(private), 0o600)
    write_atomically(certificate, root.public_bytes(Encoding.PEM), 0o644)


def _begun(name: str, now: datetime, life: timedelta) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])]))
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLIER)
        .not_valid_after(now + life)
    )


def _general(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host.strip("[]")))
    except ValueError:
        return x509.DNSName(host.encode("idna").decode("ascii") if not host.isascii() else host)


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _end_of_fitting(
    path: Path, key: Path, hosts: Sequence[str], now: datetime, root: x509.Certificate
) -> datetime | None:
    """When it ends; None for one that cannot be shown on."""
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        certificate.verify_directly_issued_by(root)
    except (OSError, ValueError, TypeError, x509.ExtensionNotFound, InvalidSignature):
        return None
    until = certificate.not_valid_after_utc
    same = set(names) == {_general(host) for host in hosts}
    return until if same and key.exists() and until - now > RENEW else None


def _damaged(folder: Path, found: str) -> ConfigError:
    return ConfigError(
        "The local certificate authority cannot be used.",
        path=str(folder / "authority.pem"),
        found=found,
        fix=f"Remove {folder}/authority.* : a new one is made, and has to be imported anew.",
    )
