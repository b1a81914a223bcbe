from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from webstead.client.ignore import deciding, read_rules
from webstead.client.selection import select
from webstead.errors import UsageError


def write(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_py", ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def taken(root: Path) -> list[str]:
    return [file.path for file in select(root).files]


def test_the_projects_own_words_decide_in_their_order(tmp_path: Path) -> None:
    write(tmp_path, app_py="", sub__a="", sub__b="", dist__x="", notes="")
    (tmp_path / ".gitignore").write_text("dist/\nnotes\n")
    (tmp_path / "sub" / ".gitignore").write_text("a\n")
    (tmp_path / ".deploymentignore").write_text("!dist/\nsub/b\n")
    chosen = select(tmp_path)
    assert [file.path for file in chosen.files] == [".gitignore", "app.py", "dist/x", "sub/.gitignore"]
    assert {(left.path, left.why) for left in chosen.left_out} == {
        (".deploymentignore", "never part of a site"),
        ("notes", ".gitignore:2"),
        ("sub/a", "sub/.gitignore:1"),
        ("sub/b", ".deploymentignore:2"),
    }


def test_environments_are_known_by_their_mark(tmp_path: Path) -> None:
    write(tmp_path, app_py="", odd__bin__x="")
    (tmp_path / "odd" / "pyvenv.cfg").write_text("")
    assert taken(tmp_path) == ["app.py"]
    assert select(tmp_path).left_out[0].why == "a virtual environment"


def test_an_empty_folder_is_taken_along(tmp_path: Path) -> None:
    write(tmp_path, app_py="")
    (tmp_path / "uploads").mkdir()
    assert taken(tmp_path) == ["app.py", "uploads/"]


def test_links_are_files_of_the_project_or_left_out(tmp_path: Path) -> None:
    root = write(tmp_path / "site", app_py="x", folder__b="")
    (tmp_path / "secret").write_text("s")
    (root / "inside").symlink_to("app.py")
    (root / "outside").symlink_to(tmp_path / "secret")
    (root / "round").symlink_to(".")
    (root / "dangling").symlink_to("nothing")
    os.mkfifo(root / "pipe")
    assert taken(root) == ["app.py", "folder/b", "inside"]
    whys = {left.path: left.why for left in select(root).left_out}
    assert whys == {
        "outside": "a link that leaves the folder",
        "round": "a link to a folder",
        "dangling": "a link to nothing",
        "pipe": "neither file nor folder",
    }


def test_a_repositorys_folders_above_count_unless_they_leave_this_out(tmp_path: Path) -> None:
    write(tmp_path, src__app_py="", src__a__log="", out__app_py="", out__log="")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".gitignore").write_text("log\n/out/\n/src/app.py\n")
    assert taken(tmp_path / "out") == ["app.py", "log"]
    with pytest.raises(UsageError):
        select(tmp_path / "src")
    (tmp_path / ".gitignore").write_text("log\n")
    assert taken(tmp_path / "src") == ["app.py"]


def test_an_empty_folder_is_nothing_to_deploy(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing to deploy"):
        select(tmp_path)


@pytest.mark.parametrize("name", [b"a\\b", b"a\nb", b"a\xffb"])
def test_a_name_that_no_archive_carries_is_refused(tmp_path: Path, name: bytes) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_text("")
    with pytest.raises(UsageError, match="name cannot be uploaded"):
        select(tmp_path)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("repository")
    subprocess.run(["git", "init", "-q", root], check=True)
    return root


LINES = st.text(st.sampled_from("ab*?/[]!\\-^x "), min_size=1, max_size=8)
PATHS = st.lists(st.text(st.sampled_from("abx!-"), min_size=1, max_size=3), min_size=1, max_size=3)


@pytest.mark.needs("git")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LINES, PATHS)
def test_one_pattern_fits_what_git_says_it_fits(repository: Path, line: str, parts: list[str]) -> None:
    """Of a whole path: git, which is asked about files that are not there, takes them for files."""
    (repository / ".gitignore").write_text(f"{line}\n")
    path = "/".join(parts)
    asked = ["git", "-C", str(repository), "check-ignore", "-q", "--no-index", "--", path]
    said = subprocess.run(asked, check=False).returncode == 0
    rules = read_rules(f"{line}\n", "", ".gitignore")
    ours = False
    for depth in range(1, len(parts) + 1):
        rule = deciding(rules, "/".join(parts[:depth]), folder=depth < len(parts))
        ours = ours or (rule is not None and not rule.takes)
    assert ours == said
