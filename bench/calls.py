# SPDX-License-Identifier: Apache-2.0
"""A gRPC client just big enough to see what answers say; bench-load only times them. Headers of
answers are not decoded: a call that fails is one that ends without a message."""
import select
import socket
import struct

DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
END_STREAM, END_HEADERS, ACK = 1, 4, 1
WINDOW = 2**31 - 1


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def plain_header(name, value):
    """A header field that no table knows."""
    return b"\0" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()


class Connection:
    """Calls on one connection; windows that never fill."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.next_stream, self.input = 1, b""
        self.socket.sendall(
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
            + frame(SETTINGS, 0, 0, struct.pack(">HI", 4, WINDOW))
            + frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", WINDOW - 65535)))

    def close(self):
        self.socket.close()

    def send(self, path, message):
        """Begins a call; its stream's number."""
        stream, self.next_stream = self.next_stream, self.next_stream + 2
        fields = ((":method", "POST"), (":scheme", "http"), (":path", path),
                  (":authority", "localhost"), ("te", "trailers"),
                  ("content-type", "application/grpc"))
        self.socket.sendall(
            frame(HEADERS, END_HEADERS, stream, b"".join(plain_header(*f) for f in fields))
            + frame(DATA, END_STREAM, stream, struct.pack(">BI", 0, len(message)) + message))
        return stream

    def frames(self):
        """(kind, flags, stream, payload) of what came; reads once, waiting if need be."""
        data = self.socket.recv(1 << 18)
        if not data:
            raise ConnectionError("the server closed the connection")
        self.input += data
        at, found = 0, []
        while len(self.input) - at >= 9:
            length = int.from_bytes(self.input[at:at + 3], "big")
            if len(self.input) - at < 9 + length:
                break
            kind, flags, stream = struct.unpack(">BBI", self.input[at + 3:at + 9])
            found.append((kind, flags, stream, self.input[at + 9:at + 9 + length]))
            at += 9 + length
        self.input = self.input[at:]
        for kind, flags, stream, payload in found:
            if kind in (SETTINGS, PING) and not flags & ACK:
                self.socket.sendall(frame(kind, ACK, 0, payload if kind == PING else b""))
            if kind == GOAWAY:
                raise ConnectionError("the server sent GOAWAY")
        return found

    def call(self, path, message=b""):
        """The answer's message, or None of a call that fails."""
        stream, body = self.send(path, message), b""
        while True:
            for kind, flags, of, payload in self.frames():
                if of != stream:
                    continue
                if kind == DATA:
                    body += payload
                if kind == RST_STREAM or (kind in (DATA, HEADERS) and flags & END_STREAM):
                    return body[5:] if body else None


class Streams:
    """Calls that go on, over several connections; counts the messages they get."""

    def __init__(self, port, connections, streams, path, message):
        self.connections = [Connection(port) for _ in range(connections)]
        self.bodies = {(connection, connection.send(path, message)): b""
                       for connection in self.connections for _ in range(streams)}
        self.messages = 0

    def read(self, seconds):
        """Takes what comes for so long at most."""
        sockets = {connection.socket: connection for connection in self.connections}
        for ready in select.select(list(sockets), [], [], seconds)[0]:
            connection = sockets[ready]
            for kind, flags, stream, payload in connection.frames():
                if kind == DATA:
                    self.take(connection, stream, payload)
                if kind in (DATA, HEADERS) and flags & END_STREAM or kind == RST_STREAM:
                    raise RuntimeError("a stream ended")

    def take(self, connection, stream, payload):
        body = self.bodies[connection, stream] + payload
        while len(body) >= 5 and len(body) >= 5 + int.from_bytes(body[1:5], "big"):
            body = body[5 + int.from_bytes(body[1:5], "big"):]
            self.messages += 1
        self.bodies[connection, stream] = body

    def close(self):
        for connection in self.connections:
            connection.close()


def varint(data, at):
    """(value, where it ends)"""
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def fields(message):
    """(number, value) of each field of a protobuf message; bytes or int."""
    at = 0
    while at < len(message):
        key, at = varint(message, at)
        if key & 7 == 0:
            value, at = varint(message, at)
        else:
            length, at = {1: (8, at), 5: (4, at)}.get(key & 7) or varint(message, at)
            value, at = message[at:at + length], at + length
        yield key >> 3, value
