"""What uv's words mean: two tables, read from the top; the first pattern that is found decides. Pure.

The texts may hold the groups of their pattern, and `{python}`, `{file}` and `{project}`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["KINDS", "NEEDS", "Kind", "Need"]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of failed install."""

    pattern: re.Pattern[str]
    what: str
    fix: str


@dataclass(frozen=True, slots=True)
class Need:
    """What a failed compilation says; what was missing; the Debian packages that bring it."""

    pattern: re.Pattern[str]
    name: str
    packages: str


def _kind(pattern: str, what: str, fix: str) -> Kind:
    return Kind(re.compile(pattern, re.IGNORECASE | re.DOTALL | re.MULTILINE), what, fix)


def _need(pattern: str, name: str, packages: str) -> Need:
    return Need(re.compile(pattern, re.IGNORECASE), name, packages)


_REACH = (
    "Check the connection and run the command again: what was downloaded is kept. "
    "Behind a proxy set HTTPS_PROXY; for an index of your own set UV_DEFAULT_INDEX."
)
_OTHER_PYTHON = "Choose another Python with --runtime, or another version in {file}."

KINDS: tuple[Kind, ...] = (
    _kind(
        r"No space left on device|not enough space on the disk",
        "The disk is full",
        "Free some space; `uv cache clean` removes uv's downloads.",
    ),
    _kind(
        r"HTTP status client error \((?:401|403|407)|\b40[13] (?:Unauthorized|Forbidden)",
        "The package index refuses these credentials",
        "Check the user and token in the index's address (UV_DEFAULT_INDEX, UV_INDEX, or PIP_INDEX_URL).",
    ),
    _kind(
        r"Failed to read `--find-links` (?:directory|URL): (?P<path>\S+)",
        "The folder of wheels cannot be read: {path}",
        "Correct it in PIP_FIND_LINKS, UV_FIND_LINKS, PYTHON_PRELOADED_WHEELS_DIR or behind --find-links; a "
        "relative path counts from {project}.",
    ),
    _kind(
        r"HTTP status server error \((?P<status>\d+[^)]*)\)",
        "The package index cannot answer: {status}",
        "Run the command again when it is well: what was downloaded is kept.",
    ),
    _kind(
        r"HTTP status client error \(404[^)]*\) for url \((?P<url>[^)\s]+\.(?:whl|tar\.gz|zip))[^)]*\)",
        "A file that {file} names is not there any more: {url}",
        "Write the lock or the address anew. An index of your own has to keep its files.",
    ),
    _kind(
        r"Git executable not found",
        "A requirement comes from git, and this machine has no git",
        "Install it (on Debian and Ubuntu: apt-get install git).",
    ),
    _kind(
        r"Git operation failed.*(?:could not read Username|Authentication failed|Permission denied \(public"
        r"|Host key verification failed|terminal prompts disabled)",
        "A repository that {file} names does not let this machine in",
        "Give git what it needs here: a deploy key for ssh, or a token by a credential helper or ~/.netrc.",
    ),
    _kind(
        r"Git operation failed.*(?:not our ref|couldn't find remote ref|did not match any|bad object)",
        "A commit or branch that {file} names is not in its repository",
        "Correct it; in a lock write it anew ({anew}). A branch that was pushed by force has lost its "
        "commits.",
    ),
    _kind(
        r"Git operation failed.*Could not resolve host",
        "The host of a repository that {file} names cannot be reached",
        "Check the address, the connection and HTTPS_PROXY.",
    ),
    _kind(
        r"Git operation failed",
        "A requirement from git cannot be fetched",
        "Check its address and branch in {file}, and that this machine has git and may read the repository.",
    ),
    _kind(
        r"because the network was disabled|Network connectivity is disabled",
        "A package has to be downloaded, and the network is switched off",
        "Build once without --offline and UV_OFFLINE: what is downloaded is kept. Or put wheels into a "
        "folder (pip download -d wheels …) and name it in PIP_FIND_LINKS.",
    ),
    _kind(
        r"(?:Because|and) (?P<name>\S+) was not found in the provided package locations",
        "There is no file of {name} in the given folders, and the package index is switched off",
        "Put its wheel there (pip download {name} -d FOLDER), with those that it needs; or unset "
        "PIP_NO_INDEX.",
    ),
    _kind(
        r"(?:Failed to fetch:?|request for url|Failed to download) \W*(?P<url>https?://[^\s`)]+)"
        r".*(?:dns error|client error \(Connect\)|timed out|connection (?:refused|reset|closed)|certificate)",
        "The package index cannot be reached: {url}",
        _REACH,
    ),
    _kind(
        r"error sending request|operation timed out|dns error", "The package index cannot be reached", _REACH
    ),
    _kind(
        r"Hash mismatch for `(?P<name>[^`]+)`",
        "The file of {name} is not the one that its hash names",
        "Write the hashes anew ({anew}). If you did not change them, find out who changed the package before "
        "you install it.",
    ),
    _kind(
        r"In `--require-hashes` mode, all requirements must[^:]*: *(?P<name>\S+)",
        "{name} has no hash, and other requirements have one",
        "Give every requirement a hash ({anew}), or none.",
    ),
    _kind(
        r"lockfile [^\n]*(?:needs to be updated|missing)|Unable to find lockfile|parse `?uv\.lock",
        "uv.lock does not fit pyproject.toml",
        "Run `uv lock` in {project}.",
    ),
    _kind(
        r"to Python (?P<have>\S+), which is incompatible with the project's Python requirement: "
        r"`(?P<want>[^`]+)`",
        "The project asks for Python {want}, and the site's is {have}",
        "Choose one that fits with --runtime, or change requires-python.",
    ),
    _kind(
        r"Python version \((?P<have>[^)]+)\) does not satisfy Python(?P<want>\S+) "
        r"and (?P<name>\S+) depends on",
        "{name} needs Python {want}, and the site's is {have}",
        _OTHER_PYTHON,
    ),
    _kind(
        r"(?:Because|and) (?P<name>\S+) has no (?:wheels with a matching|usable wheels)",
        "{name} has no file for this machine and Python {python}",
        _OTHER_PYTHON + " A package of one system only can be marked so: `pywin32; sys_platform == 'win32'`.",
    ),
    _kind(
        r"(?:Because|and) (?P<name>\S+) was not found in the "
        r"(?:package registry|cache)",
        "There is no package {name} on the package index",
        "Check its spelling in {file}. For a package of your own index set UV_INDEX.",
    ),
    _kind(
        r"(?:Because|and) there (?:is|are) no versions? of (?P<name>[^\s,]+)",
        "There is no {name} on the package index",
        "Choose a version in {file} that exists: the package's page on the index lists them.",
    ),
    _kind(
        r"No solution found when resolving",
        "The requirements contradict each other",
        "Loosen one of the lines named above in {file}.",
    ),
    _kind(
        r"Couldn't parse requirement in|Unexpected '[^']*', expected",
        "{file} has a line that is no requirement",
        "Write it as `name`, `name==1.2` or `name @ https://…`.",
    ),
    _kind(
        r"stream did not contain valid UTF-8",
        "{file} is not written in UTF-8",
        "Save it as UTF-8; in PowerShell: pip freeze | Out-File -Encoding utf8 requirements.txt",
    ),
    _kind(
        r"Error parsing included file in|failed to read from file|File not found: ",
        "{file} includes a file that cannot be read",
        "Correct the path after -r or -c; it counts from the file that includes it.",
    ),
    _kind(
        r"Distribution not found at: |does not appear to be a Python project",
        "A local folder that {file} names is not a Python package",
        "Correct its path, or put a pyproject.toml into it.",
    ),
    _kind(
        r"TOML parse error at line (?P<line>\d+), column (?P<column>\d+)",
        "{file} is not valid TOML (line {line}, column {column})",
        "Correct that line.",
    ),
)

NEEDS: tuple[Need, ...] = (
    _need(r"Microsoft Visual C\+\+ [\d.]+ or greater is required", "Microsoft's C++ compiler", ""),
    _need(r"Python\.h: No such file", "the headers of Python", "python3-dev"),
    _need(r"pg_config executable not found|libpq-fe\.h", "PostgreSQL's client library", "libpq-dev"),
    _need(
        r"--exists mysqlclient|mysql\.h|mysql_config",
        "MySQL's client library",
        "default-libmysqlclient-dev pkg-config",
    ),
    _need(r"\bffi\.h: No such file", "libffi", "libffi-dev"),
    _need(r"openssl/\w+\.h: No such file", "OpenSSL", "libssl-dev"),
    _need(
        r"libxml/\w+\.h|xslt-config|libxml2 and libxslt", "libxml2 and libxslt", "libxml2-dev libxslt1-dev"
    ),
    _need(r"jpeglib|library files could not be found for jpeg", "libjpeg", "libjpeg-dev zlib1g-dev"),
    _need(r"sasl/sasl\.h|\blber\.h|\bldap\.h", "OpenLDAP and SASL", "libldap2-dev libsasl2-dev"),
    _need(r"\bsql\.h: No such file|sqlext\.h", "unixODBC", "unixodbc-dev"),
    _need(r"can't find Rust compiler|\bcargo`?,? [^\n]*not (?:installed|found)", "Rust", "cargo"),
    _need(
        r"(?:unable to execute|No such file or directory:|command) '?(?:\S*[/-])?(?:gcc|cc|clang|[gc]\+\+)'?"
        r"(?::| failed: No such|\n|$)",
        "a C compiler",
        "build-essential",
    ),
)
