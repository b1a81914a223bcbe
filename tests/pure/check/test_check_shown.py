"""What people and scripts see: text, JSON, and what is never shown."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from webstead.check import TARGETS, Lines, Target, as_json, as_text, check, counts, fails
from webstead.check.shown import MAX_SHOWN

from .subjects import FASTCGI, config, subject

SECRET = '<add key="SECRET_KEY"\n value="hunter2 &amp; more" /><add key="WSGI_HANDLER" value="app:app" />'


def text(data: str | bytes, target: Target = "iis") -> str:
    checked = subject(target, web_config=data)
    return as_text(check(checked), Lines(checked), target)


def test_a_finding_has_its_line_and_a_mark_below_it() -> None:
    settings_ = '\n  <add key="WSGI_HANDLER" value="app:app" />\n'
    lines = text(config(FASTCGI, settings_)).splitlines()
    at = next(n for n, line in enumerate(lines) if "[handler-colon-form]" in line)
    assert lines[at].startswith("  2:34    error")
    assert lines[at + 1].endswith('2 | <add key="WSGI_HANDLER" value="app:app" />')
    begins = lines[at + 1].index("app:app")
    assert lines[at + 2][begins - 1 :] == " ^^^^^^^"
    assert lines[at + 3].strip() == 'fix: Write value="app.app".'


def test_secrets_are_masked_in_every_line() -> None:
    shown = text(config(FASTCGI, SECRET))
    assert "secret-in-config" in shown
    assert "hunter2" not in shown
    assert "***" in shown


def test_secrets_of_a_file_that_cannot_be_read_are_masked() -> None:
    for value in ('"hunter2"', "'hun\"ter2'", '"hun\'ter2"'):
        shown = text(f'<configuration><add key="SECRET_KEY" value={value} /><a')
        assert "xml-malformed" in shown
        assert "ter2" not in shown


def test_a_refusal_does_not_tell_a_secret() -> None:
    checked = subject(web_config=config("", '\n<add key="SECRET_KEY" valeu="hunter2" />'))
    (finding,) = check(checked, select=("config-refused",))
    assert "has no attribute valeu" in finding.why
    assert "hunter2" not in finding.why


def test_what_a_terminal_would_obey_is_not_printed() -> None:
    shown = text("<configuration>\x1b]0;owned\x07\x9b2J<a></configuration>")
    assert all(char.isprintable() or char in "\n\t" for char in shown)


def test_a_long_line_is_cut() -> None:
    shown = text(config(FASTCGI + f'<serverRuntime x="{"x" * 10_000}" />'))
    assert max(len(line) for line in shown.splitlines()) < MAX_SHOWN + 100


def test_counts_and_exit() -> None:
    findings = check(subject(web_config=config(FASTCGI)), ignore=("module-needed",))
    assert counts(findings) == {"error": 0, "warning": 1, "note": 0}
    assert (fails(findings, strict=False), fails(findings, strict=True)) == (False, True)
    assert fails(check(subject()), strict=False)
    notes = check(subject(web_config=config(FASTCGI)), select=("module-needed",))
    assert notes
    assert not fails(notes, strict=True)


def test_nothing_found_is_said() -> None:
    checked = subject("azure-linux")
    assert as_text(check(checked), Lines(checked), "azure-linux").startswith("Nothing was found")


def test_json_has_all_fields() -> None:
    checked = subject(web_config=config(FASTCGI, SECRET))
    data = as_json(check(checked), "iis")
    assert data["version"] == 1
    assert data["target"] == "iis"
    findings = data["findings"]
    assert isinstance(findings, list)
    colon = next(each for each in findings if each["rule"] == "handler-colon-form")
    assert colon["fixable"] is True
    assert colon["line"] == 2


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=120), st.sampled_from(TARGETS))
def test_any_bytes_are_checked(data: bytes, target: Target) -> None:
    assert text(data, target)
