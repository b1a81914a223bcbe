"""The files and protocols of the field, read and written, with no I/O.

Imported by the gateway inside the app's own interpreter: free of imports, Python 3.9.
"""
