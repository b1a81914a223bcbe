"""Connections at work: read them, run a request in the thread that completed it, keep or close."""
