"""A FastCGI program's manners without its protocol: one connection after the other, each until its other end
is closed."""

import socket

listener = socket.socket(fileno=0)
while True:
    connection, _ = listener.accept()
    while connection.recv(65536):
        pass
    connection.close()
