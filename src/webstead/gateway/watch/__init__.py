"""Changes of files, as the system tells them."""
