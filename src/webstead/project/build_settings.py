"""What a project says about its own build: `build.env`, `appsvc.yaml`, `.deployment`, and the settings that
the user gives. The names are Oryx's and Kudu's.

Precedence, the first that says something: settings that are given, build.env, .deployment. For the hooks
`appsvc.yaml` wins over them all, as it does upstream.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from webstead.project.appsvc import Appsvc, read_appsvc
from webstead.project.evidence import Evidence
from webstead.project.finding import Finding
from webstead.project.stated import Stated
from webstead.project.text import decode
from webstead.project.tree import Tree

__all__ = ["NAMES", "BuildSettings", "Hook", "read_build_settings", "stated_in"]

NAMES: Mapping[str, str] = {
    "CUSTOM_BUILD_COMMAND": "a command that installs the packages, in place of the manifests",
    "CUSTOM_REQUIREMENTSTXT_PATH": "the requirements file, relative to the project",
    "DISABLE_COLLECTSTATIC": "true: Django's static files are not collected",
    "IGNORE_COLLECTSTATIC_FAILURE": "true: when Django cannot collect them, the build goes on",
    "POST_BUILD_COMMAND": "a command that runs in the built environment",
    "POST_BUILD_SCRIPT_PATH": "a script that does, relative to the project",
    "PRE_BUILD_COMMAND": "a command that runs before the packages are installed",
    "PRE_BUILD_SCRIPT_PATH": "a script that does, relative to the project",
    "PYTHON_DEFAULT_VERSION": "the Python that is taken when nothing else names one",
    "PYTHON_VERSION": "the Python, whatever the project's files say",
    "REQUIRED_OS_PACKAGES": "packages of the operating system, with commas between them",
}
"""The settings that a plan reads, and what each means."""

_TRUE, _FALSE = frozenset({"true", "1", "yes", "on"}), frozenset({"false", "0", "no", "off", ""})
_ALIKE = 0.9


@dataclass(frozen=True, slots=True)
class Hook:
    """text: for the shell, unless path is set: a script of the project."""

    text: str
    path: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class BuildSettings:
    """run: how appsvc.yaml starts the app. os_packages: names as apt knows them."""

    pre_build: Hook | None = None
    post_build: Hook | None = None
    command: Hook | None = None
    run: Stated | None = None
    os_packages: tuple[Stated, ...] = ()
    requirements: Stated | None = None
    python: Stated | None = None
    python_default: Stated | None = None
    skip_collectstatic: Evidence | None = None
    may_fail_collectstatic: Evidence | None = None
    findings: tuple[Finding, ...] = ()


def read_build_settings(tree: Tree, given: Sequence[Stated] = ()) -> BuildSettings:
    """given: from the command line or the environment; later ones win. Raises nothing for what files hold."""
    files = frozenset(tree.files())
    findings: list[Finding] = []
    stated = dict(_from_files(tree, files, findings))
    stated |= {item.name: item for item in given if item.name in NAMES}
    appsvc = read_appsvc(tree) if "appsvc.yaml" in files else Appsvc()
    findings += appsvc.findings
    pre = _hook("PRE_BUILD", stated, appsvc.pre_build, files, findings)
    post = _hook("POST_BUILD", stated, appsvc.post_build, files, findings)
    own = stated.get("CUSTOM_BUILD_COMMAND") or appsvc.build
    packages = stated.get("REQUIRED_OS_PACKAGES")
    return BuildSettings(
        pre,
        post,
        _as_hook(own, files) if own and own.value.strip() else None,
        appsvc.run,
        tuple(_packages(packages, findings)) if packages else (),
        _filled(stated.get("CUSTOM_REQUIREMENTSTXT_PATH")),
        _filled(stated.get("PYTHON_VERSION")),
        _filled(stated.get("PYTHON_DEFAULT_VERSION")),
        _switched("DISABLE_COLLECTSTATIC", stated, findings),
        _switched("IGNORE_COLLECTSTATIC_FAILURE", stated, findings),
        tuple(findings),
    )


def _from_files(tree: Tree, files: frozenset[str], findings: list[Finding]) -> Iterator[tuple[str, Stated]]:
    for path, section in ((".deployment", "config"), ("build.env", "")):
        findings += _unread(tree, path, section) if path in files else ()
        for item in stated_in(tree, path, section) if path in files else ():
            name = item.name.upper()
            if name in NAMES:
                yield name, Stated(name, item.value, item.evidence)
            elif alike := get_close_matches(name, NAMES, 1, _ALIKE):
                text = f"{item.evidence.where} sets {item.name}, which nothing reads."
                fix = f"If {alike[0]} is meant, write that."
                findings.append(Finding(text, fix, (item.evidence,)))


def stated_in(tree: Tree, path: str, section: str = "") -> Iterator[Stated]:
    """`NAME=value` lines of one section (all, for ""); quotes around a value are taken off."""
    here = ""
    for number, raw in enumerate(decode(tree.read(path)).lines, 1):
        line = raw.strip()
        if line.startswith("[") and line.endswith("]"):
            here = line[1:-1].strip().lower()
        elif "=" in line and line[0] not in "#;" and (not section or here == section):
            name, _, value = line.removeprefix("export ").partition("=")
            evidence = Evidence(path, number, f"sets {name.strip()}")
            yield Stated(name.strip(), _unquoted(value.strip()), evidence)


def _unread(tree: Tree, path: str, section: str) -> Iterator[Finding]:
    """Lines without `=` that begin with the name of a setting, and a file that lacks its section."""
    lines = [raw.strip() for raw in decode(tree.read(path)).lines]
    for number, line in enumerate(lines, 1):
        name, _, value = line.partition(" ")
        if "=" not in line and name.rstrip(":").upper() in NAMES:
            evidence = Evidence(path, number, f"says {line[:80]}")
            fix = f"Write {name.rstrip(':')}={value.strip()}"
            yield Finding(f"{evidence.where} has no =; it is passed over.", fix, (evidence,))
    if section and not any(line.lower() == f"[{section}]" for line in lines):
        named = [number for number, line in enumerate(lines, 1) if "=" in line and line[0] not in "#;"]
        if named:
            evidence = Evidence(path, named[0], f"stands in no section [{section}]")
            text = f"{path} has no section [{section}]; none of it is read."
            yield Finding(text, f"Put a line above the first: [{section}]", (evidence,))


def _unquoted(value: str) -> str:
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if quoted else value


def _hook(
    name: str,
    stated: Mapping[str, Stated],
    of_appsvc: Stated | None,
    files: frozenset[str],
    findings: list[Finding],
) -> Hook | None:
    """The script wins over the command, and appsvc.yaml over both."""
    script, command = _filled(stated.get(f"{name}_SCRIPT_PATH")), _filled(stated.get(f"{name}_COMMAND"))
    chosen = of_appsvc or script or command
    if chosen is None:
        return None
    for other in (script, command):
        if other is not None and other is not chosen:
            text = f"{chosen.evidence.where} says what runs; {other.name} of {other.evidence.where} does not."
            findings.append(Finding(text, "Leave one of them out.", (chosen.evidence, other.evidence)))
    hook = _as_hook(chosen, files)
    if chosen is script and not hook.path:
        text = f"{script.evidence.where} names the script {script.value}, which the project does not have."
        findings.append(
            Finding(text, "Correct the path; it counts from the project's root.", (script.evidence,))
        )
    return hook


def _as_hook(stated: Stated, files: frozenset[str]) -> Hook:
    """A value that is a file of the project is run as a script."""
    path = stated.value.strip().removeprefix("./")
    return Hook(stated.value, path if path in files else "", stated.evidence)


def _filled(stated: Stated | None) -> Stated | None:
    return stated if stated is not None and stated.value.strip() else None


def _packages(stated: Stated, findings: list[Finding]) -> Iterator[Stated]:
    for name in (part.strip() for part in stated.value.split(",")):
        if name and all(char.isalnum() or char in "+-.:=~" for char in name) and name[0].isalnum():
            yield Stated(stated.name, name, stated.evidence)
        elif name:
            text = f"{stated.evidence.where}: {name} is no name of a package."
            findings.append(
                Finding(text, "Write names with commas between them: libgl1,ffmpeg", (stated.evidence,))
            )


def _switched(name: str, stated: Mapping[str, Stated], findings: list[Finding]) -> Evidence | None:
    """Where the setting is true; None where it is not."""
    item = stated.get(name)
    word = item.value.strip().lower() if item else ""
    if item is not None and word not in _TRUE | _FALSE:
        text = f"{item.evidence.where}: {name} is {item.value}, neither true nor false; it is not followed."
        findings.append(Finding(text, f"Write {name}=true, or leave it out.", (item.evidence,)))
    return item.evidence if item and word in _TRUE else None
