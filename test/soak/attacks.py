# SPDX-License-Identifier: Apache-2.0
"""What hostile peers do, one function each: attack(connect, until) repeats itself until the clock
passes `until`. Each runs in a process of its own; a refusal by the server is what it wants."""
import base64
import contextlib
import json
import os
import random
import socket
import struct
import time

import calls
import raw

REFUSED = (OSError, raw.h2.exceptions.ProtocolError, ConnectionError)
OPEN = raw.PREFACE + raw.SETTINGS
MODELS = "/viam.component.arm.v1.ArmService/Get3DModels"  # an answer of 46 KB
ARM = b"\n\3arm"
CALL = "/proto.rpc.webrtc.v1.SignalingService/Call"
OFFER = "\r\n".join([
    "v=0", "o=- 1 1 IN IP4 0.0.0.0", "s=-", "t=0 0",
    "a=fingerprint:sha-256 " + ":".join(["AB"] * 32), "a=group:BUNDLE 0",
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "c=IN IP4 0.0.0.0", "a=setup:actpass",
    "a=mid:0", "a=sctp-port:5000", "a=ice-ufrag:cIMWiSJxRwQKvZkv",
    "a=ice-pwd:NHDpzdiCgqBYOsiJdTQLpoxYynmMuWlM", ""])
STALL = 2  # seconds that the server of the soak lets a peer stand still; it looks as often
PAUSE = 0.002  # between rounds: what is judged is the server, not who gets the CPU


def rounds(until):
    while time.monotonic() < until:
        yield
        time.sleep(PAUSE)


def pour(connect, data):
    """Sends it and leaves without listening."""
    with contextlib.suppress(*REFUSED), connect() as sock:
        sock.settimeout(1)
        sock.sendall(data)


def drop(sock):
    """Closes by a TCP reset."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def garbage(connect, until):
    for _ in rounds(until):
        pour(connect, random.choice((b"", raw.PREFACE, OPEN)) + os.urandom(random.randrange(4096)))


def tls_hello(connect, until):
    for _ in rounds(until):
        pour(connect, bytes.fromhex("1603010200010001fc0303") + os.urandom(500))


def flood(connect, until, frame):
    for _ in rounds(until):
        pour(connect, OPEN + frame * 2000)


def pings(connect, until):
    flood(connect, until, raw.frame(raw.PING, 0, 0, bytes(8)))


def settings(connect, until):
    flood(connect, until, raw.frame(raw.SETTINGS_TYPE, 0, 0, b""))


def windows(connect, until):
    flood(connect, until, raw.frame(raw.WINDOW, 0, 0, b"\0\0\0\1"))


def unknown_frames(connect, until):
    flood(connect, until, raw.frame(0xEE, 0, 0, b"unknown kind"))


def endless_headers(connect, until):
    block = raw.frame(raw.CONTINUATION, 0, 1, b"\0\1a\x7f\x80\x20" + b"x" * 10000)
    for _ in rounds(until):
        pour(connect, OPEN + raw.frame(raw.HEADERS, 0, 1, b"") + block * 20)


def swelling_headers(connect, until):
    stored = b"\x40\1a\x7f\x81\x1e" + b"x" * 4000
    for _ in rounds(until):
        pour(connect, OPEN + raw.frame(raw.HEADERS, 4, 1, stored + b"\xbe" * 12000))


def empty_data(connect, until):
    for _ in rounds(until):
        with contextlib.suppress(*REFUSED), connect() as sock:
            connection = raw.Connection(sock)
            stream = connection.open()
            sock.sendall(raw.frame(raw.DATA, 0, stream, b"") * 2000)


def rapid_reset(connect, until):
    for _ in rounds(until):
        with contextlib.suppress(*REFUSED), connect() as sock:
            connection = raw.Connection(sock)
            for _ in range(50):
                stream = connection.open()
                connection.h2.send_data(stream, raw.message(raw.SENSOR_S1), end_stream=True)
                connection.h2.reset_stream(stream)
                connection.flush()


def vanishing(connect, until):
    """Peers that go in the middle of a request."""
    for _ in rounds(until):
        with contextlib.suppress(*REFUSED):
            sock = connect()
            connection = raw.Connection(sock)
            connection.send(connection.open(), raw.message(b"", length=1000), end=False)
            drop(sock)


def bad_messages(connect, until):
    for _ in rounds(until):
        with contextlib.suppress(*REFUSED), connect() as sock:
            connection = raw.Connection(sock)
            for body in (b"\xff" * 100, b"\x0a\x7f", os.urandom(200), b"\x12\x04" * 5000):
                connection.call(body)


def ask_much(sock, window):
    """Far more answers than `window` bytes; none is read."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.settimeout(1)
    connection = raw.Connection(sock)
    connection.h2.update_settings({raw.h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: window})
    connection.h2.increment_flow_control_window(window)
    for _ in range(160):
        stream = connection.open(MODELS)
        connection.h2.send_data(stream, raw.message(ARM), end_stream=True)
        connection.flush()


def slow_readers(connect, until):
    """Ask for 7 MB each and never read them: of every second one the answers wait for a window, of
    the others for room in the socket, which the server ends."""
    with contextlib.ExitStack() as stack:
        for number in range(20):
            with contextlib.suppress(*REFUSED):
                ask_much(stack.enter_context(connect()), 1 << (10 if number % 2 else 30))
        time.sleep(max(3 * STALL, until - time.monotonic()))


def slow_writers(connect, until):
    """A byte of a request now and then."""
    head = OPEN + raw.frame(raw.HEADERS, 4, 1, b"\x82", 1000)
    with contextlib.ExitStack() as stack:
        socks = []
        for _ in range(200):
            with contextlib.suppress(*REFUSED):
                socks.append(stack.enter_context(connect()))
                socks[-1].sendall(head)
        while time.monotonic() < until:
            for sock in socks:
                with contextlib.suppress(*REFUSED):
                    sock.sendall(b"\0")
            time.sleep(0.1)


def idle_crowd(connect, until):
    """Connections that come, say hello and stay."""
    with contextlib.ExitStack() as stack:
        for _ in range(300):
            with contextlib.suppress(*REFUSED):
                stack.enter_context(connect()).sendall(OPEN)
        time.sleep(max(0, until - time.monotonic()))


def churn(connect, until):
    """Connect, call, go; as fast as it goes."""
    while time.monotonic() < until:
        with contextlib.suppress(*REFUSED), connect() as sock:
            raw.Connection(sock).call()


def bad_http1(connect, until):
    heads = (b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 2000, b"POST /x HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
             b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffff\r\n",
             b"GET " + b"/" * 60000 + b" HTTP/1.1\r\n\r\n", b"\r\n" * 5000)
    for _ in rounds(until):
        pour(connect, random.choice(heads))


def offer(sock, sdp):
    """The answer of the server's signaling; None: it was refused."""
    text = base64.b64encode(json.dumps({"type": "offer", "sdp": sdp}).encode())
    answer = raw.Connection(sock).call(raw.field(1, text), CALL,
                                       {"rpc-host": f"localhost:{sock.getpeername()[1]}"})
    if not answer.body:
        return None
    init = next(value for number, value in calls.fields(answer.body[5:]) if number == 2)
    told = next(value for number, value in calls.fields(init) if number == 1)
    return json.loads(base64.b64decode(told))["sdp"]


def offers(connect, until):
    """Good ones that nobody follows up, and broken ones."""
    for _ in rounds(until):
        with contextlib.suppress(*REFUSED), connect() as sock:
            broken = list(OFFER)
            broken[random.randrange(len(OFFER))] = chr(random.randrange(1, 128))
            offer(sock, random.choice((OFFER, "".join(broken))))


def peer_port(connect):
    """Where the server would meet a peer; open for some seconds."""
    with connect() as sock:
        candidates = [line.split() for line in offer(sock, OFFER).split("\r\n")
                      if line.startswith("a=candidate:")]
    return next(int(words[5]) for words in candidates if words[4] == "127.0.0.1")


def datagrams(connect, until):
    """Garbage at the port of peer connections, with beginnings of what belongs there."""
    stun = b"\0\1\0\0\x21\x12\xa4\x42"
    heads = (b"", stun, stun[:2] + b"\0\x40" + stun[4:], b"\x16\xfe\xfd", b"\x17\xfe\xfd\0\1")
    asked = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for _ in rounds(until):
            if time.monotonic() > asked + 5:
                port, asked = peer_port(connect), time.monotonic()
            for head in heads:
                sock.sendto(head + os.urandom(random.randrange(1200)), ("127.0.0.1", port))


ATTACKS = [garbage, tls_hello, pings, settings, windows, unknown_frames, endless_headers,
           swelling_headers, empty_data, rapid_reset, vanishing, bad_messages, slow_readers,
           slow_writers, idle_crowd, churn, bad_http1, offers, datagrams]

# What the server must have refused them for; the others it can take.
REFUSALS = {tls_hello: "tls_on_plaintext", settings: "flood_settings",
            endless_headers: "header_count", swelling_headers: "header_count",
            empty_data: "flood_empty_data", slow_readers: "slow_reader", bad_http1: "request"}
