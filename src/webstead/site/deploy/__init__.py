"""Deployments: from what somebody sent to a release that serves.

`pipeline.deploy` does one; `again.redeploy` and `rollback.rollback` go back to what is kept; `recover` closes
what a crash cut off; `lock` says who is at it. `model` holds what is asked for.
"""

__all__: list[str] = []
