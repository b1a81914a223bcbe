"""web.config itself: whether it is there, can be read, and may say what it says."""

from __future__ import annotations

from webstead.check.rule import Rule
from webstead.check.rules import files, locks, planned
from webstead.check.target import IIS_TARGETS, READS_CONFIG, Target

__all__ = ["RULES"]

_IIS: frozenset[Target] = frozenset({"iis"})
_LINUX: frozenset[Target] = frozenset({"azure-linux"})
_WEBSTEAD: frozenset[Target] = frozenset({"webstead"})

RULES: tuple[Rule, ...] = (
    Rule(
        "web-config-missing",
        "error",
        "no web.config",
        "IIS starts an app only as web.config says. Without one it serves the folder's files.",
        files.missing,
        IIS_TARGETS,
    ),
    Rule(
        "web-config-not-read",
        "warning",
        "web.config is not read",
        "App Service for Linux runs a container; nothing in it reads web.config.",
        files.not_read,
        _LINUX,
    ),
    Rule(
        "xml-malformed",
        "error",
        "XML that is not well-formed",
        "Every request is answered with 500.19 (0x8007000D). A template is no web.config yet.",
        files.xml_malformed,
        READS_CONFIG,
    ),
    Rule(
        "config-refused",
        "error",
        "a configuration that is refused",
        "Unknown names, bad values, double keys, locked sections: every request is answered with 500.19.",
        files.config_refused,
        READS_CONFIG,
    ),
    Rule(
        "placeholder-left",
        "error",
        "a placeholder that was not filled in",
        "Templates and publishing tools leave marks such as {{NAME}}, #{Name}, __NAME__ and %LAUNCHER_PATH%"
        " in a file until they write the real one.",
        files.placeholders,
        READS_CONFIG,
    ),
    Rule(
        "secret-in-config",
        "warning",
        "a secret in plain text",
        "A key, password or token in web.config is in every copy of the repository and of the package. Values"
        " are never shown.",
        files.secrets,
        READS_CONFIG,
    ),
    Rule(
        "repeated-key",
        "warning",
        "a setting that is there twice",
        "The later one wins.",
        planned.of_kinds("repeated-key"),
        READS_CONFIG,
    ),
    Rule(
        "section-locked",
        "error",
        "a section that is locked",
        "The server's administrator has to unlock it, or to set it on the server. Until then every request is"
        " answered with 500.19 (0x80070021).",
        locks.locked,
        IIS_TARGETS,
    ),
    Rule(
        "section-often-locked",
        "warning",
        "a section that is locked in a new IIS",
        "handlers and modules are locked as IIS comes; many set-ups of IIS unlock them. On App Service they"
        " are open.",
        locks.often_locked,
        _IIS,
    ),
    Rule(
        "section-ignored",
        "warning",
        "a section that only the server's own file has",
        "IIS reads fastCgi, globalRules and the like from applicationHost.config alone. Webstead reads them"
        " here.",
        locks.ignored,
        IIS_TARGETS,
    ),
    Rule(
        "not-applied",
        "warning",
        "something that Webstead does not do",
        "The file asks for it, and the site behaves differently without it.",
        planned.of_kinds("not-applied"),
        _WEBSTEAD,
    ),
)
