"""git itself, asked a question: what of its environment and its configuration never counts, and what is said
when it does not answer."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence

from webstead.errors import RuntimeMissing, UsageError

__all__ = ["NOTHING_RUNS", "ask_git"]

NOTHING_RUNS = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false")
"""Options with which a repository has no program of its own run."""


def ask_git(
    words: Sequence[str], environ: Mapping[str, str], seconds: float, *, what: str, look: str, install: str
) -> subprocess.CompletedProcess[str]:
    """Its answer, whatever its exit code is; bytes that are no UTF-8 are surrogates. words: with `git` first.
    what: what fails when it does not end in time, and look: what to do then; install: what, without git.
    Raises UsageError, RuntimeMissing."""
    try:
        return subprocess.run(
            list(words),
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise UsageError(what, found=f"git did not end within {seconds:g} s", fix=look) from None
    except OSError as error:
        raise RuntimeMissing("git cannot be run.", found=str(error), fix=install) from None
