"""The home for Python web apps.

The gateway imports this file inside the app's own interpreter: free of imports, Python 3.9.
"""

__version__ = "0.1.0"
