"""A FastCGI program that ends in good order after its first connection."""

import socket

listener = socket.socket(fileno=0)
connection, _ = listener.accept()
while connection.recv(65536):
    pass
