"""Sections that web.config may not have on the target.

Sources: the section declarations of a stock applicationHost.config (overrideModeDefault, allowDefinition);
for App Service, Microsoft's own instructions, which write these sections into a web.config there: handlers
and modules ("How to deny HTTP methods in Azure Web Apps"), ipSecurity ("IP restrictions on Azure App
Service"), httpCompression ("Configuration options unlocked in Windows Azure Web Sites"), and the list of
server variables, which takes an applicationHost.xdt. What no source tells of App Service counts as open.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from webstead.check.document import Document
from webstead.check.rule import Found
from webstead.check.subject import Subject
from webstead.check.target import Target

__all__ = ["LOCKS", "Lock", "State", "ignored", "locked", "often_locked"]

State = Literal["open", "locked", "often locked", "ignored"]
"""often locked: closed in a new IIS and opened by many of its set-ups. ignored: read from the server's own
file only (AppHostOnly)."""


@dataclass(frozen=True, slots=True)
class Lock:
    """section: below system.webServer. iis, azure: its state in IIS and in App Service for Windows."""

    section: str
    iis: State
    azure: State = "open"

    def state(self, target: Target) -> State:
        return {"iis": self.iis, "azure-windows": self.azure}.get(target, "open")


LOCKS: tuple[Lock, ...] = (
    Lock("handlers", "often locked"),
    Lock("modules", "often locked"),
    Lock("fastCgi", "ignored", "ignored"),
    Lock("globalModules", "ignored", "ignored"),
    Lock("rewrite/globalRules", "ignored", "ignored"),
    Lock("rewrite/allowedServerVariables", "locked", "locked"),
    Lock("security/isapiCgiRestriction", "ignored", "ignored"),
    Lock("asp", "locked"),
    Lock("cgi", "locked"),
    Lock("httpCompression", "locked"),
    Lock("httpLogging", "locked"),
    Lock("httpTracing", "locked"),
    Lock("isapiFilters", "locked"),
    Lock("odbcLogging", "locked"),
    Lock("security/access", "locked"),
    Lock("security/applicationDependencies", "locked"),
    Lock("security/authentication/anonymousAuthentication", "locked"),
    Lock("security/authentication/basicAuthentication", "locked"),
    Lock("security/authentication/clientCertificateMappingAuthentication", "locked"),
    Lock("security/authentication/digestAuthentication", "locked"),
    Lock("security/authentication/iisClientCertificateMappingAuthentication", "locked"),
    Lock("security/authentication/windowsAuthentication", "locked"),
    Lock("security/dynamicIpSecurity", "locked"),
    Lock("security/ipSecurity", "locked"),
    Lock("serverRuntime", "locked"),
    Lock("serverSideInclude", "locked"),
    Lock("tracing/traceProviderDefinitions", "locked"),
    Lock("webdav/authoring", "locked"),
    Lock("webdav/authoringRules", "locked"),
    Lock("webdav/globalSettings", "locked"),
    Lock("webSocket", "locked"),
)


def locked(subject: Subject) -> Iterator[Found]:
    return _sections(
        subject,
        "locked",
        "The section {name} is locked there: a web.config with it is answered with 500.19 (0x80070021).",
    )


def often_locked(subject: Subject) -> Iterator[Found]:
    return _sections(
        subject,
        "often locked",
        "The section {name} is locked in a new IIS; where nobody has unlocked it, every request is answered"
        " with 500.19 (0x80070021).",
    )


def ignored(subject: Subject) -> Iterator[Found]:
    return _sections(
        subject, "ignored", "IIS reads {name} from applicationHost.config only: here it has no effect."
    )


def _sections(subject: Subject, state: State, why: str) -> Iterator[Found]:
    for document in subject.documents:
        for lock in LOCKS:
            if lock.state(subject.target) == state:
                yield from _first(document, lock, why.format(name=lock.section), _fix(lock, subject.target))


def _first(document: Document, lock: Lock, why: str, fix: str) -> Iterator[Found]:
    for element in document.at(f"system.webServer/{lock.section}"):
        yield Found(document.place(element), why, fix)
        return


def _fix(lock: Lock, target: Target) -> str:
    if target == "azure-windows":
        return "Write it into an applicationHost.xdt in the site's home."
    if lock.section == "fastCgi":
        return "Register the program on the server: webstead gateway enable, or appcmd set config."
    section = f"system.webServer/{lock.section}"
    if lock.iis == "ignored":
        return f"On the server: appcmd set config -section:{section} … /commit:apphost"
    return f"Once, on the server: appcmd unlock config -section:{section}"
