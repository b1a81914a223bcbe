"""`webstead serve`: many sites behind one supervisor, and the orders that it takes."""

__all__: list[str] = []
