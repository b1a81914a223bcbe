"""Edits: what `--fix` changes, and that it changes nothing else."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webstead.check import Change, Edit, Finding, Subject, changes, check, diff
from webstead.check.edits import apply

from .subjects import FASTCGI, config, subject

CONFIG = (
    '<?xml version="1.0" encoding="utf-8"?>\r\n<!-- kept: value="app:app" -->\r\n<configuration>\r\n'
    "\t<appSettings>\r\n\t\t<add value='app:app'   key=\"WSGI_HANDLER\"/><!-- Zoë -->\r\n"
    "\t</appSettings>\r\n\t<system.webServer>" + FASTCGI + "</system.webServer>\r\n</configuration>\r\n"
)


def changed(checked: Subject) -> tuple[Change, ...]:
    return changes(check(checked), {each.path: each.text.text for each in checked.documents})


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [(b"", "utf-8"), (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le")],
    ids=["bare", "bom", "utf-16"],
)
def test_all_but_the_value_stays_to_the_byte(mark: bytes, encoding: str) -> None:
    text = CONFIG.replace("utf-8", "utf-16") if encoding == "utf-16-le" else CONFIG
    data = mark + text.encode(encoding)
    checked = subject(web_config=data)
    (change,) = changed(checked)
    document = checked.document("web.config")
    assert document is not None
    expected = text.replace("value='app:app'", "value='app.app'")
    assert document.text.encoded(change.after) == mark + expected.encode(encoding)


def test_a_second_run_has_nothing_to_do() -> None:
    (change,) = changed(subject(web_config=CONFIG))
    assert changed(subject(web_config=change.after)) == ()


def test_a_quote_in_the_new_value_is_written_as_an_entity() -> None:
    script = r"C:\Python312\python.exe|C:\Program Files\wf &amp; co\wfastcgi.py"
    handler = FASTCGI.replace(r"C:\Python312\python.exe|C:\Python312\wfastcgi.py", script)
    (change,) = changed(subject(web_config=config(handler)))
    assert r"|&quot;C:\Program Files\wf &amp; co\wfastcgi.py&quot;" in change.after
    assert check(subject(web_config=change.after), select=("script-processor-unquoted",)) == ()


def test_a_port_is_replaced_where_it_stands_once() -> None:
    section = '<handlers><add name="P" path="*" verb="*" modules="httpPlatformHandler" /></handlers>'
    platform = r'<httpPlatform processPath="C:\Py\python.exe" arguments="-m waitress --port {} app:app" />'
    (change,) = changed(subject(web_config=config(section + platform.format("8000"), "")))
    assert "--port %HTTP_PLATFORM_PORT% app:app" in change.after
    twice = platform.format("8000 --ident 8000")
    checked = subject(web_config=config(section + twice, ""))
    assert check(checked, select=("fixed-port",))
    assert changed(checked) == ()


def test_a_missing_file_is_made_and_the_diff_says_so() -> None:
    handler = FASTCGI.replace('path="*"', 'path="handler.fcgi" resourceType="File"')
    (change,) = changed(subject(web_config=config(handler)))
    assert (change.path, change.before, change.after) == ("handler.fcgi", None, "")
    assert "+++ b/handler.fcgi" in diff(change)


def test_a_diff_shows_the_line_before_and_after() -> None:
    (change,) = changed(subject(web_config=CONFIG))
    lines = diff(change).splitlines()
    assert lines[:2] == ["--- a/web.config", "+++ b/web.config"]
    assert [line[:1] for line in lines if "WSGI_HANDLER" in line] == ["-", "+"]


def finding(edit: Edit) -> Finding:
    return Finding("x", "error", edit.path, 1, 1, "why", edit=edit)


def test_of_edits_that_overlap_the_first_is_made() -> None:
    edits = [Edit("a", 0, 3, "X"), Edit("a", 2, 4, "Y"), Edit("a", 4, 5, "Z")]
    (change,) = changes([finding(edit) for edit in edits], {"a": "abcdef"})
    assert change.after == "XdZf"
    assert len(change.findings) == 2


@given(st.text(max_size=40), st.data())
def test_edits_leave_all_between_them(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), min_size=2, max_size=8)))
    pairs = list(zip(cuts[::2], cuts[1::2], strict=False))
    made = apply(text, [Edit("a", start, end, "|") for start, end in pairs])
    kept = [
        text[end:start]
        for (_, end), (start, _) in zip([(0, 0), *pairs], [*pairs, (len(text), 0)], strict=True)
    ]
    assert made == "|".join(kept)
