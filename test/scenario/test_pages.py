# SPDX-License-Identifier: Apache-2.0
"""What people and supervisors see at the port."""
import contextlib
import http.client
import json
import re
import time

import pytest

import harness
import raw
from test_web import fetch

SAMPLE = re.compile(r'^([a-z_0-9]+)(?:\{([^}]*)\})? ([-+0-9.e]+|\+Inf)$')


def samples(server):
    """{name or name{labels}: value} of /metrics, whose every line must be right."""
    answer = fetch(server, "/metrics")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    found, kinds = {}, set()
    for line in answer.body.decode().splitlines():
        if line.startswith("# "):
            word, name, rest = line[2:].split(" ", 2)
            assert word in ("HELP", "TYPE") and rest
            kinds.add(name)
            continue
        name, labels, value = SAMPLE.match(line).groups()
        assert name in kinds or name.rsplit("_", 1)[0] in kinds
        found[f"{name}{{{labels}}}" if labels else name] = float(value)
    return found


@pytest.mark.differs("the reference has no such page")
def test_metrics(server):
    before = samples(server)
    with server.connect() as sock:
        connection = raw.Connection(sock)
        for _ in range(10):
            assert connection.call().status() == (200, 0)
        assert connection.call(b"\n\4nope").status() == (200, 2)
        after = samples(server)

    def grown(name):
        return after[name] - before.get(name, 0)
    ok, failed = (f'sinew_calls_total{{method="{raw.READINGS}",code="{code}"}}'
                  for code in ("OK", "UNKNOWN"))
    assert (grown(ok), grown(failed)) == (10, 1)
    assert grown(f'sinew_call_seconds_count{{method="{raw.READINGS}"}}') == 11
    assert grown(f'sinew_call_seconds_bucket{{method="{raw.READINGS}",le="+Inf"}}') == 11
    assert grown("sinew_received_bytes_total") > 500 and grown("sinew_sent_bytes_total") > 500
    assert grown("sinew_connections_total") >= 2
    assert after['sinew_connections{protocol="http2"}'] >= 1
    assert after['sinew_resources{state="ready"}'] >= 2
    assert after["process_resident_memory_bytes"] > 1 << 20
    assert after["sinew_loop_turn_seconds_count"] > before["sinew_loop_turn_seconds_count"]


def until_closed(sock):
    """A reset, where the server has closed without having read all."""
    with contextlib.suppress(ConnectionResetError):
        while sock.recv(65536):
            pass


@pytest.mark.differs("the reference has no such page")
def test_refusals_are_counted(server):
    before = samples(server)
    with server.connect() as sock:
        sock.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
        until_closed(sock)
    fetch(server, "/nothing")
    with server.connect() as sock:
        sock.sendall(raw.PREFACE + raw.frame(raw.SETTINGS_TYPE, 0, 0, b"") * 200)
        until_closed(sock)
    after = samples(server)
    for reason in ("tls_on_plaintext", "request", "flood_settings"):
        name = f'sinew_refused_total{{reason="{reason}"}}'
        assert after[name] == before[name] + 1, reason


@pytest.mark.differs("the reference has the word alone")
def test_the_first_page(start):
    """Supervisors find a word, browsers the resources, how they are, and why."""
    server = start({"components": [harness.MOTOR, {**harness.SENSOR, "name": "<b>"}]})
    server.log.wait_for("Robot constructed")
    answer = fetch(server, "/")
    assert answer.body.startswith(b"I am a viam-server")
    assert fetch(server, "/", headers={"accept": "*/*"}).body == answer.body
    page = fetch(server, "/", headers={"accept": "text/html,*/*;q=0.8"})
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    text = page.body.decode()
    assert "This machine is running; 2 of " in text
    assert ('<tr><td>m1<td>rdk:component:motor<td>rdk:builtin:fake'
            '<td><span class="ready">ready</span>') in text
    assert '<span class="unhealthy">unhealthy</span><small>resource config validation' in text
    assert "name &quot;&lt;b&gt;&quot; must start with" in text and "<b>" not in text


def test_restart_status(server):
    answer = fetch(server, "/restart_status")
    assert answer.headers["content-type"] == "application/json"
    status = json.loads(answer.body)
    assert set(status) == {"restart_allowed", "does_not_handle_needs_restart",
                           "module_server_tcp_addr"}
    assert status["restart_allowed"] and status["does_not_handle_needs_restart"]


def test_graph(server):
    answer = fetch(server, "/debug/graph")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    page = answer.body.decode()
    assert "<svg" in page
    for name in ("m1", "s1", "rdk:component:motor", "rdk:component:sensor"):
        assert f">{name}</text>" in page
    text = fetch(server, "/debug/graph?layout=text").body.decode()
    assert text.startswith("digraph {") and '"rdk:component:motor/m1"' in text


@pytest.mark.differs("ours draws it itself")
def test_what_others_depend_on_is_to_their_right(start):
    """In a chain of motors on encoders of motors, each link has a column of its own."""
    parts = [{"name": "b0", "api": "rdk:component:base", "model": "wheeled", "attributes": {
        "left": ["m0"], "right": ["n0"], "width_mm": 1, "wheel_circumference_mm": 1}}]
    for name in ("m0", "n0"):
        parts.append({"name": name, "api": "rdk:component:motor", "model": "fake", "attributes": {
            "encoder": "e0", "ticks_per_rotation": 1}})
    parts.append({"name": "e0", "api": "rdk:component:encoder", "model": "fake"})
    page = fetch(start({"components": parts}), "/debug/graph").body.decode()
    at = {name: int(re.search(rf'x="(\d+)" y="\d+">{name}</text>', page).group(1))
          for name in ("b0", "m0", "n0", "e0")}
    assert at["b0"] < at["m0"] == at["n0"] < at["e0"]
    assert page.count('class="edge"') == 4


@pytest.mark.differs("these are settings of ours")
def test_connections_of_an_address(start, monkeypatch):
    monkeypatch.setenv("SINEW_MAX_CONNECTIONS_PER_ADDRESS", "12")
    server = start()
    with contextlib.ExitStack() as stack:
        socks = [stack.enter_context(server.connect()) for _ in range(20)]
        assert [sock.recv(1) for sock in socks[12:]] == [b""] * 8
    deadline = time.monotonic() + harness.PATIENCE
    seen = {}
    while not seen and time.monotonic() < deadline:  # the first may be refused still
        with contextlib.suppress(OSError, http.client.HTTPException):
            seen = samples(server)
    # Connections from before the test may have been open still.
    assert seen['sinew_refused_total{reason="connections_of_address"}'] >= 8


@pytest.mark.differs("these are settings of ours")
def test_limits_are_settings(start, monkeypatch):
    monkeypatch.setenv("SINEW_MAX_MESSAGE_BYTES", "2000")
    monkeypatch.setenv("SINEW_IDLE_TIMEOUT", "2s")
    server = start()
    with server.connect() as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        until_closed(sock)  # when it has been idle for too long
    with server.connect() as sock:
        answer = raw.Connection(sock).call(raw.SENSOR_S1 + raw.field(50, bytes(2000)))
        assert answer.status() == (200, 8)
        assert answer.text() == "grpc: received message larger than max (2008 vs. 2000)"
    seen = samples(server)
    for reason in ("idle", "message_unreadable"):
        assert seen[f'sinew_refused_total{{reason="{reason}"}}'] >= 1, reason
