"""`.env` files: told when nobody reads them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.plan import Overrides, make_plan
from webstead.plan.model import PlanWarning
from webstead.project import MemoryTree
from webstead.settings import Setting

APP = "from flask import Flask\napp = Flask(__name__)\n"


def told(files: dict[str, str | bytes], *settings: Setting) -> list[PlanWarning]:
    tree = MemoryTree({"requirements.txt": "flask\n", "app.py": APP, **files})
    warnings = make_plan(tree, Overrides(settings=settings)).warnings
    return [warning for warning in warnings if "--env-file" in warning.fix]


def test_a_file_that_nobody_reads_is_told_with_the_words_that_read_it() -> None:
    (warning,) = told({".env": "# for all\nexport SECRET_KEY=x\nDEBUG = 1\n"})
    assert warning.text.startswith(".env sets SECRET_KEY, DEBUG;")
    assert warning.fix == "To use it: --env-file .env"
    assert (warning.evidence[0].path, warning.evidence[0].line) == (".env", 2)


def test_what_is_for_flask_run_is_not_missed() -> None:
    assert told({".flaskenv": "FLASK_APP=app\nFLASK_DEBUG=1\n"}) == []
    (warning,) = told({".flaskenv": "FLASK_APP=app\nGREETING=hi\n"})
    assert warning.fix == "To use it: --env-file .flaskenv"


@pytest.mark.parametrize(
    "code",
    [
        "from dotenv import load_dotenv",
        "from decouple import config",
        "class Settings:\n    model_config = dict(env_file='.env')",
        "env.read_env()",
        "config = Config('.env')",
    ],
)
def test_code_that_reads_the_file_is_trusted(code: str) -> None:
    assert told({".env": "A=1\n", "settings.py": code}) == []


def test_what_the_user_gave_is_not_missed() -> None:
    assert told({".env": "A=1\n"}, Setting.of("A", "2", "--env")) == []


@given(st.binary(max_size=80))
def test_no_file_breaks_the_plan(data: bytes) -> None:
    assert len(told({".env": data})) <= 1
