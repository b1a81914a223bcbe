"""What a plan wants to know of the machine that it is made for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from webstead.plan.support import support_table

__all__ = ["Machine"]


def _nothing(program: str) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Machine:
    """cpus: processors. find: where a program is that is named as a shell would name it, by its name on PATH
    or by its path; None when it is not there or may not be run. today: for what runs out; None: the day on
    which the table of Pythons was looked over."""

    cpus: int = 1
    find: Callable[[str], str | None] = _nothing
    today: date | None = None

    @property
    def day(self) -> date:
        return self.today or support_table().looked_over
