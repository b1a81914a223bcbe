"""What is measured, against what, and how good it has to be."""

from __future__ import annotations

from dataclasses import dataclass

from bench.contenders import (
    FLUP,
    GATEWAY,
    GRANIAN,
    GUNICORN,
    NGINX_FILE,
    STACK,
    STACK_FILE,
    UWSGI,
    Contender,
)

__all__ = ["CASES", "MEMORY_BAR_MB", "STARTUP_BAR_SECONDS", "Case", "Rival"]

MEMORY_BAR_MB = 150.0
STARTUP_BAR_SECONDS = 1.5


@dataclass(frozen=True, slots=True)
class Rival:
    """bar: how many times the rival's requests a second ours must reach; None: only reported."""

    contender: Contender
    bar: float | None


@dataclass(frozen=True, slots=True)
class Case:
    """memory: whether the resident memory of our processes is read after the load."""

    name: str
    title: str
    ours: Contender
    rivals: tuple[Rival, ...]
    memory: bool = False

    @property
    def contenders(self) -> tuple[Contender, ...]:
        return (self.ours, *(rival.contender for rival in self.rivals))


CASES = (
    Case(
        "gateway",
        "gateway behind nginx, 36 FastCGI variables",
        GATEWAY,
        (Rival(UWSGI, 1.3), Rival(FLUP, 5.0), Rival(GUNICORN, None)),
    ),
    Case(
        "stack",
        "whole stack, the same WSGI app",
        STACK,
        (Rival(GUNICORN, 3.5), Rival(GRANIAN, 0.6)),
        memory=True,
    ),
    Case("static", "static file of 27 kB", STACK_FILE, (Rival(NGINX_FILE, None),)),
)
