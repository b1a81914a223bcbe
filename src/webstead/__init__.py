"""The home for Python web apps.

This file is also imported by the gateway inside the app's own interpreter: it stays free of imports and runs on Python 3.9.
"""

__version__ = "0.1.0"
