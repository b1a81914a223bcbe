"""A script that runs at import."""

import sys

sys.exit(3)
