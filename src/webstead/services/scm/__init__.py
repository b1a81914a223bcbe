"""A site's management: Kudu's API, one module for each noun."""

__all__: list[str] = []
