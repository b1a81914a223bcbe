"""Where requests come from: sockets to listen on, what the process inherited, channels of one connection."""
