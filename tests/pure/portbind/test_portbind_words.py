"""The words of the command."""

from __future__ import annotations

import pytest

from webstead.portbind.main import main


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["app.py"], "--to"),
        (["--to", "70000", "app.py"], "'70000' is no port"),
        (["--to", "-1", "app.py"], "'-1' is no port"),
        (["--to", "5000", "--port", "٣", "app.py"], "is no port"),
        (["--to", "5000"], "script"),
        (["--to", "5000", "--serve", "flask", "app:app"], "invalid choice"),
        (["--to", "5000", "--serve", "aiohttp", "--module", "app:app"], "not allowed with"),
    ],
)
def test_wrong_words_are_refused(words: list[str], found: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert found in capsys.readouterr().err
