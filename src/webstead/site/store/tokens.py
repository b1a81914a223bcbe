"""Bearer tokens. Their text is known to who was given it; here is only its SHA-256.

A text is `wst_`, the token's id, `_` and 43 random characters: the id finds the row, the digest is then
compared in constant time.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import sqlite3
from collections.abc import Iterable
from datetime import datetime

from webstead.settings import Secret
from webstead.site.store.columns import plain, read_time, time_text
from webstead.site.store.database import Store
from webstead.site.store.model import SCOPES, Scope, Token

__all__ = ["delete_token", "find_token", "list_tokens", "make_token"]

_PREFIX = "wst"
_ID_BYTES = 6
_SECRET_BYTES = 32


def make_token(
    store: Store,
    name: str,
    *,
    now: datetime,
    site: str = "",
    scopes: Iterable[Scope] = SCOPES,
    expires: datetime | None = None,
) -> tuple[Token, Secret]:
    """The token, and its text, which cannot be had again."""
    token = Token(secrets.token_hex(_ID_BYTES), plain(name), site, frozenset(scopes), now, expires)
    text = f"{_PREFIX}_{token.id}_{secrets.token_urlsafe(_SECRET_BYTES)}"
    row = (token.id, token.name, site, " ".join(sorted(token.scopes)), time_text(now), time_text(expires))
    with store.write() as connection:
        connection.execute("INSERT INTO tokens VALUES (?, ?, ?, ?, ?, ?, NULL, ?)", (*row, _digest(text)))
    return token, Secret(text)


def find_token(store: Store, text: Secret, *, now: datetime) -> Token | None:
    """The token of this text, if it holds at this time; that it was used is noted once a minute."""
    parts = text.reveal().split("_", 2)
    if len(parts) != 3 or parts[0] != _PREFIX or not text.reveal().isascii():
        return None
    found = store.first(_token_and_digest, "SELECT * FROM tokens WHERE id = ?", parts[1])
    token, digest = found or (None, bytes(hashlib.sha256().digest_size))
    if not hmac.compare_digest(digest, _digest(text.reveal())) or token is None:
        return None
    if token.expires is not None and token.expires <= now:
        return None
    if token.used is None or (now - token.used).total_seconds() > 60:
        with store.write() as connection:
            connection.execute("UPDATE tokens SET used = ? WHERE id = ?", (time_text(now), token.id))
    return token


def list_tokens(store: Store, site: str = "") -> tuple[Token, ...]:
    """Of a site, or of all with ""; the newest first."""
    query = "SELECT * FROM tokens WHERE site = ? OR ? = '' ORDER BY created DESC, rowid DESC"
    return store.select(_token, query, site, site)


def delete_token(store: Store, token: str) -> bool:
    """Whether there was one of that id."""
    with store.write() as connection:
        return connection.execute("DELETE FROM tokens WHERE id = ?", (token,)).rowcount > 0


def _token_and_digest(row: sqlite3.Row) -> tuple[Token, bytes]:
    return _token(row), bytes(row["digest"])


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _token(row: sqlite3.Row) -> Token:
    words = row["scopes"].split()
    return Token(
        id=row["id"],
        name=row["name"],
        site=row["site"],
        scopes=frozenset(scope for scope in SCOPES if scope in words),
        created=datetime.fromisoformat(row["created"]),
        expires=read_time(row["expires"]),
        used=read_time(row["used"]),
    )
