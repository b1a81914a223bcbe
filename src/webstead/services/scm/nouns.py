"""The nouns of a site's management. The first route that fits a path is taken."""

from __future__ import annotations

from webstead.services.assembly import Noun
from webstead.services.remote import execute, shell, tunnel, webssh
from webstead.services.scm import (
    command,
    deployments,
    diagnostics,
    dump,
    environment,
    git,
    hooks,
    logs,
    logstream,
    processes,
    publish,
    releases,
    repositories,
    repository,
    repository_hook,
    scm_vfs,
    settings,
    site,
    site_extensions,
    sshkey,
    vfs,
    webjobs,
    zipdeploy,
    zips,
)

__all__ = ["NOUNS"]

NOUNS: tuple[Noun, ...] = (
    command,
    deployments,
    diagnostics,
    dump,
    environment,
    git,
    hooks,
    publish,
    logs,
    logstream,
    processes,
    releases,
    repositories,
    repository,
    repository_hook,
    scm_vfs,
    settings,
    site,
    site_extensions,
    sshkey,
    vfs,
    webjobs,
    zipdeploy,
    zips,
    execute,
    shell,
    tunnel,
    webssh,
)
