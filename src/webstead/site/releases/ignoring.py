"""What a deployment leaves out: KuduSync's ignore list, `.git;.hg;.deployment;deploy.cmd;deploy.sh`.

Its patterns are minimatch's with `matchBase` and `nocase`: one without a slash is matched against the last
name of a path at any depth, one with a slash against the whole relative path; letters' case does not count.
A folder that matches is left out with all in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

__all__ = ["IGNORED", "NOTHING_IGNORED", "Ignored"]

MOST_PATTERNS = 100
LONGEST_PATTERN = 1000


@dataclass(frozen=True)
class Ignored:
    """text: patterns, divided by `;`."""

    text: str = ""

    @cached_property
    def _matchers(self) -> tuple[tuple[bool, re.Pattern[str]], ...]:
        """(whether only the last name counts, what it must match), for each pattern."""
        patterns = [each[:LONGEST_PATTERN] for each in self.text.split(";") if each][:MOST_PATTERNS]
        return tuple(("/" not in each, compiled(each)) for each in patterns)

    def names(self, path: str) -> bool:
        """Whether a pattern matches this very path."""
        last = path[path.rfind("/") + 1 :]
        return any(pattern.fullmatch(last if base else path) for base, pattern in self._matchers)

    def covers(self, path: str) -> bool:
        """Whether a pattern matches this path or a folder above it."""
        at = path.find("/")
        while at > 0:
            if self.names(path[:at]):
                return True
            at = path.find("/", at + 1)
        return self.names(path)


IGNORED = Ignored(".git;.hg;.deployment;deploy.cmd;deploy.sh")
"""What the deployment scripts of Kudu leave out."""

NOTHING_IGNORED = Ignored()


def compiled(pattern: str) -> re.Pattern[str]:
    """One pattern as an expression for a whole path. `*` and `?` match no `/` and no leading dot, `**` alone
    between slashes any folders, `[a-c]`, `[!a]` a character. Braces stand for themselves but when they hold a
    comma."""
    return re.compile("|".join(_expression(each) for each in _unbraced(pattern)), re.IGNORECASE | re.DOTALL)


_BRACES = re.compile(r"\{([^{}]*,[^{}]*)\}")
_MOST_ALTERNATIVES = 64


def _unbraced(pattern: str) -> list[str]:
    """`a{b,c}` as `ab` and `ac`."""
    done: list[str] = []
    waiting = [pattern]
    while waiting and len(done) + len(waiting) <= _MOST_ALTERNATIVES:
        each = waiting.pop()
        found = _BRACES.search(each)
        if found is None:
            done.append(each)
        else:
            waiting += [each[: found.start()] + one + each[found.end() :] for one in found[1].split(",")]
    return done + waiting


_NO_DOT = r"(?!\.)"


def _expression(pattern: str) -> str:
    segments = pattern.split("/")
    parts: list[str] = []
    for number, segment in enumerate(segments):
        last = number == len(segments) - 1
        if segment == "**":
            folder = rf"{_NO_DOT}[^/]+"
            parts.append(rf"(?:{folder}(?:/{folder})*)" if last else f"(?:{folder}/)*")
        else:
            parts.append(_segment(segment) + ("" if last else "/"))
    return "(?:" + "".join(parts) + ")"


_CLASS = re.compile(r"\[([!^]?)([^\]/]+)\]")


def _segment(text: str) -> str:
    written: list[str] = [_NO_DOT] if text[:1] in ("*", "?", "[") else []
    at = 0
    while at < len(text):
        found = _CLASS.match(text, at)
        if found is not None:
            inner = found[2].replace("\\", "\\\\").replace("[", "\\[").replace("^", "\\^")
            written.append(f"[{'^/' if found[1] else ''}{_ordered(inner)}]")
            at = found.end()
            continue
        sign = text[at]
        if sign == "*" and written and written[-1] == "[^/]*":
            pass  # `**` within a name is `*`; two would make a match take squared time
        else:
            written.append("[^/]*" if sign == "*" else "[^/]" if sign == "?" else re.escape(sign))
        at += 1
    return "".join(written)


_RANGE = re.compile(r"(.)-(.)", re.DOTALL)


def _ordered(inner: str) -> str:
    """A range that ends before it begins matches nothing in minimatch; an expression refuses it."""
    return _RANGE.sub(lambda found: found[0] if found[1] <= found[2] else re.escape(found[1]), inner)
