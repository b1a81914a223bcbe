"""The steps that a project or its user asks for in words of their own: packages of the system, hooks, and a
command in place of the manifests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from webstead.plan.model import InstallStep
from webstead.project.build_settings import BuildSettings, Hook

__all__ = ["after_packages", "before_packages", "own_command", "wants_pip"]

MAX_SHOWN = 60


def before_packages(settings: BuildSettings) -> Sequence[InstallStep]:
    """Before the packages are even looked at: a hook may write the manifest."""
    steps = []
    if settings.os_packages:
        names = tuple(item.value for item in settings.os_packages)
        evidence = (settings.os_packages[0].evidence,)
        summary = f"packages of the system: {', '.join(names)}"
        steps.append(InstallStep("os-packages", summary, words=names, evidence=evidence))
    if settings.pre_build:
        steps.append(_hook("pre-build", settings.pre_build))
    return steps


def after_packages(settings: BuildSettings) -> Sequence[InstallStep]:
    return [_hook("post-build", settings.post_build)] if settings.post_build else []


def own_command(settings: BuildSettings) -> Sequence[InstallStep]:
    """What installs the packages instead of the manifests; none where they do."""
    return [_hook("custom", settings.command)] if settings.command else []


def wants_pip(settings: BuildSettings) -> bool:
    """Commands of the user's own may call pip: it has to be the environment's."""
    return settings.command is not None or settings.post_build is not None


def _hook(kind: Literal["pre-build", "custom", "post-build"], hook: Hook) -> InstallStep:
    first, *more = hook.text.strip().splitlines() or [""]
    shown = first if len(first) <= MAX_SHOWN and not more else f"{first[:MAX_SHOWN]}…"
    name = "build command" if kind == "custom" else kind
    words = () if hook.path else (hook.text,)
    return InstallStep(kind, f"{name}: {hook.path or shown}", hook.path, words, evidence=(hook.evidence,))
