"""What is left out of an upload, in git's own language for it (gitignore(5)). Pure.

A later line wins over an earlier one, a file's own folder over those above it. What lies in a folder that is
left out cannot be brought back but with the folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

__all__ = ["BUILT_IN", "Rule", "deciding", "read_rules"]

LONGEST_LINE = 4096
"""Of a pattern: the longest path of Linux. What is longer matches nothing."""

MOST_RULES = 10_000
"""Of one file: GitHub's largest template has 400. What is beyond is passed over."""

_OWN = """\
.git
.hg/
.svn/
__pycache__/
*.py[co]
.venv/
.cache/
.eggs/
.hypothesis/
.idea/
.ipynb_checkpoints/
.mypy_cache/
.nox/
.pytest_cache/
.ruff_cache/
.tox/
.webstead/
node_modules/
.DS_Store
Thumbs.db
*.PublishSettings
.deploymentignore
"""
"""What no site is served from, and publish profiles, which hold credentials. A line `!…` in the project's own
`.deploymentignore` brings one back."""


@dataclass(frozen=True, slots=True)
class Rule:
    """base: the folder of its file, relative, "" or with `/` at its end. takes: it brings back. origin: as
    `.gitignore:3`."""

    pattern: re.Pattern[str]
    base: str
    folders_only: bool
    takes: bool
    origin: str

    def fits(self, path: str, *, folder: bool) -> bool:
        if (self.folders_only and not folder) or not path.startswith(self.base):
            return False
        return self.pattern.fullmatch(path, len(self.base)) is not None


def read_rules(text: str, base: str, origin: str) -> tuple[Rule, ...]:
    """base: as of Rule. origin: the file's name, for people."""
    lines = enumerate(text.removeprefix("\ufeff").split("\n")[:MOST_RULES], 1)
    return tuple(
        rule for number, line in lines if (rule := _rule(line.rstrip("\r"), base, f"{origin}:{number}"))
    )


def deciding(rules: Iterable[Rule], path: str, *, folder: bool) -> Rule | None:
    """The rule that says whether this is left out: the last that fits. path: relative, without `/` at its
    end."""
    last = None
    for rule in rules:
        if rule.fits(path, folder=folder):
            last = rule
    return last


def _rule(line: str, base: str, origin: str) -> Rule | None:
    text = _without_trailing_spaces(line)
    if not text or text.startswith("#") or len(text) > LONGEST_LINE:
        return None
    takes = text.startswith("!")
    text = text[1:] if takes else text
    folders_only = text.endswith("/")
    text = text.removesuffix("/")
    anchored = "/" in text
    text = text.removeprefix("/")
    if not text:
        return None
    try:
        pattern = re.compile(("" if anchored else "(?:.*/)?") + "".join(_translated(text)), re.DOTALL)
    except re.error:  # a range that goes backwards: git matches nothing with it
        return None
    return Rule(pattern, base, folders_only, takes, origin)


def _without_trailing_spaces(line: str) -> str:
    """But one behind a backslash, which stays."""
    bare = line.rstrip(" ")
    slashes = len(bare) - len(bare.rstrip("\\"))
    return f"{bare} " if slashes % 2 and len(bare) < len(line) else bare


def _translated(text: str) -> Iterator[str]:
    at = 0
    while at < len(text):
        if text.startswith("**/", at) and (at == 0 or text[at - 1] == "/"):
            yield "(?:.*/)?"
            at += 3
        elif text[at:] == "**" and at and text[at - 1] == "/":
            yield ".+"
            at += 2
        elif text[at] == "*":
            while text.startswith("*", at):
                at += 1
            yield "[^/]*"
        elif text[at] == "?":
            yield "[^/]"
            at += 1
        elif text[at] == "[" and (end := _end_of_set(text, at)):
            yield _set(text[at + 1 : end])
            at = end + 1
        elif text[at] == "\\" and at + 1 < len(text):
            yield re.escape(text[at + 1])
            at += 2
        else:
            yield re.escape(text[at]) if text[at] not in "[\\" else _NOTHING
            at += 1


_NOTHING = "(?!)"
"""What never matches: a set without an end, a backslash at the end."""

_CLASSES = {
    "alnum": "a-zA-Z0-9",
    "alpha": "a-zA-Z",
    "blank": " \\t",
    "cntrl": "\\x00-\\x1f\\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": "!-/:-@\\[-`{-~",
    "space": "\\s",
    "upper": "A-Z",
    "xdigit": "0-9a-fA-F",
}


def _end_of_set(text: str, start: int) -> int:
    """The place of the `]`; 0 for none. One that stands first is a member."""
    at = start + 1
    if text[at : at + 1] in ("!", "^"):
        at += 1
    if text[at : at + 1] == "]":
        at += 1
    while at < len(text) and text[at] != "]":
        if text.startswith("[:", at) and (end := text.find(":]", at)) > 0:
            at = end + 2
        else:
            at += 2 if text[at] == "\\" else 1
    return at if at < len(text) else 0


def _set(inner: str) -> str:
    negated = inner[:1] in ("!", "^")
    inner = inner[1:] if negated else inner
    members = "".join(_members(inner))
    return f"(?!/)[^{members}]" if negated else f"(?!/)[{members}]"


def _members(inner: str) -> Iterator[str]:
    at = 0
    while at < len(inner):
        if inner.startswith("[:", at) and (end := inner.find(":]", at)) > 0:
            yield _CLASSES.get(inner[at + 2 : end], "")
            at = end + 2
        elif inner[at] == "\\" and at + 1 < len(inner):
            yield re.escape(inner[at + 1])
            at += 2
        else:
            yield inner[at] if inner[at] == "-" and 0 < at < len(inner) - 1 else re.escape(inner[at])
            at += 1


BUILT_IN = read_rules(_OWN, "", "")
