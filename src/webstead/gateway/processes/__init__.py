"""The master, its workers and their limits: start, replace, reload, stop, and telling who waits for it."""
