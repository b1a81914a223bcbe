"""The processes of one site, wherever they come from."""
