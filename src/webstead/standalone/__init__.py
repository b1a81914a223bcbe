"""Serves a WSGI app over HTTP where there is no front: gunicorn, with the app loaded as the gateway loads it.

Comes along in an output, and runs in the app's own interpreter: Python 3.9 and later. gunicorn and whitenoise
stand in a folder behind the app's own packages.
"""
