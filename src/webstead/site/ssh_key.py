"""A site's SSH key, with which its repository is fetched: `.ssh/id_rsa` in its home, as on App Service."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_ssh_private_key,
)

from webstead.effects.files import write_atomically
from webstead.errors import UsageError
from webstead.settings import Secret
from webstead.site.homes import SiteHome

__all__ = ["delete_key", "ensure_key", "public_key", "set_key", "ssh_command"]

_BITS = 3072
LONGEST = 1 << 16
"""Far more than any key."""


def public_key(home: SiteHome) -> str:
    """As `ssh-rsa AAAA…`; "" when there is none."""
    try:
        return (home.root / ".ssh" / "id_rsa.pub").read_text("ascii").strip()
    except (OSError, ValueError):
        return ""


def ensure_key(home: SiteHome) -> str:
    """The public key; made when there is none. Raises OSError."""
    known = public_key(home)
    if known:
        return known
    key = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    return _write(home, private, key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH))


def set_key(home: SiteHome, text: Secret) -> str:
    """Take this private key, of OpenSSH or PEM. Its public key. Raises UsageError for what is none, or is
    protected by a passphrase; OSError."""
    data = text.reveal().strip().encode() + b"\n"
    load = load_ssh_private_key if b"OPENSSH" in data[:64] else load_pem_private_key
    try:
        if len(data) > LONGEST:
            raise ValueError("too long")
        key = load(data, None)
        public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise UsageError(
            "This is no private key that can be used.",
            found=str(error) if not isinstance(error, TypeError) else "protected by a passphrase",
            fix="Give one of OpenSSH without a passphrase: ssh-keygen -t ed25519 -N '' -f key",
        ) from None
    return _write(home, data, public)


def delete_key(home: SiteHome) -> None:
    for name in ("id_rsa", "id_rsa.pub"):
        (home.root / ".ssh" / name).unlink(missing_ok=True)


def ssh_command(home: SiteHome, user: int | None, group: int | None) -> str:
    """What git reaches other repositories with: the site's key, where it has one, and no other then. A host
    is known from the first time on. user, group: as whom it runs; None for ourselves. Raises OSError."""
    words, folder = ["ssh", "-oBatchMode=yes"], home.root / ".ssh"
    key, known = folder / "id_rsa", folder / "known_hosts"
    if key.is_file():
        known.touch(mode=0o600)
        _lend(folder, (key, known), user, group)
        hosts = str(known).replace("%", "%%")
        words += ["-i", str(key).replace("%", "%%"), "-oIdentitiesOnly=yes"]
        words += [f'-oUserKnownHostsFile="{hosts}"', "-oStrictHostKeyChecking=accept-new"]
    return shlex.join(words)


def _lend(folder: Path, files: tuple[Path, ...], user: int | None, group: int | None) -> None:
    """The user, and nobody else, may read these files, and put nothing in their place: the folder stays
    ours."""
    if os.geteuid() != 0:
        return
    group = os.getegid() if group is None else group
    os.chown(folder, 0, group, follow_symlinks=False)
    folder.chmod(0o700 if user is None else 0o710)
    for file in files:
        os.chown(file, user or 0, group, follow_symlinks=False)


def _write(home: SiteHome, private: bytes, public: bytes) -> str:
    folder = home.root / ".ssh"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_atomically(folder / "id_rsa", private, 0o600)
    write_atomically(folder / "id_rsa.pub", public + b"\n")
    return public.decode("ascii")
