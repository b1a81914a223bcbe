"""Which Python a project asks for, from every place that states one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from webstead.project.finding import Finding
from webstead.project.paths import by_name
from webstead.project.python_sources import SOURCES, Said
from webstead.project.python_statement import PythonStatement
from webstead.project.tree import Tree

__all__ = ["PythonStatement", "disagreements", "read_python_statements"]


def read_python_statements(
    tree: Tree, folder: str = ".", more: Sequence[PythonStatement] = ()
) -> tuple[tuple[PythonStatement, ...], tuple[Finding, ...]]:
    """The statements, the one that is taken first and then as strong as SOURCES has them, and a finding for
    each that cannot be understood. folder: of the manifests. more: statements that no file makes."""
    said = list(_said(tree, folder))
    statements = [*(item for item in said if isinstance(item, PythonStatement)), *more]
    findings = tuple(dict.fromkeys(item for item in said if isinstance(item, Finding)))
    taken = _taken(statements)
    others = (item for item in statements if item is not taken)
    return (*([taken] if taken else []), *others), findings


def _said(tree: Tree, folder: str) -> Iterator[Said]:
    places = [by_name(tree.files(), place) for place in dict.fromkeys((folder, "."))]
    for source in SOURCES:
        for named in places:
            for path in (named[name] for name in source.names if name in named):
                yield from source.read(tree, path)


def _taken(statements: Sequence[PythonStatement]) -> PythonStatement | None:
    """The strongest that names one version and does not contradict a stronger one; without any, the strongest
    range."""
    for at, item in enumerate(statements):
        if item.exact and all(stronger.allows(item) for stronger in statements[:at]):
            return item
    return statements[0] if statements else None


def disagreements(statements: Sequence[PythonStatement]) -> tuple[Finding, ...]:
    """One finding for each pair of places that no single Python can satisfy."""
    return tuple(
        Finding(
            f"{left.evidence.where} asks for Python {left.version}, {right.evidence.where} for "
            f"{right.version}; no Python is both{'' if index else f', and {left.version} is taken'}.",
            f"Make them agree, or choose: --runtime {right.version}" if right.exact else "Make them agree.",
            (left.evidence, right.evidence),
        )
        for index, left in enumerate(statements)
        for right in statements[index + 1 :]
        if not left.allows(right)
    )
