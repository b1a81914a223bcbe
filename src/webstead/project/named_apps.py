"""Apps that only a start file knows: `CMD gunicorn site.run:application`, where the module is there and has
the name, and the text of the code does not tell what it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from webstead.project.candidates import Candidate, is_aside
from webstead.project.code import Code
from webstead.project.frameworks import ASGI_FUNCTION, WSGI_FUNCTION
from webstead.project.mentions import DEPLOYED, Mention
from webstead.project.names import names_of
from webstead.project.values import Place

__all__ = ["named_apps"]


def named_apps(code: Code, mentions: Sequence[Mention], known: Sequence[Candidate]) -> Iterator[Candidate]:
    """Those of what deploys the app, by a server whose interface is known, and that are not known yet."""
    seen = {(candidate.path, candidate.attribute) for candidate in known}
    for mention in mentions:
        candidate = _candidate(code, mention) if mention.weight == DEPLOYED and mention.interface else None
        if candidate is not None and (candidate.path, candidate.attribute) not in seen:
            seen.add((candidate.path, candidate.attribute))
            yield candidate


def _candidate(code: Code, mention: Mention) -> Candidate | None:
    name, _, attribute = mention.served.partition(":")
    roots = dict.fromkeys((mention.folder or ".", ".", "src"))
    root = next((root for root in roots if code.layout.path_of(root, name)), "")
    path = code.layout.path_of(root, name) if root else None
    if path is None or is_aside(path):
        return None
    module = code.module(path)
    names = names_of(module.source.body) if module else None
    first = attribute.partition(".")[0].removesuffix("()")
    if names is not None and first not in names:
        return None
    framework = ASGI_FUNCTION if mention.interface == "asgi" else WSGI_FUNCTION
    line = module.bindings[first].line if module and first in module.bindings else 0
    return Candidate(
        framework,
        name,
        attribute,
        root,
        path,
        line,
        Place(path, line, -1),
        factory=attribute.endswith("()"),
        evidence=(mention.evidence,),
    )
