"""What does not decide what is built makes no other environment."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import lock_texts
from webstead.build.essence import essence

TOML = ["uv.lock", "poetry.lock", "pdm.lock", "pylock.toml", "sub/pyproject.toml", "Pipfile"]


@pytest.mark.parametrize("path", TOML)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_comments_indents_and_line_ends_of_toml_count_for_nothing(path: str, end: str) -> None:
    text = lock_texts.POETRY_LOCK
    other = "# Made by another version.\n\n" + text.replace("files = [\n", "files = [\n   # both\n")
    other = other.replace("    {file", "  {file").replace("\n", end)
    assert essence(path, other.encode()) == essence(path, text.encode())
    assert essence(path, text.replace("1.16.0", "1.17.0").encode()) != essence(path, text.encode())


def test_tables_of_developers_tools_count_for_nothing() -> None:
    before = "[project]\ndependencies = []\n[tool.uv]\noffline = true\n"
    after = before.replace(
        "[tool.uv]", '[tool.ruff.lint]\nselect = ["E"]\n[[tool.mypy.overrides]]\nx = 1\n[tool.uv]'
    )
    assert essence("pyproject.toml", after.encode()) == essence("pyproject.toml", before.encode())
    for other in ("[tool.ruffian]\nx = 1\n", "[tool.uv.sources]\nx = 1\n", "[project.scripts]\nx = 'y:z'\n"):
        assert essence("pyproject.toml", (before + other).encode()) != essence(
            "pyproject.toml", before.encode()
        )


def test_a_file_with_texts_of_several_lines_counts_as_it_is() -> None:
    text = b'a = """\n# no comment\n"""\n'
    assert essence("pyproject.toml", text) == text


def test_json_counts_by_its_values() -> None:
    other = json.dumps(dict(reversed(json.loads(lock_texts.PIPFILE_LOCK).items())))
    assert essence("Pipfile.lock", other.encode()) == essence(
        "Pipfile.lock", lock_texts.PIPFILE_LOCK.encode()
    )
    assert essence("Pipfile.lock", b"{") == b"{"


@pytest.mark.parametrize(
    "text",
    [
        "six==1.16\nidna\n",
        "# of the app\nsix==1.16  # old\n\n   idna",
        "six==1.16\r\nidna\r\n",
        "\ufeffsix==1.16\nidna\n",
        "six==1.16 \\\n\nidna\n",
    ],
)
def test_comments_and_line_ends_of_requirements_count_for_nothing(text: str) -> None:
    assert essence("requirements.txt", text.encode()) == b"six==1.16\nidna"
    assert essence("requirements.txt", text.lstrip("\ufeff").encode("utf-16")) == b"six==1.16\nidna"


def test_wrapped_hashes_are_one_line_and_words_in_quotes_stay() -> None:
    assert essence("r.txt", b"six \\\n    --hash=sha256:0 \\\n  --hash=sha256:1\n") == (
        b"six --hash=sha256:0 --hash=sha256:1"
    )
    assert essence("r.txt", b"-e 'my  folder'\n") == b"-e 'my  folder'"
    assert essence("r.txt", b"x @ https://h/x.zip#egg=x\n") == b"x @ https://h/x.zip#egg=x"


@given(st.sampled_from([*TOML, "Pipfile.lock", "requirements.txt", "environment.yml"]), st.binary())
def test_the_essence_of_an_essence_is_itself(path: str, data: bytes) -> None:
    text = data.decode("utf-8", "replace").replace("\\", "").encode()
    assert essence(path, essence(path, text)) == essence(path, text)


@given(
    st.lists(
        st.sampled_from(["[project]", "a = 1", "b = [", "]", "[tool.uv]", 'c = "#"', "  'd',"]), max_size=12
    )
)
def test_a_comment_on_a_line_of_its_own_never_counts(lines: list[str]) -> None:
    with_comments = [each for line in lines for each in (line, "  # a remark")]
    plain, other = ("\n".join(each).encode() for each in (lines, with_comments))
    assert essence("uv.lock", other) == essence("uv.lock", plain)
