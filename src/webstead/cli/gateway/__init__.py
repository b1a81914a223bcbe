"""`webstead gateway`: the FastCGI gateway by itself, for a web server that is already there."""

from webstead.cli.gateway.group import application

__all__ = ["application"]
