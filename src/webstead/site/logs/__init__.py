"""What a site's instances write, kept in LogFiles, read back, and followed."""
