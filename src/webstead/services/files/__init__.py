"""What vfs, zip and the logs have in common: how files are sent, and how a home's paths are told."""
