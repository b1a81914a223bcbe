"""The rules, by what they look at. Each is a function from a Subject to what it finds."""
