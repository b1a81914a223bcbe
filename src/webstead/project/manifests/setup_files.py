"""setup.py and setup.cfg: what setuptools installs for a project, when that can be read without running it.

Source: setuptools' "Configuring setuptools using setup.cfg files". What setup.cfg says goes before what
setup.py gives.
"""

from __future__ import annotations

import configparser
import re
from collections.abc import Sequence
from dataclasses import dataclass

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from webstead.project.evidence import Evidence
from webstead.project.finding import Finding
from webstead.project.manifests.model import Listed, Manifest
from webstead.project.manifests.requirements import read_requirements
from webstead.project.manifests.setup_script import SetupScript, Stated, read_setup_script
from webstead.project.paths import folder_of, join, name_of
from webstead.project.text import decode
from webstead.project.tree import Tree

__all__ = ["Setup", "metadata_files", "read_setup", "setup_of"]

MAX_METADATA_BYTES = 1 << 20

_METADATA = re.compile(
    r"pyproject\.toml|setup\.(?:py|cfg)|MANIFEST\.in|.*(?:requirements?|reqs|deps|constraints).*"
    r"|_*version(?:__)?(?:\.\w+)?|_*about_*\.py|readme(?:\.\w+)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Setup:
    """What both files say. python: with its evidence. computed: where install_requires cannot be read."""

    requires: tuple[tuple[str, Evidence], ...] | None = None
    files: tuple[tuple[str, Evidence], ...] = ()
    python: tuple[str, Evidence] | None = None
    computed: Evidence | None = None
    findings: tuple[Finding, ...] = ()


def read_setup(tree: Tree, path: str) -> Manifest | None:
    """path: either file. None when they state no packages. A setup.py that only reads a requirements file
    makes that file the manifest."""
    setup = setup_of(tree, folder_of(path))
    if setup.computed:
        return _computed(tree, setup.computed, setup)
    if setup.requires is None:
        return None
    if not setup.requires and len(setup.files) == 1:
        return _its_file(tree, *setup.files[0])
    places = [evidence.path for _, evidence in (*setup.requires, *setup.files)]
    return _stated(tree, places[0] if places else path, setup)


def _its_file(tree: Tree, path: str, evidence: Evidence) -> Manifest:
    read = read_requirements(tree, path)
    return Manifest(
        "requirements",
        path,
        tuple(dict.fromkeys((*read.files, evidence.path))),
        f"{evidence.where} reads it",
        read.listed,
        findings=read.findings,
    )


def _stated(tree: Tree, path: str, setup: Setup) -> Manifest:
    read = [read_requirements(tree, file) for file, _ in setup.files]
    own = [_listed(text, evidence) for text, evidence in setup.requires or ()]
    listed = (*(item for item in own if item), *(item for each in read for item in each.listed))
    lines = (
        *(text for text, _ in setup.requires or ()),
        *(item.text for each in read for item in each.listed),
    )
    places = dict.fromkeys((path, *(file for each in read for file in each.files)))
    findings = (*setup.findings, *(finding for each in read for finding in each.findings))
    return Manifest("setup", path, tuple(places), "install_requires", listed, findings=findings, lines=lines)


def _listed(text: str, evidence: Evidence) -> Listed | None:
    try:
        return Listed(canonicalize_name(Requirement(text).name), text, evidence)
    except (InvalidRequirement, RecursionError):
        return None  # uv names it, with its own message, when it installs


def _computed(tree: Tree, where: Evidence, setup: Setup) -> Manifest:
    finding = Finding(
        f"{where.where} computes install_requires: what it asks for is known only when the site is built.",
        "To see it in the plan, write install_requires as a list of texts, or in a requirements.txt.",
        (where,),
    )
    return Manifest(
        "setup",
        where.path,
        metadata_files(tree, where.path),
        "its packages are computed by its own build backend",
        findings=(*setup.findings, finding),
        computed=True,
    )


def metadata_files(tree: Tree, path: str) -> tuple[str, ...]:
    """path, and the files beside it that a build backend is likely to take dependencies from: their bytes
    address the environment."""
    folder = folder_of(path)
    named = [
        path for path in tree.files() if folder_of(path) == folder and _METADATA.fullmatch(name_of(path))
    ]
    prefix = "" if folder == "." else f"{folder}/"
    inside = [p for p in tree.files() if p.startswith((f"{prefix}requirements/", f"{prefix}reqs/"))]
    return tuple(dict.fromkeys((path, *named, *inside)))


def setup_of(tree: Tree, folder: str) -> Setup:
    """Both files of a folder, setup.cfg's words before setup.py's."""
    files = tree.files()
    script_path, config_path = join(folder, "setup.py"), join(folder, "setup.cfg")
    has_script, has_config = script_path in files, config_path in files
    config = _config(tree, config_path) if config_path and has_config else Setup()
    if not script_path or not has_script:
        return config
    script = read_setup_script(script_path, tree.read(script_path), files, folder)
    return _joined(config, script, script_path)


def _joined(config: Setup, script: SetupScript, path: str) -> Setup:
    python = config.python
    if python is None and script.python is not None:
        said, line = script.python
        python = (said, Evidence(path, line, f"asks for {said}"))
    findings = (*config.findings, *([script.problem] if script.problem else []))
    if config.requires is not None:
        return Setup(config.requires, config.files, python, None, findings)
    if script.computed:
        evidence = Evidence(path, script.computed, "install_requires is computed")
        return Setup(python=python, computed=evidence, findings=findings)
    if script.requires is None:
        return Setup(python=python, findings=findings)
    return Setup(*_placed(script.requires, path), python=python, findings=findings)


def _placed(
    stated: Stated, path: str
) -> tuple[tuple[tuple[str, Evidence], ...], tuple[tuple[str, Evidence], ...]]:
    texts = tuple((text, Evidence(path, line, f"lists {text}")) for text, line in stated.texts if text)
    files = tuple((file, Evidence(path, line, f"reads {file}")) for file, line in stated.files)
    return texts, files


def _config(tree: Tree, path: str) -> Setup:
    text = decode(tree.read(path)).text
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(text)
    except configparser.Error as error:
        why = str(error).splitlines()[0]
        evidence = (Evidence(path, getattr(error, "lineno", 0) or 0, why),)
        return Setup(findings=(Finding(f"{path} is no INI file: {why}", "Correct the file.", evidence),))
    options = dict(parser.items("options")) if parser.has_section("options") else {}
    python = options.get("python_requires", options.get("python-requires", "")).strip()
    stated = options.get("install_requires", options.get("install-requires"))
    asked = (python, Evidence(path, _line(text, "python_requires"), f"asks for {python}")) if python else None
    if stated is None:
        return Setup(python=asked)
    where = _line(text, "install_requires")
    if stated.strip().startswith("file:"):
        return _named_files(tree, path, where, stated.strip().removeprefix("file:"), asked)
    lines = [line for line in _values(stated) if not line.startswith("#")]
    requires = tuple((line, Evidence(path, _line(text, line, where), f"lists {line}")) for line in lines)
    return Setup(requires, python=asked)


def _named_files(tree: Tree, path: str, line: int, words: str, python: tuple[str, Evidence] | None) -> Setup:
    """`file: requirements.txt`, or several with commas between."""
    names = [word.strip() for word in words.replace("\n", ",").split(",") if word.strip()]
    paths = [(name, join(folder_of(path), name)) for name in names]
    files = tree.files()
    there = tuple((p, Evidence(path, line, f"reads {p}")) for _, p in paths if p is not None and p in files)
    gone = [name for name, inside in paths if inside not in files]
    evidence = (Evidence(path, line, "install_requires"),)
    findings = tuple(
        Finding(
            f"{evidence[0].where} takes install_requires from {name}, which does not exist.",
            "Add the file, or correct its name.",
            evidence,
        )
        for name in gone
    )
    return Setup((), there, python, None, findings)


def _values(text: str) -> Sequence[str]:
    """setuptools' list: one a line, or with semicolons between on one line."""
    parts = text.splitlines() if "\n" in text else text.split(";")
    return [part.strip() for part in parts if part.strip()]


def _line(text: str, wanted: str, after: int = 0) -> int:
    other = wanted.replace("_", "-")
    for number, line in enumerate(text.splitlines(), 1):
        if number >= after and (wanted in line or (not after and other in line)):
            return number
    return 0
