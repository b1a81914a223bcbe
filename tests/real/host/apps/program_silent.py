"""A FastCGI program that is long in coming."""

import time

time.sleep(3600)
