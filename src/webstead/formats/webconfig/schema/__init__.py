"""The sections of a `web.config`, one module a kind: each reads an element into a `Level`."""
