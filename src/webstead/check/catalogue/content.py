"""Paths, static files and rewrite rules."""

from __future__ import annotations

from webstead.check.rule import Rule
from webstead.check.rules import paths, planned, rewriting, statics
from webstead.check.target import IIS_TARGETS, READS_CONFIG, Target

__all__ = ["RULES"]

_IIS: frozenset[Target] = frozenset({"iis"})
_AZURE_WINDOWS: frozenset[Target] = frozenset({"azure-windows"})
_WEBSTEAD: frozenset[Target] = frozenset({"webstead"})

RULES: tuple[Rule, ...] = (
    Rule(
        "path-elsewhere",
        "warning",
        "a path of another machine",
        "Webstead maps the folders of App Service and of virtual environments; it cannot map this one.",
        paths.elsewhere,
        _WEBSTEAD,
    ),
    Rule(
        "path-of-app-service",
        "warning",
        "a path of App Service",
        r"D:\home and C:\home are the site's home on App Service and nowhere else.",
        paths.of_app_service,
        _IIS,
    ),
    Rule(
        "path-missing",
        "warning",
        "a path that App Service does not have",
        "The site's files, and the Python that runs it, are below the folder home.",
        paths.missing_in_site,
        _AZURE_WINDOWS,
    ),
    Rule(
        "path-of-a-user",
        "warning",
        "a path in one user's folder",
        "Python that is installed for one user cannot be read by the account of an application pool.",
        paths.of_a_user,
        _IIS,
    ),
    Rule(
        "path-posix",
        "error",
        "a path of another system",
        "Windows has no /usr or /opt.",
        paths.posix,
        IIS_TARGETS,
    ),
    Rule(
        "path-is-a-file",
        "warning",
        "a file in PYTHONPATH",
        "PYTHONPATH takes folders.",
        planned.of_kinds("path-is-a-file"),
        READS_CONFIG,
    ),
    Rule(
        "static-swallowed",
        "warning",
        "static files that the app's handler takes",
        "A handler for path=* takes every URL, files that are there too, unless a rule, a handler in front or"
        " a web.config in the folder keeps it away.",
        statics.swallowed,
        READS_CONFIG,
    ),
    Rule(
        "static-not-collected",
        "warning",
        "static files that are not there",
        "The file says how static files are served, and the folder that they are in is missing.",
        planned.of_kinds("static-not-collected"),
        READS_CONFIG,
    ),
    Rule(
        "rule-never-matches",
        "error",
        "a pattern that never matches",
        "match looks at the path without its first slash, and without scheme, host and query.",
        rewriting.never_matches,
        READS_CONFIG,
    ),
    Rule(
        "rule-target-is-pattern",
        "error",
        "a URL that is a pattern",
        "The URL of an action is a text with references, no pattern: such a URL is answered with 404.",
        rewriting.target_is_pattern,
        READS_CONFIG,
    ),
    Rule(
        "rule-without-effect",
        "warning",
        "a rule without an action",
        "It changes nothing and stops nothing.",
        rewriting.without_effect,
        READS_CONFIG,
    ),
    Rule(
        "condition-constant",
        "warning",
        "a condition that refers to nothing",
        "Its input is the same for every request, so it always holds, or never.",
        rewriting.constant_condition,
        READS_CONFIG,
    ),
    Rule(
        "rewrite-map-missing",
        "error",
        "a rewrite map that is not there",
        "Requests for which a rule looks it up are answered with 500.52.",
        planned.of_kinds("rewrite-map-missing"),
        READS_CONFIG,
    ),
    Rule(
        "server-variable-not-allowed",
        "error",
        "a server variable that may not be set",
        "Requests for which the rule fires are answered with 500.50.",
        planned.variable_not_allowed,
        READS_CONFIG,
    ),
    Rule(
        "pattern-backtracks",
        "note",
        "a pattern that back-tracks",
        "Webstead runs what it can in linear time, and the rest under a time limit.",
        rewriting.backtracks,
        _WEBSTEAD,
    ),
    Rule(
        "pattern-explodes",
        "warning",
        "a pattern of exponential time",
        "A client can keep a worker of IIS busy with one URL. Webstead runs such patterns in linear time.",
        rewriting.explodes,
        IIS_TARGETS,
    ),
)
