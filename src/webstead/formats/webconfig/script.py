"""`scriptProcessor`: `fullPath|arguments`, and whether it means Python."""

from __future__ import annotations

import re

from webstead.formats.webconfig.words import windows_words

__all__ = ["GATEWAY", "is_python", "same_program", "split_script_processor"]

GATEWAY = "python|webstead-gateway"
"""The scriptProcessor of a `web.config` that Webstead writes: the site's Python, running our gateway."""

_PYTHON = re.compile(r"(?:i?py(?:thon|py)?w?[0-9.]*|wfastcgi)(?:\.exe)?", re.IGNORECASE)
_GATEWAYS = frozenset({"wfastcgi.py", "wfastcgi", "wfastcgi.exe", "webstead-gateway", "webstead.gateway"})


def split_script_processor(script_processor: str) -> tuple[str, str]:
    """The program, without quotes around it, and its arguments as written."""
    program, _, arguments = script_processor.partition("|")
    return _unquoted(program), arguments.strip()


def is_python(script_processor: str) -> bool:
    """Whether this FastCGI program is Python: the program is an interpreter, or an argument is wfastcgi or
    our gateway."""
    program, arguments = split_script_processor(script_processor)
    if _PYTHON.fullmatch(_basename(program)):
        return True
    # An unquoted path with spaces is cut into words; its last part still tells.
    return any(_basename(word).lower() in _GATEWAYS for word in windows_words(arguments))


def same_program(script_processor: str, full_path: str, arguments: str) -> bool:
    """Whether the handler means this `fastCgi/application`; quotes and case do not count."""
    program, rest = split_script_processor(script_processor)
    return _bare(program) == _bare(full_path) and _bare(rest) == _bare(arguments)


def _basename(path: str) -> str:
    return re.split(r"[\\/]", path)[-1].strip()


def _unquoted(text: str) -> str:
    return text.strip().strip('"').strip()


def _bare(text: str) -> str:
    return " ".join(text.replace('"', "").lower().split())
