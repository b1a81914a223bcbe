from __future__ import annotations

import json

from webstead.build.output.provenance import Material, provenance


def test_a_statement_names_what_was_made_of_what() -> None:
    text = provenance(
        {"output": "a" * 64},
        {"version": 1},
        [Material("requirements.txt", "b" * 64), Material("pkg:x")],
        "0.1.0",
    )
    found = json.loads(text)
    assert found["_type"] == "https://in-toto.io/Statement/v1"
    assert found["subject"] == [{"name": "output", "digest": {"sha256": "a" * 64}}]
    definition = found["predicate"]["buildDefinition"]
    assert definition["externalParameters"] == {"plan": {"version": 1}}
    assert definition["resolvedDependencies"] == [
        {"uri": "requirements.txt", "digest": {"sha256": "b" * 64}},
        {"uri": "pkg:x"},
    ]
    assert "metadata" not in found["predicate"]["runDetails"]
    timed = json.loads(provenance({}, {}, [], "0.1.0", "2026-01-02T03:04:05Z"))
    assert timed["predicate"]["runDetails"]["metadata"] == {"finishedOn": "2026-01-02T03:04:05Z"}
