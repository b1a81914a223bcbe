"""A project is planned alike from a folder, from a zip and from a commit; what is wrong with each is told."""

from __future__ import annotations

import os
import subprocess
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.corpus_trees import read_corpus
from webstead.errors import RuntimeMissing, UsageError
from webstead.plan import Overrides, Plan, make_plan
from webstead.project import MemoryTree
from webstead.site.source import open_source

CORPUS = {tree.name: tree.files for tree in read_corpus()[::4]}
OVERRIDES = Overrides(running="3.12")
FLASK = {"app.py": "from flask import Flask\napp = Flask(__name__)\n", "requirements.txt": "flask\n"}


def write(folder: Path, files: Mapping[str, str]) -> Path:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8", newline="")
    return folder


def pack(path: Path, files: Mapping[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def git(folder: Path, *words: str) -> str:
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "core.autocrlf=false")
    words = ("git", *identity, "-C", str(folder), *words)
    return subprocess.run(words, capture_output=True, text=True, timeout=60, check=True).stdout.strip()


def committed(folder: Path, *, force: bool = False) -> Path:
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A", *(["-f"] if force else []))
    git(folder, "commit", "-qm", "one")
    return folder


def plan(path: Path, revision: str | None = None) -> Plan:
    with open_source(path, revision) as source:
        return make_plan(source.tree, OVERRIDES)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One with a folder for each project of the corpus."""
    root = tmp_path_factory.mktemp("corpus")
    for name, files in CORPUS.items():
        write(root / name, files)
    return committed(root, force=True)


@pytest.mark.parametrize("name", CORPUS)
def test_a_folder_a_zip_and_a_commit_have_one_plan(name: str, repository: Path, tmp_path: Path) -> None:
    expected = make_plan(MemoryTree(CORPUS[name]), OVERRIDES)
    assert plan(repository / name) == expected
    inside = {f"shop-main/{path}": text for path, text in CORPUS[name].items()}
    assert plan(pack(tmp_path / "app.zip", inside)) == expected
    assert plan(repository / name, "HEAD") == expected


def test_what_a_folder_leaves_out_the_others_do_too(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "shop",
        {
            **FLASK,
            ".venv/lib/left.py": "from flask import Flask\nother = Flask(__name__)\n",
            "env/pyvenv.cfg": "",
            "env/lib/left.py": "from flask import Flask\nother = Flask(__name__)\n",
            "__oryx_packages__/flask-3.dist-info/METADATA": "",
            "__oryx_packages__/flask-3.dist-info/top_level.txt": "",
            "__oryx_packages__/flask/METADATA": "",
            "node_modules/x/app.py": "from flask import Flask\napp = Flask(__name__)\n",
        },
    )
    (folder / "same.py").symlink_to("app.py")
    (folder / "lib").symlink_to("env")
    (folder / "out.py").symlink_to("/etc/hostname")
    (folder / "round.py").symlink_to("round.py")
    committed(folder, force=True)
    git(folder, "archive", "-o", str(tmp_path / "app.zip"), "HEAD")
    listed = []
    for path, revision in ((folder, None), (tmp_path / "app.zip", None), (folder, "main")):
        with open_source(path, revision) as source:
            listed.append(list(source.tree.files()))
            assert source.tree.read("same.py") == source.tree.read("app.py")
            for absent in ("out.py", "round.py", "lib", "nothing.py", "../app.py", "app.py/x"):
                with pytest.raises(FileNotFoundError):
                    source.tree.read(absent)
    described = "__oryx_packages__/flask-3.dist-info/METADATA"
    assert listed == [[described, "app.py", "requirements.txt", "same.py"]] * 3


def test_a_home_is_entered_in_each(tmp_path: Path) -> None:
    home = write(tmp_path / "home", {f"site/wwwroot/{path}": text for path, text in FLASK.items()})
    write(home, {"LogFiles/app.py": FLASK["app.py"]})
    packed = pack(tmp_path / "home.zip", {f"home/site/wwwroot/{p}": t for p, t in FLASK.items()})
    expected = plan(home)
    assert expected.start is not None
    assert plan(packed) == plan(committed(home), "HEAD") == expected


@pytest.mark.parametrize("revision", ["main", "v1", "HEAD~1", "SHORT"])
def test_a_revision_is_what_was_committed(revision: str, tmp_path: Path) -> None:
    folder = committed(write(tmp_path / "shop", FLASK))
    git(folder, "tag", "v1")
    if revision == "HEAD~1":
        git(folder, "commit", "-q", "--allow-empty", "-m", "two")
    wanted = git(folder, "rev-parse", "--short", "HEAD") if revision == "SHORT" else revision
    before = plan(folder)
    write(folder, {"app.py": "syntax error", "requirements.txt": "django\n"})
    assert plan(folder, wanted) == before
    assert plan(folder) != before


def test_a_bare_repository_is_read_and_its_hooks_and_filters_do_not_run(tmp_path: Path) -> None:
    folder = committed(write(tmp_path / "shop", {**FLASK, ".gitattributes": "* filter=evil diff=evil\n"}))
    bare = tmp_path / "shop.git"
    git(folder, "clone", "-q", "--bare", ".", str(bare))
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\n")
    trap.chmod(0o755)
    for place in (bare, folder):
        for key in ("filter.evil.smudge", "diff.evil.textconv", "core.fsmonitor", "core.pager"):
            git(place, "config", key, str(trap))
        git(place, "config", "core.hooksPath", str(tmp_path))
        assert plan(place, "main").start == plan(folder).start
    assert not (tmp_path / "sprung").exists()


def test_a_repository_whose_few_objects_make_endless_paths_ends(tmp_path: Path) -> None:
    folder = committed(write(tmp_path / "shop", FLASK))
    tree = git(folder, "rev-parse", "HEAD^{tree}")
    for _ in range(12):
        lines = "".join(f"040000 tree {tree}\t{number}\n" for number in range(10))
        made = subprocess.run(
            ["git", "-C", str(folder), "mktree"],
            input=lines,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        tree = made.stdout.strip()
    with open_source(folder, tree) as source:
        assert len(source.tree.files()) <= 50_000


def test_what_git_does_not_have_is_told(tmp_path: Path) -> None:
    files = {
        **FLASK,
        "big.py": "version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 1\n",
        "wsgi.py": "version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 1\n",
        ".gitmodules": '[submodule "lib"]\n\tpath = lib/shared\n\turl = https://example.org/shared\n',
    }
    folder = committed(write(tmp_path / "shop", files))
    texts = [warning.text for warning in plan(folder, "HEAD").warnings]
    assert (
        "wsgi.py is a pointer of Git LFS: what it stands for is not here, and it is read as empty." in texts
    )
    assert "lib/shared is a submodule, and its files are not here." in texts
    assert plan(folder, "HEAD") == plan(folder)


@pytest.mark.parametrize(
    ("revision", "inside", "what", "fix"),
    [
        ("v9", "", "no revision v9", "git log --all --oneline"),
        ("--all", "", "no revision --all", "git log --all --oneline"),
        ("", "", "no revision", "git log --all --oneline"),
        ("main", "later", "main has no folder later", "Name a folder that was there then"),
    ],
)
def test_a_revision_that_is_not_there(
    revision: str, inside: str, what: str, fix: str, tmp_path: Path
) -> None:
    folder = committed(write(tmp_path / "shop", FLASK))
    (folder / "later").mkdir()
    with pytest.raises(UsageError) as caught:
        plan(folder / inside, revision)
    assert what in caught.value.what
    assert fix in caught.value.fix
    assert caught.value.found


def test_no_repository_and_no_commit(tmp_path: Path) -> None:
    folder = write(tmp_path / "shop", FLASK)
    with pytest.raises(UsageError, match="is in no git repository"):
        plan(folder, "main")
    git(folder, "init", "-q")
    with pytest.raises(UsageError) as caught:
        plan(folder, "main")
    assert "nothing was committed" in caught.value.found


def test_without_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RuntimeMissing) as caught:
        plan(write(tmp_path / "shop", FLASK), "main")
    assert "apt-get install git" in caught.value.fix


@pytest.fixture
def in_a_hook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = committed(write(tmp_path / "other", {"README": ""}))
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))


def test_what_git_sets_for_hooks_leads_nowhere_else(tmp_path: Path, in_a_hook: None) -> None:
    folder = write(tmp_path / "shop", FLASK)
    saved = os.environ.pop("GIT_DIR")
    committed(folder)
    os.environ["GIT_DIR"] = saved
    assert plan(folder, "main").start is not None


def test_neither_a_folder_nor_a_zip(tmp_path: Path) -> None:
    file = write(tmp_path, {"app.tar": "x"}) / "app.tar"
    with pytest.raises(UsageError) as caught:
        plan(file)
    assert "neither a folder nor a zip" in caught.value.what
    with pytest.raises(UsageError) as caught:
        plan(pack(tmp_path / "app.zip", FLASK), "main")
    assert "no revisions" in caught.value.what
