"""The packages of an environment as a CycloneDX 1.6 bill of materials. Pure.

The same packages give the same text: the serial number follows from the digest of what is listed, and there
is no time in it unless one is given.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from webstead.build.interpreter import Interpreter

__all__ = ["Installed", "purl_of", "sbom"]

SPEC_VERSION = "1.6"
SCHEMA = "http://cyclonedx.org/schema/bom-1.6.schema.json"

_SERIAL = uuid.UUID("6f1d1ed2-2b0c-5c0b-9d0f-5f1a3c1f7a11")
_SPDX = re.compile(r"[A-Za-z0-9.-]+(?:\+)?(?: WITH [A-Za-z0-9.-]+)?")
_WEBSITES = {"homepage": "website", "source": "vcs", "repository": "vcs", "documentation": "documentation"}


@dataclass(frozen=True, slots=True)
class Installed:
    """One installed distribution. metadata: the text of its METADATA. sha256: of the archive that it was
    installed from, where a lock says it. beside: whether Webstead added it."""

    metadata: str
    sha256: str = ""
    beside: bool = False


@dataclass(frozen=True, slots=True)
class _Package:
    name: str
    version: str
    headers: Message
    installed: Installed

    @property
    def ref(self) -> str:
        return f"pkg:pypi/{self.name}@{self.version}".replace("+", "%2B")


def purl_of(installed: Installed) -> str:
    """Its package URL, as one of PyPI."""
    return _package(installed).ref


def sbom(
    packages: Sequence[Installed],
    interpreter: Interpreter,
    app: str,
    webstead: str,
    created: str = "",
) -> str:
    """The bill as JSON text. app: the project's name. webstead: our own version. created: an ISO time."""
    by_ref = {package.ref: package for package in reversed([_package(item) for item in packages])}
    found = sorted(by_ref.values(), key=lambda package: (package.name, package.version))
    refs = {package.name: package.ref for package in reversed(found)}
    marked = _variables(interpreter)
    python = {
        "type": "platform",
        "bom-ref": f"pkg:generic/{interpreter.implementation}@{interpreter.version}",
        "name": interpreter.implementation,
        "version": interpreter.version,
    }
    own = [package for package in found if not package.installed.beside]
    wanted = {name for package in own for name in _needed(package, marked) if name in refs}
    top = [package.ref for package in own if package.name not in wanted] or [package.ref for package in own]
    components = [python, *map(_component, found)]
    graph = [
        {"ref": "app", "dependsOn": sorted({str(python["bom-ref"]), *top})},
        *(
            {"ref": p.ref, "dependsOn": sorted({refs[n] for n in _needed(p, marked) if n in refs})}
            for p in found
        ),
    ]
    text = json.dumps([components, graph], sort_keys=True)
    return json.dumps(
        {
            "$schema": SCHEMA,
            "bomFormat": "CycloneDX",
            "specVersion": SPEC_VERSION,
            "serialNumber": f"urn:uuid:{uuid.uuid5(_SERIAL, hashlib.sha256(text.encode()).hexdigest())}",
            "version": 1,
            "metadata": {
                **({"timestamp": created} if created else {}),
                "tools": {"components": [{"type": "application", "name": "webstead", "version": webstead}]},
                "component": {"type": "application", "bom-ref": "app", "name": app},
            },
            "components": components,
            "dependencies": graph,
        },
        indent=1,
        ensure_ascii=False,
    )


def _package(installed: Installed) -> _Package:
    headers = HeaderParser().parsestr(installed.metadata)
    return _Package(
        canonicalize_name(str(headers.get("Name", "unknown"))),
        str(headers.get("Version", "0")).strip(),
        headers,
        installed,
    )


def _component(package: _Package) -> dict[str, object]:
    headers, sha256 = package.headers, package.installed.sha256
    summary = str(headers.get("Summary", "")).strip()
    licences = list(_licences(headers))
    links = list(_links(headers))
    return {
        "type": "library",
        "bom-ref": package.ref,
        "name": package.name,
        "version": package.version,
        "purl": package.ref,
        **({"description": summary} if summary else {}),
        **({"licenses": licences} if licences else {}),
        **({"hashes": [{"alg": "SHA-256", "content": sha256}]} if sha256 else {}),
        **({"externalReferences": links} if links else {}),
        **({"scope": "optional"} if package.installed.beside else {}),
    }


def _licences(headers: Message) -> Iterator[dict[str, object]]:
    """An SPDX expression (PEP 639) stands alone; before it there were a free text and classifiers."""
    expression = str(headers.get("License-Expression", "")).strip()
    if expression:
        yield {"expression": expression}
        return
    named = [
        str(line).rpartition(" :: ")[2]
        for line in headers.get_all("Classifier") or ()
        if str(line).startswith("License :: ") and not str(line).endswith(":: OSI Approved")
    ]
    text = str(headers.get("License", "")).strip()
    if text and "\n" not in text and len(text) < 100 and text != "UNKNOWN":
        named = named or [text]
    for name in dict.fromkeys(named):
        yield {"license": {"name": name}}


def _links(headers: Message) -> Iterator[dict[str, str]]:
    seen = set()
    home = str(headers.get("Home-page", "")).strip()
    pairs = [("homepage", home)] if home and home != "UNKNOWN" else []
    for line in headers.get_all("Project-URL") or ():
        label, _, url = str(line).partition(",")
        pairs.append((label.strip().lower(), url.strip()))
    for label, url in pairs:
        kind = _WEBSITES.get(label.split(" ")[0].rstrip(":"))
        if kind and re.match(r"https?://[^\s<>\"{}|\\^`\[\]]+$", url) and (kind, url) not in seen:
            seen.add((kind, url))
            yield {"type": kind, "url": url}


def _needed(package: _Package, variables: Mapping[str, str]) -> Iterator[str]:
    for line in package.headers.get_all("Requires-Dist") or ():
        try:
            requirement = Requirement(str(line))
        except InvalidRequirement:
            continue
        if requirement.marker is None or requirement.marker.evaluate({"extra": "", **variables}):
            yield canonicalize_name(requirement.name)


def _variables(interpreter: Interpreter) -> dict[str, str]:
    """What markers ask of the app's Python rather than of ours."""
    major, minor = (*interpreter.release, 0)[:2]
    return {
        "python_version": f"{major}.{minor}",
        "python_full_version": interpreter.version,
        "implementation_name": interpreter.implementation,
    }
