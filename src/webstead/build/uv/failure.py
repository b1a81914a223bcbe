"""uv's words about a failed install → one error that names the requirement, its line, and what to do.
Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from packaging.utils import canonicalize_name

from webstead.build.uv.development import lacking
from webstead.build.uv.kinds import KINDS, NEEDS
from webstead.build.uv.settings import without_credentials
from webstead.errors import BuildError
from webstead.project.manifests import Listed

__all__ = ["Failure", "explain"]

MAX_DETAIL_LINES = 120  # a compiler's last page; the whole was printed as it came
MAX_FOUND = 8

_TREE = " \u00d7\u2502\u2570\u251c\u2500\u25b6"  # a cross, then the lines and arrow heads of box drawing

_BUILD = re.compile(r"Failed to (?:build|download and build) `(?P<name>[^`]+)`")
_POSITION = re.compile(r"Couldn't parse requirement in `(?P<file>[^`]+)` at position (?P<at>\d+)")
_LINE = re.compile(r"expected .*: (?P<file>\S+?):(?P<line>\d+):(?P<column>\d+)")
_SUBJECT = re.compile(
    r"(?:Because|and|Failed to (?:download|build)|mismatch for|versions? of) "
    r"`?(?P<name>[A-Za-z0-9][\w.-]*[A-Za-z0-9])(?:==|`| has no| was not)"
)
_CPYTHON = re.compile(r"\bcp3(\d{1,2})m?\b")
_CUT_OFF = re.compile(r"network was disabled|connectivity is disabled|provided package locations")
_RAN = re.compile(r"The build backend returned an error|Call to `")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")


_AVAILABLE = re.compile(
    r"hint: (?:You require .{1,80}, but we only found wheels|Wheels are available) for `(?P<name>[^`]+)`"
    r".{0,40}? (?:on|with) the following (?P<what>platforms?|Python (?:ABI|implementation) tags?)?: "
    r"(?P<tags>[^\n]+)"
)
_ANEW = {
    "pdm.lock": "pdm lock",
    "pipfile.lock": "pipenv lock",
    "poetry.lock": "poetry lock",
    "pylock.toml": "uv export --format pylock.toml --no-dev -o pylock.toml",
    "uv.lock": "uv lock",
}
"""What writes a lock."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What is known when uv gives up. output: its lines. file: the step's input. texts: the input files by
    path. absent: the requirements that cannot be had without the network, when it is switched off.
    """

    output: Sequence[str]
    file: str
    python: str
    project: str
    listed: Sequence[Listed] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    absent: Sequence[str] = ()

    @property
    def cut_off(self) -> bool:
        """Whether uv says that it may not look everywhere."""
        return bool(_CUT_OFF.search("\n".join(self.output)))


def explain(failure: Failure) -> BuildError:
    """The error for what uv said. Its own words are the detail."""
    text = without_credentials("\n".join(_plain(line) for line in failure.output))
    built = _BUILD.search(text) if _RAN.search(text) else None
    what, fix = _of_compilation(built["name"], text, failure.python) if built else _of_kind(text)
    values = {
        "file": failure.file,
        "python": failure.python,
        "project": failure.project,
        "anew": _ANEW.get(failure.file.rpartition("/")[2].lower(), "uv pip compile --generate-hashes"),
    }
    return BuildError(
        _fill(what, values),
        found=without_credentials("\n".join(_found(text, failure))),
        fix=_fill(fix, values),
        detail=_detail(failure.output),
    )


def _plain(line: str) -> str:
    """The line without the tree that older versions of uv draw around their causes."""
    return line.strip(_TREE)


def _of_kind(text: str) -> tuple[str, str]:
    for kind in KINDS:
        if found := kind.pattern.search(text):
            groups = {name: value.rstrip(".,") for name, value in found.groupdict("").items()}
            return _fill(kind.what, groups), _fill(kind.fix, groups)
    return "uv could not install what {file} asks for", "Read uv's words below, and correct {file}."


def _fill(template: str, values: Mapping[str, str]) -> str:
    """The template with the names it knows filled in; foreign words may hold braces, so this is not
    `format`.
    """
    return re.sub(r"\{(\w+)\}", lambda match: values.get(match[1], match[0]), template)


def _of_compilation(name: str, text: str, python: str) -> tuple[str, str]:
    """A package without a wheel for this machine was compiled, and that failed."""
    what = f"{name} has no ready-made wheel for Python {python}, and building it here failed"
    wheel = f"or ask for a version of it that has a wheel for Python {python}"
    for need in NEEDS:
        if need.pattern.search(text):
            how = f" (on Debian and Ubuntu: apt-get install {need.packages})" if need.packages else ""
            return f"{what}: {need.name} is missing", f"Install {need.name}{how}, {wheel}."
    if found := lacking(text):
        known = f"apt-get install {found.packages}" if found.packages else f"apt-file search {found.word}"
        return f"{what}: {found.what} is missing", f"Install it (on Debian and Ubuntu: {known}), {wheel}."
    return what, f"Read the builder's words below, {wheel}."


def _found(text: str, failure: Failure) -> Iterator[str]:
    """The lines of the project that uv's words are about."""
    if place := _place(text, failure.texts):
        yield place
        return
    if failure.absent:
        where = {item.name: item.evidence.where for item in failure.listed}
        for words in failure.absent:
            begins = _NAME.match(words)
            place = where.get(canonicalize_name(begins[0]), "") if begins else ""
            yield f"not here: {words}" + (f" ({place})" if place else "")
        return
    named = {canonicalize_name(word) for word in _NAME.findall(_about(text))}
    hits = [item for item in failure.listed if item.name in named]
    for item in hits[:MAX_FOUND]:
        yield f"{item.evidence.where}: {item.text}"
    if len(hits) > MAX_FOUND:
        yield f"and {len(hits) - MAX_FOUND} more"
    if not hits:
        yield _in_lock(text, failure) or f"uv read {failure.file}"
    if available := _AVAILABLE.search(text):
        yield f"{available['name']} has files for {_in_words(available['tags'].replace('`', ''))}"


def _in_words(tags: str) -> str:
    """`cp39, cp310` as Pythons; other tags as they are."""
    versions = dict.fromkeys(_CPYTHON.findall(tags))
    return f"Python {', '.join(f'3.{minor}' for minor in versions)}" if versions else tags


def _in_lock(text: str, failure: Failure) -> str:
    """The place of a package that only the lock names, as the line of its entry."""
    named = _SUBJECT.search(text)
    if named is None or failure.file.rpartition("/")[2].lower() not in _ANEW:
        return ""
    name = re.escape(named["name"])
    entry = re.compile(rf"\bname = \"{name}\"|\"{name}\"\s*: *\{{", re.IGNORECASE)
    lines = failure.texts.get(failure.file, "").splitlines()
    number = next((number for number, line in enumerate(lines, 1) if entry.search(line)), 0)
    return f"{failure.file}:{number}: {named['name']}" if number else ""


def _about(text: str) -> str:
    """The sentences that name packages: uv's own, without the output of a package's build."""
    lines = text.split("[stdout]")[0].split("[stderr]")[0].splitlines()
    about = [
        line for line in lines if not line.startswith(("Using Python", "warning:", "Resolved", "Building"))
    ]
    return "\n".join(about)


def _place(text: str, texts: Mapping[str, str]) -> str | None:
    """`file:line: text` of a line that cannot be parsed; uv counts characters from the start of the file."""
    found = _POSITION.search(text) or _LINE.search(text)
    if found is None:
        return None
    path = next((path for path in texts if f"/{found['file']}".endswith(f"/{path}")), None)
    if path is None:
        return found["file"]
    groups = found.groupdict()
    number = int(groups.get("line") or 0) or texts[path].count("\n", 0, int(groups.get("at") or 0)) + 1
    lines = texts[path].splitlines()
    return f"{path}:{number}: {lines[number - 1]}" if number <= len(lines) else f"{path}:{number}"


def _detail(output: Sequence[str]) -> str:
    lines = [without_credentials(line.rstrip()) for line in output]
    return "\n".join(lines[-MAX_DETAIL_LINES:]).strip("\n")
