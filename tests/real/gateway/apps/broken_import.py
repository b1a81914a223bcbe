"""Its own import fails: the package is not installed."""

import a_package_that_nobody_has  # noqa: F401


def app(environ, start_response):
    return []
