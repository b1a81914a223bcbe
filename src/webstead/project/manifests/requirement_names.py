"""Requirements files that are called otherwise than requirements.txt, and the one that is for production.

Pure convention: the names are those met in public repositories, the best first. A file for developers, tests
or documentation is never taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from webstead.project.evidence import Evidence
from webstead.project.finding import Finding
from webstead.project.manifests.model import Manifest
from webstead.project.manifests.requirements import read_requirements
from webstead.project.paths import folder_of, join
from webstead.project.stated import Stated
from webstead.project.tree import Tree

__all__ = ["REQUIREMENT_NAMES", "named_requirements", "other_requirements"]

SETTING = "CUSTOM_REQUIREMENTSTXT_PATH"

_PRODUCTION = ("production", "prod", "deploy", "live", "heroku", "server", "web")
_COMMON = ("requirements", "base", "main", "common", "core", "default", "app", "all")
_STEMS = ("requirements", "reqs", "pip-requirements", "pip_requirements", "deps")
_DEVELOPERS = re.compile(
    r"(?:^|[^a-z])(?:dev|develop|development|test|tests|testing|local|docs?|ci|lint|style|type|types|typing"
    r"|build|tox|bench|notebook)s?(?:[^a-z]|$)",
    re.IGNORECASE,
)
_LOOKS_LIKE_ONE = re.compile(r"(?:.*[-_.])?(?:requirements?|reqs)(?:[-_.].*)?\.(?:txt|in|pip)", re.IGNORECASE)


def _patterns() -> Iterator[str]:
    """Names in the order of preference, in lower case, seen from the folder of the manifests."""
    for end in (".txt", ".pip", ".in"):
        for word in _PRODUCTION:
            yield f"requirements/{word}{end}"
            yield from (f"requirements{sign}{word}{end}" for sign in "-_.")
            yield from (f"{word}{sign}requirements{end}" for sign in "-_.")
        yield from (f"requirements{end}", *(f"requirements/{word}{end}" for word in _COMMON))
        yield from (f"requirements{sign}{word}{end}" for word in _COMMON for sign in "-_.")
        yield from (f"{stem}{end}" for stem in _STEMS)
        words = (*_PRODUCTION, *_COMMON)
        yield from (f"{folder}/{word}{end}" for folder in ("reqs", "deps") for word in words)


REQUIREMENT_NAMES = tuple(dict.fromkeys(_patterns()))


def named_requirements(tree: Tree, named: Stated) -> Manifest:
    """The file that CUSTOM_REQUIREMENTSTXT_PATH names. One that is not there lists nothing; the build fails
    with it, if no hook has written it by then."""
    path = join(".", named.value.strip())
    why = f"{SETTING} of {named.evidence.where} names it"
    if path is not None and path in tree.files():
        return replace(read_requirements(tree, path), why=why)
    shown = path or named.value.strip()
    text = (
        f"{SETTING} is {named.value.strip()} in {named.evidence.where}, and the project has no such file; "
        "the build will fail, unless a pre-build step writes it."
    )
    fix = f"Correct the path, which counts from the project's root, or unset {SETTING}."
    finding = Finding(text, fix, (named.evidence,))
    return Manifest("requirements", shown, (shown,), why, findings=(finding,))


def other_requirements(tree: Tree, folder: str) -> tuple[Manifest | None, tuple[Finding, ...]]:
    """The best of the files with another name, and what is said of it and of those that are not taken. Looked
    for where nothing else states packages."""
    there = {path.lower(): path for path in tree.files()}
    names = (join(folder, name) for name in REQUIREMENT_NAMES)
    found = [there[name.lower()] for name in names if name is not None and name.lower() in there]
    if not found:
        return None, tuple(_for_developers(tree, folder))
    first = found[0]
    manifest = replace(read_requirements(tree, first), why=f"the best of what there is: no {_plain(folder)}")
    return manifest, tuple(_said(manifest, first, found, folder))


def _plain(folder: str) -> str:
    return join(folder, "requirements.txt") or "requirements.txt"


def _said(manifest: Manifest, first: str, found: Sequence[str], folder: str) -> Iterator[Finding]:
    others = [path for path in found[1:] if path not in manifest.files and not _compiled(path, first)]
    evidence = (Evidence(first, 0, "is installed"), *(Evidence(path, 0, "is not") for path in others))
    if others:
        text = f"{first} is installed; {_listed(others)} {'are' if len(others) > 1 else 'is'} not."
        fix = f"To take another, add a line to build.env: {SETTING}={others[0]}"
        yield Finding(text, fix, evidence)
    if first.endswith(".in"):
        text = f"{first} is installed as it is: which versions, is decided anew with each build."
        compiled = f"{first.removesuffix('.in')}.txt"
        yield Finding(text, f"Fix them: uv pip compile {first} -o {compiled}", evidence[:1])


def _compiled(path: str, first: str) -> bool:
    """`requirements.in` beside the `requirements.txt` that was made from it."""
    return path.rpartition(".")[0] == first.rpartition(".")[0]


def _listed(paths: Sequence[str]) -> str:
    return paths[0] if len(paths) == 1 else f"{', '.join(paths[:-1])} and {paths[-1]}"


def _for_developers(tree: Tree, folder: str) -> Iterator[Finding]:
    """Files that are named like requirements, none of which is for production."""
    near = (folder, join(folder, "requirements") or folder)
    for path in tree.files():
        name = path.rpartition("/")[2]
        inside = folder_of(path) == near[1] and name.endswith((".txt", ".in"))
        if (folder_of(path) == folder and _LOOKS_LIKE_ONE.fullmatch(name)) or inside:
            whose = "is for developers" if _DEVELOPERS.search(name) else "has a name that nothing reads"
            yield Finding(
                f"{path} {whose}: it is not installed.",
                f"To install it, add a line to build.env: {SETTING}={path}",
                (Evidence(path, 0, whose),),
            )
            return
