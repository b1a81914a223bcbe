"""The cases and their bars are those of the promise; every contender serves the same app."""

from __future__ import annotations

from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader

from bench.cases import CASES, MEMORY_BAR_MB, STARTUP_BAR_SECONDS
from bench.workplace import FILE_BODY, HELLO_BODY, ROOT


def test_the_bars_are_the_promised_ones() -> None:
    bars = {case.name: [rival.bar for rival in case.rivals] for case in CASES}
    assert bars == {"gateway": [1.3, 5.0, None], "stack": [3.5, 0.6], "static": [None]}
    assert (MEMORY_BAR_MB, STARTUP_BAR_SECONDS) == (150, 1.5)


def test_names_tell_contenders_of_a_case_apart() -> None:
    for case in CASES:
        names = [contender.name for contender in case.contenders]
        assert len(set(names)) == len(names)


def test_the_readiness_check_compares_what_the_app_answers() -> None:
    loader = SourceFileLoader("hello", str(ROOT / "bench" / "site" / "hello.py"))
    spec = spec_from_loader("hello", loader)
    assert spec is not None
    hello = module_from_spec(spec)
    loader.exec_module(hello)
    began: list[object] = []
    assert b"".join(hello.application({}, lambda *words: began.append(words))) == HELLO_BODY
    assert began == [("200 OK", hello.HEADERS)]


def test_the_file_is_27_kb() -> None:
    assert len(FILE_BODY) == 27 * 1024
