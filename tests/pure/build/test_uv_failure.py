"""What uv said, word for word, and the error that a person gets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.build.uv.failure import Failure, explain
from webstead.build.uv.kinds import KINDS
from webstead.errors import BuildError
from webstead.project.manifests.requirements import read_requirements
from webstead.project.tree import MemoryTree

REQUIREMENTS = "six\nflask==3.0.0\n\nWerkzeug==1.0  # old\ndjango==6.0\npywin32==306\n"


def explained(output: str, requirements: str = REQUIREMENTS) -> BuildError:
    tree = MemoryTree({"requirements.txt": requirements})
    listed = read_requirements(tree, "requirements.txt").listed
    texts = {"requirements.txt": requirements}
    return explain(Failure(output.splitlines(), "requirements.txt", "3.11.7", "/srv/shop", listed, texts))


NOT_FOUND = """Using Python 3.11.7 environment at: e
error: No solution found when resolving dependencies
  cause: Because webstead-x was not found in the package registry and you require webstead-x==1, we can \
conclude that your requirements are unsatisfiable."""
NOT_FOUND_OLD = """  \u00d7 No solution found when resolving dependencies:
  ╰─▶ Because webstead-x was not found in the package registry and you require webstead-x==1, we can
      conclude that your requirements are unsatisfiable."""
NO_VERSION = """error: No solution found when resolving dependencies
  cause: Because there is no version of flask==99.0 and you require flask==99.0, we can conclude that your \
requirements are unsatisfiable."""
CONFLICT = """error: No solution found when resolving dependencies
  cause: Because flask==3.0.0 depends on werkzeug>=3.0.0 and you require flask==3.0.0, we can conclude that \
you require werkzeug>=3.0.0.
         And because you require werkzeug==1.0, we can conclude that your requirements are unsatisfiable."""
PYTHON = """error: No solution found when resolving dependencies
  cause: Because the current Python version (3.11.7) does not satisfy Python>=3.12 and django==6.0 depends \
on Python>=3.12, we can conclude that django==6.0 cannot be used.
         And because you require django==6.0, we can conclude that your requirements are unsatisfiable."""
PROJECT_PYTHON = """Using CPython 3.11.7 interpreter at: /e/bin/python
error: The requested interpreter resolved to Python 3.11.7, which is incompatible with the project's Python \
requirement: `>=3.13` (from `project.requires-python`)"""
PLATFORM = """error: No solution found when resolving dependencies
  cause: Because pywin32==306 has no wheels with a matching platform tag (e.g., `manylinux_2_36_x86_64`) and \
you require pywin32==306, we can conclude that your requirements are unsatisfiable.

hint: Wheels are available for `pywin32` (v306) on the following platforms: `win32`, `win_amd64`"""
HASH = """error: Failed to download `six==1.16.0`
  cause: Hash mismatch for `six==1.16.0`

         Expected:
           sha256:0000"""
REFUSED = """error: Request failed after 3 retries in 9.6s
  cause: Failed to fetch: http://me:pw@127.0.0.1:9/simple/colorama/
  cause: error sending request for url (http://127.0.0.1:9/simple/colorama/)
  cause: client error (Connect)
  cause: tcp connect error
  cause: Connection refused (os error 111)"""
NO_DNS = """error: Failed to fetch: `https://nohost.invalid/simple/colorama/`
  Caused by: error sending request for url (https://nohost.invalid/simple/colorama/)
  Caused by: client error (Connect)
  Caused by: dns error"""
FORBIDDEN = """error: Failed to fetch: `https://host/simple/six/`
  Caused by: HTTP status client error (401 Unauthorized) for url (https://host/simple/six/)"""
NO_WHEELS = """error: Failed to read `--find-links` directory: /srv/shop/wheels
  cause: No such file or directory (os error 2)"""
GIT_COMMIT = """error: Failed to download and build `tinygit @ git+file:///srv/lib@0000`
  cause: Git operation failed
  cause: failed to fetch into: /root/.cache/uv/git-v1/db/4b00
  cause: process didn't exit successfully: `/usr/bin/git fetch --force` (exit status: 128)
         --- stderr
         fatal: git upload-pack: not our ref 0000"""
GIT_ODD = """error: Failed to download and build `tinygit @ git+https://host/x.git`
  cause: Git operation failed
  cause: failed to clone into: /root/.cache/uv/git-v1/db/0711
         --- stderr
         fatal: unable to access 'https://host/x.git/': SSL certificate problem: self-signed certificate"""
GIT_LOGIN = """error: Failed to download and build `x @ git+https://host/x.git`
  cause: Git operation failed
         --- stderr
         fatal: could not read Username for 'https://host': terminal prompts disabled"""
NO_GIT = """error: Failed to download and build `x @ git+https://host/x.git`
  cause: Git executable not found. Ensure that Git is installed and available."""
BUILD_OFFLINE = """error: Failed to build `tiny @ file:///srv/tiny`
  cause: Failed to resolve requirements from `build-system.requires`
  cause: No solution found when resolving: `flit-core`
  cause: Because flit-core was not found in the cache and you require flit-core, we can conclude that your \
requirements are unsatisfiable.

hint: Packages were unavailable because the network was disabled."""
UNWELL = """error: Failed to fetch: http://127.0.0.1:35749/simple/inhouse/
  cause: HTTP status server error (503 Service Unavailable) for url (http://127.0.0.1:35749/simple/inhouse/)"""
GONE = """error: Failed to download `six==1.16.0`
  cause: Failed to fetch: https://host/nix/six-1.16.0-py2.py3-none-any.whl
  cause: HTTP status client error (404 Not Found) for url (https://host/nix/six-1.16.0-py2.py3-none-any.whl)"""
NO_INDEX = """error: No solution found when resolving dependencies
  cause: Because six was not found in the provided package locations and you require six==1.15.0, we can \
conclude that your requirements are unsatisfiable."""
NOT_CACHED = """error: Failed to download `idna==3.20`
  cause: Network connectivity is disabled, but the requested data wasn't found in the cache: https://h/i.whl"""
OFFLINE = """error: No solution found when resolving dependencies
  cause: Because colorama==0.3.9 needs to be downloaded from a registry and you require colorama==0.3.9, we \
can conclude that your requirements are unsatisfiable.

hint: Packages were unavailable because the network was disabled. When the network is disabled, registry \
packages may only be read from the cache."""
GIT = """   Updating https://github.invalid/x/y (HEAD)
error: Git operation failed
  cause: failed to clone into: /c
         fatal: unable to access 'https://github.invalid/x/y/': Could not resolve host: github.invalid"""
STALE = """error: The lockfile at `uv.lock` needs to be updated, but `--locked` was provided.

hint: To update the lockfile, run `uv lock`."""
INCLUDE = """error: Error parsing included file in `requirements.txt` at position 0
  cause: failed to read from file `/srv/shop/nothere.txt`: No such file or directory (os error 2)"""
NO_FOLDER = "error: Distribution not found at: file:///srv/shop/nope"
TOML = """error: Failed to parse: pyproject.toml
  cause: Invalid `pyproject.toml`
  cause: TOML parse error at line 3, column 8
           |"""
FULL = "error: Failed to extract archive\n  cause: No space left on device (os error 28)"
UNHASHED = (
    "error: In `--require-hashes` mode, all requirements must have their versions pinned with `==`, "
    "but found: idna"
)
OTHER = "error: something that no one has seen"


@pytest.mark.parametrize(
    ("output", "what", "found", "fix"),
    [
        (NOT_FOUND, "There is no package webstead-x on the package index", "uv read", "spelling"),
        (NOT_FOUND_OLD, "There is no package webstead-x on the package index", "uv read", "spelling"),
        (
            NO_VERSION,
            "There is no flask==99.0 on the package index",
            "requirements.txt:2: flask==3.0.0",
            "Choose",
        ),
        (
            CONFLICT,
            "The requirements contradict each other",
            "requirements.txt:2: flask==3.0.0\nrequirements.txt:4: Werkzeug==1.0",
            "Loosen",
        ),
        (
            PYTHON,
            "django==6.0 needs Python >=3.12, and the site's is 3.11.7",
            "requirements.txt:5",
            "--runtime",
        ),
        (PROJECT_PYTHON, "The project asks for Python >=3.13, and the site's is 3.11.7", "", "--runtime"),
        (
            PLATFORM,
            "pywin32==306 has no file for this machine and Python 3.11.7",
            "requirements.txt:6",
            "win32",
        ),
        (
            HASH,
            "The file of six==1.16.0 is not the one that its hash names",
            "requirements.txt:1",
            "hashes anew",
        ),
        (REFUSED, "cannot be reached: http://***@127.0.0.1:9/simple/colorama/", "", "HTTPS_PROXY"),
        (NO_DNS, "cannot be reached: https://nohost.invalid/simple/colorama/", "", "UV_DEFAULT_INDEX"),
        (FORBIDDEN, "The package index refuses these credentials", "six", "token"),
        (NO_WHEELS, "The folder of wheels cannot be read: /srv/shop/wheels", "", "PYTHON_PRELOADED"),
        (GIT_COMMIT, "A commit or branch that requirements.txt names is not in its", "", "anew"),
        (GIT_ODD, "A requirement from git cannot be fetched", "", "branch"),
        (GIT_LOGIN, "requirements.txt names does not let this machine in", "", "deploy key"),
        (NO_GIT, "this machine has no git", "", "apt-get install git"),
        (BUILD_OFFLINE, "the network is switched off", "", "--offline"),
        (UNWELL, "The package index cannot answer: 503 Service Unavailable", "", "again"),
        (GONE, "not there any more: https://host/nix/six-1.16.0-py2.py3-none-any.whl", "six", "anew"),
        (NO_INDEX, "no file of six in the given folders", "requirements.txt:1: six", "pip download six"),
        (NOT_CACHED, "the network is switched off", "", "UV_OFFLINE"),
        (OFFLINE, "the network is switched off", "", "UV_OFFLINE"),
        (GIT, "The host of a repository that requirements.txt names", "", "HTTPS_PROXY"),
        (STALE, "uv.lock does not fit pyproject.toml", "", "Run `uv lock` in /srv/shop."),
        (INCLUDE, "requirements.txt includes a file that cannot be read", "", "after -r"),
        (
            NO_FOLDER,
            "A local folder that requirements.txt names is not a Python package",
            "",
            "pyproject.toml",
        ),
        (TOML, "requirements.txt is not valid TOML (line 3, column 8)", "", "Correct that line"),
        (FULL, "The disk is full", "", "uv cache clean"),
        (UNHASHED, "idna has no hash, and other requirements have one", "", "--generate-hashes"),
        (OTHER, "uv could not install what requirements.txt asks for", "", "uv's words"),
    ],
)
def test_each_kind_of_failure_has_its_own_words(output: str, what: str, found: str, fix: str) -> None:
    error = explained(output)
    assert what in error.what
    assert found in error.found
    assert fix in error.fix
    assert "{" not in error.what + error.fix


def test_every_kind_in_the_table_is_met_by_a_sample() -> None:
    """A pattern that no sample decides for may be dead."""
    samples = [value for name, value in globals().items() if name.isupper() and isinstance(value, str)]
    samples += [
        BAD_LINE,
        BAD_OPTION,
        "error: operation timed out",
        "error: stream did not contain valid UTF-8",
    ]
    decided = {next((k.what for k in KINDS if k.pattern.search(sample)), None) for sample in samples}
    assert {kind.what for kind in KINDS} <= decided


BAD_LINE = """error: Couldn't parse requirement in `requirements.txt` at position 11
  cause: no such comparison operator "=", must be one of ~= == != <= >= < > ===
         flask = 3
               ^^^"""
BAD_OPTION = (
    "error: Unexpected '-', expected '-c', '-e', '-r' or the start of a requirement: requirements.txt:3:1"
)


def test_a_line_that_is_no_requirement_is_shown() -> None:
    error = explained(BAD_LINE, "six\n# note\nflask = 3\n")
    assert error.what == "requirements.txt has a line that is no requirement"
    assert error.found == "requirements.txt:3: flask = 3"
    assert explained(BAD_OPTION, "six\n\n--foo\n").found == "requirements.txt:3: --foo"


COMPILE = """   Building {name}
error: Failed to build `{name}`
  cause: The build backend returned an error
  cause: Call to `setuptools.build_meta.build_wheel` failed (exit status: 1)

         [stderr]
         {line}"""


@pytest.mark.parametrize(
    ("line", "what", "fix"),
    [
        (
            "x.c:1:10: fatal error: nothere/lib.h: No such file or directory",
            "the C header nothere/lib.h",
            "apt-file",
        ),
        (
            "x.c:1:10: fatal error: Python.h: No such file or directory",
            "the headers of Python",
            "python3-dev",
        ),
        ("Error: pg_config executable not found.", "PostgreSQL's client library", "libpq-dev"),
        ("Command 'pkg-config --exists mysqlclient' returned", "MySQL's client library", "pkg-config"),
        ("c/_cffi_backend.c:15:10: fatal error: ffi.h: No such file or directory", "libffi", "libffi-dev"),
        ("error: command 'gcc' failed: No such file or directory", "a C compiler", "build-essential"),
        ("error: command 'x86_64-linux-gnu-gcc' failed: No such file", "a C compiler", "build-essential"),
        ("error: [Errno 2] No such file or directory: 'cc'", "a C compiler", "build-essential"),
        ("unable to execute 'g++': No such file or directory", "a C compiler", "build-essential"),
        ("error: can't find Rust compiler", "Rust", "cargo"),
        ("/usr/bin/ld: cannot find -lsnappy: No such file or directory", "the library snappy", "Install it"),
        ("error: Microsoft Visual C++ 14.0 or greater is required.", "Microsoft's C++ compiler", "wheel"),
    ],
)
def test_a_compilation_that_fails_names_what_is_missing(line: str, what: str, fix: str) -> None:
    error = explained(COMPILE.format(name="thing==2.0", line=line))
    assert error.what.startswith("thing==2.0 has no ready-made wheel for Python 3.11.7, and building it here")
    assert error.what.endswith(f"{what} is missing")
    assert fix in error.fix
    assert line in error.detail


def test_a_compilation_of_unknown_cause_points_at_its_words() -> None:
    line = "error: Command '['gcc', '-c', 'x.c']' returned non-zero exit status 1."
    error = explained(COMPILE.format(name="six", line=line))
    assert error.what.endswith("building it here failed")
    assert error.found == "requirements.txt:1: six"


def test_the_detail_is_bounded_and_keeps_the_end() -> None:
    error = explained("\n".join(f"line {n}" for n in range(1000)))
    assert error.detail.splitlines()[-1] == "line 999"
    assert len(error.detail.splitlines()) == 120


def test_many_named_lines_are_counted() -> None:
    names = [f"p{n}" for n in range(20)]
    error = explained("error: No solution found when resolving\n cause: " + " ".join(names), "\n".join(names))
    assert error.found.splitlines()[-1] == "and 12 more"


@given(st.text() | st.text().map(lambda text: BAD_LINE.replace("flask", text)), st.text())
def test_no_output_breaks_the_reader(output: str, requirements: str) -> None:
    error = explained(output, requirements)
    assert error.what
    assert error.fix


def test_all_that_cannot_be_had_without_the_network_is_named_with_its_line() -> None:
    listed = read_requirements(MemoryTree({"requirements.txt": REQUIREMENTS}), "requirements.txt").listed
    output = ("hint: Packages were unavailable because the network was disabled.",)
    failure = Failure(
        output, "requirements.txt", "3.11", "/s", listed, absent=("six", "Werkzeug==1.0", "x>1")
    )
    assert failure.cut_off
    assert explain(failure).found.splitlines() == [
        "not here: six (requirements.txt:1)",
        "not here: Werkzeug==1.0 (requirements.txt:4)",
        "not here: x>1",
    ]


LOCK = """[[package]]
name = "six"
version = "1.16.0"

[[package]]
name = "pywin32"
version = "306"
"""


@pytest.mark.parametrize(
    ("output", "found"),
    [
        (HASH, ["poetry.lock:2: six"]),
        (PLATFORM, ["poetry.lock:6: pywin32", "pywin32 has files for win32, win_amd64"]),
        (NO_VERSION, ["uv read poetry.lock"]),
    ],
)
def test_of_a_lock_the_line_of_its_entry_is_named(output: str, found: list[str]) -> None:
    failure = Failure(output.splitlines(), "poetry.lock", "3.11", "/s", (), {"poetry.lock": LOCK})
    assert explain(failure).found.splitlines() == found


def test_hashes_of_a_lock_are_written_by_its_tool() -> None:
    failure = Failure(HASH.splitlines(), "poetry.lock", "3.11", "/s", (), {"poetry.lock": LOCK})
    assert "(poetry lock)" in explain(failure).fix


def test_the_pythons_that_a_package_has_files_for_are_named() -> None:
    output = """error: No solution found when resolving dependencies
  cause: Because tensorflow==2.8.0 has no wheels with a matching Python ABI tag (e.g., `cp311`) and you \
require tensorflow==2.8.0, we can conclude that your requirements are unsatisfiable.

hint: You require CPython 3.11 (`cp311`), but we only found wheels for `tensorflow` (v2.8.0) with the \
following Python ABI tags: `cp37m`, `cp38`, `cp39`, `cp310`"""
    assert explained(output).found.splitlines()[-1] == "tensorflow has files for Python 3.7, 3.8, 3.9, 3.10"


BUILD = """error: Failed to build `x==1`
  cause: The build backend returned an error

         [stderr]
         """


@pytest.mark.parametrize(
    ("said", "what", "package"),
    [
        (
            "Could not run curl-config: [Errno 2] No such file or directory: 'curl-config'",
            "the program curl-config",
            "libcurl4-openssl-dev",
        ),
        (
            '../cairo/meson.build:31:12: ERROR: Dependency "cairo" not found (tried pkg-config and cmake)',
            "the library cairo",
            "libcairo2-dev",
        ),
        ("/bin/sh: 1: krb5-config: not found", "the program krb5-config", "libkrb5-dev"),
        (
            "src/device_api.c:9:10: fatal error: portaudio.h: No such file or directory",
            "the C header portaudio.h",
            "portaudio19-dev",
        ),
        (
            "cups.c:3:10: fatal error: cups/http.h: No such file or directory",
            "the C header cups/http.h",
            "libcups2-dev",
        ),
        ("Could not find `dot` executable!", "the program dot", "graphviz libgraphviz-dev"),
        (
            "OSError: Could not find library geos_c or load any of its variants",
            "the library geos_c",
            "libgeos-dev",
        ),
        (
            "error: libhdf5.so: cannot open shared object file: No such file",
            "the library hdf5",
            "libhdf5-dev",
        ),
        (
            "Package libsystemd was not found in the pkg-config search path.",
            "the library libsystemd",
            "libsystemd-dev",
        ),
        ("/usr/bin/ld: cannot find -lblas: No such file or directory", "the library blas", "libopenblas-dev"),
    ],
)
def test_what_a_builder_lacks_is_told_with_its_debian_package(said: str, what: str, package: str) -> None:
    error = explained(BUILD + said)
    assert error.what.endswith(f"building it here failed: {what} is missing")
    assert f"apt-get install {package})" in error.fix


def test_a_header_that_no_table_has_is_to_be_searched_for() -> None:
    error = explained(BUILD + "a.c:1:1: fatal error: odd/thing.h: No such file or directory")
    assert "apt-file search odd/thing.h" in error.fix


def test_a_token_in_the_line_of_a_requirement_is_masked() -> None:
    requirements = "six @ https://me:t0ken@host/six-1.0-py3-none-any.whl\n"
    output = "error: Failed to download `six @ https://me:t0ken@host/six-1.0-py3-none-any.whl`"
    error = explained(output, requirements)
    assert error.found == "requirements.txt:1: six @ https://***@host/six-1.0-py3-none-any.whl"
    assert "t0ken" not in str(error.as_json())
