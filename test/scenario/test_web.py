# SPDX-License-Identifier: Apache-2.0
"""One port for everything: pages, gRPC-Web in its forms, CORS, and HTTP/1.1's own rules."""
import base64
import contextlib
import http.client
import socket
import struct

import pytest

import harness
import raw

FORMS = ["application/grpc-web", "application/grpc-web+proto", "application/grpc-web-text",
         "application/grpc-web-text+proto"]
ORIGIN = "http://page.example:8000"
TICKS = "/viam.component.board.v1.BoardService/StreamTicks"
VERSION = "/viam.robot.v1.RobotService/GetVersion"
ROOT = b"I am a viam-server, navigate to https://app.viam.com to manage me."


BOARD = {"name": "b1", "api": "rdk:component:board", "model": "fake",
         "attributes": {"digital_interrupts": [{"name": "i1", "pin": "35"}]}}


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.body = status, body
        self.headers = {name.lower(): value for name, value in headers}


def fetch(server, path, method="GET", headers=None, body=None):
    """One request over HTTP/1.1 on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    with contextlib.closing(connection):
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return Answer(answer.status, answer.getheaders(), answer.read())


def fetch2(server, path, method="GET", headers=None, body=b""):
    """The same over HTTP/2."""
    with server.connect() as sock:
        connection = raw.Connection(sock)
        change = {":method": method, "content-type": None, "te": None, **(headers or {})}
        stream = connection.open(path, change)
        connection.send(stream, body or b"")
        answer = connection.answer(stream)
    headers = [(name, value) for name, value in answer.headers.items() if name != ":status"]
    return Answer(int(answer.headers[":status"]), headers, answer.body)


@pytest.fixture(name="fetch", params=[fetch, fetch2], ids=["http1", "http2"])
def fixture_fetch(request):
    return request.param


@contextlib.contextmanager
def stream1(server, path, body):
    """A call by HTTP/1.1, and what reads the next bytes of its answer."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    with contextlib.closing(connection):
        connection.request("POST", path, body, {"content-type": FORMS[0]})
        answer = connection.getresponse()
        assert answer.status == 200
        yield lambda: answer.read1(65536)


@contextlib.contextmanager
def stream2(server, path, body):
    """The same by HTTP/2."""
    with server.connect() as sock:
        connection = raw.Connection(sock)
        stream = connection.open(path, {"content-type": FORMS[0]})
        connection.send(stream, body)

        def read():
            answer = connection.answers[stream]
            while not answer.body:
                connection.receive()
            body, answer.body = answer.body, b""
            return body
        yield read


@pytest.fixture(name="fetch_stream", params=[stream1, stream2], ids=["http1", "http2"])
def fixture_fetch_stream(request):
    return request.param


def frames(body):
    """[(flag, bytes)] of gRPC-Web's frames."""
    found = []
    while body:
        flag, length = struct.unpack(">BI", body[:5])
        assert len(body) >= 5 + length
        found.append((flag, body[5:5 + length]))
        body = body[5 + length:]
    return found


def decode(form, body):
    if "text" not in form:
        return body
    return b"".join(base64.b64decode(run + "=" * (-len(run) % 4))
                    for run in runs(body.decode()))


def runs(text):
    """The padded pieces of a base64 text."""
    found = [""]
    for quartet in (text[i:i + 4] for i in range(0, len(text), 4)):
        found[-1] += quartet
        if quartet.endswith("="):
            found.append("")
    return [run.rstrip("=") for run in found if run]


def ask(form, data):
    return base64.b64encode(data) if "text" in form else data


def call(fetch, server, form, path, body, **headers):
    """(messages, trailers, answer) of a call by gRPC-Web."""
    answer = fetch(server, path, "POST",
                   {"content-type": form, "x-grpc-web": "1", **headers},
                   ask(form, raw.message(body)))
    assert answer.status == 200
    found = frames(decode(form, answer.body))
    trailers = {name: answer.headers[name] for name in ("grpc-status", "grpc-message")
                if name in answer.headers}
    if found and found[-1][0] & 0x80:
        lines = found.pop()[1].decode().split("\r\n")
        assert lines.pop() == ""
        trailers.update(line.split(": ", 1) for line in lines)
    assert all(flag == 0 for flag, _ in found)
    return [message for _, message in found], trailers, answer


# ---- pages ----

@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "HEAD"])
def test_root(server, fetch, method):
    answer = fetch(server, "/", method, body=b"x" if method == "POST" else None)
    assert answer.status == 200
    assert answer.body == (b"" if method == "HEAD" else ROOT)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["content-length"] == str(len(ROOT))


@pytest.mark.parametrize("method, path, kind", [
    ("GET", "/nothing", None), ("GET", VERSION, None), ("GET", "/debug/", None),
    ("POST", VERSION, "application/json"),
    ("OPTIONS", VERSION, None)])
def test_nothing_there(server, fetch, method, path, kind):
    answer = fetch(server, path, method, {"content-type": kind} if kind else None)
    assert (answer.status, answer.body) == (400, b"")


def test_grpc_over_http1(server):
    answer = fetch(server, VERSION, "POST", {"content-type": "application/grpc"}, raw.message(b""))
    assert (answer.status, answer.body) == (400, b"")


# ---- gRPC-Web ----

@pytest.mark.parametrize("form", FORMS)
def test_unary(server, fetch, form):
    messages, trailers, answer = call(fetch, server, form, VERSION, b"")
    assert len(messages) == 1 and messages[0].startswith(b"\n\3rdk")
    assert trailers == {"grpc-status": "0"}
    assert answer.headers["content-type"] == form
    assert len(answer.headers["opid"]) == 36


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("path, body, code, text", [
    ("/a.b/C", b"", "12", "Unimplemented"), ("/foo", b"", "12", 'malformed method name: "/foo"'),
    (raw.READINGS, raw.field(1, b"\xc3\xa4"), "2",
     "no node found with api rdk:component:sensor and name %C3%A4"),
    (raw.READINGS, b"\xff", "13", None)])
def test_errors(server, fetch, form, path, body, code, text):
    messages, trailers, _ = call(fetch, server, form, path, body)
    assert messages == []
    assert trailers["grpc-status"] == code
    assert text in (None, trailers["grpc-message"])


@pytest.mark.differs("the reference's library reads one run only")
def test_text_in_several_runs(server, fetch):
    whole = raw.message(raw.SENSOR_S1)
    body = b"".join(base64.b64encode(whole[i:i + 4]) for i in range(0, len(whole), 4))
    answer = fetch(server, raw.READINGS, "POST", {"content-type": FORMS[2]}, body)
    assert frames(decode(FORMS[2], answer.body))[-1] == (0x80, b"grpc-status: 0\r\n")


@pytest.mark.differs("the reference's library drops what it can't read")
@pytest.mark.parametrize("form, body, code", [
    (FORMS[2], b"AAAA*AAA", "13"), (FORMS[2], b"AAAAAAA", "2"), (FORMS[0], b"\0\0\0\0\2x", "2"),
    (FORMS[0], b"\2\0\0\0\0", "13"), (FORMS[0], b"\0\x7f\0\0\0", "8"), (FORMS[0], b"", "2")])
def test_unreadable(server, fetch, form, body, code):
    answer = fetch(server, raw.READINGS, "POST", {"content-type": form}, body)
    said = {**answer.headers, **dict(
        line.split(": ", 1) for flag, lines in frames(decode(form, answer.body)) if flag & 0x80
        for line in lines.decode().split("\r\n") if line)}
    assert said["grpc-status"] == code


def test_large_request_and_answer(server, fetch):
    """More than any window or buffer."""
    body = raw.SENSOR_S1 + raw.field(50, b"\x2a" * (3 << 20))
    for form in FORMS:
        messages, trailers, _ = call(fetch, server, form, raw.READINGS, body)
        assert len(messages) == 1 and trailers == {"grpc-status": "0"}


async def test_stream_leaves_message_by_message(start, fetch_stream):
    """The fake's interrupts tick every 700 ms: each tick comes by itself, and a client that leaves
    ends the call."""
    server = start({"components": [BOARD]})
    with fetch_stream(server, TICKS, raw.message(raw.field(1, b"b1") + raw.field(2, b"i1"))) as read:
        body = b""
        while body.count(b"i1") < 2:
            body += read()
    flags = [flag for flag, _ in frames(body)]
    assert len(flags) >= 2 and set(flags) == {0}
    await harness.idle(server, "StreamTicks")


# ---- CORS ----

def test_preflight(server, fetch):
    answer = fetch(server, VERSION, "OPTIONS", {
        "origin": ORIGIN, "access-control-request-method": "POST",
        "access-control-request-headers": "content-type,x-grpc-web,viam_client"})
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["access-control-allow-origin"] in ("*", ORIGIN)
    assert answer.headers["access-control-allow-methods"] == "POST"
    assert answer.headers["access-control-allow-headers"] == "content-type,x-grpc-web,viam_client"


def test_preflight_for_another_method(server, fetch):
    answer = fetch(server, VERSION, "OPTIONS", {
        "origin": ORIGIN, "access-control-request-method": "TRACE"})
    assert answer.status == 204
    assert "access-control-allow-origin" not in answer.headers


def test_origin_may_read(server, fetch):
    _, _, answer = call(fetch, server, FORMS[0], VERSION, b"", origin=ORIGIN)
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.headers["access-control-allow-credentials"] == "true"
    exposed = answer.headers["access-control-expose-headers"].lower().split(", ")
    assert {"grpc-status", "grpc-message", "opid"} <= set(exposed)


# ---- HTTP/1.1 ----

def talk(server, *pieces, end=False):
    """All the server says to these pieces, until it closes."""
    said = b""
    with server.connect() as sock:
        sock.settimeout(20)
        for piece in pieces:
            sock.sendall(piece)
        if end:
            sock.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionResetError):
            while got := sock.recv(65536):
                said += got
    return said


GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
LAST = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


def test_requests_one_after_the_other(server):
    """Pipelined; answered in order, then closed as asked."""
    said = talk(server, GET * 20 + LAST)
    assert said.count(b"HTTP/1.1 200 OK") == 21 and said.endswith(ROOT)


def test_byte_by_byte(server):
    post = (b"POST " + VERSION.encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Type: "
            b"application/grpc-web\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
            b"3\r\n\0\0\0\r\n2;a=b\r\n\0\0\r\n0\r\nx: y\r\n\r\n")
    said = talk(server, *[post[i:i + 1] for i in range(len(post))])
    assert b"grpc-status: 0" in said


def test_connections_stay_open(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    with contextlib.closing(connection):
        connection.connect()
        sock = connection.sock
        for _ in range(5):
            connection.request("POST", VERSION, raw.message(b""), {"content-type": FORMS[0]})
            assert frames(connection.getresponse().read())[-1] == (0x80, b"grpc-status: 0\r\n")
            assert connection.sock is sock


def test_expect(server):
    with server.connect() as sock:
        sock.settimeout(20)
        sock.sendall(b"POST " + VERSION.encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Type: "
                     b"application/grpc-web\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
        assert sock.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        sock.sendall(raw.message(b""))
        assert b"HTTP/1.1 200 OK" in sock.recv(65536)


def test_http_1_0(server):
    said = talk(server, b"GET / HTTP/1.0\r\n\r\n")
    assert said.endswith(ROOT)


@pytest.mark.parametrize("request_bytes, status", [
    (b"GET / HTTP/1.1\r\n\r\n", 400), (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400), (b"GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", 400),
    (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
    (b"POST / HTTP/1.1\r\nHost: a\r\nExpect: gold\r\n\r\n", 417),
    (b"GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505)])
def test_requests_that_are_refused(server, request_bytes, status):
    said = talk(server, request_bytes)
    assert said.startswith(b"HTTP/1.1 %d " % status)


@pytest.mark.differs("the reference allows 32 MiB, takes two lengths, and folded lines")
@pytest.mark.parametrize("request_bytes, status", [
    (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 100000 + b"\r\n\r\n", 431),
    (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"x: y\r\n" * 300 + b"\r\n", 431),
    (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n z\r\n\r\n", 400),
    (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400)])
def test_requests_that_only_we_refuse(server, request_bytes, status):
    said = talk(server, request_bytes)
    assert said.startswith(b"HTTP/1.1 %d " % status)


def test_client_that_leaves_in_the_middle(server):
    for cut in (10, 60, 150):
        post = (b"POST " + VERSION.encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Type: "
                b"application/grpc-web\r\nContent-Length: 500\r\n\r\n\0\0\0\1\0" + bytes(100))
        assert b"grpc-status: 0" not in talk(server, post[:cut], end=True)
    assert fetch(server, "/").status == 200
