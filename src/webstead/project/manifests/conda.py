"""environment.yml: the channels, packages and pip lines of a conda environment. Nothing is solved here.

Source: conda's "Creating an environment file manually". The file is YAML of anybody: it is composed to nodes,
which keep their lines and expand no alias, and only the entries that conda knows are walked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from webstead.project.evidence import Evidence
from webstead.project.finding import Finding
from webstead.project.manifests.model import Listed, Manifest
from webstead.project.manifests.requirements import read_requirements
from webstead.project.paths import folder_of, join
from webstead.project.text import decode
from webstead.project.tree import Tree

if TYPE_CHECKING:
    import yaml

__all__ = ["CondaEnvironment", "CondaSpec", "parse_conda", "read_conda"]

MAX_BYTES = 1 << 20  # an exported environment of a thousand packages has 40 kB
MAX_ENTRIES = 5000

_KNOWN = frozenset({"channels", "dependencies", "name", "prefix", "variables", "platforms", "category"})
_SPEC = re.compile(r"(?:(?P<channel>\S+?)::)?(?P<name>[A-Za-z0-9_][A-Za-z0-9_.-]*)(?P<rest>.*)", re.DOTALL)
_SELECTOR = re.compile(
    r"^\s*-\s[^#]*#\s*\[\s*(?P<text>(?:not\s+)?(?:win|linux|osx|unix|arm64|aarch64|x86|py)\w*[^\]]*)\]"
)
_EXACT = re.compile(
    r"={1,2}\s*(\d+(?:\.\d+){0,2})(?:\.?\*)?(?:=\S*)?|(\d+(?:\.\d+){0,2})(?:\.?\*)?(?:\s+\S+)?"
)
_RANGE = re.compile(r"(?:[<>!=]=?\s*\d+(?:\.\d+)*(?:\.\*)?)(?:\s*,\s*[<>!=]=?\s*\d+(?:\.\d+)*(?:\.\*)?)*")
_INCLUDE = re.compile(r"^(?:-r|--requirement|-c|--constraint)(?:\s+|=)?(\S.*)$")


@dataclass(frozen=True, slots=True)
class CondaSpec:
    """One line. text: as written, in conda's language or, in the `pip` part, in pip's."""

    text: str
    line: int

    @property
    def name(self) -> str:
        """conda's name of the package, in lower case; "" for text that is none."""
        found = _SPEC.fullmatch(self.text.strip())
        return found["name"].lower() if found else ""

    @property
    def python(self) -> str | None:
        """What it asks of Python's version, as packaging writes it: `3.12`, `>=3.11,<3.13`; "" for any.
        None for another package, and for what has no such form (`3.11|3.12`)."""
        found = _SPEC.fullmatch(self.text.strip())
        if found is None or found["name"].lower() != "python":
            return None
        rest = found["rest"].strip()
        if not rest or rest == "*":
            return ""
        exact = _EXACT.fullmatch(rest)
        if exact:
            return exact[1] or exact[2]
        return re.sub(r"\s+", "", rest) if _RANGE.fullmatch(rest) else None


@dataclass(frozen=True, slots=True)
class CondaEnvironment:
    """An environment file as far as it is installed from. variables: of every process that runs in it."""

    path: str
    channels: tuple[str, ...] = ()
    specs: tuple[CondaSpec, ...] = ()
    pip: tuple[CondaSpec, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    findings: tuple[Finding, ...] = ()
    usable: bool = True

    @property
    def python(self) -> CondaSpec | None:
        """The line that names Python."""
        return next((spec for spec in self.specs if spec.name == "python"), None)


def read_conda(tree: Tree, path: str) -> Manifest | None:
    """The file as a manifest, with what its `pip` part includes; None when it is no environment file."""
    environment = parse_conda(path, tree.read(path))
    if not environment.usable:
        return None
    listed = [
        Listed(canonicalize_name(spec.name), spec.text, Evidence(path, spec.line, f"lists {spec.text}"))
        for spec in environment.specs
        if spec.name
    ]
    files, findings = [path], list(environment.findings)
    for spec in environment.pip:
        for part in _pip_part(tree, path, spec):
            listed += part.listed
            files += [file for file in part.files if file not in files]
            findings += part.findings
    why = f"a conda environment of {_count(len(environment.specs))}"
    return Manifest("conda", path, tuple(files), why, tuple(listed), findings=tuple(findings))


def _count(number: int) -> str:
    return f"{number} package{'' if number == 1 else 's'}"


def _pip_part(tree: Tree, path: str, spec: CondaSpec) -> Iterator[Manifest]:
    """What one line of the `pip` part brings: read as a requirements file of that line."""
    include = _INCLUDE.match(spec.text)
    inside = join(folder_of(path), include[1].strip().strip("\"'")) if include else None
    if inside is not None and inside in tree.files():
        yield read_requirements(tree, inside)
        return
    line = read_requirements(_OneLine(tree, path, spec.text), path)
    here = [
        Listed(item.name, item.text, Evidence(path, spec.line, f"lists {item.text}")) for item in line.listed
    ]
    findings = tuple(
        Finding(
            finding.text.replace(f"{path}:1 ", f"{path}:{spec.line} "),
            finding.fix,
            tuple(Evidence(each.path, spec.line, each.why) for each in finding.evidence),
        )
        for finding in line.findings
    )
    yield Manifest("requirements", path, (), "", tuple(here), findings=findings)


class _OneLine:
    """The tree, in which one file has one line."""

    def __init__(self, tree: Tree, path: str, text: str) -> None:
        self._tree, self._path, self._text = tree, path, text

    def files(self) -> list[str]:
        return list(self._tree.files())

    def read(self, path: str) -> bytes:
        return self._text.encode() if path == self._path else self._tree.read(path)


@dataclass(slots=True)
class _Reading:
    path: str
    channels: list[str] = field(default_factory=list)
    specs: list[CondaSpec] = field(default_factory=list)
    pip: list[CondaSpec] = field(default_factory=list)
    variables: list[tuple[str, str]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def odd(self, line: int, text: str, fix: str) -> None:
        where = Evidence(self.path, line, text)
        self.findings.append(Finding(f"{where.where} {text}", fix, (where,)))


def parse_conda(path: str, data: bytes) -> CondaEnvironment:
    """data: the file's bytes. What is wrong with it becomes a finding; `usable` is False when it is no
    environment file at all."""
    import yaml  # here: few projects have the file

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = decode(data).text
    try:
        if len(data) > MAX_BYTES:
            raise ValueError(f"it has {len(data) >> 10} KiB, and no environment file has more than 1024")
        root = yaml.compose(text, loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        return _unusable(path, error.problem or "it is no YAML", mark.line + 1 if mark else 0)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return _unusable(path, str(error).partition("\n")[0] or "it is nested too deeply", 0)
    if not isinstance(root, yaml.MappingNode):
        return _unusable(path, "it is no mapping", 0)
    keys = {_text(key).lower(): value for key, value in root.value}
    if not keys.keys() & {"channels", "dependencies"}:
        return _unusable(path, "it has neither `channels` nor `dependencies`", 0)
    reading = _Reading(path)
    _walk(reading, keys)
    _selectors(reading, text)
    return CondaEnvironment(
        path,
        tuple(reading.channels),
        tuple(reading.specs),
        tuple(reading.pip),
        tuple(reading.variables),
        tuple(reading.findings),
    )


def _unusable(path: str, why: str, line: int) -> CondaEnvironment:
    evidence = Evidence(path, line, why)
    finding = Finding(
        f"{evidence.where} is no conda environment file: {why}.",
        "Write a mapping with a list `dependencies:`, as `- python=3.12`, and a list `channels:`.",
        (evidence,),
    )
    return CondaEnvironment(path, findings=(finding,), usable=False)


def _walk(reading: _Reading, keys: dict[str, yaml.Node]) -> None:
    for key, node in keys.items():
        if key == "channels":
            reading.channels += [spec.text for spec in _scalars(reading, node, "channels")]
        elif key == "dependencies":
            reading.specs += _scalars(reading, node, "dependencies")
        elif key == "variables":
            reading.variables += _pairs(reading, node)
        elif key not in _KNOWN:
            fix = f"Correct its name, or remove it; known are {', '.join(sorted(_KNOWN))}."
            reading.odd(_line(node), f"has a key `{key}`, which conda does not know.", fix)


def _scalars(reading: _Reading, node: yaml.Node, key: str) -> list[CondaSpec]:
    """The entries of a list; a `pip:` entry in `dependencies` goes into the reading."""
    import yaml

    if isinstance(node, yaml.ScalarNode):
        if _empty(node):
            return []
        reading.odd(
            _line(node), f"has `{key}` as one word; it is a list.", f"Write\n{key}:\n  - {node.value}"
        )
        return [CondaSpec(node.value.strip(), _line(node))]
    found: list[CondaSpec] = []
    for item in node.value if isinstance(node, yaml.SequenceNode) else [node]:
        if len(found) + len(reading.pip) >= MAX_ENTRIES:
            reading.odd(_line(item), f"has more than {MAX_ENTRIES} entries; the rest is not read.", "")
            break
        if isinstance(item, yaml.ScalarNode) and not _empty(item):
            found.append(CondaSpec(item.value.strip(), _line(item)))
        elif isinstance(item, yaml.MappingNode) and key == "dependencies":
            _parts(reading, item)
        elif not isinstance(item, yaml.ScalarNode):
            reading.odd(_line(item), f"has an entry in `{key}` that is no word.", "Write one word a line.")
    return found


def _parts(reading: _Reading, item: yaml.MappingNode) -> None:
    for key, value in item.value:
        name = _text(key)
        if name == "pip":
            reading.pip += _scalars(reading, value, "pip")
        else:
            fix = f"Write `- {name}` with its version behind it, as `- {name}=1.2`."
            reading.odd(_line(key), f"has a part `{name}:` in `dependencies`; only `pip:` is one.", fix)


def _pairs(reading: _Reading, node: yaml.Node) -> list[tuple[str, str]]:
    import yaml

    if not isinstance(node, yaml.MappingNode):
        if not _empty(node):
            reading.odd(_line(node), "has `variables` that are no mapping.", "Write NAME: value, one a line.")
        return []
    pairs = node.value[:MAX_ENTRIES]
    return [(_text(key), _text(value)) for key, value in pairs if isinstance(value, yaml.ScalarNode)]


def _text(node: yaml.Node) -> str:
    value = node.value
    return value if isinstance(value, str) else ""


def _empty(node: yaml.Node) -> bool:
    return node.value in ("", "~", "null", "Null", "NULL")


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1 if node.start_mark else 0


def _selectors(reading: _Reading, text: str) -> None:
    """`- pywin32  # [win]`: a selector in a recipe, a comment here."""
    for number, line in enumerate(text.splitlines(), 1):
        found = _SELECTOR.match(line)
        if found:
            reading.odd(
                number,
                f"has the comment [{found['text'].strip()}], which selects nothing: environment files "
                "have no selectors.",
                "Remove what is not for every system, or keep one file for each system.",
            )
            return
