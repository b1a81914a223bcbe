"""The rules as a table: id, severity, words, and the targets that they are asked for."""
