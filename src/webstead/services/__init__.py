"""What is spoken to over HTTP besides the sites: the management of each site, and of the server."""

__all__: list[str] = []
