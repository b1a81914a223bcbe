"""`webstead site …`: the sites of a server, one file for each verb."""

from webstead.cli.site.group import application

__all__ = ["application"]
