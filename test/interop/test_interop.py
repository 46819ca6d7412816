# SPDX-License-Identifier: Apache-2.0
"""All cases of the gRPC project's interop tests that need no credentials."""
import contextlib
import gzip
import os
import pathlib
import re
import socket
import subprocess

import pytest

import raw

OFFICIAL = pathlib.Path(os.environ["SINEW_INTEROP"])
OURS = pathlib.Path(os.environ["SINEW_PROGRAMS"])

CASES = [
    "empty_unary", "large_unary", "client_streaming", "server_streaming", "ping_pong",
    "empty_stream", "timeout_on_sleeping_server", "cancel_after_begin",
    "cancel_after_first_response", "status_code_and_message", "special_status_message",
    "custom_metadata", "unimplemented_method", "unimplemented_service", "pick_first_unary",
    "rpc_soak", "channel_soak",
]

# The balancer that reads load reports is the official client's own.
LOAD_CASES = ["orca_per_rpc", "orca_oob"]
LOAD_CONFIG = '{"loadBalancingConfig":[{"test_backend_metrics_load_balancer":{}}]}'


@contextlib.contextmanager
def running(command, ready):
    """The server's port, as the line that matches `ready` says."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               env={**os.environ, "GRPC_GO_LOG_SEVERITY_LEVEL": "info"})
    try:
        for line in process.stdout:
            said = re.search(ready, line)
            if said:
                break
        else:
            pytest.fail(f"{command[0]} ended with {process.wait()}")
        yield said.group(1)
    finally:
        process.terminate()
        process.wait(timeout=60)
        process.stdout.close()


@pytest.fixture(scope="module", name="our_port")
def our_port_fixture():
    with running([OURS / "grpc-interop-server", "--port", "0"], r":(\d+)$") as port:
        yield port


def run(client, port, case, *options):
    done = subprocess.run([client, "--server_host=localhost", f"--server_port={port}",
                           f"--test_case={case}", *options],
                          capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("case", CASES)
def test_our_server(our_port, case):
    run(OFFICIAL / "interop-client", our_port, case, "--soak_iterations=10",
        "--soak_overall_timeout_seconds=60", "--soak_per_iteration_max_acceptable_latency_ms=60000")


@pytest.mark.parametrize("case", LOAD_CASES)
def test_our_server_reports_load(our_port, case):
    run(OFFICIAL / "interop-client", our_port, case, f"--service_config_json={LOAD_CONFIG}")


@pytest.fixture(scope="module", name="official_port")
def official_port_fixture():
    with running([OFFICIAL / "interop-server", "--port=0"], r"listening on .*:(\d+)$") as port:
        yield port


# The official server has no id.
@pytest.mark.parametrize("case", [case for case in CASES if case != "pick_first_unary"])
def test_our_client(official_port, case):
    run(OURS / "grpc-interop-client", official_port, case)


@pytest.mark.parametrize("case", CASES)
def test_both_ours(our_port, case):
    run(OURS / "grpc-interop-client", our_port, case)


# The official client of Go has no compressed cases, so these are asked by hand.

SERVICE = "/grpc.testing.TestService/"
YES = b"\x08\x01"  # BoolValue {true}
GZIP = {"grpc-encoding": "gzip", "grpc-accept-encoding": "gzip"}


def number(field, value):
    return raw.varint(field << 3) + raw.varint(value)


def call(port, method, *messages):
    with socket.create_connection(("localhost", int(port)), timeout=20) as sock:
        return raw.Connection(sock).call(path=SERVICE + method, change=GZIP,
                                         data=b"".join(messages))


def packed(body):
    return raw.message(gzip.compress(body), flag=1)


def test_client_compressed_unary(our_port):
    request = raw.field(8, YES) + number(2, 314159)
    assert call(our_port, "UnaryCall", raw.message(request)).status() == (200, 3)
    answer = call(our_port, "UnaryCall", packed(request))
    assert answer.status() == (200, 0)


def test_server_compressed_unary(our_port):
    answer = call(our_port, "UnaryCall", raw.message(raw.field(6, YES) + number(2, 314159)))
    assert answer.status() == (200, 0)
    assert answer.headers["grpc-encoding"] == "gzip"
    assert answer.body[0] == 1
    assert bytes(314159) in gzip.decompress(answer.body[5:])
    answer = call(our_port, "UnaryCall", raw.message(raw.field(6, b"") + number(2, 314159)))
    assert answer.body[0] == 0


def test_client_compressed_streaming(our_port):
    payload = raw.field(1, raw.field(2, bytes(27182)))
    compressed = payload + raw.field(2, YES)
    assert call(our_port, "StreamingInputCall", raw.message(compressed)).status() == (200, 3)
    answer = call(our_port, "StreamingInputCall", packed(compressed),
                  raw.message(payload + raw.field(2, b"")))
    assert answer.status() == (200, 0)
    body = gzip.decompress(answer.body[5:]) if answer.body[0] else answer.body[5:]
    assert body == number(1, 2 * 27182)


def test_server_compressed_streaming(our_port):
    orders = (raw.field(2, number(1, 31415) + raw.field(3, YES)) +
              raw.field(2, number(1, 92653) + raw.field(3, b"")))
    answer = call(our_port, "StreamingOutputCall", raw.message(orders))
    assert answer.status() == (200, 0)
    first = int.from_bytes(answer.body[1:5], "big")
    assert answer.body[0] == 1
    assert bytes(31415) in gzip.decompress(answer.body[5:5 + first])
    assert answer.body[5 + first] == 0
    assert bytes(92653) in answer.body[5 + first:]
