# SPDX-License-Identifier: Apache-2.0
"""WebRTC: signaling at the machine's port, and the SDK's calls over peer connections. The SDK
prefers them wherever the address isn't localhost."""
import asyncio
import base64
import contextlib
import json
import os
import random
import signal
import socket
import struct
import sys

import pytest
from grpclib.exceptions import GRPCError
from viam.components.camera import Camera
from viam.components.motor import Motor
from viam.components.sensor import Sensor
from viam.gen.proto.rpc.webrtc.v1.signaling_grpc import SignalingServiceStub
from viam.proto.robot import GetSessionsRequest, PeerConnectionType, RobotServiceStub
from viam.proto.rpc.webrtc.signaling import (CallRequest, CallUpdateRequest, ICECandidate,
                                             OptionalWebRTCConfigRequest)
from viam.robot.client import RobotClient

import harness
import raw
from harness import eventually, outcome
from test_pages import samples

CONFIG = {"network": {"sessions": {"heartbeat_window": "1m"}}, "components": [
    harness.MOTOR, harness.SENSOR,
    {"name": "big", "api": "rdk:component:camera", "model": "fake",
     "attributes": {"width": 1280, "height": 720}}]}
ABC = {"a": 1, "b": 2, "c": 3}

OFFER = "\r\n".join([
    "v=0", "o=- 5142372391203894537 1766000000 IN IP4 0.0.0.0", "s=-", "t=0 0",
    "a=fingerprint:sha-256 " + ":".join(f"{i:02X}" for i in range(32)), "a=group:BUNDLE 0",
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "c=IN IP4 0.0.0.0", "a=setup:actpass",
    "a=mid:0", "a=sendrecv", "a=sctp-port:5000", "a=ice-ufrag:cIMWiSJxRwQKvZkv",
    "a=ice-pwd:NHDpzdiCgqBYOsiJdTQLpoxYynmMuWlM", ""])


def description(sdp, kind="offer"):
    return base64.b64encode(json.dumps({"type": kind, "sdp": sdp}).encode()).decode()


# ---- calls ----

async def test_the_sdk_calls(server):
    async with server.machine(insecure=True) as machine:
        assert await Sensor.from_robot(machine, "s1").get_readings() == ABC
        motor = Motor.from_robot(machine, "m1")
        await motor.set_power(0.5)
        assert (await motor.is_powered())[0]
        await motor.stop()
        assert await outcome(motor.do_command({"x": 1})) == ("UNKNOWN", "DoCommand unimplemented")
        assert {name.name for name in machine.resource_names} >= {"m1", "s1", "big"}


@pytest.mark.differs("the metrics page is ours")
async def test_peers_are_counted(server):
    before = samples(server)
    async with server.machine(insecure=True) as machine:
        await Sensor.from_robot(machine, "s1").get_readings()
        after = samples(server)
    for name in ("sinew_peer_offers_total", "sinew_peer_connections_total",
                 'sinew_peers{state="connected"}'):
        assert after[name] >= before[name] + 1, name
    assert after["sinew_received_datagrams_total"] > before["sinew_received_datagrams_total"] + 5
    assert after["sinew_sent_datagrams_total"] > before["sinew_sent_datagrams_total"] + 5
    await eventually(lambda: samples(server)['sinew_peers{state="connected"}'] ==
                     before['sinew_peers{state="connected"}'])


async def test_it_is_webrtc(server):
    """A session tells how its client came."""
    async with server.machine(insecure=True, sessions=True) as machine, \
            server.channel() as channel:
        await Motor.from_robot(machine, "m1").set_power(0.1)
        sessions = (await RobotServiceStub(channel).GetSessions(GetSessionsRequest())).sessions
        kinds = [session.peer_connection_info.type for session in sessions]
        assert PeerConnectionType.PEER_CONNECTION_TYPE_WEBRTC in kinds
        await Motor.from_robot(machine, "m1").stop()


async def test_many_calls_at_once(server):
    async with server.machine(insecure=True) as machine:
        sensor = Sensor.from_robot(machine, "s1")
        replies = await asyncio.gather(*(sensor.get_readings() for _ in range(200)))
    assert replies == [ABC] * 200


async def test_large_answers(server):
    """A picture takes many packets; calls beside it are answered meanwhile."""
    async with server.machine(insecure=True) as machine:
        camera, sensor = Camera.from_robot(machine, "big"), Sensor.from_robot(machine, "s1")
        results = await asyncio.gather(*(camera.get_images() for _ in range(10)),
                                       *(sensor.get_readings() for _ in range(50)))
    for images, _ in results[:10]:
        assert images[0].data.startswith(b"\xff\xd8\xff")
        assert images[0].data.endswith(b"\xff\xd9")
    assert results[10:] == [ABC] * 50


async def test_large_requests(server):
    async with server.machine(insecure=True) as machine:
        sensor = Sensor.from_robot(machine, "s1")
        assert await sensor.get_readings(extra={"x": "y" * 1_000_000}) == ABC


async def test_many_clients(server):
    async def one():
        async with server.machine(insecure=True) as machine:
            return await Sensor.from_robot(machine, "s1").get_readings()
    assert await asyncio.gather(*(one() for _ in range(10))) == [ABC] * 10


CROWD = """
import asyncio
import sys
from viam.components.sensor import Sensor
from viam.robot.client import RobotClient
from viam.rpc.dial import DialOptions

async def one(port):
    machine = await RobotClient.at_address(
        f"127.0.0.1:{port}", RobotClient.Options(dial_options=DialOptions(insecure=True)))
    await Sensor.from_robot(machine, "s1").get_readings()
    return machine

async def main(port, count):
    machines = [await one(port) for _ in range(count)]
    print("connected", flush=True)
    await asyncio.sleep(1000)

asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
"""


@pytest.mark.differs("a client that is gone is noticed after 30 s")
async def test_clients_that_vanish(start):
    """Their process is killed: nothing is left of them after a while, and others are served."""
    server = start(CONFIG)
    before = server.open_files()
    client = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CROWD, str(server.port), "8", stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL)
    while b"connected" not in await client.stdout.readline():
        pass
    os.kill(client.pid, signal.SIGKILL)
    await client.wait()
    async with server.machine(insecure=True) as machine:
        assert await Sensor.from_robot(machine, "s1").get_readings() == ABC
    await eventually(lambda: server.open_files() <= before)


async def test_the_server_ends_with_clients(start):
    server = start(CONFIG)
    async with server.machine(insecure=True) as machine:
        assert await Sensor.from_robot(machine, "s1").get_readings() == ABC
        server.stop()


# ---- signaling ----

@contextlib.asynccontextmanager
async def signaling(server):
    async with server.channel() as channel:
        yield SignalingServiceStub(channel)


async def offer(stub, text, *hosts):
    """The answers to a Call, or its failure."""
    answers = []
    try:
        async with stub.Call.open(metadata=[("rpc-host", host) for host in hosts]) as stream:
            await stream.send_message(CallRequest(sdp=text), end=True)
            async for answer in stream:
                answers.append(answer)
    except GRPCError as error:
        return error.status.name, error.message
    return "OK", answers


async def test_config(server):
    async with signaling(server) as stub:
        reply = await stub.OptionalWebRTCConfig(
            OptionalWebRTCConfigRequest(), metadata={"rpc-host": server.address})
    assert reply.HasField("config") and not reply.config.additional_ice_servers


@pytest.mark.parametrize("hosts, expected", [
    ([], ("UNKNOWN", "expected rpc-host to be set in metadata")),
    (["a", "b"], ("UNKNOWN", "expected 1 rpc-host")),
    (["a"] * 6, ("UNKNOWN", "too many rpc-host")),
    (["elsewhere:8080"], ("INVALID_ARGUMENT", "host not preconfigured")),
    (["127.0.0.1:1"], ("INVALID_ARGUMENT", "host not preconfigured"))])
async def test_hosts(server, hosts, expected):
    async with signaling(server) as stub:
        assert await offer(stub, description(OFFER), *hosts) == expected
        metadata = [("rpc-host", host) for host in hosts]
        assert await outcome(
            stub.CallUpdate(CallUpdateRequest(uuid="x", done=True), metadata=metadata)) == expected


async def test_an_answer(server):
    """One init, with the machine's addresses, and then the end; updates are taken afterwards."""
    host = {"rpc-host": f"localhost:{server.port}"}
    async with signaling(server) as stub:
        status, answers = await offer(stub, description(OFFER), host["rpc-host"])
        assert status == "OK" and answers[0].HasField("init")
        uuid = answers[0].uuid
        assert {answer.uuid for answer in answers} == {uuid}
        whole = json.loads(base64.b64decode(answers[0].init.sdp))
        assert whole["type"] == "answer"
        lines = whole["sdp"].split("\r\n")
        for line in ("a=setup:active", "a=mid:0", "a=group:BUNDLE 0", "a=sctp-port:5000",
                     "m=application 9 UDP/DTLS/SCTP webrtc-datachannel"):
            assert line in lines
        assert any("127.0.0.1" in line for line in lines if line.startswith("a=candidate:"))

        async def update(**what):
            return (await outcome(stub.CallUpdate(CallUpdateRequest(uuid=uuid, **what),
                                                  metadata=host)))[0]
        for text in ("candidate:1 1 udp 1 192.0.2.1 5 typ host", "", "nonsense",
                     "candidate:1 1 tcp 1 192.0.2.1 9 typ host", "x" * 100_000):
            assert await update(candidate=ICECandidate(candidate=text)) == "OK"
        assert await update(done=True) == "OK"
        assert await outcome(stub.CallUpdate(CallUpdateRequest(uuid=uuid), metadata=host)) == (
            "UNKNOWN", "unknown update stage <nil>")
        assert await update(error={"code": 2, "message": "never mind"}) == "OK"

        async def is_gone():
            return await outcome(
                stub.CallUpdate(CallUpdateRequest(uuid=uuid, done=True), metadata=host)) == (
                    "UNKNOWN", f'no active offer for "{uuid}"')
        await eventually(is_gone)


@pytest.mark.parametrize("text", [
    "", "x", "e30=", description(""), description(OFFER, "answer"), description("v=0\r\n"),
    description(OFFER.replace("a=ice-ufrag", "a=ice-x")),
    description(OFFER.replace("a=fingerprint", "a=finger")), description(OFFER[:200]),
    description("\0" * 50000)])
async def test_bad_offers(server, text):
    async with signaling(server) as stub:
        status, message = await offer(stub, text, server.address)
    assert status == "UNKNOWN" and message.startswith("error from answerer: ")


@pytest.mark.differs("two abandoned offers block it for ten seconds")
async def test_a_flood_of_offers(start):
    """Offers that nobody follows up push each other out, and no client."""
    server = start(CONFIG, environment={"SINEW_MAX_PEER_CONNECTIONS": "20"})
    async with server.machine(insecure=True) as machine, signaling(server) as stub:
        sensor = Sensor.from_robot(machine, "s1")
        for _ in range(10):
            results = await asyncio.gather(
                *(offer(stub, description(OFFER), server.address) for _ in range(20)))
            assert {status for status, _ in results} == {"OK"}
            assert await sensor.get_readings() == ABC
        async with server.machine(insecure=True) as other:
            assert await Sensor.from_robot(other, "s1").get_readings() == ABC
        assert await sensor.get_readings() == ABC


async def test_a_flood_of_candidates(server):
    """Good ones, that lead nowhere, and bad ones: more than anybody needs."""
    texts = [text for number in range(500) for text in (
        f"candidate:1 1 udp 2130706431 192.0.2.{number % 250 + 1} {1000 + number} typ host",
        f"candidate:1 1 udp 2130706431 {number}.local 5000 typ host", f"candidate:{number}")]
    host = {"rpc-host": server.address}
    async with server.machine(insecure=True) as machine, signaling(server) as stub:
        uuid = (await offer(stub, description(OFFER), server.address))[1][0].uuid
        for number in range(0, len(texts), 100):
            results = await asyncio.gather(*(outcome(stub.CallUpdate(
                CallUpdateRequest(uuid=uuid, candidate=ICECandidate(candidate=text)),
                metadata=host)) for text in texts[number:number + 100]))
            assert number or {status for status, _ in results} == {"OK"}
            assert await Sensor.from_robot(machine, "s1").get_readings() == ABC


def shapes(seed):
    """Datagrams of each kind that the port tells apart, and none of them good."""
    chance = random.Random(seed)
    stun = b"\0\1" + struct.pack(">HI", 0, 0x2112A442) + chance.randbytes(12)
    for _ in range(500):
        body = chance.randbytes(chance.randrange(1200))
        yield body
        yield stun + body
        yield stun[:2] + struct.pack(">H", len(body) & 0xFFFC) + stun[4:] + body
        yield bytes([chance.randrange(20, 64)]) + b"\xfe\xfd" + body
        yield b"\x16\xfe\xfd" + bytes(8) + struct.pack(">H", len(body)) + b"\1" + body
    yield b""


async def test_garbage_at_the_port(server):
    async with server.machine(insecure=True) as machine, signaling(server) as stub:
        answer = (await offer(stub, description(OFFER), server.address))[1][0]
        lines = json.loads(base64.b64decode(answer.init.sdp))["sdp"].split("\r\n")
        ports = {int(line.split()[5]) for line in lines
                 if line.startswith("a=candidate:") and " 127.0.0.1 " in line}
        assert ports
        for port in ports:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                for number, datagram in enumerate(shapes(port)):
                    sock.sendto(datagram, ("127.0.0.1", port))
                    if number % 250 == 0:
                        assert await Sensor.from_robot(machine, "s1").get_readings() == ABC
        async with server.machine(insecure=True) as other:
            assert await Sensor.from_robot(other, "s1").get_readings() == ABC


# ---- with TLS and keys ----

KEY = ("8b6b1c9e-2f0f-4a39-9d9b-6d2d54a4f1a0", "the key of the test")


@pytest.fixture(name="guarded", scope="module")
def fixture_guarded(program, tmp_path_factory):
    papers = harness.Papers(tmp_path_factory.mktemp("papers"))
    config = {**CONFIG, "auth": {"handlers": [{"type": "api-key", "config": {
        "keys": [KEY[0]], KEY[0]: KEY[1]}}]}}
    server = harness.Server(program, config, papers=papers, login=KEY)
    yield server
    server.stop()


@pytest.fixture(name="trusting")
def fixture_trusting(monkeypatch, guarded):
    monkeypatch.setenv("SSL_CERT_FILE", str(guarded.papers.authority))


@contextlib.asynccontextmanager
async def logged_in(server, key):
    client = await RobotClient.at_address(
        server.address, RobotClient.Options.with_api_key(api_key=key, api_key_id=KEY[0]))
    try:
        yield client
    finally:
        await client.close()


async def test_keys(guarded, trusting):
    """Signaling wants a token; what passed it is not asked again."""
    async with logged_in(guarded, KEY[1]) as machine:
        assert await Sensor.from_robot(machine, "s1").get_readings() == ABC
        await Motor.from_robot(machine, "m1").set_power(0.1)
        await Motor.from_robot(machine, "m1").stop()


async def test_wrong_key(guarded, trusting):
    with pytest.raises(Exception):
        async with logged_in(guarded, "wrong"):
            pass


@pytest.mark.parametrize("path", ["Call", "CallUpdate", "OptionalWebRTCConfig"])
def test_signaling_without_a_token(guarded, path):
    with guarded.connect() as sock:
        answer = raw.Connection(sock).call(
            b"", f"/proto.rpc.webrtc.v1.SignalingService/{path}", {"rpc-host": guarded.address})
    assert (answer.status()[1], answer.text()) == (16, "authentication required")
