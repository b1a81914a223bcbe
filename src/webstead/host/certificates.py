"""Whether a certificate can be shown to clients: found out before any of them asks."""

from __future__ import annotations

import ssl

from webstead.errors import ConfigError
from webstead.site_table import Certificate

__all__ = ["check_certificate"]


def check_certificate(certificate: Certificate) -> None:
    """Raises ConfigError when it is not there, is no certificate, or its key is another's or has a
    password."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate.chain, certificate.key, password=_nobody_to_ask)
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"The certificate cannot be used with the key {certificate.key}.",
            path=certificate.chain,
            found=_found(error),
            fix="Name PEM files: the certificate with its chain, and its private key without a password.",
        ) from None


def _found(error: OSError | ValueError) -> str:
    if isinstance(error, ssl.SSLError):
        return error.reason or str(error)
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _nobody_to_ask() -> str:
    """In the place of OpenSSL's own question on the terminal, which would never be answered."""
    return ""
