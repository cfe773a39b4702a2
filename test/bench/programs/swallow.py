"""A relay's two sockets that swallow what comes, as cheaply as can be.

swallow.py FOLDER

Prints "ready", and for each connection to lines.sock "connected" and "swallowed BYTES"; closes it after its sender has.
"""
import os
import socket
import sys
import threading

READ_BYTES = 1 << 20


def serve(connection):
    print("connected", flush=True)
    buffer = bytearray(READ_BYTES)
    total = 0
    while True:
        received = connection.recv_into(buffer)
        if received == 0:
            break
        total += received
    # The sender takes the end of the connection for the word that all was taken over.
    print("swallowed", total, flush=True)
    connection.close()


def swallow_begins(begins):
    while True:
        begins.recv(65536)


begins = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
begins.bind(os.path.join(sys.argv[1], "begin.sock"))
threading.Thread(target=swallow_begins, args=(begins,), daemon=True).start()
lines = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
lines.bind(os.path.join(sys.argv[1], "lines.sock"))
lines.listen(128)
print("ready", flush=True)
while True:
    connection, _ = lines.accept()
    threading.Thread(target=serve, args=(connection,), daemon=True).start()
