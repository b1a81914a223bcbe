"""Code that is served somewhere else: functions that a cloud calls, apps that build a front end first. Named,
so that nobody looks for an app that is not there."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ELSEWHERE", "LAMBDA", "Elsewhere"]


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """what: what the code is. fix: what to do with it."""

    what: str
    fix: str


_AS_A_SITE = "To serve it here, call what it does from a web app: pip install flask"

ELSEWHERE: dict[str, Elsewhere] = {
    "azure.functions": Elsewhere(
        "is for Azure Functions, whose own host calls it; no web server can",
        f"Publish it there: func azure functionapp publish NAME. {_AS_A_SITE}",
    ),
    "chalice": Elsewhere(
        "is a Chalice app, which runs in AWS Lambda", f"Publish it there: chalice deploy. {_AS_A_SITE}"
    ),
    "reflex": Elsewhere(
        "is a Reflex app, which builds its front end with Node.js and has its own command",
        "Export the front end (reflex export), and start the back end by: "
        "--command 'reflex run --env prod --backend-only --backend-port $PORT'",
    ),
}
"""By the module that is imported."""

LAMBDA = Elsewhere("is a handler for AWS Lambda, which is no web app", f"Publish it there. {_AS_A_SITE}")
