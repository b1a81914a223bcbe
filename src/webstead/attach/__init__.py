"""The gateway, brought to a web server that is already there.

`bundle` makes it one file, `interpreter` finds the Python that it has to run in, `register` tells IIS of it.
None of them imports the gateway: it is not made for our interpreter, but for the app's.
"""
