"""Every place that states a Python, in one table: the strongest first, each with what reads it.

First what is kept to choose the Python and nothing else; then what the packages need; then what other hosts
are told. Files of a folder's manifests go before those of the project's root.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from webstead.project.evidence import Evidence
from webstead.project.finding import Finding
from webstead.project.manifests.conda import parse_conda
from webstead.project.manifests.pyproject import read_pyproject
from webstead.project.manifests.setup_files import setup_of
from webstead.project.manifests.toml import table, text, texts
from webstead.project.manifests.toml_file import read_toml
from webstead.project.paths import folder_of
from webstead.project.python_statement import PythonStatement, exact_or_finding, of_poetry, span
from webstead.project.text import decode
from webstead.project.tree import Tree

__all__ = ["SOURCES", "Said", "Source"]

Said = PythonStatement | Finding
Reader = Callable[[Tree, str], Iterator[Said]]

MAX_BYTES = 8 << 20  # of a file that one line is looked for in: a lock of 1000 packages has 3 MB
_UNSAID = frozenset({"system", "latest", "path", "default"})
"""What version managers take for a version, and what says nothing of one."""


@dataclass(frozen=True, slots=True)
class Source:
    """names: files, in lower case, beside the manifests or in the root, of which each is read. what: of the
    file it is."""

    names: tuple[str, ...]
    read: Reader
    what: str


def _first_line(tree: Tree, path: str) -> Iterator[Said]:
    """The first line that is no comment: pyenv may list several versions, of which the first is the
    default."""
    example = "python-3.12" if path.endswith("runtime.txt") else "3.12"
    for number, raw in enumerate(decode(tree.read(path)).lines, 1):
        line = raw.partition("#")[0].strip()
        if line:
            yield exact_or_finding(line, Evidence(path, number, ""), example)
            return
    fix = f"Write a version such as {example} into {path}, or delete it."
    yield Finding(f"{path} is empty.", fix, (Evidence(path, 0, "empty"),))


def _tool_versions(tree: Tree, path: str) -> Iterator[Said]:
    """asdf: `python 3.12.4 3.11.9`, of which the first is the default."""
    for number, raw in enumerate(_lines(tree, path), 1):
        words = raw.partition("#")[0].split()
        if len(words) > 1 and words[0] == "python" and words[1] not in _UNSAID:
            yield exact_or_finding(words[1], Evidence(path, number, ""), "python 3.12")
            return


def _mise(tree: Tree, path: str) -> Iterator[Said]:
    file = read_toml(tree, path)
    tools = table(file.data, "tools")
    told = tools.get("python")
    version = text(told, "version") if isinstance(told, Mapping) else next(iter(texts(tools, "python")), "")
    version = version or text(tools, "python")
    if version and version not in _UNSAID:
        yield exact_or_finding(version, Evidence(path, file.line_of_key("python", "tools"), ""))


def _conda(tree: Tree, path: str) -> Iterator[Said]:
    """`python=3.12` among the packages of a conda environment."""
    found = parse_conda(path, tree.read(path)).python
    asked = found.python if found else None
    if found is not None and asked:
        evidence = Evidence(path, found.line, f"asks for {found.text}")
        yield PythonStatement(asked, "cpython", asked[0].isdigit(), evidence)


def _pipfile(tree: Tree, path: str) -> Iterator[Said]:
    file = read_toml(tree, path)
    requires = table(file.data, "requires")
    for key in ("python_full_version", "python_version"):
        if version := text(requires, key).strip():
            yield exact_or_finding(version, Evidence(path, file.line_of_key(key, "requires"), ""))
            return


def _pipfile_lock(tree: Tree, path: str) -> Iterator[Said]:
    try:
        data = json.loads(decode(tree.read(path)).text)
    except (ValueError, RecursionError):
        return  # the lock's own reader says so
    requires = table(data, "_meta", "requires")
    lines = decode(tree.read(path)).lines
    for key in ("python_full_version", "python_version"):
        if version := text(requires, key).strip():
            number = next((n for n, line in enumerate(lines, 1) if f'"{key}"' in line), 0)
            yield exact_or_finding(version, Evidence(path, number, ""))
            return


def _pyproject(tree: Tree, path: str) -> Iterator[Said]:
    read = read_pyproject(tree, path)
    if read.requires_python is not None:
        yield span(read.requires_python, Evidence(path, read.python_line, ""))
    file = read_toml(tree, path)
    python = text(table(file.data, "tool", "poetry", "dependencies"), "python")
    if python:
        line = file.line_of_key("python", "tool.poetry.dependencies")
        yield from _if_any(of_poetry(python, Evidence(path, line, "")))


def _if_any(said: Said | None) -> Iterator[Said]:
    if said is not None:
        yield said


def _setup(tree: Tree, path: str) -> Iterator[Said]:
    """setup.cfg and setup.py are one source: each is asked, and one answers."""
    said = setup_of(tree, folder_of(path)).python
    if said is not None and said[1].path == path:
        yield span(said[0], said[1])


def _line(pattern: str, said: Callable[[str, Evidence], Said | None]) -> Reader:
    """Of a file with one line that matters: the group is the version."""
    compiled = re.compile(pattern, re.MULTILINE)

    def read(tree: Tree, path: str) -> Iterator[Said]:
        content = "\n".join(_lines(tree, path))
        found = compiled.search(content)
        if found:
            version = ".".join(part for part in found.groups() if part)
            evidence = Evidence(path, content.count("\n", 0, found.start(1)) + 1, "")
            yield from _if_any(said(version, evidence))

    return read


_ARG = re.compile(r"^\s*ARG\s+(\w+)=[\"']?([\w.-]+)", re.IGNORECASE)
_FROM = re.compile(r"^\s*FROM\s+(?:--\S+\s+)*(\S+)", re.IGNORECASE)
_USED = re.compile(r"\$(?:\{(\w+)(?::?-([\w.-]+))?\}|(\w+))")
_IMAGE = re.compile(
    r"(?:^|/)python:(?:\d+-)?v?(\d+\.\d+(?:\.\d+)?)|:(?:.*[^a-z])?python-?(\d+\.\d+(?:\.\d+)?)"
)


def _dockerfile(tree: Tree, path: str) -> Iterator[Said]:
    """`FROM python:3.12-slim` of the last stage that has one, with the defaults of its arguments."""
    arguments: dict[str, str] = {}
    found: tuple[str, int] | None = None
    for number, line in enumerate(_lines(tree, path), 1):
        if argument := _ARG.match(line):
            arguments.setdefault(argument[1], argument[2])
        elif base := _FROM.match(line):
            image = _USED.sub(lambda use: arguments.get(use[1] or use[3], use[2] or ""), base[1])
            version = _IMAGE.search(image)
            found = (version[1] or version[2], number) if version else found
    if found:
        yield exact_or_finding(found[0], Evidence(path, found[1], ""))


def _lines(tree: Tree, path: str) -> list[str]:
    data = tree.read(path)
    return decode(data).lines if len(data) <= MAX_BYTES else []


SOURCES: tuple[Source, ...] = (
    Source((".python-version",), _first_line, "pyenv's and uv's file"),
    Source(("runtime.txt",), _first_line, "Heroku's and Oryx's file"),
    Source((".tool-versions",), _tool_versions, "`python` of asdf"),
    Source(("mise.toml", ".mise.toml"), _mise, "`[tools] python` of mise"),
    Source(("environment.yaml", "environment.yml"), _conda, "`python` among conda's packages"),
    Source(("pipfile",), _pipfile, "`[requires]` of Pipenv"),
    Source(("pipfile.lock",), _pipfile_lock, "`_meta.requires` of Pipenv"),
    Source(("pyproject.toml",), _pyproject, "`requires-python`; `python` of Poetry's dependencies"),
    Source(("setup.cfg", "setup.py"), _setup, "`python_requires`"),
    Source(("uv.lock",), _line(r"\A(?:.*\n){0,8}?requires-python = \"([^\"]+)\"", span), "`requires-python`"),
    Source(
        ("poetry.lock",),
        _line(r"^python-versions = \"([^\"]+)\"\n(?:content-hash|\Z)", of_poetry),
        "`python-versions` of its metadata",
    ),
    Source(
        ("render.yaml",),
        _line(r"key:\s*[\"']?PYTHON_VERSION[\"']?\s*\n\s*value:\s*[\"']?(\d[\w.]*)", exact_or_finding),
        "the variable PYTHON_VERSION",
    ),
    Source(
        ("netlify.toml",),
        _line(r"^\s*PYTHON_VERSION\s*=\s*[\"']?(\d[\w.]*)", exact_or_finding),
        "the variable PYTHON_VERSION",
    ),
    Source(
        ("app.yaml", "app.yml"),
        _line(r"^runtime:\s*[\"']?python(3)(\d{1,2})\b", exact_or_finding),
        "`runtime` of App Engine",
    ),
    Source(("dockerfile", "containerfile"), _dockerfile, "`FROM python:3.12` of the last stage"),
)
