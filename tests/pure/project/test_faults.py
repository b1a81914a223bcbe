"""What is said of faulty files holds for any bytes: it ends, and every finding says what to do."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from webstead.project import MemoryTree, read_project

LINES = """flask|flask==1|flask==2|-r base.txt|-r requirements.txt|-e ./x|<<<<<<< a|cv2|a=1|a=1=b|--hash|json
python|idna --hash=sha256:1|pip install x|x @ file:///tmp/y|web:|web x|WEB: y|web: python x.py|[config]
PYTHON_VERSION 3|[project]|dependencies = ["a b"]|name = 1|<html>""".replace("\n", "|").split("|")
PATHS = (
    *(
        "requirements.txt",
        "base.txt",
        "Procfile",
        "startup.txt",
        ".deployment",
        "build.env",
        "pyproject.toml",
    ),
    *(".gitmodules", "random.py", "flask.py", "app.py", "requests/__init__.py"),
)
TEXTS = st.lists(st.sampled_from(LINES) | st.text(max_size=20), max_size=6).map("\n".join)


@given(st.dictionaries(st.sampled_from(PATHS), TEXTS.map(str.encode) | st.binary(max_size=40), max_size=6))
def test_any_files_are_read_and_each_finding_has_words(files: dict[str, bytes]) -> None:
    project = read_project(MemoryTree(files))
    for finding in project.findings:
        assert finding.text
        assert all(evidence.line >= 0 for evidence in finding.evidence)
        assert len(finding.text) < 2000
