"""One management for each test, with the site `shop`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.management import Management


@pytest.fixture
def management(tmp_path: Path) -> Management:
    return Management(tmp_path)
