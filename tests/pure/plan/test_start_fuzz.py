"""The fuzz target of the start command, on what the corpus is made of."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz_targets import fuzz_target

one = fuzz_target("fuzz_start")

WORDS = [
    *(
        b"from core import app\n",
        b"from app import *\n",
        b"import app, core\n",
        b"app = core.app\n",
        b"x = app\n",
    ),
    *(b"from fastapi import FastAPI\n", b"app = FastAPI()\n", b"class S:\n    def __init__(self):\n"),
    *(
        b"        self.app = FastAPI()\n",
        b"app = S().app\n",
        b"def app(x):\n    return x\n",
        b"app = app(app)\n",
    ),
    *(b"@app.get('/')\ndef f(): ...\n", b"if __name__ == '__main__':\n    app.run()\n", b"app.mount(app)\n"),
    *(
        b"CMD gunicorn app:app\n",
        b"web: uvicorn core:app --factory\n",
        b"run: gunicorn core:x\n",
        b"cd a && ",
    ),
    *(b'FROM x\nENTRYPOINT ["gunicorn"]\n', b"\f", b"\f\f", b"\0", b"\xff", b"'", b"#", b"    "),
]


@given(st.lists(st.one_of(st.sampled_from(WORDS), st.binary(max_size=8)), max_size=24).map(b"".join))
def test_any_project_has_a_start_or_a_question(data: bytes) -> None:
    one(data)
