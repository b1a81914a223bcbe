"""What is spoken to over HTTP besides the sites: the management of each site, and of the server.

A request comes through `guard`: who asks, of which site, for which route, and may they. Only then a noun's
endpoint is called. The nouns stand in `scm` (Kudu's API, of one site) and `server` (of all of them).
"""

__all__: list[str] = []
