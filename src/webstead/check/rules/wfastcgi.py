"""Settings of wfastcgi that are misspelt, or written where it does not look."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from webstead.check.rule import Found
from webstead.check.subject import Subject

__all__ = ["KNOWN", "ONLY_IN_APP_SETTINGS", "misplaced", "misspelt"]

KNOWN = (
    "APPINSIGHTS_INSTRUMENTATIONKEY",
    "APPLICATIONINSIGHTS_CONNECTION_STRING",
    "AllowPathInfoForScriptMappings",
    "PYTHONPATH",
    "SCRIPT_NAME",
    "WSGI_ALT_VIRTUALENV_ACTIVATE_THIS",
    "WSGI_ALT_VIRTUALENV_HANDLER",
    "WSGI_HANDLER",
    "WSGI_LOG",
    "WSGI_PTVSD_ADDRESS",
    "WSGI_PTVSD_SECRET",
    "WSGI_RESTART_FILE_REGEX",
)
"""The settings that the gateway reads; its own table says the same, and a test compares them."""

ONLY_IN_APP_SETTINGS = frozenset(
    {"PYTHONPATH", "WSGI_PTVSD_ADDRESS", "WSGI_PTVSD_SECRET", "WSGI_RESTART_FILE_REGEX"}
)
"""What wfastcgi 3.0.0 takes from the file's appSettings and never from the process's environment."""

_NEIGHBOURS = ("DJANGO_SETTINGS_MODULE", "FLASK_APP", *KNOWN)
_BEGINNINGS = ("WSGI", "PYTHON", "DJANGO_SETT", "DJANGO_SETING", "SCRIPT_N")
_CLOSE = 0.85
_LONGEST = 64


def misspelt(subject: Subject) -> Iterator[Found]:
    for document in subject.documents:
        for element, key in document.settings():
            name = element.attributes[key].value.strip()
            meant = _meant(name)
            if meant is not None:
                why = f"{name} is no setting that anything reads; {meant} is."
                edit = document.replace(element, key, meant)
                yield Found(document.place(element, key), why, f'Write {key}="{meant}".', edit)


def _meant(name: str) -> str | None:
    if len(name) > _LONGEST:
        return None
    folded = name.upper().replace("-", "_")
    by_case = {known.upper(): known for known in _NEIGHBOURS}
    if folded in by_case:
        # Windows does not tell the case of variables apart; a hyphen it does.
        return by_case[folded] if "-" in name else None
    if not folded.startswith(_BEGINNINGS):
        return None
    close = difflib.get_close_matches(folded, by_case, n=1, cutoff=_CLOSE)
    return by_case[close[0]] if close else None


def misplaced(subject: Subject) -> Iterator[Found]:
    for document in subject.documents:
        for path, element in document.elements("environmentVariable"):
            found = element.attributes.get("name")
            name = found.value.strip() if found else ""
            if "fastCgi/application" not in path or name.upper() not in ONLY_IN_APP_SETTINGS:
                continue
            why = (
                f"wfastcgi takes {name} from appSettings only: as a variable of the process it has no effect."
            )
            fix = f'Write <add key="{name}" value="…" /> in <appSettings>.'
            yield Found(document.place(element, "name"), why, fix)
