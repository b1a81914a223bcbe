"""The cause behind an error: a disk that is full, or fails."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from webstead.errors import BuildError, WebsteadError
from webstead.site.deploy.lock import Locked
from webstead.site.releases.failure import DiskFull, of_disk


@pytest.mark.parametrize(
    ("detail", "what"),
    [
        ("error: Failed to write\n  Caused by: No space left on device (os error 28)", "The disk is full."),
        ("OSError: [Errno 28] No space left on device: 'x'", "The disk is full."),
        ("error: Input/output error (os error 5)", "The disk failed."),
        ("error: it is 28 lines long", "The packages cannot be installed"),
    ],
)
def test_a_programs_own_words_count_though_it_has_cleaned_up(tmp_path: Path, detail: str, what: str) -> None:
    error = BuildError("The packages cannot be installed", found="requirements.txt:1", fix="x", detail=detail)
    told = of_disk(error, (tmp_path,))
    assert told.what == what
    assert not isinstance(told, DiskFull) or re.match(r"[\d.]+ \wB are free .*No space left", told.found)
    assert (told.http_status == 507) == isinstance(told, DiskFull) == (what == "The disk is full.")


def test_what_says_it_already_and_a_refusal_stay(tmp_path: Path) -> None:
    full: WebsteadError = DiskFull("There is no room.", found="No space left on device", fix="x")
    held = Locked("shop", None, datetime(2026, 11, 26, tzinfo=UTC))
    assert of_disk(full, (tmp_path,)) is full
    assert of_disk(held, (tmp_path,)) is held
