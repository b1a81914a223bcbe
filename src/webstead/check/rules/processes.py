"""How IIS starts the processes that web.config names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from webstead.check.document import Document
from webstead.check.finding import Edit
from webstead.check.rule import Found
from webstead.check.rules.planned import of_kinds
from webstead.check.subject import Subject
from webstead.formats.webconfig import is_python, split_script_processor, windows_words
from webstead.formats.webconfig.document import Element
from webstead.plan.commands import program_of
from webstead.plan.programs import read_program

__all__ = [
    "PLATFORMS",
    "fastcgi_handlers",
    "fixed_port",
    "modules_needed",
    "needs_posix",
    "not_registered",
    "placeholder_file",
    "py_launcher",
    "settings_not_passed",
    "unquoted",
]

PLATFORMS = ("httpPlatform", "aspNetCore")
POSIX_ONLY = {
    "gunicorn": "it needs fcntl and fork, which Windows does not have",
    "uwsgi": "it has no version for Windows",
    "bjoern": "it has no version for Windows",
    "meinheld": "it has no version for Windows",
}
"""Servers that do not run on Windows, and why."""
_INSTEAD = "Run waitress (-m waitress --listen=127.0.0.1:%HTTP_PLATFORM_PORT% app:app), or uvicorn for ASGI."
_MODULES = {
    "system.webServer/rewrite/rules": "URL Rewrite",
    "system.webServer/rewrite/outboundRules": "URL Rewrite",
    "system.webServer/httpPlatform": "HttpPlatformHandler",
    "system.webServer/aspNetCore": "the ASP.NET Core Module (Hosting Bundle)",
}
"""Sections of modules that a new IIS does not have."""


def platforms(document: Document) -> Iterator[tuple[Element, tuple[str, ...]]]:
    """Each platform section with its program and arguments as words of this system."""
    for _, element in document.elements(*PLATFORMS):
        path = element.attributes.get("processPath")
        if path is not None and path.value.strip():
            arguments = element.attributes.get("arguments")
            words = windows_words(arguments.value) if arguments else ()
            yield element, read_program(path.value, words).words


def fastcgi_handlers(document: Document) -> Iterator[tuple[Element, str]]:
    """Each handler element that runs Python by FastCGI, with its scriptProcessor."""
    for path, element in document.elements("add"):
        script = element.attributes.get("scriptProcessor")
        if path == "system.webServer/handlers/add" and script and is_python(script.value):
            yield element, script.value


def needs_posix(subject: Subject) -> Iterator[Found]:
    for document in subject.documents:
        for element, words in platforms(document):
            reason = POSIX_ONLY.get(program_of(words).lower().removesuffix(".exe"))
            if reason:
                name = program_of(words)
                attribute = (
                    "arguments" if name not in element.attributes["processPath"].value else "processPath"
                )
                why = f"{name} does not run on Windows: {reason}."
                yield Found(document.place(element, attribute), why, _INSTEAD)


def py_launcher(subject: Subject) -> Iterator[Found]:
    for document in subject.documents:
        for _, element in document.elements(*PLATFORMS):
            path = element.attributes.get("processPath")
            name = re.split(r"[\\/]", path.value.strip())[-1].lower() if path else ""
            if name in ("py", "py.exe", "pyw", "pyw.exe"):
                why = (
                    "The launcher py picks a Python of the account that runs it: the site's account sees none"
                    " that was installed for one user, and no virtual environment."
                )
                fix = 'Name the interpreter, as in processPath="C:\\Python312\\python.exe".'
                yield Found(document.place(element, "processPath"), why, fix)


def fixed_port(subject: Subject) -> Iterator[Found]:
    for found in of_kinds("fixed-port")(subject):
        yield Found(found.place, found.why, found.fix, _port_edit(subject, found))


def _port_edit(subject: Subject, found: Found) -> Edit | None:
    """The port in the arguments, where it stands there once."""
    port = re.search(r"fixed port (\d+)", found.why)
    variable = re.search(r"%\w+%", found.fix)
    document = subject.document(found.place.path)
    for _, element in document.elements(*PLATFORMS) if document else ():
        if (
            document
            and port
            and variable
            and element.line == found.place.line
            and "arguments" in element.attributes
        ):
            place = document.place(element, "arguments")
            written = document.text.text[place.start : place.end]
            there = [match.start() for match in re.finditer(rf"(?<!\d){port[1]}(?!\d)", written)]
            if len(there) == 1:
                start = place.start + there[0]
                return Edit(document.path, start, start + len(port[1]), variable[0])
    return None


def unquoted(subject: Subject) -> Iterator[Found]:
    for document in subject.documents:
        for element, script in fastcgi_handlers(document):
            _, arguments = split_script_processor(script)
            if _is_spaced_script(arguments):
                quoted = script.replace(arguments, f'"{arguments}"')
                why = f"The path {arguments} has a space and no quotes: Python is given only its first part."
                fix = f"Write &quot;{arguments}&quot;, here and where the program is registered."
                edit = document.replace(element, "scriptProcessor", quoted)
                yield Found(document.place(element, "scriptProcessor"), why, fix, edit)


def _is_spaced_script(arguments: str) -> bool:
    bare = arguments.lower().endswith(".py") and not re.search("[\"']", arguments)
    return bare and re.search(r"\s", arguments) is not None


def not_registered(subject: Subject) -> Iterator[Found]:
    """IIS starts a program only when a fastCgi/application of the same full path and arguments is there."""
    for document in subject.documents:
        for element, script in fastcgi_handlers(document):
            program, _ = split_script_processor(script)
            if not re.match(r"[A-Za-z]:[\\/]|\\\\|%|/", program):
                why = f"scriptProcessor names {program}: IIS wants the full path of a registered program."
                fix = "webstead gateway config iis tells what to register, and what to write here."
                yield Found(document.place(element, "scriptProcessor"), why, fix)


def placeholder_file(subject: Subject) -> Iterator[Found]:
    for document in subject.documents:
        for path, element in document.elements("add"):
            wanted = element.attributes.get("resourceType")
            named = element.attributes.get("path")
            if path != "system.webServer/handlers/add" or wanted is None or named is None:
                continue
            name = named.value.strip().lstrip("/")
            literal = name and not re.search(r"[*?,]", name)
            if (
                wanted.value.strip().lower() in ("file", "either")
                and literal
                and _absent(subject, document, name)
            ):
                full = f"{document.folder}/{name}" if document.folder and "/" not in name else name
                why = (
                    f"resourceType={wanted.value} maps only what is there, and there is no file {full}: every"
                    " request for it is answered with 404."
                )
                edit = Edit(full, 0, 0, "", creates=True)
                yield Found(document.place(element, "path"), why, f"Add an empty file {full}.", edit)


def _absent(subject: Subject, document: Document, name: str) -> bool:
    if "\\" in name or ".." in name.split("/"):
        return False
    return (
        f"{document.folder}/{name}".strip("/").lower() not in subject.names
        and name.lower() not in subject.names
    )


def settings_not_passed(subject: Subject) -> Iterator[Found]:
    """httpPlatformHandler hands on its own environmentVariables only; appSettings are ASP.NET's, and
    wfastcgi's, which reads the file itself."""
    kinds = {handler.kind for _, handler in subject.site.handlers()} if subject.site else set()
    if "platform" not in kinds or "fastcgi" in kinds:
        return
    for document in subject.documents:
        keys = [(element, key) for element, key in document.settings() if key == "key"]
        names = [element.attributes[key].value.strip() for element, key in keys]
        if keys and any(names):
            shown = ", ".join(names[:3]) + ("…" if len(names) > 3 else "")
            why = f"IIS gives the process of httpPlatform no appSettings: it will not see {shown}."
            fix = '<environmentVariable name="…" value="…" /> in <environmentVariables> of the section.'
            yield Found(document.place(*keys[0]), why, f"Write {fix}")


def modules_needed(subject: Subject) -> Iterator[Found]:
    told: set[str] = set()
    for document in subject.documents:
        for path, module in _MODULES.items():
            element = next(iter(document.at(path)), None)
            if element and module not in told:
                told.add(module)
                why = f"<{element.name}> needs {module}, which a new IIS does not have (500.19, 0x8007000D)."
                yield Found(document.place(element), why, "See that it is installed on the server.")
        for element, _ in fastcgi_handlers(document):
            if "CGI" not in told:
                told.add("CGI")
                why = "FastCgiModule needs the feature CGI of IIS (else 500.21)."
                fix = "On the server: Enable-WindowsOptionalFeature -Online -FeatureName IIS-CGI"
                yield Found(document.place(element, "modules"), why, fix)
