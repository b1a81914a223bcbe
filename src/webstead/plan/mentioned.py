"""Where a project's start files, or its code, name one of its apps."""

from __future__ import annotations

from collections.abc import Sequence

from webstead.project import Candidate, Evidence, Project
from webstead.project.mentions import DEPLOYED, Mention

__all__ = ["decisive_mention", "deployed", "lies_in", "mention_of"]


def decisive_mention(candidate: Candidate, project: Project) -> Evidence | None:
    """Where a start file of the project, or its code, names this candidate."""
    mention = mention_of(candidate, project.mentions)
    return mention.evidence if mention else None


def deployed(candidate: Candidate, project: Project) -> Mention | None:
    """Where what deploys the app gives it to a server by this very name."""
    mentions = [m for m in project.mentions if m.weight == DEPLOYED and ":" in m.target]
    return mention_of(candidate, mentions)


def mention_of(candidate: Candidate, mentions: Sequence[Mention]) -> Mention | None:
    prefix = "" if candidate.directory == "." else candidate.directory.replace("/", ".") + "."
    attribute = candidate.attribute.removesuffix("()")
    names = {
        f"{base}{end}"
        for base in (candidate.module, prefix + candidate.module)
        for end in (f":{attribute}", f":{attribute}()", "")
    }
    named = [m for m in mentions if m.target in names or _names_file(m, candidate)]
    return next((m for m in named if lies_in(candidate, m.folder)), named[0] if named else None)


def _names_file(mention: Mention, candidate: Candidate) -> bool:
    """`observed:app`, started in the folder of a file that is imported from another one."""
    module, _, attribute = mention.target.partition(":")
    path = f"{mention.folder}/{module.replace('.', '/')}.py"
    bare = candidate.attribute.removesuffix("()")
    return bool(mention.folder) and path == candidate.path and attribute in ("", bare, f"{bare}()")


def lies_in(candidate: Candidate, folder: str) -> bool:
    return bool(folder) and candidate.path.startswith(f"{folder}/")
