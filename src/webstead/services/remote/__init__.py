"""A site's shell from afar, as azure-cli asks for it: a terminal or SSH over a WebSocket, commands that are
begun and left. Each WebSocket is a session, which `sessions` bounds."""
