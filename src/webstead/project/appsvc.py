"""`appsvc.yaml`: App Service's own build file: `version`, `pre-build`, `build`, `post-build`, `run`.

Upstream passes `build` over and appends `run` behind the server, where it never runs; both mean here what
they say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from webstead.project.evidence import Evidence
from webstead.project.finding import Finding
from webstead.project.stated import Stated
from webstead.project.text import decode
from webstead.project.tree import Tree

__all__ = ["Appsvc", "read_appsvc"]

PATH = "appsvc.yaml"
MAX_BYTES = 1 << 16  # a file of five keys

_KEYS = ("version", "pre-build", "build", "post-build", "run")
_EXAMPLE = "pre-build: npm ci\npost-build: python manage.py compress\nrun: gunicorn shop.wsgi"


@dataclass(frozen=True, slots=True)
class Appsvc:
    """The texts as written: lines stay lines."""

    pre_build: Stated | None = None
    build: Stated | None = None
    post_build: Stated | None = None
    run: Stated | None = None
    findings: tuple[Finding, ...] = ()


def read_appsvc(tree: Tree) -> Appsvc:
    """What is wrong with the file becomes a finding, and none of it is followed."""
    import yaml  # here: few projects have the file

    data = tree.read(PATH)
    try:
        if len(data) > MAX_BYTES:
            raise ValueError(f"it is {len(data) >> 10} KiB large")
        node = yaml.compose(decode(data).text, yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        return _unusable(error.problem or "it is no YAML", mark.line + 1 if mark else 0)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return _unusable(str(error).partition("\n")[0], 0)
    if node is None:
        return Appsvc()
    if not isinstance(node, yaml.MappingNode):
        return _unusable("it is no mapping", 1)
    found: dict[str, Stated] = {}
    findings: list[Finding] = []
    for key, value in node.value:
        item = _entry(key, value)
        if isinstance(item, Finding):
            findings.append(item)
        elif item is not None:
            found[item.name] = item
    build = {name: found.get(name) for name in ("pre-build", "build", "post-build", "run")}
    return Appsvc(build["pre-build"], build["build"], build["post-build"], build["run"], tuple(findings))


def _entry(key: object, value: object) -> Stated | Finding | None:
    import yaml

    line = key.start_mark.line + 1 if isinstance(key, yaml.Node) and key.start_mark else 0
    name = key.value if isinstance(key, yaml.ScalarNode) else "?"
    evidence = Evidence(PATH, line, f"says {name}")
    if name not in _KEYS:
        text = f"{evidence.where}: {name} is no key of this file; it is passed over."
        return Finding(text, f"Its keys are {', '.join(_KEYS)}.", (evidence,))
    texts = list(_texts(value))
    if not texts:
        return Finding(
            f"{evidence.where}: {name} is no command.", f"Write for example: {_EXAMPLE}", (evidence,)
        )
    text = "\n".join(texts).strip()
    return Stated(name, text, evidence) if text and name != "version" else None


def _texts(value: object) -> Iterator[str]:
    """A text, or a list of texts: the lines of a script."""
    import yaml

    if isinstance(value, yaml.ScalarNode):
        yield "" if value.tag.endswith(":null") else value.value
    elif isinstance(value, yaml.SequenceNode) and all(isinstance(i, yaml.ScalarNode) for i in value.value):
        yield from (item.value for item in value.value)


def _unusable(why: str, line: int) -> Appsvc:
    evidence = Evidence(PATH, line, why)
    text = f"{evidence.where} cannot be read: {why}. None of it is followed."
    return Appsvc(findings=(Finding(text, f"Correct it. An example:\n{_EXAMPLE}", (evidence,)),))
