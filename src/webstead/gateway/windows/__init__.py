"""Windows' ways to the web server: pipes, and the event that announces the end.

`calls` says which system calls are made, `kernel32` makes them, `fake` stands in for them in tests.
Everything else here is decided above those, and runs on every system.
"""
