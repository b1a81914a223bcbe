"""Runs a script that serves itself, and puts the port that its code names in the place of the host's.

Started by its folder with the app's own Python, 3.9 and newer. Standard library only; nothing of it comes
onto the app's path, and no `webstead` stays in `sys.modules`.
"""
