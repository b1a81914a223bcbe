"""poetry.lock, pdm.lock, Pipfile.lock, pylock.toml: what is installed from them, and whether they fit."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests import lock_texts
from tests.fuzz_targets import fuzz_target
from webstead.project import read_project
from webstead.project.manifests import Kind, Manifests, read_manifests
from webstead.project.manifests.locks import (
    Lock,
    LockError,
    Pin,
    pylock_paths,
    read_lock,
    requirement_line,
    select,
)
from webstead.project.manifests.locks.constraints import admits
from webstead.project.tree import MemoryTree

LINUX = {
    "implementation_name": "cpython",
    "implementation_version": "3.11.7",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_release": "6",
    "platform_system": "Linux",
    "platform_version": "1",
    "platform_python_implementation": "CPython",
    "python_full_version": "3.11.7",
    "python_version": "3.11",
    "sys_platform": "linux",
}
WINDOWS = {**LINUX, "os_name": "nt", "sys_platform": "win32", "platform_system": "Windows"}

PROJECTS: dict[Kind, dict[str, str]] = {
    "poetry.lock": {"pyproject.toml": lock_texts.POETRY, "poetry.lock": lock_texts.POETRY_LOCK},
    "pdm.lock": {"pyproject.toml": lock_texts.PDM, "pdm.lock": lock_texts.PDM_LOCK},
    "pipfile.lock": {"Pipfile": lock_texts.PIPFILE, "Pipfile.lock": lock_texts.PIPFILE_LOCK},
}
OLD_POETRY = {"pyproject.toml": lock_texts.POETRY_1, "poetry.lock": lock_texts.POETRY_1_LOCK}
ALL = [*PROJECTS.items(), ("poetry.lock", OLD_POETRY)]


def locked(kind: Kind, files: dict[str, str]) -> Lock:
    path = next(name for name in files if name.lower() == kind)
    return read_lock(kind, MemoryTree(files), path)


def poetry(text: str, project: str = "") -> Lock:
    files = {"poetry.lock": text, **({"pyproject.toml": project} if project else {})}
    return locked("poetry.lock", files)


def lines(lock: Lock, environment: dict[str, str] = LINUX) -> list[str]:
    return [
        requirement_line(pin, lambda path: f"file:///srv/{path}") for pin in select(lock, environment).pins
    ]


def read(files: dict[str, str]) -> Manifests:
    return read_manifests(MemoryTree(files))


@pytest.mark.parametrize(("kind", "files"), ALL)
def test_production_packages_are_installed_with_their_hashes(kind: Kind, files: dict[str, str]) -> None:
    lock = locked(kind, files)
    (line,) = lines(lock)
    name, *hashes = line.split()
    assert name == "six==1.16.0"
    assert hashes == [
        "--hash=sha256:1e61c37477a1626458e36f7b1d82aa5c9b094fa4802892072e49de9c60c4c926",
        "--hash=sha256:8abb2f1d86890a2dfb989f9a77cfcfd3e47c2a354b01111771326f8aa26e0254",
    ]
    assert [line.split()[0] for line in lines(lock, WINDOWS)] == ["colorama==0.4.6", "six==1.16.0"]


@pytest.mark.parametrize(("kind", "files"), ALL)
def test_a_lock_as_its_tool_wrote_it_is_up_to_date(kind: Kind, files: dict[str, str]) -> None:
    found = read(files)
    assert found.findings == ()
    assert found.chosen is not None
    assert found.chosen.kind == kind
    assert {item.name for item in found.chosen.listed} == {"six", "colorama"}
    assert all(item.evidence.line for item in found.chosen.listed)
    assert found.has("six")


@pytest.mark.parametrize(
    ("kind", "old", "new", "says"),
    [
        (
            "poetry.lock",
            'six = "1.16.0"',
            'six = "^1.16"',
            "its content-hash is that of another pyproject.toml",
        ),
        ("pdm.lock", '"six==1.16.0"', '"six>=1.16"', "its content_hash is that of another pyproject.toml"),
        ("pipfile.lock", 'six = "==1.16.0"', 'six = "*"', "its hash is that of another Pipfile"),
    ],
)
def test_a_lock_of_another_manifest_is_said_with_what_to_type(
    kind: Kind, old: str, new: str, says: str
) -> None:
    files = {name: text.replace(old, new) for name, text in PROJECTS[kind].items()}
    (finding,) = read(files).findings
    assert says in finding.text
    assert finding.fix.endswith((" lock",))


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        ("poetry.lock", 'six = "1.16.0"', 'six = "1.16.0"\nattrs = "*"'),
        ("pdm.lock", '"six==1.16.0"', '"six==1.16.0", "attrs"'),
        ("pipfile.lock", 'six = "==1.16.0"', 'six = "==1.16.0"\nattrs = "*"'),
    ],
)
def test_a_package_that_the_lock_lacks_is_a_finding_and_nothing_is_installed(
    kind: Kind, old: str, new: str
) -> None:
    files = {name: text.replace(old, new) for name, text in PROJECTS[kind].items()}
    (finding,) = read(files).findings
    assert "it has no attrs. The install will fail." in finding.text
    assert [need.name for need in select(locked(kind, files), LINUX).missing] == ["attrs"]


@pytest.mark.parametrize(
    ("kind", "old", "new", "said"),
    [
        ("poetry.lock", 'six = "1.16.0"', 'six = "^1.17"', "^1.17"),
        ("pdm.lock", '"six==1.16.0"', '"six>1.16"', ">1.16"),
        ("pipfile.lock", 'six = "==1.16.0"', 'six = "<1.16"', "<1.16"),
    ],
)
def test_a_version_that_is_not_asked_for_any_more_is_seen(kind: Kind, old: str, new: str, said: str) -> None:
    files = {name: text.replace(old, new) for name, text in PROJECTS[kind].items()}
    ((need, pin),) = select(locked(kind, files), LINUX).others
    assert (need.name, need.version, pin.version) == ("six", said, "1.16.0")


GRAPH = """
[[package]]
name = "web"
version = "2"
python-versions = "*"
[package.dependencies]
colors = {version = "*", markers = "sys_platform == 'win32'"}
socks = {version = ">=1", optional = true, markers = "extra == 'proxy'"}
core = [
  {version = "<2", markers = "python_version < '3.11'"},
  {version = ">=2", markers = "python_version >= '3.11'"},
]
[[package]]
name = "core"
version = "1.5"
python-versions = ">=3.8"
[[package]]
name = "core"
version = "2.5"
python-versions = ">=3.11"
[[package]]
name = "colors"
version = "1"
python-versions = "*"
[[package]]
name = "socks"
version = "1.1"
optional = true
python-versions = "*"
[[package]]
name = "tests-only"
version = "1"
python-versions = "*"
[metadata]
lock-version = "2.0"
"""


@pytest.mark.parametrize(
    ("asked", "environment", "expected"),
    [
        ('web = "*"', LINUX, ["core==2.5", "web==2"]),
        ('web = "*"', WINDOWS, ["colors==1", "core==2.5", "web==2"]),
        ('web = {version = "^2", extras = ["proxy"]}', LINUX, ["core==2.5", "socks==1.1", "web==2"]),
        (
            'web = "~2"',
            {**LINUX, "python_version": "3.10", "python_full_version": "3.10.1"},
            ["core==1.5", "web==2"],
        ),
        ('web = {version = "*", optional = true}', LINUX, []),
        ('web = [{version = "1", python = "<3.10"}, {version = "2", python = ">=3.10"}]', LINUX, None),
    ],
)
def test_without_groups_it_is_what_can_be_reached_from_what_is_asked_for(
    asked: str, environment: dict[str, str], expected: list[str] | None
) -> None:
    lock = poetry(GRAPH, f'[tool.poetry.dependencies]\npython = "^3.9"\n{asked}\n')
    assert lines(lock, environment) == (["core==2.5", "web==2"] if expected is None else expected)


def test_the_dependencies_of_pep_621_go_before_those_of_poetrys_table() -> None:
    project = '[project]\ndependencies = ["web"]\n[tool.poetry.dependencies]\ncolors = "*"\n'
    assert lines(poetry(GRAPH, project)) == ["core==2.5", "web==2"]


def test_without_a_manifest_all_that_is_for_production_is_installed() -> None:
    text = GRAPH.replace('name = "tests-only"', 'name = "tests-only"\ncategory = "dev"')
    assert lines(poetry(text)) == ["colors==1", "core==2.5", "web==2"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            'type = "git"\nurl = "https://host/x.git"\nreference = "main"\nresolved_reference = "abc123"\n'
            'subdirectory = "sub"',
            "x @ git+https://host/x.git@abc123#subdirectory=sub",
        ),
        (
            'type = "git"\nurl = "git@host:team/x.git"\nreference = "v1"',
            "x @ git+ssh://git@host/team/x.git@v1",
        ),
        ('type = "url"\nurl = "https://host/x-1-py3-none-any.whl"', "x @ https://host/x-1-py3-none-any.whl"),
        ('type = "directory"\nurl = "libs/x"', "file:///srv/libs/x"),
        ('type = "file"\nurl = "wheels/x-1-py3-none-any.whl"', "file:///srv/wheels/x-1-py3-none-any.whl"),
        ('type = "legacy"\nurl = "https://host/simple"\nreference = "own"', "x==1"),
    ],
)
def test_poetrys_sources(source: str, expected: str) -> None:
    text = f'[[package]]\nname = "x"\nversion = "1"\npython-versions = "*"\n[package.source]\n{source}\n'
    assert lines(poetry(text)) == [expected]


def test_a_folder_that_is_developed_is_editable_and_seen_from_the_project() -> None:
    text = '[[package]]\nname = "x"\nversion = "1"\ndevelop = true\n[package.source]\ntype = "directory"\n'
    files = {"backend/poetry.lock": text + 'url = "../libs/x"\n'}
    lock = read_lock("poetry.lock", MemoryTree(files), "backend/poetry.lock")
    assert lines(lock) == ["-e file:///srv/libs/x"]


def test_indexes_of_poetry_are_those_that_packages_come_from() -> None:
    (index,) = locked("poetry.lock", PROJECTS["poetry.lock"]).indexes
    assert (index.name, index.url, index.default) == ("mirror", "https://pypi.org/simple", True)


PIPENV = {
    "_meta": {
        "sources": [
            {"name": "pypi", "url": "https://pypi.org/simple"},
            {"name": "own", "url": "https://${USER_NAME}:${TOKEN}@host/simple"},
        ]
    },
    "default": {
        "a": {"git": "https://host/a.git", "ref": "0a1b", "subdirectory": "sub"},
        "b": {"path": "./libs/b", "editable": True},
        "c": {"file": "https://host/c-1.tar.gz", "hashes": ["sha256:" + "0" * 64]},
        "d": {"version": "*", "index": "own"},
        "e": {"version": "==1.0", "markers": "python_version < '3'"},
    },
    "develop": {"f": {"version": "==1"}},
}


def test_pipfile_lock_has_packages_of_every_origin() -> None:
    lock = locked("pipfile.lock", {"Pipfile.lock": json.dumps(PIPENV)})
    assert lines(lock) == [
        "a @ git+https://host/a.git@0a1b#subdirectory=sub",
        "-e file:///srv/libs/b",
        f"c @ https://host/c-1.tar.gz --hash=sha256:{'0' * 64}",
        "d",
    ]
    assert [(index.name, index.default) for index in lock.indexes] == [("pypi", True), ("own", False)]


PDM_GRAPH = """
[metadata]
strategy = []
lock_version = "4.4"
[metadata.files]
"requests 2.31.0" = [{file = "requests-2.31.0-py3-none-any.whl", hash = "sha256:%s"}]
[[package]]
name = "requests"
version = "2.31.0"
requires_python = ">=3.7"
dependencies = ["idna<4,>=2.5"]
[[package]]
name = "requests"
version = "2.31.0"
extras = ["socks"]
dependencies = ["PySocks!=1.5.7,>=1.5.6", "requests==2.31.0"]
[[package]]
name = "pysocks"
version = "1.7.1"
[[package]]
name = "idna"
version = "3.7"
[[package]]
name = "local"
version = "1"
path = "./libs/local"
[[package]]
name = "pytest"
version = "8"
""" % ("1" * 64)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("requests", ["idna==3.7", f"requests==2.31.0 --hash=sha256:{'1' * 64}"]),
        (
            "requests[socks]",
            ["idna==3.7", "pysocks==1.7.1", f"requests==2.31.0 --hash=sha256:{'1' * 64}"],
        ),
        ("local", ["file:///srv/libs/local"]),
    ],
)
def test_an_older_pdm_lock_is_followed_from_what_is_asked_for(asked: str, expected: list[str]) -> None:
    project = f'[project]\ndependencies = ["{asked}"]\n'
    assert lines(locked("pdm.lock", {"pdm.lock": PDM_GRAPH, "pyproject.toml": project})) == expected


def test_pylock_is_one_by_any_of_its_names() -> None:
    for name in ("pylock.toml", "pylock.prod.toml", "pylock.web.toml"):
        chosen = read({name: lock_texts.PYLOCK}).chosen
        assert chosen is not None
        assert (chosen.kind, chosen.path) == ("pylock", name)
        assert chosen.why == "a lock of PEP 751, made by webstead-tests"
        assert "six" in chosen.locked
    assert read({"pylock.a.toml": lock_texts.PYLOCK, "pylock.b.toml": lock_texts.PYLOCK}).chosen is None


def test_folders_of_a_pylock_are_seen_from_the_project() -> None:
    text = 'lock-version = "1.0"\n[[packages]]\nname = "x"\ndirectory = {path = "../x", editable = true}\n'
    assert pylock_paths("backend/pylock.toml", text.encode()) == (("x", True),)


def test_two_locks_are_told_with_evidence_for_both() -> None:
    (finding,) = read({**PROJECTS["poetry.lock"], **PROJECTS["pipfile.lock"]}).findings
    assert finding.text.startswith("Both poetry.lock and Pipfile.lock state the packages; poetry.lock is")
    assert [each.path for each in finding.evidence] == ["poetry.lock", "Pipfile.lock"]


def test_a_lock_goes_before_requirements() -> None:
    found = read({**PROJECTS["pipfile.lock"], "requirements.txt": "six\n"})
    assert found.chosen is not None
    assert found.chosen.path == "Pipfile.lock"
    assert "requirements.txt" in found.findings[0].text


@pytest.mark.parametrize(
    ("kind", "name", "text", "says"),
    [
        ("poetry.lock", "poetry.lock", "[[package]\n", "Expected ']]'"),
        ("poetry.lock", "poetry.lock", '[[package]]\nname = "a b"\nversion = "1"\n', "'a b' is no name"),
        ("poetry.lock", "poetry.lock", '[[package]]\nname = "a"\nversion = "1\\n-r x"\n', "is none"),
        ("poetry.lock", "poetry.lock", '[[package]]\nname = "a"\n', "neither version nor place of a"),
        (
            "poetry.lock",
            "poetry.lock",
            '[[package]]\nname = "a"\nversion = "1"\nmarkers = "os ="\n',
            "the marker of a, is none",
        ),
        (
            "pdm.lock",
            "pdm.lock",
            '[[package]]\nname = "a"\nversion = "1"\nfiles = [{hash = "sha256:x"}]\n',
            "a hash of a, is none",
        ),
        (
            "pdm.lock",
            "pdm.lock",
            '[[package]]\nname = "a"\ngit = "https://h/x"\nrevision = "-x"\n',
            "at '-x', the place of a, is none",
        ),
        ("pipfile.lock", "Pipfile.lock", "[]", "it is no JSON object"),
        ("pipfile.lock", "Pipfile.lock", "{}", "it has no section `default`"),
        ("pipfile.lock", "Pipfile.lock", "[" * 100_000, "nested too deeply"),
    ],
)
def test_a_malformed_lock_is_a_finding_and_is_not_passed_over(
    kind: Kind, name: str, text: str, says: str
) -> None:
    with pytest.raises(LockError) as caught:
        locked(kind, {name: text})
    assert says in str(caught.value)
    found = read({name: text, "requirements.txt": "six\n"})
    assert found.chosen is not None
    assert found.chosen.path == name
    assert says in found.findings[0].text


@pytest.mark.parametrize(
    ("constraint", "inside", "outside"),
    [
        ("*", "0.1", None),
        ("^1.2.3", "1.9", "2.0"),
        ("^0.2.3", "0.2.9", "0.3"),
        ("^0.0.3", "0.0.3", "0.0.4"),
        ("~1.2", "1.2.9", "1.3"),
        ("~1", "1.9", "2"),
        ("~=1.2", "1.9", "2"),
        ("1.2.*", "1.2.7", "1.3"),
        ("1.2", "1.2", "1.3"),
        (">=2.7, !=3.0.*, <4", "3.11", "3.0.1"),
        (">=1,<2 || >=3,<4", "3.5", "2.5"),
        ("^2.7 | >= 3.4", "3.11", "3.3"),
        (">=3.6 <4", "3.8", "4.1"),
    ],
)
def test_constraints_in_poetrys_words(constraint: str, inside: str, outside: str | None) -> None:
    assert admits(constraint, inside)
    assert outside is None or not admits(constraint, outside)


@given(st.text(max_size=20), st.text(max_size=10))
def test_a_constraint_is_always_answered(constraint: str, version: str) -> None:
    assert admits(constraint, version) in (True, False)


@example(lock_texts.POETRY_LOCK.encode())
@example(lock_texts.POETRY_1_LOCK.encode())
@example(lock_texts.PDM_LOCK.encode())
@example(lock_texts.PIPFILE_LOCK.encode())
@example(lock_texts.PYLOCK.encode())
@given(st.binary(max_size=200))
def test_any_bytes_are_a_lock_or_an_error(data: bytes) -> None:
    fuzz_target("fuzz_locks")(data)


WORDS = (
    "|a|A_b|1.0|*|>=1|main|default|dev|x y|os_name == 'nt'|git|legacy|directory|https://h/x.whl|../x"
    "|\n--index-url http://h|extra == 'a'|sha256:" + "a" * 64
)
KEYS = "name version files hash hashes markers groups source type url path index git ref editable"
words = st.sampled_from(WORDS.split("|"))
values = st.recursive(
    words | st.booleans() | st.none(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS.split()), inner, max_size=5)
    ),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from(["a", "b-c", "_meta", "x y"]), values, max_size=3), values)
def test_any_shape_of_a_lock_is_read_or_refused(packages: dict[str, object], meta: object) -> None:
    fuzz_target("fuzz_locks")(json.dumps({"default": packages, "_meta": meta}).encode())


def test_a_pin_says_where_it_is() -> None:
    with pytest.raises(LockError):
        Pin("x")


PDM_2_12 = """[project]
name = "demo"
version = "0.1.0"
requires-python = ">=3.9,<3.13"
dependencies = ["fastapi[standard]==0.115.6", "sqlalchemy[asyncio]==2.0.36", "celery[redis]==5.4.0", \
"requests[socks]==2.32.3", "pywin32==308; sys_platform == 'win32'"]
[project.optional-dependencies]
pg = ["psycopg[binary]==3.2.3"]
[tool.pdm]
distribution = false
[tool.pdm.dev-dependencies]
test = ["pytest==8.3.4"]
""".replace("\\\n", "")


def test_an_older_pdm_hashes_its_manifest_otherwise() -> None:
    """The hash is what PDM 2.12.4 wrote."""
    digest = "f8f3c62c354660c1a69cb6cef4ae955244be75713034113b6d3eb4de7f337a4f"
    lock = f'[metadata]\nlock_version = "4.4.1"\ncontent_hash = "sha256:{digest}"\n'
    assert not locked("pdm.lock", {"pdm.lock": lock, "pyproject.toml": PDM_2_12}).stale
    changed = PDM_2_12.replace("==308", "==309")
    assert locked("pdm.lock", {"pdm.lock": lock, "pyproject.toml": changed}).stale


def test_a_package_for_newer_pythons_only_is_not_left_out_in_silence() -> None:
    """uv refuses it, with its own words."""
    text = '[[package]]\nname = "a"\nversion = "1"\npython-versions = ">=3.13"\ngroups = ["main"]\n'
    assert lines(poetry(text)) == ["a==1"]
    both = text + text.replace('"1"', '"0.9"').replace(">=3.13", ">=3.8")
    assert lines(poetry(both)) == ["a==0.9"]


@pytest.mark.parametrize(
    ("kind", "text", "python"),
    [
        ("poetry.lock", '[metadata]\npython-versions = "^3.11"\n', "^3.11"),
        ("pdm.lock", '[[metadata.targets]]\nrequires_python = ">=3.12"\n', ">=3.12"),
    ],
)
def test_a_lock_says_for_which_pythons_it_was_made(kind: Kind, text: str, python: str) -> None:
    assert locked(kind, {kind: text}).python == python


def test_a_lock_in_the_only_folder_that_has_one_is_the_projects() -> None:
    files = {f"backend/{name}": text for name, text in PROJECTS["pipfile.lock"].items()}
    chosen = read_project(MemoryTree({"backend/app.py": "", **files})).manifests.chosen
    assert chosen is not None
    assert (chosen.kind, chosen.path) == ("pipfile.lock", "backend/Pipfile.lock")


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ('web = "*"', "web"),
        ('web = "^2.1"', "web>=2.1,<3"),
        ('web = {version = "~2", extras = ["proxy", "a"]}', "web[a,proxy]>=2,<3"),
        ('web = {version = "2", markers = "sys_platform == \'win32\'"}', 'web==2 ; sys_platform == "win32"'),
        ('web = {version = "2", python = "<3.10"}', "web==2 ; python_version < '3.10'"),
    ],
)
def test_what_is_asked_for_is_listed_in_the_words_of_pep_508(asked: str, text: str) -> None:
    files = {"poetry.lock": GRAPH, "pyproject.toml": f"[tool.poetry.dependencies]\n{asked}\n"}
    assert [item.text for item in read(files).listed if item.name == "web"][:1] == [text]
