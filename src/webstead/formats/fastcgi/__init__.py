"""FastCGI 1.0 without I/O: records, name-value pairs, and the two sides of a connection.

`server` is the app's side (the gateway), `client` the side that asks (the front). This file stays free of
imports: the gateway loads it in the app's interpreter, on Python 3.9 and later.
"""
