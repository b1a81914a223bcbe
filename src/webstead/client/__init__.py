"""A client of the management API: of a server here, of one elsewhere, or of App Service."""

__all__: list[str] = []
