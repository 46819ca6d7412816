# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 by hand: requests that no client library would send, and frames that are none."""
import struct

import h2.config
import h2.connection
import h2.events
import h2.exceptions

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS = b"\0\0\0\4\0\0\0\0\0"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS_TYPE, PUSH, PING, GOAWAY, WINDOW, CONTINUATION = range(
    10)
END_STREAM, END_HEADERS = 1, 4

READINGS = "/viam.component.sensor.v1.SensorService/GetReadings"
SENSOR_S1 = b"\n\2s1"


def frame(kind, flags, stream, payload, length=None):
    """An HTTP/2 frame; `length` is what its head claims."""
    length = len(payload) if length is None else length
    return struct.pack(">I", length)[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def message(body, flag=0, length=None):
    """A gRPC message; `length` is what its head claims."""
    return struct.pack(">BI", flag, len(body) if length is None else length) + body


def field(number, body):
    """A length-delimited protobuf field."""
    return varint(number << 3 | 2) + varint(len(body)) + body


def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))


def authenticate(connection, entity, payload, kind="api-key"):
    """The token for these credentials."""
    credentials = field(1, kind.encode()) + field(2, payload.encode())
    answer = connection.call(field(1, entity.encode()) + field(2, credentials),
                             "/proto.rpc.v1.AuthService/Authenticate")
    assert answer.status() == (200, 0), answer.text()
    token = answer.body[5:]
    length, shift, at = 0, 0, 1
    while True:
        length |= (token[at] & 0x7F) << shift
        shift += 7
        at += 1
        if token[at - 1] < 0x80:
            return token[at:at + length].decode()


class Answer:
    def __init__(self):
        self.headers, self.trailers = {}, {}
        self.body, self.reset, self.ended = b"", None, False

    def status(self):
        """(HTTP status, grpc-status or None)"""
        fields = {**self.headers, **self.trailers}
        grpc = fields.get("grpc-status")
        return int(fields.get(":status", 0)), None if grpc is None else int(grpc)

    def text(self):
        return {**self.headers, **self.trailers}.get("grpc-message", "")


class Connection:
    """A client connection; several requests may be open."""

    def __init__(self, sock):
        self.sock = sock
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(
            client_side=True, header_encoding="utf-8", validate_inbound_headers=False,
            validate_outbound_headers=False,
            normalize_outbound_headers=False))
        self.h2.initiate_connection()
        self.answers = {}
        self.closed = False
        self.flush()

    def flush(self):
        self.sock.sendall(self.h2.data_to_send())

    def open(self, path=READINGS, change=None, end=False):
        """Sends headers; `change` replaces some, or drops those that are None."""
        fields = {":method": "POST", ":scheme": "http", ":path": path, ":authority": "localhost",
                  "te": "trailers", "content-type": "application/grpc", **(change or {})}
        stream = self.h2.get_next_available_stream_id()
        self.h2.send_headers(stream, [f for f in fields.items() if f[1] is not None],
                             end_stream=end)
        self.answers[stream] = Answer()
        self.flush()
        return stream

    def send(self, stream, data, end=True):
        """Sends as much as the windows allow, waiting for more."""
        while data and not self.answers[stream].ended:
            room = min(self.h2.local_flow_control_window(stream), self.h2.max_outbound_frame_size)
            if room == 0:
                self.receive()
                continue
            self.h2.send_data(stream, data[:room])
            data = data[room:]
            self.flush()
        if end and not self.answers[stream].ended:
            self.h2.end_stream(stream)
            self.flush()

    def call(self, body=SENSOR_S1, path=READINGS, change=None, data=None):
        """One request: `body` as a message, or `data` as it is."""
        stream = self.open(path, change)
        self.send(stream, message(body) if data is None else data)
        return self.answer(stream)

    def answer(self, stream):
        while not self.answers[stream].ended:
            self.receive()
        return self.answers[stream]

    def receive(self):
        data = self.sock.recv(65536)
        if not data:
            self.closed = True
            raise ConnectionError("the server closed the connection")
        for event in self.h2.receive_data(data):
            self.handle(event)
        self.flush()

    def handle(self, event):
        answer = self.answers.get(getattr(event, "stream_id", None))
        if answer is None:
            return
        if isinstance(event, h2.events.ResponseReceived):
            answer.headers = dict(event.headers)
        elif isinstance(event, h2.events.TrailersReceived):
            answer.trailers = dict(event.headers)
        elif isinstance(event, h2.events.DataReceived):
            answer.body += event.data
            self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamReset):
            answer.reset, answer.ended = event.error_code, True
        elif isinstance(event, h2.events.StreamEnded):
            answer.ended = True
