"""A gate that swallows what comes, as cheaply as can be, and a socket that does so without a gate's protocol.

swallow.py FOLDER

FOLDER/mlrun.sock answers as the gate does; FOLDER/plain.sock only reads. Prints "ready", and for each connection
"connected" and "swallowed BYTES" without those of BEGIN; closes it after its sender has.
"""
import os
import socket
import sys
import threading

READ_BYTES = 1 << 20


def take_begin(connection):
    stream = connection.makefile("rb", buffering=0)
    head = b""
    while not head.endswith(b"\n"):
        head += stream.read(1)
    left = int(head.split()[3])
    while left > 0:
        left -= len(stream.read(left))
    connection.send(b"K")


def serve(connection, is_gate):
    if is_gate:
        take_begin(connection)
    print("connected", flush=True)
    buffer = bytearray(READ_BYTES)
    total = 0
    while True:
        received = connection.recv_into(buffer)
        if received == 0:
            break
        total += received
    print("swallowed", total, flush=True)
    if is_gate:
        connection.send(b"T")
    connection.close()


def listen(name):
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(os.path.join(sys.argv[1], name))
    listener.listen(128)
    return listener


def accept(listener, is_gate):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection, is_gate), daemon=True).start()


threading.Thread(target=accept, args=(listen("plain.sock"), False), daemon=True).start()
gate = listen("mlrun.sock")
print("ready", flush=True)
accept(gate, True)
