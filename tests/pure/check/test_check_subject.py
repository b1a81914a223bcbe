"""What is read of a project that is broken in one place: the rest is checked all the same."""

from __future__ import annotations

from webstead.check import check

from .subjects import FASTCGI, TODAY, config, subject


def rules(**files: str | bytes) -> set[tuple[str, str]]:
    findings = check(subject("iis", TODAY, **files))
    return {(each.rule, each.path) for each in findings}


def test_each_file_that_is_broken_is_told() -> None:
    told = rules(web_config="<a", static__web_config="<b", media__web_config=config("<handlers x='1' />"))
    assert ("xml-malformed", "web.config") in told
    assert ("xml-malformed", "static/web.config") in told
    assert ("config-refused", "media/web.config") in told


def test_the_other_files_are_checked_all_the_same() -> None:
    told = rules(
        web_config=config(FASTCGI, '<add key="WSGI_HANDLER" value="app:app" />'), static__web_config="<"
    )
    assert ("xml-malformed", "static/web.config") in told
    assert ("handler-colon-form", "web.config") in told


def test_a_lock_above_is_told_at_the_file_that_breaks_it() -> None:
    section = "<system.webServer><defaultDocument /></system.webServer>"
    root = f'<configuration><location path="a" overrideMode="Deny">{section}</location></configuration>'
    below = f"<configuration>{section}</configuration>"
    assert ("config-refused", "a/web.config") in rules(web_config=root, a__web_config=below)


def test_a_section_in_another_file_that_is_broken_is_told_there() -> None:
    text = '<configuration><appSettings configSource="app.config" /></configuration>'
    assert ("config-refused", "app.config") in rules(web_config=text, app_config="<appSettings")


def test_the_name_of_the_file_may_be_in_any_case() -> None:
    told = rules(Web_Config=config(FASTCGI, '<add key="WSGI_HANDLER" value="app:app" />'))
    assert ("handler-colon-form", "Web.Config") in told
    assert not any(rule == "web-config-missing" for rule, _ in told)
