"""PEP 3333: the environ, the body, the response, and the run of an app between them."""
