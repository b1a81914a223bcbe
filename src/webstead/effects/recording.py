"""A Runner that writes down what it was asked to run, and answers by script or lets the real one do it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from webstead.effects.processes import Completed, OnLine, Runner, Stream

__all__ = ["Answer", "Call", "RecordingRunner"]


@dataclass(frozen=True, slots=True)
class Call:
    """One program that was asked for."""

    words: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str]
    timeout: float | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call that `matches` its words gets: these lines, this code, and what `act` does to the disk
    meanwhile.
    """

    matches: Callable[[Sequence[str]], bool]
    lines: tuple[tuple[Stream, str], ...] = ()
    code: int = 0
    act: Callable[[Call], None] = lambda call: None


class RecordingRunner:
    """answers: the first that matches is given, each time. Calls that none matches go through, or raise
    LookupError.
    """

    def __init__(self, answers: Sequence[Answer] = (), through: Runner | None = None) -> None:
        self._answers = tuple(answers)
        self._through = through
        self.calls: list[Call] = []

    def __call__(
        self,
        words: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        on_line: OnLine | None = None,
        timeout: float | None = None,
        keep: Sequence[int] = (),
    ) -> Completed:
        call = Call(tuple(words), cwd, dict(env), timeout)
        self.calls.append(call)
        answer = next((answer for answer in self._answers if answer.matches(words)), None)
        if answer is not None:
            return _give(answer, call, on_line)
        if self._through is None:
            raise LookupError(f"no answer for {' '.join(words)}")
        return self._through(words, cwd=cwd, env=env, on_line=on_line, timeout=timeout, keep=keep)


def _give(answer: Answer, call: Call, on_line: OnLine | None) -> Completed:
    answer.act(call)
    for stream, line in answer.lines:
        if on_line is not None:
            on_line(stream, line)
    return Completed(answer.code, 0.0, tuple(line for _, line in answer.lines))
