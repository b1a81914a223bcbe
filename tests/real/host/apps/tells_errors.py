"""A FastCGI program that is not ours: one request a connection. It answers with its process number; for /told
it writes to the error stream before that, for /late after its head, for /only it writes nothing else; /slow
takes half a second."""

import os
import socket
import time

from webstead.formats.fastcgi.records import STDERR, STDOUT, pack_end, pack_record

TOLD = pack_record(STDERR, 1, b"the disk is full\n")


def serve(connection: socket.socket) -> None:
    data = b""
    while not data.endswith(b"\x01\x05\x00\x01\x00\x00\x00\x00"):  # the end of the request's body
        part = connection.recv(65536)
        if not part:
            return
        data += part
    head = pack_record(STDOUT, 1, b"Content-Type: text/plain\r\n\r\n")
    answer = head + pack_record(STDOUT, 1, str(os.getpid()).encode())
    if b"/told" in data:
        answer = TOLD + answer
    elif b"/late" in data:
        connection.sendall(head)
        answer = TOLD + answer[len(head) :]
    elif b"/only" in data:
        answer = TOLD
    elif b"/slow" in data:
        print("slow", flush=True)
        time.sleep(0.5)
    connection.sendall(answer + pack_end(1, 0, 0))


def main() -> None:
    listener = socket.socket(fileno=0)
    while True:
        connection, _ = listener.accept()
        with connection:
            serve(connection)


if __name__ == "__main__":
    main()
