"""git itself, asked a question: what of its environment and its configuration never counts, and what is said
when it does not answer."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence

from webstead.effects.processes import Starting, as_we_are
from webstead.errors import RuntimeMissing, UsageError

__all__ = ["NOTHING_RUNS", "ask_git", "ask_git_bytes"]

NOTHING_RUNS = (
    *("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "core.attributesFile=/dev/null"),
    *("-c", "log.showSignature=false", "-c", "gpg.program=false", "-c", "gpg.ssh.program=false"),
    *("-c", "gpg.x509.program=false", "-c", "core.alternateRefsCommand=true"),
    *("-c", "credential.helper=", "-c", "core.pager=cat", "-c", "core.sshCommand=ssh"),
)
"""Options with which a repository has no program of its own run: of those that git's configuration names,
each that a command here could come by is named anew."""


def ask_git_bytes(
    words: Sequence[str],
    environ: Mapping[str, str],
    seconds: float,
    *,
    what: str,
    look: str,
    install: str,
    starting: Starting = as_we_are,
) -> subprocess.CompletedProcess[bytes]:
    """Its answer, whatever its exit code is. words: with `git` first. what: what fails when it does not end
    in time, and look: what to do then; install: what, without git. starting: as whom it runs. Raises
    UsageError, RuntimeMissing."""
    try:
        with starting() as start:
            return subprocess.run(
                list(words),
                env=dict(environ),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=seconds,
                check=False,
                **start,
            )
    except subprocess.TimeoutExpired:
        raise UsageError(what, found=f"git did not end within {seconds:g} s", fix=look) from None
    except OSError as error:
        raise RuntimeMissing("git cannot be run.", found=str(error), fix=install) from None


def ask_git(
    words: Sequence[str],
    environ: Mapping[str, str],
    seconds: float,
    *,
    what: str,
    look: str,
    install: str,
    starting: Starting = as_we_are,
) -> subprocess.CompletedProcess[str]:
    """The same as text; bytes that are no UTF-8 are surrogates."""
    done = ask_git_bytes(*(words, environ, seconds), what=what, look=look, install=install, starting=starting)
    told, said = (each.decode("utf-8", "surrogateescape") for each in (done.stdout, done.stderr))
    return subprocess.CompletedProcess(done.args, done.returncode, told, said)
