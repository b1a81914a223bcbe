"""What is measured, against what, and how good it has to be."""

from __future__ import annotations

from dataclasses import dataclass

from bench.contenders import (
    ECHO,
    FLUP,
    GATEWAY,
    GRANIAN,
    GUNICORN,
    MANY_RULES,
    NGINX_DOWNLOAD,
    NGINX_FILE,
    NO_RULES,
    REAL_RULES,
    SLEEPY_GATEWAY,
    SLEEPY_UWSGI,
    STACK,
    STACK_DOWNLOAD,
    STACK_ECHO,
    STACK_FILE,
    STDIN_GATEWAY,
    STREAM_GATEWAY,
    STREAM_UWSGI,
    TWO_UWSGI,
    UWSGI,
    WFASTCGI,
)
from bench.serving import Contender

__all__ = ["CASES", "MEMORY_BAR_MB", "STARTUP_BAR_SECONDS", "Case", "Rival"]

MEMORY_BAR_MB = 150.0
STARTUP_BAR_SECONDS = 1.5


@dataclass(frozen=True, slots=True)
class Rival:
    """bar: how many times the rival's rate ours must reach; None: only reported."""

    contender: Contender
    bar: float | None


@dataclass(frozen=True, slots=True)
class Case:
    """unit: what is counted a second. memory: whether the resident memory of our processes is read after the
    load."""

    name: str
    title: str
    ours: Contender
    rivals: tuple[Rival, ...]
    unit: str = ""
    memory: bool = False

    @property
    def contenders(self) -> tuple[Contender, ...]:
        return (self.ours, *(rival.contender for rival in self.rivals))


CASES = (
    Case(
        "gateway",
        "gateway behind nginx, 36 FastCGI variables",
        GATEWAY,
        (Rival(UWSGI, 1.4), Rival(FLUP, 6.0), Rival(GUNICORN, None)),
    ),
    Case(
        "stdin",
        "one connected socket on standard input, 37 FastCGI variables",
        STDIN_GATEWAY,
        (Rival(WFASTCGI, 2.5),),
    ),
    Case("sleep", "4 threads, an app that sleeps 5 ms", SLEEPY_GATEWAY, (Rival(SLEEPY_UWSGI, 1.0),)),
    Case(
        "stream", "1 GB in blocks of 64 KiB, behind nginx", STREAM_GATEWAY, (Rival(STREAM_UWSGI, 0.8),), " MB"
    ),
    Case(
        "stack",
        "whole stack, the same WSGI app",
        STACK,
        (Rival(GUNICORN, 3.5), Rival(GRANIAN, 0.6)),
        memory=True,
    ),
    Case(
        "rules",
        "whole stack with 20 rewrite rules; the others without",
        REAL_RULES,
        (Rival(TWO_UWSGI, 1.0), Rival(GUNICORN, 4.0)),
    ),
    Case(
        "matchless", "500 rules that do not match, every URL asked once", MANY_RULES, (Rival(NO_RULES, 0.91),)
    ),
    Case("static", "static file of 27 kB", STACK_FILE, (Rival(NGINX_FILE, 0.5),)),
    Case("download", "static file of 10 MB", STACK_DOWNLOAD, (Rival(NGINX_DOWNLOAD, 0.9),)),
    Case("websocket", "WebSocket echoes of 32 bytes", STACK_ECHO, (Rival(ECHO, 0.5),)),
)
