"""The certificate that a client is shown, by the name that its greeting asks for (SNI, RFC 6066, 3).

A certificate is read when the first client needs it, so that a thousand sites cost nothing until they are
asked for; and read anew after each new table, so that one that was renewed takes effect. One that cannot be
read then changes nothing: the one that was read before is shown on.
"""

from __future__ import annotations

import ssl
import sys
from collections.abc import Callable

from webstead.front.hosts import Hosts
from webstead.site_table import Certificate

__all__ = ["Certificates"]

_PROTOCOLS = ["http/1.1"]
_REFUSED = ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
_OPTIONS = ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION | ssl.OP_CIPHER_SERVER_PREFERENCE
Say = Callable[[str], None]


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


class Certificates:
    """context: for every TLS listener; it has no certificate of its own, and takes each client's by its
    name."""

    def __init__(self, say: Say = _to_stderr) -> None:
        self.context = _context()
        self.context.sni_callback = self._choose
        self._say = say
        self._hosts: Hosts[Certificate] = Hosts({})
        self._read: dict[Certificate, ssl.SSLContext] = {}
        self._before: dict[Certificate, ssl.SSLContext] = {}

    def take(self, table: dict[str, Certificate]) -> None:
        """From the next connection on. table: a certificate by its host pattern."""
        self._hosts = Hosts(table)
        stay = set(table.values())
        known = {**self._before, **self._read}
        self._before = {each: context for each, context in known.items() if each in stay}
        self._read = {}

    def _choose(
        self, connection: ssl.SSLObject | ssl.SSLSocket, name: str | None, context: ssl.SSLContext
    ) -> int | None:
        certificate = self._hosts.named((name or "").lower().rstrip("."))
        found = None if certificate is None else self._of(certificate)
        if found is None:
            return _REFUSED
        connection.context = found
        return None

    def _of(self, certificate: Certificate) -> ssl.SSLContext | None:
        known = self._read.get(certificate)
        if known is None:
            known = self._load(certificate)
            if known is not None:
                self._read[certificate] = known
        return known

    def _load(self, certificate: Certificate) -> ssl.SSLContext | None:
        context = _context()
        try:
            context.load_cert_chain(certificate.chain, certificate.key, password=_nobody_to_ask)
        except (OSError, ValueError) as error:
            self._say(f"front: the certificate {certificate.chain} cannot be used: {error}")
            return self._before.get(certificate)
        return context


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= _OPTIONS
    context.set_alpn_protocols(_PROTOCOLS)
    return context


def _nobody_to_ask() -> str:
    """In the place of OpenSSL's own question on the terminal, which would never be answered."""
    return ""
