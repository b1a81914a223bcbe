"""Webstead beside its alternatives, measured in one run on one machine. Start it with `scripts/bench`."""
