"""Releases: folders that one deployment made and nothing changes, the pointer to the current one, and what
people and apps put beside what was deployed.

`unpack` and `copying` make a release's folder, `manifest` says what is in it, `kept` links what no
deployment brought, `pointer` switches, `prune` removes.
"""

__all__: list[str] = []
