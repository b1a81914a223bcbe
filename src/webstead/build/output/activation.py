"""The activation scripts of a virtual environment, for one that may stand anywhere. Pure.

uv writes them with the environment's path in one line. That line becomes a search for the script's own path,
in the words of each shell. bash, zsh, ksh, fish, PowerShell, nushell, xonsh and batch files know it; dash and
csh do not, and look at which file they have open.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["CONDA_ACTIVATION", "relocatable_activation"]

_OPEN_FILE = "/proc/$$/fd"
"""Linux: what a shell has open. The script that is being read is among it, the last that was opened."""

_SH = f"""\
if [ -n "${{BASH_VERSION:+x}}" ]; then
    _WEBSTEAD_SCRIPT="${{BASH_SOURCE[0]}}"
elif [ -n "${{ZSH_VERSION:+x}}" ]; then
    eval '_WEBSTEAD_SCRIPT="${{(%):-%x}}"'
elif [ -n "${{KSH_VERSION:+x}}" ]; then
    eval '_WEBSTEAD_SCRIPT="${{.sh.file}}"'
else
    _WEBSTEAD_SCRIPT=""
    for _WEBSTEAD_FILE in {_OPEN_FILE}/*; do
        _WEBSTEAD_FILE=$(readlink "$_WEBSTEAD_FILE")
        case "$_WEBSTEAD_FILE" in
            */bin/activate) _WEBSTEAD_SCRIPT="$_WEBSTEAD_FILE" ;;
        esac
    done
    unset _WEBSTEAD_FILE
fi
VIRTUAL_ENV=$(cd -- "$(dirname -- "$_WEBSTEAD_SCRIPT")/.." > /dev/null && pwd -P)
if [ -z "$_WEBSTEAD_SCRIPT" ] || ! [ -f "$VIRTUAL_ENV/bin/activate" ]; then
    echo "This shell does not say where bin/activate is: use bash, or put its folder first on PATH." >&2
    unset VIRTUAL_ENV _WEBSTEAD_SCRIPT
    return 1
fi
unset _WEBSTEAD_SCRIPT"""

CONDA_ACTIVATION = f"""\
# Written by webstead: activates this conda environment, wherever it stands. Source it.
{_SH}
"$VIRTUAL_ENV/bin/python" "$VIRTUAL_ENV/conda-meta/webstead_moved.py" "$VIRTUAL_ENV" || return
CONDA_PREFIX=$VIRTUAL_ENV CONDA_DEFAULT_ENV=$VIRTUAL_ENV PATH=$VIRTUAL_ENV/bin:$PATH
unset VIRTUAL_ENV
export CONDA_PREFIX CONDA_DEFAULT_ENV PATH
for _WEBSTEAD_SCRIPT in "$CONDA_PREFIX"/etc/conda/activate.d/*.sh; do
    if [ -f "$_WEBSTEAD_SCRIPT" ]; then . "$_WEBSTEAD_SCRIPT"; fi
done
unset _WEBSTEAD_SCRIPT
"""

_CSH = f"""\
setenv VIRTUAL_ENV "`readlink {_OPEN_FILE}/* | sed -n 's:\\(.*\\)/bin/activate.csh:\\1:p' | tail -n 1`"
if ( "$VIRTUAL_ENV" == "" ) then
    echo "This system does not say where bin/activate.csh is: put its folder first on PATH."
    exit 1
endif"""

_FISH = "set -gx VIRTUAL_ENV (dirname (dirname (realpath (status --current-filename))))"
_NU = "const virtual_env = (path self | path dirname | path dirname)"
_BAT = '@for %%i in ("%~dp0..") do @set "VIRTUAL_ENV=%%~fi"'

_LINES: Mapping[str, tuple[str, str]] = {
    "activate": ("VIRTUAL_ENV=", _SH),
    "activate.csh": ("setenv VIRTUAL_ENV ", _CSH),
    "activate.fish": ("set -gx VIRTUAL_ENV ", _FISH),
    "activate.nu": ("const virtual_env = ", _NU),
    "activate.bat": ("@for %%i in (", _BAT),
}
"""By the script's name: how the line begins that holds the path, and what takes its place. Those that are not
here have no path."""


def relocatable_activation(name: str, text: str, prefix: str) -> str:
    """The script without prefix, where it stands in the line that is known; else as it is."""
    if name not in _LINES:
        return text
    begin, instead = _LINES[name]
    lines = text.split("\n")
    for n, line in enumerate(lines):
        if line.lstrip().startswith(begin) and prefix in line:
            lines[n] = line[: len(line) - len(line.lstrip())] + instead
    return "\n".join(lines)
