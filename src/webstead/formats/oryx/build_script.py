"""The script that `oryx build-script` writes: a build whose decisions are made, for any folder. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

__all__ = ["build_script"]


def build_script(options: Sequence[str], program: Sequence[str]) -> str:
    """options: of `oryx build`, besides the folders. program: the words that run it where no `oryx` is on
    PATH."""
    given = " ".join(shlex.quote(option) for option in options)
    return f"""\
#!/bin/bash
# Written by `oryx build-script`. Usage: build.sh SOURCE [DESTINATION [INTERMEDIATE]]
set -e

if ! [ -d "$1" ]; then
    echo "Source directory '$1' does not exist." >&2
    exit 1
fi
oryx=(oryx)
if ! command -v oryx > /dev/null; then
    oryx=({" ".join(shlex.quote(word) for word in program)})
fi
exec "${{oryx[@]}}" build "$1" ${{2:+--output "$2"}} ${{3:+--intermediate-dir "$3"}} {given}
"""
