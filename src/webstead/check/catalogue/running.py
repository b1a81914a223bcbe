"""The app, and the processes that run it."""

from __future__ import annotations

from webstead.check.rule import Rule
from webstead.check.rules import apps, linux, planned, processes, wfastcgi
from webstead.check.target import IIS_TARGETS, READS_CONFIG, Target

__all__ = ["RULES"]

_IIS: frozenset[Target] = frozenset({"iis"})
_LINUX: frozenset[Target] = frozenset({"azure-linux"})
_WEBSTEAD: frozenset[Target] = frozenset({"webstead"})

RULES: tuple[Rule, ...] = (
    Rule(
        "handler-not-set",
        "error",
        "a handler without an app",
        "A handler maps URLs to Python, and no WSGI_HANDLER says which app.",
        planned.not_set,
        READS_CONFIG,
    ),
    Rule(
        "handler-missing",
        "error",
        "an app that is not there",
        "WSGI_HANDLER, or the command of httpPlatform, names a module or an object that the project does not"
        " have. It is found in the code, where the site's environment is not built.",
        apps.not_there,
        READS_CONFIG,
    ),
    Rule(
        "handler-does-not-import",
        "error",
        "an app that cannot be imported",
        "It was imported in the site's own environment (built by webstead build or up), in a process of its"
        " own with a time limit.",
        apps.does_not_import,
    ),
    Rule(
        "handler-colon-form",
        "error",
        "module:object where wfastcgi wants dots",
        "wfastcgi takes package.module.object. Webstead's gateway takes both forms.",
        apps.colon_form,
        IIS_TARGETS,
        fixes=True,
    ),
    Rule(
        "asgi-behind-fastcgi",
        "error",
        "an ASGI app behind FastCGI",
        "wfastcgi runs WSGI apps only. Webstead's gateway runs ASGI apps, without WebSockets.",
        planned.asgi_behind_fastcgi,
        READS_CONFIG,
    ),
    Rule(
        "no-start",
        "error",
        "no start command",
        "Nothing says how the app is started: no web.config, no Procfile, no app in the code, or two that fit"
        " equally well.",
        planned.no_start,
        frozenset({"webstead", "azure-linux"}),
    ),
    Rule(
        "startup-command",
        "warning",
        "an app that App Service for Linux does not find",
        "Its start script looks for a few file names. Anything else needs a startup command.",
        linux.startup_command,
        _LINUX,
    ),
    Rule(
        "handler-without-platform",
        "error",
        "a handler without its section",
        "A handler names httpPlatformHandler or AspNetCoreModule, and the section that says what to start is"
        " missing.",
        planned.of_kinds("handler-without-platform"),
        READS_CONFIG,
    ),
    Rule(
        "platform-without-handler",
        "error",
        "a platform section without a handler",
        "httpPlatform or aspNetCore is there, and no handler passes requests to it. Webstead adds one.",
        planned.of_kinds("platform-without-handler"),
        IIS_TARGETS,
    ),
    Rule(
        "fixed-port",
        "error",
        "a fixed port",
        "The server gives each process a port of its own, in %HTTP_PLATFORM_PORT%, and waits for it there.",
        processes.fixed_port,
        READS_CONFIG,
        fixes=True,
    ),
    Rule(
        "needs-posix",
        "error",
        "a server that does not run on Windows",
        "gunicorn and uWSGI need what Windows does not have.",
        processes.needs_posix,
        IIS_TARGETS,
    ),
    Rule(
        "py-launcher",
        "warning",
        "the launcher py",
        "It looks for the Pythons of the account that runs it, and does not see a virtual environment.",
        processes.py_launcher,
        IIS_TARGETS,
    ),
    Rule(
        "script-missing",
        "error",
        "a script that is not there",
        "The command of httpPlatform starts a file that the project does not have.",
        planned.of_kinds("script-missing", "script-outside"),
        READS_CONFIG,
    ),
    Rule(
        "program-not-python",
        "error",
        "a program that is not Python",
        "Webstead starts Python programs.",
        planned.of_kinds("program-not-python"),
        _WEBSTEAD,
    ),
    Rule(
        "script-processor-unquoted",
        "error",
        "a path with a space and no quotes",
        "The arguments of scriptProcessor are split at spaces.",
        processes.unquoted,
        IIS_TARGETS,
        fixes=True,
    ),
    Rule(
        "script-processor-not-registered",
        "error",
        "a scriptProcessor that no registered program can equal",
        "IIS compares it with the full path and arguments of its fastCgi applications.",
        processes.not_registered,
        IIS_TARGETS,
    ),
    Rule(
        "placeholder-file-missing",
        "error",
        "a handler's file that is not there",
        "With resourceType File or Either, a handler for one name (handler.fcgi) needs a file of that name.",
        processes.placeholder_file,
        READS_CONFIG,
        fixes=True,
    ),
    Rule(
        "settings-not-passed",
        "warning",
        "appSettings that the process does not get",
        "IIS gives the process of httpPlatform only the section's own environmentVariables. Webstead gives it"
        " both.",
        processes.settings_not_passed,
        IIS_TARGETS,
    ),
    Rule(
        "module-needed",
        "note",
        "a module that a new IIS does not have",
        "URL Rewrite, HttpPlatformHandler and CGI are installed apart.",
        processes.modules_needed,
        _IIS,
    ),
    Rule(
        "setting-misspelt",
        "warning",
        "a misspelt setting",
        "Nothing reads it, and nothing says so.",
        wfastcgi.misspelt,
        READS_CONFIG,
        fixes=True,
    ),
    Rule(
        "setting-misplaced",
        "warning",
        "a setting where wfastcgi does not look",
        "wfastcgi reads PYTHONPATH, WSGI_RESTART_FILE_REGEX and its debugger's settings from appSettings"
        " only. Webstead reads them in both places.",
        wfastcgi.misplaced,
        IIS_TARGETS,
    ),
)
