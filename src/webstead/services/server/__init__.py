"""The server's own API, at the host `scm.DOMAIN`."""

__all__: list[str] = []
