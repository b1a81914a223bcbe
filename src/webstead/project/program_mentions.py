"""Where a project's own start files name a script: `python server.py`, `streamlit run app.py`. As any
mention, it decides between those that the code has."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

from webstead.project.evidence import Evidence
from webstead.project.mentions import folder_before, start_lines
from webstead.project.paths import folder_of
from webstead.project.tree import Tree

__all__ = ["programs_in", "read_program_mentions"]

_RUNS = re.compile(
    r"(?:\bpython[\d.]*|\bstreamlit\s+run|\bpanel\s+serve|\bgradio|\bmcp\s+(?:run|dev)|\buv\s+run|\bbokeh\s+serve)"
    r"(?:\s+-[uOB]+)*\s+(?:-m\s+(?P<module>[A-Za-z_][\w.]*)|(?P<file>[\w./-]+\.py)\b)"
)
_SPACE = re.compile(r"app_file:\s*(?P<file>[\w./-]+\.py)\s*$")
"""The front matter of a Hugging Face Space's README."""
_EXEC_FORM = re.compile(r"[\"',\[\]`]+")
"""`CMD ["python", "server.py"]`"""


def read_program_mentions(tree: Tree, files: Sequence[str]) -> list[tuple[str, Evidence]]:
    """(path of the script, where it is named), for files that the project has; of all places only those that
    count most: what deploys comes before what is told."""
    known = frozenset(files)
    found: list[tuple[int, str, Evidence]] = []
    for path, number, line, weight in start_lines(tree, files):
        before = folder_before(line)
        for program in (posixpath.join(before, program) for program in programs_in(line)):
            beside = posixpath.normpath(posixpath.join(folder_of(path), program))
            named = next((name for name in (beside, posixpath.normpath(program)) if name in known), None)
            if named is not None:
                found.append((weight, named, Evidence(path, number, f"runs {program}")))
    most = min((weight for weight, _, _ in found), default=0)
    return [(named, evidence) for weight, named, evidence in found if weight == most]


def programs_in(line: str) -> Iterator[str]:
    """The scripts that a line runs, as paths; a module is the file that it is."""
    space = _SPACE.match(line)
    if space is not None:
        yield space["file"]
    for match in _RUNS.finditer(_EXEC_FORM.sub(" ", line)):
        if match["file"]:
            yield match["file"]
        else:
            base = match["module"].replace(".", "/")
            yield from (f"{base}.py", f"{base}/__main__.py")
