"""What a server that runs leaves in its home for the command line: how it is reached, and by which token."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass

import psutil

from webstead.effects.files import write_atomically
from webstead.effects.lock import try_locked
from webstead.settings import Secret
from webstead.site.homes import ServerHome

__all__ = ["VERSION", "ServerNote", "read_note", "remove_note", "write_note"]

VERSION = 1


@dataclass(frozen=True, slots=True)
class ServerNote:
    """url: of the sites, as `http://127.0.0.1:8000`. management_url: where the management answers, by the
    Host header `NAME.scm.DOMAIN`, or `scm.DOMAIN` for the server's own. token: of this run, with every
    scope. trusted: a certificate that the management is known by over TLS; "" where it does not speak it."""

    pid: int
    url: str
    management_url: str
    domain: str
    token: Secret
    trusted: str = ""


def write_note(home: ServerHome, note: ServerNote) -> None:
    """Readable by the owner alone."""
    fields = {
        "version": VERSION,
        "pid": note.pid,
        "url": note.url,
        "management_url": note.management_url,
        "domain": note.domain,
        "token": note.token.reveal(),
        "trusted": note.trusted,
    }
    write_atomically(home.note, json.dumps(fields, indent=1).encode() + b"\n", 0o600)


def read_note(home: ServerHome) -> ServerNote | None:
    """None when no server runs that wrote it, or one of another version."""
    try:
        data = json.loads(home.note.read_bytes())
    except (OSError, ValueError):
        return None
    if not isinstance(data, dict) or data.get("version") != VERSION:
        return None
    if not _runs(data.get("pid")) or not _is_served(home):
        return None
    texts = [data.get(name) for name in ("url", "management_url", "domain", "token", "trusted")]
    if not all(isinstance(text, str) for text in texts):
        return None
    url, management_url, domain, token, trusted = map(str, texts)
    return ServerNote(int(data["pid"]), url, management_url, domain, Secret(token), trusted)


def remove_note(home: ServerHome) -> None:
    """Ours; one of a server that came after us stays."""
    note = read_note(home)
    if note is not None and note.pid == os.getpid():
        home.note.unlink(missing_ok=True)


def _runs(pid: object) -> bool:
    return isinstance(pid, int) and pid > 0 and psutil.pid_exists(pid)


def _is_served(home: ServerHome) -> bool:
    """The number of a server that was killed may be another process's by now, above all after a restart of
    the machine; the system gives its lock to nobody. It is looked at last: a server that begins in that very
    moment would take the look for another server."""
    try:
        with try_locked(home.lock) as held:
            return held is None
    except OSError:
        return False
