"""The gateway: runs a WSGI or ASGI app behind a FastCGI server, in the app's own interpreter.

Standard library only, Python 3.9 and later; of Webstead it uses nothing but `formats.fastcgi`. Started by
path, as a folder or as the one file that `webstead gateway bundle` writes:

    python …/webstead/gateway [options] TARGET

`__main__` takes Webstead out of `sys.path` and `sys.modules` before the app is loaded: the app sees its own
packages only. `main` is the way from there: `setup` (settings and folder), `serving` (one process's work),
`processes` (master and workers).
"""
