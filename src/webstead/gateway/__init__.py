"""The gateway: runs one WSGI app behind a FastCGI server, in the app's own interpreter.

Standard library only, Python 3.9 and later; of Webstead it uses nothing but `formats.fastcgi`. Started by
path:

    python …/webstead/gateway [--bind unix:PATH|tcp:HOST:PORT|fd:N] [--threads N] [--directory DIR] [--path
    DIR]… TARGET

`__main__` takes Webstead out of `sys.path` and `sys.modules` before the app is loaded: the app sees its own
packages only.
"""
