# SPDX-License-Identifier: Apache-2.0
"""gRPC itself: clients side by side, deadlines, unknown methods, odd requests."""
import asyncio
import gzip

import pytest
from grpclib.client import UnaryUnaryMethod
from viam.components.sensor import Sensor
from viam.proto.common import GetReadingsRequest, GetReadingsResponse
from viam.proto.component.sensor import SensorServiceStub

import raw
from harness import outcome

ABC = {"a": 1, "b": 2, "c": 3}


@pytest.mark.parametrize("options", [
    {"insecure": True, "disable_webrtc": True}, {"allow_insecure_downgrade": True},
    {"insecure": True}], ids=["direct", "probe", "native"])
async def test_the_sdk_connects(server, options):
    """Its own gRPC, and its native dialer, which tries TLS first."""
    async with server.machine("localhost", **options) as machine:
        assert await Sensor.from_robot(machine, "s1").get_readings() == ABC


async def test_many_clients(server):
    async def one():
        async with server.machine() as machine:
            sensor = Sensor.from_robot(machine, "s1")
            return [await sensor.get_readings() for _ in range(20)]
    for readings in await asyncio.gather(*(one() for _ in range(20))):
        assert readings == [ABC] * 20


async def test_many_calls_on_one_connection(server):
    """More at once than a connection carries streams: the client waits its turn."""
    async with server.channel() as channel:
        call = SensorServiceStub(channel).GetReadings
        replies = await asyncio.gather(
            *(call(GetReadingsRequest(name="s1")) for _ in range(1000)))
    assert all(len(reply.readings) == 3 for reply in replies)


@pytest.mark.parametrize("path", [
    "/a.b/C", "/viam.component.sensor.v1.SensorService/Nope", "/viam.robot.v1.RobotService/Nope",
    "/viam.component.sensor.v1.Sensor/GetReadings", "//", raw.READINGS + "/", raw.READINGS.lower()])
async def test_unknown_method(server, path):
    async with server.channel() as channel:
        method = UnaryUnaryMethod(channel, path, GetReadingsRequest, GetReadingsResponse)
        assert await outcome(method(GetReadingsRequest(name="s1"))) == (
            "UNIMPLEMENTED", "Unimplemented")


async def test_malformed_method(server):
    async with server.channel() as channel:
        method = UnaryUnaryMethod(channel, "/foo", GetReadingsRequest, GetReadingsResponse)
        assert await outcome(method(GetReadingsRequest())) == (
            "UNIMPLEMENTED", 'malformed method name: "/foo"')


def call(server, **options):
    with server.connect() as sock:
        return raw.Connection(sock).call(**options)


@pytest.mark.parametrize("value, status", [
    ("99999999H", (200, 0)), ("60S", (200, 0)), ("0S", (200, 4)), ("0n", (200, 4)),
    ("abc", (400, None)), ("-1S", (400, None)), ("1X", (400, None)), ("123456789S", (400, None)),
])
def test_timeout_header(server, value, status):
    answer = call(server, change={"grpc-timeout": value})
    assert answer.status() == status


@pytest.mark.parametrize("value", ["application/grpc", "application/grpc+proto",
                                   "application/grpc+json", "application/grpc;charset=utf8"])
def test_content_type_is_mirrored(server, value):
    answer = call(server, change={"content-type": value})
    assert answer.status() == (200, 0)
    assert answer.headers["content-type"] == value


@pytest.mark.parametrize("change, status", [
    ({"content-type": None}, 400), ({"content-type": "text/plain"}, 400),
    ({"content-type": "application/json"}, 400), ({":method": "GET"}, 405)])
def test_what_is_no_grpc(server, change, status):
    assert call(server, change=change).status() == (status, None)


@pytest.mark.parametrize("change", [
    {"te": None},
    {":authority": None},
    {":scheme": "https"}, {"user-agent": "x" * 5000},
    {"viam_client": "python;v1;v2"}, {"authorization": "Basic Og=="}, {"rpc-host": "a"},
    {"viam-sid": "zzz"}, {"opid": "zzz"}, {"trace-id-bin": "AAA"}, {"trace-id-bin": "AAA="},
    {"x-many": "b" * 30000}])
def test_headers_that_do_not_matter(server, change):
    assert call(server, change=change).status() == (200, 0)


@pytest.mark.parametrize("data, codes", [
    (raw.message(raw.SENSOR_S1, flag=2), [13]),
    (raw.message(raw.SENSOR_S1, length=(32 << 20) + 1), [8]),
    (raw.message(raw.SENSOR_S1, length=0xFFFFFFFF), [8]),
    (raw.message(raw.SENSOR_S1, length=100), [2, 13]),
    (b"", [2, 13]),
    (b"\0\0", [2, 13]),
], ids=["flag", "large", "4GiB", "cut", "none", "head"])
def test_bad_message_frames(server, data, codes):
    """The real server says 2 where gRPC's other servers say 13."""
    answer = call(server, data=data)
    assert answer.status()[0] == 200 and answer.status()[1] in codes
    assert answer.text()


def test_compressed_without_saying_how(server):
    answer = call(server, data=raw.message(raw.SENSOR_S1, flag=1))
    assert answer.status() == (200, 13)
    assert answer.text() == "grpc: compressed flag set with identity or empty encoding"


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_an_encoding_that_is_not_used(server, encoding):
    assert call(server, change={"grpc-encoding": encoding}).status() == (200, 0)


def test_gzip(server):
    data = raw.message(gzip.compress(raw.SENSOR_S1), flag=1)
    assert call(server, data=data, change={"grpc-encoding": "gzip"}).status() == (200, 0)


def test_unknown_encoding(server):
    data = raw.message(raw.SENSOR_S1, flag=1)
    answer = call(server, data=data, change={"grpc-encoding": "zzz"})
    assert answer.status() == (200, 12)
    assert answer.text() == 'grpc: Decompressor is not installed for grpc-encoding "zzz"'


@pytest.mark.parametrize("body", [
    b"\n\2\xff\xfe", b"\n\x80", b"\2\1a", b"\x0f", b"\x0e", b"\x0c", b"\x0b", b"\n\x7fs1",
    b"\n" + b"\xff" * 8 + b"\x7f", b"\x10" + b"\xff" * 11, raw.varint(1 << 32 | 2) + b"\1a",
    raw.SENSOR_S1 + raw.field(99, b"\n\x05\n\2ab"),
], ids=["utf8", "varint", "field-0", "type-7", "type-6", "end-group", "group", "length", "2^63",
        "long-varint", "large-field", "nested"])
def test_bad_protobuf(server, body):
    answer = call(server, body=body)
    assert answer.status() == (200, 13)
    assert answer.text().startswith("grpc: error unmarshalling request")


@pytest.mark.parametrize("body", [
    raw.SENSOR_S1 + raw.field(77, b"x" * 100000), b"\x0b\x0c" + raw.SENSOR_S1,
    raw.field(1, b"other") + raw.SENSOR_S1], ids=["unknown", "group", "last-wins"])
def test_odd_protobuf_that_is_right(server, body):
    assert call(server, body=body).status() == (200, 0)


def test_a_request_in_pieces(server):
    """Bytes may come one by one."""
    with server.connect() as sock:
        connection = raw.Connection(sock)
        stream = connection.open()
        for byte in raw.message(raw.SENSOR_S1):
            connection.send(stream, bytes([byte]), end=False)
        connection.send(stream, b"")
        assert connection.answer(stream).status() == (200, 0)


def test_gzip_both_ways(server):
    """As the request's messages may come compressed, so do the answer's."""
    path = "/viam.robot.v1.RobotService/GetMachineStatus"
    with server.connect() as sock:
        connection = raw.Connection(sock)
        plain = connection.call(b"", path)
        packed = connection.call(path=path, change={"grpc-encoding": "gzip"},
                                 data=raw.message(gzip.compress(b""), flag=1))
        accepting = connection.call(b"", path, change={"grpc-accept-encoding": "gzip"})
    assert plain.status() == packed.status() == accepting.status() == (200, 0)
    assert plain.body[0] == accepting.body[0] == 0
    assert packed.headers["grpc-encoding"] == "gzip" and packed.body[0] == 1
    assert len(packed.body) < len(plain.body)
    assert len(gzip.decompress(packed.body[5:])) == len(plain.body) - 5
