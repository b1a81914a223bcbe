"""Lines of a requirements file that its installer refuses, or takes for something else than was meant: each
with what to write. The table goes from what the whole file is to what one line says.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from webstead.project.distributions import distribution_of, distributions
from webstead.project.evidence import Evidence
from webstead.project.finding import Finding
from webstead.project.manifests import Manifests
from webstead.project.manifests.requirements import logical_lines
from webstead.project.paths import folder_of, join
from webstead.project.text import decode
from webstead.project.tree import Tree

__all__ = ["requirement_faults"]

_MOST = 5  # of one file; a web page has hundreds


@dataclass(frozen=True, slots=True)
class _Shape:
    """A line that is something else. whole: so is the file, and no other line of it says anything."""

    pattern: re.Pattern[str]
    what: str
    fix: str
    whole: bool = False


_FREEZE = "pip list --format=freeze > {path}"
_SHAPES = (
    _Shape(re.compile(r"PK\x03\x04|\{\\rtf|%PDF"), "is a document, not text", "Save it as plain text.", True),
    _Shape(
        re.compile(r"<(!|html|\?xml)", re.IGNORECASE),
        "is a web page, not the file",
        "Download the raw file.",
        True,
    ),
    _Shape(
        re.compile(r"Package\s+Version$"),
        "was written by pip list, for people",
        "Write it anew: " + _FREEZE,
        True,
    ),
    _Shape(
        re.compile(r"(<{7}|>{7})\s|={7}$"),
        "is the mark of a merge that was not finished",
        "Keep the lines of one side, and delete the marks.",
        True,
    ),
    _Shape(
        re.compile(
            r"(pip3?|python3? -m pip|uv|poetry|pipenv|conda)\s+(install|add)\s+(?P<rest>[\w.\[\],-]+)"
        ),
        "is a command, not a package",
        "Write the name alone: {rest}",
    ),
    _Shape(
        re.compile(r"(?P<rest>[\w.-]+)=(?P<version>[\w.]+)=\w+$"),
        "is written as conda writes it",
        "Write {rest}=={version}; the whole file: " + _FREEZE,
    ),
    _Shape(
        re.compile(r"(?P<rest>[\w.-]+(\[[\w,.-]+\])?)\s*=\s*(?P<version>[\w.]+)$"),
        "has one = where two belong",
        "Write {rest}=={version}",
    ),
    _Shape(
        re.compile(r"(?P<rest>[\w.-]+)\s*@\s*file:///(home/conda|opt/conda|croot|tmp|Users|C:|D:)"),
        "names a folder of the machine that wrote the file",
        "Write {rest}==VERSION; the whole file: " + _FREEZE,
    ),
)
_OPTIONS = frozenset(
    {
        "-r",
        "--requirement",
        "-c",
        "--constraint",
        "-e",
        "--editable",
        "-i",
        "--index-url",
        "-f",
        "--find-links",
    }
    | {
        "--extra-index-url",
        "--no-index",
        "--no-binary",
        "--only-binary",
        "--prefer-binary",
        "--require-hashes",
    }
    | {"--pre", "--trusted-host", "--use-feature", "--hash", "--config-settings", "--global-option"}
    | {"--build-option", "--process-dependency-links"}
)
_OPTION = re.compile(r"(--[a-z][a-z-]*|-[a-z])")
_FILE = re.compile(r"^(?:(?:-e|--editable)[\s=]+)?(\.{1,2}/[^\s;\[#]*)")
_HASH = re.compile(r"\s--hash[=\s]")
_PER_LINE = re.compile(r"\s--?[a-z].*$")
_ADDRESS = re.compile(r"://|^[A-Za-z]:[\\/]|[/\\]|\.(whl|zip|tar\.gz)$")


def requirement_faults(tree: Tree, manifests: Manifests) -> Iterator[Finding]:
    """What is wrong in the requirements files that are installed from. Includes that are missing are their
    reader's to tell."""
    manifest = manifests.of("requirements")
    if manifest is None or manifest is not manifests.chosen:
        return
    lines = {
        path: list(logical_lines(decode(tree.read(path)).lines))
        for path in manifest.files
        if path in tree.files()
    }
    for path, found in lines.items():
        yield from list(_of_file(path, found, tree))[:_MOST]
    yield from _circles(manifest.path, lines)
    taken = [(Evidence(path, n, line), line) for path, found in lines.items() for n, line in found]
    yield from _twice(taken)
    yield from _without_hash(taken)


def _of_file(path: str, lines: Sequence[tuple[int, str]], tree: Tree) -> Iterator[Finding]:
    for number, line in lines:
        evidence = Evidence(path, number, f"says {line[:80]}")
        shape = next((s for s in _SHAPES if s.pattern.match(line)), None)
        if shape is not None:
            yield _shaped(shape, evidence, line, path)
            if shape.whole:
                return
        else:
            told = _told(path, line, tree)
            if told:
                yield Finding(f"{evidence.where}: {told[0]}", told[1], (evidence,))


def _shaped(shape: _Shape, evidence: Evidence, line: str, path: str) -> Finding:
    match = shape.pattern.match(line)
    words = {"path": path, **(match.groupdict() if match else {})}
    subject = path if shape.whole and "mark" not in shape.what else f"{evidence.where}: {line[:80]}"
    return Finding(f"{subject} {shape.what}.", shape.fix.format(**words), (evidence,))


def _told(path: str, line: str, tree: Tree) -> tuple[str, str] | None:
    """What is wrong with one line, and what to do; None for a line that is right."""
    if file := _FILE.match(line):
        inside = join(folder_of(path), file[1].rstrip("/")) or ""
        here = tree.files()
        if any(name == inside or name.startswith(f"{inside}/") for name in here) or inside in ("", "."):
            return None
        return f"{file[1]} is not in the project; the install will fail.", "Add it, or remove the line."
    if line.startswith("-"):
        option = _OPTION.match(line)
        if option and option[1] in _OPTIONS:
            return None
        return f"{line.split()[0]} is no option of a requirements file.", "Remove the line."
    return _told_of_package(_PER_LINE.sub("", line).strip())


def _told_of_package(text: str) -> tuple[str, str] | None:
    try:
        requirement = Requirement(text)
    except (InvalidRequirement, RecursionError):
        if _ADDRESS.search(text.partition(";")[0]):
            return None
        return f"{text[:80]} is no requirement; the install will fail.", "Write one, such as: flask>=3.0"
    name = requirement.name
    if requirement.marker is not None or requirement.url is not None:
        return None
    if name.lower() == "python":
        return (
            "Python itself is no package.",
            "Remove the line; to choose the Python: echo 3.12 > .python-version",
        )
    if name in sys.stdlib_module_names:
        return f"{name} is a part of Python; a package of that name is something else.", "Remove the line."
    package = distribution_of(name) if name in distributions() else name
    if canonicalize_name(package) != canonicalize_name(name) and not _is_package(name):
        return f"{name} is the name of a module; its package is {package}.", f"Write {package}"
    return None


def _is_package(name: str) -> bool:
    """Whether some import needs a package of that name."""
    wanted = canonicalize_name(name)
    return any(canonicalize_name(each) == wanted for names in distributions().values() for each in names)


def _circles(path: str, lines: dict[str, list[tuple[int, str]]]) -> Iterator[Finding]:
    """The includes that lead back to a file on the way to them."""

    def walk(here: str, above: tuple[str, ...]) -> Iterator[Finding]:
        for number, line in lines.get(here, ()):
            match = re.match(r"(?:-r|--requirement)(?:\s+|=|(?=[^\s=-]))(.+)$", line)
            inside = join(folder_of(here), match[1].strip().strip("\"'")) if match else None
            if inside in above:
                evidence = Evidence(here, number, f"includes {inside}")
                text = f"{evidence.where} includes {inside}, which it is included by."
                yield Finding(text, "Remove the line.", (evidence,))
            elif inside in lines and inside not in seen:
                seen.add(inside)
                yield from walk(inside, (*above, inside))

    seen = {path}
    yield from walk(path, (path,))


def _twice(taken: Sequence[tuple[Evidence, str]]) -> Iterator[Finding]:
    """One package with two pins, which no version satisfies."""
    first: dict[str, tuple[Evidence, Requirement]] = {}
    for evidence, line in taken:
        try:
            requirement = Requirement(_PER_LINE.sub("", line).strip())
        except (InvalidRequirement, RecursionError):
            continue
        pins = [pin for pin in requirement.specifier if pin.operator == "=="]
        if not pins or requirement.marker is not None:
            continue
        name = canonicalize_name(requirement.name)
        other, earlier = first.setdefault(name, (evidence, requirement))
        if earlier.specifier != requirement.specifier:
            text = f"{evidence.where} wants {requirement}, {other.where} {earlier}: no version is both."
            yield Finding(text, "Keep one of the lines.", (other, evidence))


def _without_hash(taken: Sequence[tuple[Evidence, str]]) -> Iterator[Finding]:
    packages = [(evidence, line) for evidence, line in taken if not line.startswith("-")]
    hashed = [evidence for evidence, line in packages if _HASH.search(line)]
    bare = [(evidence, line) for evidence, line in packages if not _HASH.search(line)]
    if hashed and bare:
        evidence, line = bare[0]
        text = (
            f"{evidence.where}: {line} has no hash, but {hashed[0].where} has one: then every line needs one."
        )
        yield Finding(
            text, "uv pip compile --generate-hashes requirements.in -o requirements.txt", (evidence,)
        )
