# SPDX-License-Identifier: Apache-2.0
"""APIs that only modules know: every kind of call passes, by whatever module serves it.

Two modules serve the gizmo API: one on the Python SDK (resource `py`), and the upstream example
module in Go (`go`), whose schema of it lacks a field."""
import asyncio
import gzip
import json
import os
import signal

import pytest
from google.rpc.error_details_pb2 import ErrorInfo
from grpclib.exceptions import GRPCError
from grpclib.reflection.v1.reflection_grpc import ServerReflectionStub
from grpclib.reflection.v1.reflection_pb2 import ServerReflectionRequest
from viam.components.base import Base
from viam.components.motor import Motor
from viam.proto.common import Vector3
from viam.proto.robot import ResourceNamesRequest, ResourceRPCSubtypesRequest, RobotServiceStub

import harness
import modulelab
import older_navigation
import raw
from harness import MOTOR, eventually, outcome

GIZMO = "/acme.component.gizmo.v1.GizmoService/"
LATITUDE = 63.0691739667009
BOTH = pytest.mark.parametrize("name", ["py", "go"])


def go_resource(name, api, model, **attributes):
    return {"name": name, "api": api, "model": f"acme:demo:{model}", "attributes": attributes}


@pytest.fixture(name="stubs", scope="module")
def fixture_stubs(tmp_path_factory):
    return modulelab.gizmo_stubs(tmp_path_factory.getbasetemp() / "stubs")


@pytest.fixture(name="module", scope="module")
def fixture_module(tmp_path_factory, stubs):
    folder = tmp_path_factory.mktemp("gizmo")
    return modulelab.Module(folder, "gizmo", "gizmos", {
        "PYTHONPATH": str(tmp_path_factory.getbasetemp() / "stubs")})


@pytest.fixture(name="server", scope="module")
def fixture_server(program, module):
    shared = harness.Server(program, {
        "modules": [module.entry, {"name": "complex", "type": "local",
                                   "executable_path": str(modulelab.go_module())}],
        "components": [
            {**MOTOR, "name": "l"}, {**MOTOR, "name": "r"},
            {"name": "py", "api": "acme:component:gizmo", "model": "sinew:test:gizmo"},
            go_resource("go", "acme:component:gizmo", "mygizmo", arg1="arg1"),
            go_resource("base", "rdk:component:base", "mybase", motorL="l", motorR="r")],
        "services": [
            go_resource("adder", "acme:service:summation", "mysum"),
            go_resource("subtractor", "acme:service:summation", "mysum", subtract=True),
            go_resource("denali", "rdk:service:navigation", "mynavigation",
                        lat=LATITUDE, long=-151.00698515692034)]})
    try:
        asyncio.run(modulelab.ready(shared, "py", "go", "base", "adder", "subtractor", "denali"))
        yield shared
    finally:
        shared.stop()


class Client:
    """The gizmo API's stub and messages."""

    def __init__(self, stubs, channel):
        self.pb, grpc, self.sum_pb, sum_grpc = stubs
        self.gizmo = grpc.GizmoServiceStub(channel)
        self.summation = sum_grpc.SummationServiceStub(channel)

    def one(self, name, argument="arg1", **options):
        return self.gizmo.DoOne(self.pb.DoOneRequest(name=name, arg1=argument), **options)

    def server_stream(self, name, argument, **options):
        stream = self.gizmo.DoOneServerStream.open(**options)
        return stream, self.pb.DoOneServerStreamRequest(name=name, arg1=argument)


@pytest.fixture(name="client")
def fixture_client(server, stubs):
    """client(): to be entered, a Client with a connection of its own."""
    class Entered:
        async def __aenter__(self):
            self.context = server.channel()
            return Client(stubs, await self.context.__aenter__())

        async def __aexit__(self, *error):
            await self.context.__aexit__(*error)
    return Entered


# ---- the four kinds ----

@BOTH
async def test_unary(client, name):
    async with client() as made:
        assert (await made.one(name)).ret1
        assert not (await made.one(name, "other")).ret1


@BOTH
async def test_client_stream(client, name):
    async with client() as made:
        request = made.pb.DoOneClientStreamRequest
        requests = [request(name=name, arg1="arg1") for _ in range(3)]
        assert (await made.gizmo.DoOneClientStream(requests)).ret1
        requests.append(request(name=name, arg1="other"))
        assert not (await made.gizmo.DoOneClientStream(requests)).ret1


@BOTH
async def test_server_stream(client, name):
    argument, expected = ("4", [True] * 4) if name == "py" else ("arg1", [True, False, True, False])
    async with client() as made:
        request = made.pb.DoOneServerStreamRequest(name=name, arg1=argument)
        answers = await made.gizmo.DoOneServerStream(request)
    assert [answer.ret1 for answer in answers] == expected


@BOTH
async def test_bidi_stream(client, name):
    """Each module answers as it does in upstream's examples, once per request or at the end."""
    async with client() as made:
        request = made.pb.DoOneBiDiStreamRequest
        answers = await made.gizmo.DoOneBiDiStream(
            [request(name=name, arg1=argument) for argument in ("arg1", "arg1", "arg1")])
    assert [answer.ret1 for answer in answers] == [True] * 3


async def test_bidi_stream_is_alive(client):
    """Each answer comes before the next request is sent; a big field passes."""
    async with client() as made:
        async with made.gizmo.DoOneBiDiStream.open() as stream:
            for size in (0, 1, 1000, 1 << 20):
                padding = bytes([size & 255]) * size
                await stream.send_message(
                    made.pb.DoOneBiDiStreamRequest(name="py", arg1="arg1", padding=padding))
                assert (await stream.recv_message()).padding == padding
            await stream.end()
            assert await stream.recv_message() is None


@pytest.mark.differs("the real server passes the end on when the client has ended its half")
async def test_bidi_stream_fails_half_way(client):
    async with client() as made:
        with pytest.raises(GRPCError) as error:
            async with made.gizmo.DoOneBiDiStream.open() as stream:
                await stream.send_message(
                    made.pb.DoOneBiDiStreamRequest(name="py", arg1="arg1"))
                assert (await stream.recv_message()).ret1
                await stream.send_message(
                    made.pb.DoOneBiDiStreamRequest(name="py", arg1="fail"))
                await stream.recv_message()
    assert (error.value.status.name, error.value.message) == ("ABORTED", "asked to")


async def test_only_the_first_message_chooses(client):
    """The second names nobody; it reaches the module that the first chose, as it is."""
    async with client() as made:
        request = made.pb.DoOneBiDiStreamRequest
        with pytest.raises(GRPCError) as error:
            await made.gizmo.DoOneBiDiStream(
                [request(name="py", arg1="arg1"), request(name="nobody", arg1="arg1")])
    assert error.value.status.name == "NOT_FOUND"
    assert error.value.message == 'No gizmo with name "nobody" found in the registry'


def test_compressed_first_message(server, stubs):
    """It is inflated to see whom it is for."""
    request = stubs[0].DoOneRequest(name="py", arg1="arg1").SerializeToString()
    with server.connect() as sock:
        answer = raw.Connection(sock).call(
            path=GIZMO + "DoOne", change={"grpc-encoding": "gzip"},
            data=raw.message(gzip.compress(request), flag=1))
    assert answer.status() == (200, 0)
    body = gzip.decompress(answer.body[5:]) if answer.body[0] else answer.body[5:]
    assert stubs[0].DoOneResponse.FromString(body).ret1


# ---- what passes beside the messages ----

async def test_status_passes(client):
    async with client() as made:
        async with made.gizmo.DoOne.open() as stream:
            await stream.send_message(made.pb.DoOneRequest(name="py", arg1="fail"), end=True)
            with pytest.raises(GRPCError) as error:
                await stream.recv_message()
                await stream.recv_trailing_metadata()
    assert (error.value.status.name, error.value.message) == ("DATA_LOSS", "half a gizmo: 50 % é")


@pytest.mark.differs("details and trailers of a module's error end at the real server")
async def test_status_details_and_trailers_pass(client):
    async with client() as made:
        async with made.gizmo.DoOne.open() as stream:
            await stream.send_message(made.pb.DoOneRequest(name="py", arg1="fail"), end=True)
            with pytest.raises(GRPCError) as error:
                await stream.recv_message()
                await stream.recv_trailing_metadata()
    assert error.value.details == [ErrorInfo(reason="HALF", domain="acme")]
    assert stream.trailing_metadata["gizmo-left"] == "one"
    assert stream.trailing_metadata["gizmo-raw-bin"] == b"\x00\xff"


async def do_two(client, name="py", **options):
    async with client() as made:
        reply = await made.gizmo.DoTwo(made.pb.DoTwoRequest(name=name, arg1=True), **options)
    return json.loads(reply.ret1)


async def test_metadata_passes(client):
    given = {"viam-metadata-purpose": "a test"}
    metadata = (await do_two(client, metadata=given))["metadata"]
    assert metadata["viam-metadata-purpose"] == given["viam-metadata-purpose"]
    assert len(metadata["opid"]) == 36
    assert "viam-sid" not in metadata


async def test_deadline_passes(client):
    left = (await do_two(client, timeout=300))["left"]
    assert 200 < left <= 300


async def test_deadline_ends_it(client, module):
    async with client() as made:
        before = len(module.trace("cancelled"))
        await modulelab.overdue(module, lambda seconds: made.one("py", "wait", timeout=seconds))
        await eventually(lambda: len(module.trace("cancelled")) > before)


# ---- streams that end early, and pace ----

async def test_client_leaves_a_stream(client, module):
    async with client() as made:
        before = len(module.trace("cancelled"))
        stream, request = made.server_stream("py", "forever")
        async with stream:
            await stream.send_message(request, end=True)
            assert (await stream.recv_message()).ret1
            await stream.cancel()
        await eventually(lambda: len(module.trace("cancelled")) > before)


async def test_client_vanishes_from_a_stream(server, module):
    """Its connection ends without a word."""
    before = len(module.trace("cancelled"))
    with server.connect() as sock:
        connection = raw.Connection(sock)
        stream = connection.open(GIZMO + "DoOneServerStream")
        connection.send(stream, raw.message(raw.field(1, b"py") + raw.field(2, b"forever")))
        while not connection.answers[stream].body:
            connection.receive()
    await eventually(lambda: len(module.trace("cancelled")) > before)


async def test_a_slow_reader_slows_the_module(server, client):
    """64 KiB a message: what a client doesn't read stays in the module, not in the server."""
    count = 500
    async with client() as made:
        before = server.rss_kb()
        stream, request = made.server_stream("py", f"big {count}")
        async with stream:
            await stream.send_message(request, end=True)
            assert len((await stream.recv_message()).padding) == 64 << 10
            assert await settled(lambda: sent(client)) < count / 2
            grown = server.rss_kb() - before
            answers = 1
            while await stream.recv_message() is not None:
                answers += 1
    assert answers == count
    assert server.is_peer or server.program.is_sanitized or grown < 8 << 10, f"{grown} KiB"


async def sent(client):
    """How many answers the last server stream sent."""
    return (await do_two(client))["sent"]


async def settled(count):
    """A count that has stopped growing: twice the same after a while of calls."""
    last, same = -1, 0
    while same < 20:
        found = await count()
        same = same + 1 if found == last else 0
        last = found
        await asyncio.sleep(0.005)
    return last


async def test_many_streams_side_by_side(client):
    async with client() as made:
        request = made.pb.DoOneBiDiStreamRequest

        async def one(i):
            requests = [request(name="py", arg1="arg1", padding=bytes(i * 100)) for _ in range(5)]
            answers = await made.gizmo.DoOneBiDiStream(requests)
            return [len(answer.padding) for answer in answers] == [i * 100] * 5
        assert all(await asyncio.gather(*(one(i) for i in range(50))))


async def dies(client, module, made, calls, traces):
    """Kills the Python module when it has noted so many calls; returns how they ended."""
    pid, asked = (await do_two(client))["pid"], len(module.trace("waits", "streams"))
    waiting = [asyncio.create_task(outcome(call)) for call in calls]
    await eventually(lambda: len(module.trace("waits", "streams")) >= asked + traces)
    os.kill(pid, signal.SIGKILL)
    ends = await asyncio.gather(*waiting)
    assert (await made.one("go")).ret1

    async def serves():
        return (await outcome(made.one("py")))[0] == "OK"
    await eventually(serves)
    return ends


async def test_calls_end_when_the_module_dies(client, module):
    async with client() as made:
        ends = await dies(client, module, made, [
            made.one("py", "wait"), whole(*made.server_stream("py", "forever"))], 2)
    assert [status for status, _ in ends] == ["UNAVAILABLE"] * 2, ends


@pytest.mark.differs("the real server passes the end on when the client has ended its half")
async def test_open_calls_end_when_the_module_dies(client, module):
    async with client() as made:
        ends = await dies(client, module, made, [
            made.one("py", "wait"),
            half_of(made.gizmo.DoOneClientStream, made.pb.DoOneClientStreamRequest),
            half_of(made.gizmo.DoOneBiDiStream, made.pb.DoOneBiDiStreamRequest)], 1)
    assert [status for status, _ in ends] == ["UNAVAILABLE"] * 3, ends


async def whole(stream, request):
    """Reads a stream to its end."""
    async with stream:
        await stream.send_message(request, end=True)
        while await stream.recv_message() is not None:
            pass


async def half_of(method, request):
    """Sends one request and waits for the answer without ending."""
    async with method.open() as stream:
        await stream.send_message(request(name="py", arg1="arg1"))
        while await stream.recv_message() is not None:
            pass


# ---- what nobody serves ----

async def test_names_nobody_has(client):
    async with client() as made:
        assert await outcome(made.one("")) == (
            "UNKNOWN", "unable to determine resource name due to missing 'name' field")
        assert await outcome(made.one("nobody")) == (
            "UNKNOWN", "no node found with api acme:component:gizmo and name nobody")
        assert await outcome(made.one("l")) == (
            "UNKNOWN", "no node found with api acme:component:gizmo and name l")


@pytest.mark.parametrize("path", [GIZMO + "DoThree", "/acme.component.gadget.v1.Gadget/DoOne",
                                  "/acme"])
def test_methods_nobody_has(server, path):
    with server.connect() as sock:
        answer = raw.Connection(sock).call(raw.field(1, b"py"), path)
    assert answer.status()[1] == 12, answer.text()


@pytest.mark.parametrize("body", [b"\x0a\xff\xff\xff\xff\x0f", b"\x0a\x05py", b"\xff" * 20,
                                  b"\x08\x01"], ids=["long", "short", "noise", "number"])
def test_first_messages_without_a_name(server, body):
    with server.connect() as sock:
        answer = raw.Connection(sock).call(body, GIZMO + "DoOne")
        assert answer.status()[1] not in (None, 0)
        assert raw.Connection(server.connect()).call(
            raw.field(1, b"py") + raw.field(2, b"arg1"), GIZMO + "DoOne").status() == (200, 0)


# ---- what the server says of them ----

async def test_names_and_services(server):
    async with server.channel() as channel:
        stub = RobotServiceStub(channel)
        names = (await stub.ResourceNames(ResourceNamesRequest())).resources
        rows = (await stub.ResourceRPCSubtypes(ResourceRPCSubtypesRequest())).resource_rpc_subtypes
    assert {name.name for name in names if name.namespace == "acme"} == {
        "py", "go", "adder", "subtractor"}
    services = {row.subtype.subtype: row.proto_service for row in rows
                if row.subtype.namespace == "acme"}
    assert services == {"gizmo": GIZMO.strip("/"),
                        "summation": "acme.service.summation.v1.SummationService"}


@pytest.mark.differs("the real server reflects only what it was built with")
async def test_reflection(server):
    async with server.channel() as channel:
        async with ServerReflectionStub(channel).ServerReflectionInfo.open() as stream:
            await stream.send_message(ServerReflectionRequest(list_services=""))
            listed = {row.name for row in (await stream.recv_message())
                      .list_services_response.service}
            await stream.send_message(
                ServerReflectionRequest(file_containing_symbol=GIZMO.strip("/")))
            answer = await stream.recv_message()
            await stream.end()
    assert {GIZMO.strip("/"), "acme.service.summation.v1.SummationService"} <= listed
    assert answer.file_descriptor_response.file_descriptor_proto


# ---- the rest of the module in Go ----

async def test_summation(client):
    async with client() as made:
        request = made.sum_pb.SumRequest
        added = await made.summation.Sum(request(name="adder", numbers=[1, 2.5, 4]))
        subtracted = await made.summation.Sum(request(name="subtractor", numbers=[1, 2.5, 4]))
    assert (added.sum, subtracted.sum) == (7.5, -7.5)


async def test_do_two_in_go(client):
    async with client() as made:
        reply = await made.gizmo.DoTwo(made.pb.DoTwoRequest(name="go", arg1=True))
    assert reply.ret1


async def test_base_over_two_motors(server):
    """The module's base drives the server's motors."""
    async with server.machine() as machine:
        base = Base.from_robot(machine, "base")
        await base.set_power(Vector3(y=0.6), Vector3())  # this one knows full power only
        for name in ("l", "r"):
            assert await Motor.from_robot(machine, name).is_powered() == (True, 1)
        assert await base.is_moving()
        await base.stop()
        assert not await base.is_moving()


async def test_navigation(server):
    """In the older form of the API, which the SDK for Python doesn't speak any more."""
    async with server.channel() as channel:
        stub = older_navigation.Stub(channel)
        assert (await stub.ask("GetMode", "denali")).mode == older_navigation.MANUAL
        assert (await stub.ask("GetLocation", "denali")).location.latitude == LATITUDE
        assert not (await stub.ask("GetWaypoints", "denali")).waypoints
        assert await outcome(stub.ask("SetMode", "denali", mode=9)) == (
            "UNKNOWN", 'unknown mode "9"')
        assert await outcome(stub.ask("RemoveWaypoint", "denali", id="x")) == (
            "UNKNOWN", "the provided hex string is not a valid ObjectID")
        for method in "GetObstacles", "GetPaths":
            assert await outcome(stub.ask(method, "denali")) == ("UNKNOWN", "unimplemented")
