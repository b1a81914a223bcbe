"""Deployments: from what somebody sent to a release that serves."""

__all__: list[str] = []
