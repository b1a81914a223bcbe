"""The pages behind wsgiref's checker: it raises AssertionError where the server breaks PEP 3333."""

from wsgiref.validate import validator

import pages

app = validator(pages.app)
