"""Which manifests fix a version of every package."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.project.evidence import Evidence
from webstead.project.manifests import Listed, pinned_names


def listed(*texts: str) -> list[Listed]:
    return [
        Listed(f"package-{number}", text, Evidence("requirements.txt", number, ""))
        for number, text in enumerate(texts)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "django==5.2.1",
        "django == 5.2.1",
        "django===5.2.1",
        "celery[redis]==5.4",
        "pywin32==306; sys_platform == 'win32'",
        "django==5.2.1,!=5.2.0",
    ],
)
def test_one_version_is_a_pin(text: str) -> None:
    assert pinned_names(listed("six==1.17.0", text)) == {"package-0", "package-1"}


@pytest.mark.parametrize(
    "text",
    ["django", "django>=5", "django~=5.2", "django==5.*", "django @ https://example.com/d.zip", "./lib", ""],
)
def test_one_that_is_none_makes_all_open(text: str) -> None:
    assert pinned_names(listed("six==1.17.0", text)) == frozenset()


@given(st.text(max_size=60))
def test_any_text_is_judged(text: str) -> None:
    assert pinned_names(listed(text)) in (frozenset(), {"package-0"})
