"""FastCGI programs that are not Python: from a handler's `scriptProcessor` to what is started here.

Sources: the IIS configuration reference (fastCgi/application); PHP's manual on running under IIS, which names
PHP_FCGI_MAX_REQUESTS and instanceMaxRequests.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence

from webstead.plan.machine import Machine
from webstead.plan.windows_paths import WindowsPaths

__all__ = ["automatic_instances", "how_to_install", "label_of", "program_word", "requests_at_once"]

_EXE = re.compile(r"\.exe$", re.IGNORECASE)
_SITE = "%WWWROOT%/"
_FEWEST = 4  # maxInstances of IIS 7.0, when it was not yet automatic
_MOST = 16
_PACKAGES = {
    "php-cgi": "apt install php-cgi  (Fedora: dnf install php-cli, macOS: brew install php)",
}
"""What brings a program, by its name."""


def program_word(program: str, files: Sequence[str], paths: WindowsPaths) -> str:
    """The program as it is started here: a file of the site, an absolute path as it stands, or a name that is
    looked for on PATH. `C:\\PHP\\php-cgi.exe` is `php-cgi`, as no program of Windows runs here."""
    stem = _EXE.sub("", program)
    mapped = paths.map(stem)
    inside = mapped.text.removeprefix(_SITE)
    if not mapped.guess and inside in files:
        return _SITE + inside
    if stem != program:
        return _name(stem).lower()  # Windows has no case in names
    if mapped.guess or "/" not in mapped.text:
        return _name(stem)
    return mapped.text if mapped.text.startswith(("/", "%")) else _SITE + mapped.text


def _name(path: str) -> str:
    return posixpath.basename(path.replace("\\", "/").rstrip("/")) or path


def label_of(word: str) -> str:
    """The name of its instances in the log."""
    return _name(word)


def how_to_install(word: str, written: str, paths: WindowsPaths) -> str:
    """What to type when the program is not there. written: in scriptProcessor."""
    name = _name(word)
    place = word if word.startswith(_SITE) else paths.known(_EXE.sub("", written)) or ""
    if name in _PACKAGES:
        return _PACKAGES[name]
    if place.startswith(_SITE):
        inside = place.removeprefix(_SITE)
        return f"Put a build for this system at {inside} in the site's folder, and: chmod +x {inside}"
    return f"Install {name}, or write the path that it has here into scriptProcessor."


def automatic_instances(machine: Machine, at_once: int) -> int:
    """For maxInstances="0": two for each processor, as scripts wait for databases and disks too. One, where
    it shares its work among children of its own."""
    return 1 if at_once > 1 else min(max(_FEWEST, 2 * machine.cpus), _MOST)


def requests_at_once(environment: dict[str, str]) -> int:
    """How many requests one process answers at the same time: one, unless php-cgi is told to fork children
    that share its socket."""
    children = environment.get("PHP_FCGI_CHILDREN", "")
    return max(1, int(children)) if children.isascii() and children.isdigit() and len(children) < 5 else 1
