# SPDX-License-Identifier: Apache-2.0
"""TLS: the SDK, browsers' gRPC-Web, plaintext beside it, and a certificate that is renewed."""
import contextlib
import http.client
import re
import socket
import ssl

import pytest
from viam.components.motor import Motor

import harness
import raw

ROOT = b"I am a viam-server, navigate to https://app.viam.com to manage me."
VERSION = "/viam.robot.v1.RobotService/GetVersion"


@pytest.fixture(name="papers", scope="module")
def fixture_papers(tmp_path_factory):
    return harness.Papers(tmp_path_factory.mktemp("papers"))


@pytest.fixture(name="server", scope="module")
def fixture_server(program, papers):
    server = harness.Server(program, harness.FAKES, papers=papers)
    yield server
    server.stop()


@pytest.fixture(name="trusting")
def fixture_trusting(monkeypatch, papers):
    """Clients of this process trust the tests' authority."""
    monkeypatch.setenv("SSL_CERT_FILE", str(papers.authority))


async def test_sdk(server, trusting):
    async with server.machine("localhost", disable_webrtc=True) as machine:
        assert await Motor.from_robot(machine, "m1").is_moving() is False
        assert {name.name for name in machine.resource_names} >= {"m1", "s1"}


@pytest.mark.parametrize("protocol", ["h2", "http/1.1"])
def test_protocols(server, papers, protocol):
    with server.connect() as plain:
        assert plain.version() == "TLSv1.3"
    context = papers.context(protocol)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with socket.create_connection(("127.0.0.1", server.port)) as sock:
        with context.wrap_socket(sock, server_hostname="127.0.0.1") as secured:
            assert secured.version() == "TLSv1.2"
            assert secured.selected_alpn_protocol() == protocol


def test_no_old_version(server, papers):
    context = papers.context("h2")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with socket.create_connection(("127.0.0.1", server.port)) as sock:
        with pytest.raises(ssl.SSLError, match="(?i)alert protocol version"):
            context.wrap_socket(sock, server_hostname="localhost")


def fetch(server, papers, path, method="GET", headers=None, body=None):
    connection = http.client.HTTPSConnection("localhost", server.port, timeout=20,
                                             context=papers.context("http/1.1"))
    with contextlib.closing(connection):
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()


def test_pages(server, papers):
    assert fetch(server, papers, "/") == (200, ROOT)


def test_grpc_web(server, papers):
    status, body = fetch(server, papers, VERSION, "POST",
                         {"content-type": "application/grpc-web+proto"}, raw.message(b""))
    assert status == 200
    assert b"rdk" in body and b"grpc-status: 0\r\n" in body.lower()


def test_rest(server, papers):
    status, body = fetch(server, papers, "/api/v1/version")
    assert (status, b'"platform":"rdk"' in body.replace(b" ", b"")) == (200, True)


@pytest.mark.differs("it answers plain HTTP with 400")
async def test_plaintext_beside_it(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    with contextlib.closing(connection):
        connection.request("GET", "/")
        assert connection.getresponse().read() == ROOT
    async with server.machine(insecure=True, disable_webrtc=True) as machine:
        assert machine.resource_names


def test_large_answers(server):
    """More than a record of TLS holds, both ways: an unknown name comes back in the text."""
    name = "x" * 20_000
    with server.connect() as sock:
        body = b"\n" + raw.varint(len(name)) + name.encode()
        answer = raw.Connection(sock).call(body)
    assert answer.status() == (200, 2)


@pytest.mark.differs("the metrics page is ours")
def test_broken_handshakes_are_counted(start, papers):
    server = start(papers=papers)
    for garbage in (b"\x16\x03\x01\x00\x04\x01\xff\xff\xff", b"\x16\x03\x01\xff\xff" + b"x" * 100):
        with socket.create_connection(("127.0.0.1", server.port)) as sock:
            sock.sendall(garbage)
            while sock.recv(1000):
                pass
    _, body = fetch(server, papers, "/metrics")
    assert b'reason="tls_handshake"} 2' in body


@pytest.mark.differs("the setting is ours")
def test_handshakes_that_never_end(start, papers, monkeypatch):
    """Whoever stands still in the middle of one, or after it, is sent away."""
    monkeypatch.setenv("SINEW_GREETING_TIMEOUT", "2s")
    server = start(papers=papers)
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as silent:
        silent.sendall(b"\x16\x03\x01\x02\x00\x01")
        assert silent.recv(100) == b""
    with server.connect() as shaken:
        with pytest.raises((OSError, EOFError)):
            while shaken.recv(100):
                pass
            raise EOFError
    _, body = fetch(server, papers, "/metrics")
    assert re.search(rb'reason="greeting_overdue"} [2-9]', body)


@pytest.mark.differs("it waits for a restart")
async def test_renewed_certificate(start, tmp_path):
    papers = harness.Papers(tmp_path)
    server = start(papers=papers)

    def shown():
        with server.connect() as sock:
            return dict(pair[0] for pair in sock.getpeercert()["subject"])["commonName"]
    assert shown() == "machine"
    with server.connect() as sock:
        before = raw.Connection(sock)
        assert before.call(b"", VERSION).status() == (200, 0)
        papers.issue(common_name="renewed")
        await harness.eventually(lambda: shown() == "renewed")
        assert before.call(b"", VERSION).status() == (200, 0)
    papers.certificate.write_text("nonsense")
    assert server.log.wait_for("load TLS certificate .* the one before stays")
    assert shown() == "renewed"


@pytest.mark.differs("it goes on without a port")
def test_start_without_the_files(program, tmp_path):
    config = tmp_path / "config.json"
    config.write_text('{"network": {"bind_address": "127.0.0.1:0", "tls_cert_file": "/no.pem",'
                      ' "tls_key_file": "/no.key"}}')
    code, output = program.run("-config", config)
    assert code != 0
    assert "open /no.pem: no such file or directory" in output


def test_no_tls(start, papers):
    server = start({**harness.FAKES, "network": {**papers.network(), "no_tls": True}})
    assert '"url":"http://' in server.log.wait_for("serving").replace(" ", "")
    with server.connect() as sock:
        assert raw.Connection(sock).call(b"", VERSION).status() == (200, 0)


def memory_of(server, library):
    """KiB of a library that are in memory."""
    with open(f"/proc/{server.process.pid}/smaps", encoding="ascii") as maps:
        parts = maps.read().split(library)[1:]
    return sum(int(part.split("Rss:")[1].split()[0]) for part in parts)


@pytest.mark.differs("its TLS is no library")
def test_nothing_of_tls_without_need(start, papers):
    """OpenSSL is initialised only for who wants it: most of it isn't read from disk before."""
    without, secured = start(), start(papers=papers)
    with secured.connect():
        assert memory_of(without, "libcrypto.so") < memory_of(secured, "libcrypto.so") * 2 / 3
