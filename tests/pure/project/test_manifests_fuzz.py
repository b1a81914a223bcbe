"""What the fuzz target of the manifests checks, for files that are nearly right."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz_targets import fuzz_target

one = fuzz_target("fuzz_manifests")

FILES = (
    '[tool.poetry.dependencies]\npython = "^3.9"\nflask = { version = "^3", extras = ["async"] }\n'
    'x = { path = "../x", develop = true }\ny = { git = "git@example.org:a/b.git", rev = "1" }\n'
    '[[tool.poetry.source]]\nurl = "https://example.org/simple"\n',
    '[project]\nname = "shop"\ndynamic = ["dependencies"]\nrequires-python = ">=3.9"\n'
    '[tool.setuptools.dynamic]\ndependencies = { file = ["requirements/base.txt"] }\n',
    '[[source]]\nurl = "https://example.org/simple"\n[packages]\n'
    'flask = { version = "~=3.0", os_name = "== \'nt\'" }\n'
    '[requires]\npython_version = "3.11"\n',
    "from setuptools import setup\nneeds = ['flask']\nneeds += open('requirements/base.txt').readlines()\n"
    "setup(install_requires=needs, python_requires='>=3.9')\n",
    "[options]\npython_requires = >=3.9\ninstall_requires =\n    flask\n    idna; os_name == 'nt'\n",
)
TOML = st.recursive(
    st.text(max_size=12) | st.integers(0, 9) | st.booleans(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["version", "extras", "markers", "python", "git", "path", "url", "rev", "source", "index"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)


@pytest.mark.parametrize("text", FILES)
def test_every_beginning_of_a_file(text: str) -> None:
    for end in range(len(text)):
        one(text[:end].encode())


@given(st.sampled_from(FILES), st.integers(0, 300), st.binary(max_size=6))
def test_a_file_with_other_bytes_in_it(text: str, at: int, other: bytes) -> None:
    data = text.encode()
    one(data[:at] + other + data[at + len(other) :])


@given(st.binary(max_size=80))
def test_any_bytes(data: bytes) -> None:
    one(data)


@given(st.sampled_from(["tool.poetry.dependencies", "packages"]), st.dictionaries(st.text(max_size=8), TOML))
def test_any_value_of_a_dependency(header: str, values: dict[str, object]) -> None:
    lines = [f"[{header}]", *(f"{_toml(name)} = {_toml(value)}" for name, value in values.items())]
    one("\n".join(lines).encode("utf-8", "surrogatepass"))


def _toml(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return '"' + "".join(f"\\U{ord(char):08x}" for char in value) + '"'
        case list():
            return f"[{', '.join(map(_toml, value))}]"
        case dict():
            return "{" + ", ".join(f"{_toml(key)} = {_toml(each)}" for key, each in value.items()) + "}"
    return str(value)
