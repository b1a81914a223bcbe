"""Whether a deployment is built: each rule of the table, and what is warned of."""

from __future__ import annotations

import pytest

from webstead.site.deploy.decide import Facts, How, decide

CASES: tuple[tuple[Facts, How, str], ...] = (
    (Facts("package", setting="true"), "as_is", "a package that is run"),
    (Facts("zip", command="make"), "command", "COMMAND"),
    (Facts("zip", asked=True, setting="false"), "build", "the request asks"),
    (Facts("git", asked=False, setting="true"), "as_is", "the request says so"),
    (Facts("git", setting="true", names={".skipPythonDeployment"}), "as_is", ".skipPythonDeployment"),
    (Facts("zip", setting="True"), "build", "is True"),
    (Facts("git", setting="0"), "as_is", "is 0"),
    (Facts("zip"), "as_is", "is not set, and it is a zip"),
    (Facts("publish"), "as_is", "is not set"),
    (Facts("git"), "build", "a commit of the repository"),
    (Facts("fetch"), "build", "fetched from a repository"),
    (Facts("folder"), "build", "a folder"),
)


@pytest.mark.parametrize(("facts", "how", "word"), CASES)
def test_the_first_rule_that_holds_decides_and_says_why(facts: Facts, how: How, word: str) -> None:
    decision = decide(facts)
    assert decision.how == how
    assert word in decision.why


def test_what_is_listed_and_not_installed_is_warned_of() -> None:
    names = {"app.py", "requirements.txt"}
    assert "requirements.txt" in decide(Facts("zip", names=names)).warning
    assert decide(Facts("zip", setting="1", names=names)).warning == ""
    assert decide(Facts("zip", names={"app.py"})).warning == ""
