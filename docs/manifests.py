"""The reference page of manifests and of the Python version, from the tables that projects are read by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from webstead.project.manifests import KINDS, Kind
from webstead.project.manifests.reading import READERS
from webstead.project.manifests.requirement_names import REQUIREMENT_NAMES
from webstead.project.python_sources import SOURCES

__all__ = ["manifests_page"]


class _Said(NamedTuple):
    read: str
    installed: str


_SAID: dict[Kind, _Said] = {
    "lock": _Said("all that it fixes, for the `pyproject.toml` beside it", "`uv sync --locked`, no groups"),
    "poetry.lock": _Said("what it fixes for the main group", "each package in its version, hashes checked"),
    "pdm.lock": _Said("what it fixes for production", "each package in its version, hashes checked"),
    "pipfile.lock": _Said("`default`", "each package in its version, hashes checked"),
    "pylock": _Said("PEP 751: what it fixes without extras and groups", "by uv, hashes checked"),
    "requirements": _Said(
        "as pip reads it: includes, constraints, options, hashes, any encoding",
        "by uv from the file itself; a copy, where uv does not read what pip reads",
    ),
    "pyproject": _Said(
        "PEP 621 `dependencies`; when they are dynamic, the files that setuptools or "
        "hatch-requirements-txt name, "
        "else setup.cfg and setup.py, else its build backend is asked; `[tool.flit.metadata] requires`; "
        "sources "
        "of PDM and Poetry 2",
        "by uv from the file itself, or from requirement lines; never the project itself",
    ),
    "poetry": _Said(
        "`[tool.poetry.dependencies]` that `[project]` does not state, and `[[tool.poetry.source]]`",
        "as requirement lines",
    ),
    "pipfile": _Said("`[packages]` and `[[source]]`", "as requirement lines"),
    "setup": _Said(
        "`install_requires`; setup.py by its syntax tree: lists, names, sums, files that it reads. "
        "setup.cfg goes "
        "before setup.py",
        "as requirement lines; what is computed, by its build backend, in a copy",
    ),
    "conda": _Said(
        "channels, packages, the `pip` part, variables; conda-lock's lock",
        "by rattler, and uv for the `pip` part",
    ),
    "vendored": _Said(
        "packages that are in the project: `.python_packages`, `__oryx_packages__`, `vendor`",
        "not: used as they are",
    ),
}

_WORDS = (
    "Packages are installed from one manifest: the first of this table that is there, in the project's "
    "root, or "
    "else in its only folder that has one. What is for developers is never installed: dependency groups "
    "(PEP 735), Poetry's groups other than `main`, extras and optional dependencies, `[dev-packages]`, "
    "environments of Hatch, `dev-dependencies`.\n\n"
)

_MORE = (
    "`CUSTOM_REQUIREMENTSTXT_PATH`, in `build.env` or by `--env`, names a requirements file that goes before "
    "all of them; the build fails when it is not there. `CUSTOM_BUILD_COMMAND` takes the place of them all "
    "([hooks](../how-to/build-hooks.md)). A conda environment whose `pip` part installs another "
    "manifest goes "
    "before that. Where two manifests of different tools are there, the plan names the one that is not "
    "read; so "
    "it does with a file whose name is misspelt, with the command that renames it.\n\n"
    "pixi's files are not installed from: `pixi workspace export conda-environment environment.yml` "
    "writes one "
    "that is.\n\n"
    "## Requirements files of other names\n\n"
    "Where nothing else states packages, the first of these is taken, and the plan names those that are "
    "not:\n\n"
)

_CONVERTED = """## What is converted

| Written | Installed |
| --- | --- |
| Poetry `^1.2.3`, `~1.2`, `1.*`, `1.2.3` | `>=1.2.3,<2`, `>=1.2,<1.3`, `==1.*`, `==1.2.3` |
| Poetry `^1 \\|\\| ^3` | `>=1,<4,!=2.*` |
| Poetry `{ version = "^1", python = "<3.12", markers = "…" }` | one line with both as its marker |
| `{ git = "git@host:a/b.git", tag = "v1" }` | `name @ git+ssh://git@host/a/b.git@v1` |
| `{ path = "libs/x", develop = true }` | `-e ./libs/x` |
| Poetry's and PDM's sources, Pipenv's second ones | `UV_INDEX`: they are asked before PyPI |
| Pipenv's first source, Poetry's `default` | `UV_DEFAULT_INDEX`, unless your own variables say one |
| `${TOKEN}` in their addresses, `POETRY_HTTP_BASIC_NAME_PASSWORD` | from the variables of the build |

What has no such form is named by the plan with its line, and what is installed instead.

"""

_PYTHON = (
    "## The Python\n\n"
    "`--runtime` and `PYTHON_VERSION` go before all. Else it is the strongest of these that names one "
    "version "
    "and does not contradict a stronger one; without any, the strongest range; without that, "
    "`PYTHON_DEFAULT_VERSION`, and the Python that Webstead runs on. Each two places that contradict "
    "each other "
    "are named by the plan. The first of the table is the strongest; a file beside the manifests goes before "
    "the same one in the root.\n\n"
    "| File | What is read |\n| --- | --- |\n"
)


def manifests_page(made: str) -> str:
    return "".join(
        [
            "# Manifests, and the Python\n\n",
            made,
            _WORDS,
            "| Manifest | What is read | How it is installed |\n| --- | --- | --- |\n",
            *_manifests(),
            "\n" + _MORE,
            *_other_names(),
            "\n" + _CONVERTED,
            _PYTHON,
            *(f"| {_names(source.names)} | {source.what} |\n" for source in SOURCES),
        ]
    )


def _manifests() -> Iterator[str]:
    for kind in KINDS:
        said = _SAID[kind]
        names = _names(READERS[kind][0]) or "folders"
        yield f"| {names} (`{kind}`) | {said.read} | {said.installed} |\n"


_TITLES = {
    "pipfile": "Pipfile",
    "pipfile.lock": "Pipfile.lock",
    "dockerfile": "Dockerfile",
    "containerfile": "Containerfile",
}


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{_TITLES.get(name, name)}`" for name in names)


_SHOWN = 12


def _other_names() -> Iterator[str]:
    names = [name for name in REQUIREMENT_NAMES if name.startswith("requirements/") and name.endswith(".txt")]
    yield f"{', '.join(f'`{name}`' for name in names[:_SHOWN])}, …\n\n"
    yield (
        f"There are {len(REQUIREMENT_NAMES)}: words for production first (`production`, `prod`, `deploy`…), "
        "then those for all (`base`, `main`, `common`…), in a folder or in the name "
        "(`requirements-prod.txt`, `prod_requirements.txt`, `reqs.txt`), each as `.txt`, `.pip` and `.in`. "
        "A file for developers (`dev`, `test`, `docs`…) is not among them.\n"
    )
