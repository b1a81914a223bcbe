"""Subjects of a check, made of texts."""

from __future__ import annotations

from datetime import date

from webstead.check import Finding, Subject, Target, check, read_subject
from webstead.project.tree import MemoryTree

__all__ = ["APP", "FASTCGI", "TODAY", "config", "found", "subject"]

TODAY = date(2026, 11, 26)
APP = "from flask import Flask\n\napp = Flask(__name__)\n"
FASTCGI = (
    '<handlers><add name="Python" path="*" verb="*" modules="FastCgiModule"'
    r' scriptProcessor="C:\Python312\python.exe|C:\Python312\wfastcgi.py" /></handlers>'
)


def config(inside: str, settings: str = '<add key="WSGI_HANDLER" value="app.app" />') -> str:
    return (
        f"<configuration><appSettings>{settings}</appSettings>"
        f"<system.webServer>{inside}</system.webServer></configuration>"
    )


def subject(target: Target = "iis", today: date = TODAY, **files: str | bytes) -> Subject:
    """files: `web_config` is web.config, `static__a_css` is static/a.css."""
    contents: dict[str, str | bytes] = {"app.py": APP, "requirements.txt": "flask\n"}
    for name, data in files.items():
        folder, _, last = name.rpartition("__")
        path = f"{folder.replace('__', '/')}/{last}" if folder else last
        stem, _, ending = path.rpartition("_")
        contents[f"{stem}.{ending}"] = data
    return read_subject(MemoryTree(contents), target, today)


def found(rule: str, target: Target = "iis", **files: str | bytes) -> list[Finding]:
    return list(check(subject(target, TODAY, **files), select=(rule,)))
