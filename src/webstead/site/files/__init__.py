"""The files of a site's home, as a client reaches them: never outside of it, and never its private parts."""
