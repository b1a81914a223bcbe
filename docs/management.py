"""The reference page of the management API, from the routes themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from webstead.services.assembly import COMMON, Noun
from webstead.services.routes import WEBSOCKET, Route
from webstead.services.scm.nouns import NOUNS as OF_SITES
from webstead.services.server.nouns import NOUNS as OF_SERVER
from webstead.services.throttle import FAILURES, SECONDS
from webstead.site.store.model import INCLUDED

__all__ = ["management_page"]

_REFERENCE = re.compile(r" \(reference [^)]*\)")
"""In our docstrings: where the behaviour of Kudu that is meant is described."""

_INCLUDED = ", ".join(
    f"`{scope}` includes {', '.join(f'`{each}`' for each in sorted(own))}" for scope, own in INCLUDED.items()
)

_HEAD = f"""\
# The management API

`webstead serve` manages each site at `NAME.scm.localhost`, with the routes of Kudu (the SCM site of App
Service), so that its clients work: GitHub's deploy action, azure-cli, Visual Studio Code, `git push`, curl.
The server itself is at `scm.localhost`. Both have an OpenAPI document at `/openapi.json` and a page of it
at `/docs`.

```text
curl -u '$shop:PASSWORD' --data-binary @shop.zip http://shop.scm.localhost:8000/api/zipdeploy
curl -u '$shop:PASSWORD' http://shop.scm.localhost:8000/api/deployments/latest
curl -H 'Authorization: Bearer TOKEN' http://scm.localhost:8000/api/sites
```

## What holds everywhere

- **Credentials**: Basic with the publishing user `$NAME` (also `NAME\\$NAME`) and its password, from
  `webstead site publish-profile NAME`; or a bearer token with scopes. Every route needs them, also one that
  does not exist. Without: 401, which names both ways, or the one that is left where a site has Basic
  switched off. A scope that is missing: 403; {_INCLUDED}. The publishing user has all scopes for its own
  site.
- **Guessing**: after {FAILURES} wrong passwords of a publishing user within {SECONDS:.0f} s that user gets
  429 with `Retry-After` at that address, and wrong tokens likewise; a right token never waits. Addresses are
  those of connections, whatever `X-Forwarded-For` says. Each change, and each refusal of somebody who is
  known, is a line of `LogFiles/audit.jsonl`; of others it is in `strangers.jsonl`, summed up.
- **Browsers**: what another site's page sends is refused (403), by `Sec-Fetch-Site` and `Origin`. No answer
  is anything that a browser would run.
- **Paths** are without regard to case, as are the names of a query; a `/` at the end is nothing, but where
  files are meant. Most hold with and without `/api`.
- **JSON**: dates in UTC with seven fractional digits, enums as numbers, null members are there. The content
  type of what is sent is not looked at.
- **Errors** are `{{"Message", "ExceptionMessage", "ExceptionType", "StackTrace", "found", "fix",
  "detail"}}`: what happened, what was found, what to do. A held lock is 409 as plain text;
  other conflicts are not, but that of a merge (`/api/scmvfs`), which is the file with its marks.
- **Azure's resource manager** (the header `x-ms-geo-location`): bodies are taken out of `properties`; where
  *arm* is said, answers are in its envelope.

A deployment that fails is never a success: where it is waited for, 400 for what the sender can mend, 422
for a site that cannot be built or does not start, 500 for what is wrong at the server, each with
`deployment` and `log_url`. Without waiting (`isAsync=true`): 202, and `Location` answers 202 until it has
ended.

Every route may answer {", ".join(map(str, COMMON))}; the tables name what is beyond.
"""


def management_page(made: str) -> str:
    """made: the line that says where the page comes from."""
    parts = [made, _HEAD, "\n## Of a site\n", *_tables(OF_SITES), "\n## Of the server\n", *_tables(OF_SERVER)]
    return "".join(parts)


def _tables(nouns: Sequence[Noun]) -> Iterator[str]:
    for noun in nouns:
        doc = (noun.__doc__ or "").partition("\n\n")[0].replace("\n", " ").strip()
        doc = _REFERENCE.sub("", doc)
        yield f"\n### {noun.__name__.rpartition('.')[2]}\n\n{doc}\n\n"
        yield "| Method | Path | Scope | What it does | Answers |\n| --- | --- | --- | --- | --- |\n"
        yield from (_row(route) for route in noun.ROUTES)


def _row(route: Route) -> str:
    methods = "WebSocket" if WEBSOCKET in route.names else ", ".join(route.names)
    paths = "<br>".join(f"`{path.replace(':path}', '}')}`" for path in route.paths)
    answers = ", ".join(map(str, (route.status, *sorted(set(route.others) - set(COMMON)))))
    arm = "; arm" if route.arm else ""
    return f"| {methods} | {paths} | {' or '.join(route.scopes)} | {route.summary} | {answers}{arm} |\n"
