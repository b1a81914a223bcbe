"""The pages behind Werkzeug's checker of servers and apps, whose every warning is an error."""

import warnings

import pages
from werkzeug.middleware.lint import HTTPWarning, LintMiddleware, WSGIWarning

warnings.simplefilter("error", WSGIWarning)
warnings.simplefilter("error", HTTPWarning)
app = LintMiddleware(pages.app)
