# SPDX-License-Identifier: Apache-2.0
"""The older form of the navigation API, as the real server has it: by the TypeScript SDK, and by
messages compiled from proto/."""
import math
import pathlib
import re
import subprocess
import time

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.struct_pb2 import Struct
from grpclib.reflection.v1.reflection_grpc import ServerReflectionStub
from grpclib.reflection.v1.reflection_pb2 import ServerReflectionRequest
from viam.services.navigation import MapType, NavigationClient

import harness
import older_navigation
from harness import outcome
from older_navigation import EXPLORE, GPS, MANUAL, NONE, SERVICE, WAYPOINT, Stub

HERE = pathlib.Path(__file__).resolve().parent


def turned(theta):
    return {"type": "ov_degrees", "value": {"x": 0, "y": 0, "z": 1, "th": theta}}


def service(name, **attributes):
    return {"name": name, "api": "rdk:service:navigation",
            "attributes": {"base": "base", "store": {"type": "memory"}, **attributes}}


def obstacles(*geometries, **place):
    return [{"location": {"latitude": 1, "longitude": 2, **place}, "geometries": list(geometries)}]


BALL = {"type": "sphere", "r": 5, "label": "ball"}
BOX = {"x": 1, "y": 2, "z": 3, "orientation": turned(30)}
CONFIG = {
    "components": [
        {"name": "base", "api": "rdk:component:base", "model": "fake",
         "frame": {"parent": "world", "orientation": turned(50)}},
        {"name": "loose", "api": "rdk:component:movement_sensor", "model": "fake"},
        {"name": "mounted", "api": "rdk:component:movement_sensor", "model": "fake",
         "frame": {"parent": "base", "translation": {"x": 100, "y": 200, "z": 0},
                   "orientation": turned(90)}},
        {"name": "nocompass", "api": "rdk:component:movement_sensor", "model": "merged",
         "attributes": {"position": ["loose"]}},
        {"name": "noplace", "api": "rdk:component:movement_sensor", "model": "merged",
         "attributes": {"compass_heading": ["loose"]}},
        {"name": "cam", "api": "rdk:component:camera", "model": "fake"},
    ],
    "services": [
        service("nav", movement_sensor="loose", obstacles=obstacles(BALL, BOX)),
        service("turned", movement_sensor="mounted"),
        service("half", movement_sensor="nocompass"),
        service("nowhere", movement_sensor="noplace"),
        service("lost", map_type="None"),
        service("watching", map_type="None",
                obstacle_detectors=[{"vision_service": "eyes", "camera": "cam"}]),
        {"name": "eyes", "api": "rdk:service:vision", "model": "fake"},
    ],
}

NOT_YET = "motion planning is not built yet"
LIKE_NO_ID = "the provided hex string is not a valid ObjectID"


@pytest.fixture
def nav(start):
    """A server of its own: what is kept is forgotten."""
    return start(CONFIG)


def test_typescript_sdk(nav):
    modules = harness.tool_folder("nodeenv")
    done = subprocess.run(["node", HERE / "navigation.mjs", modules,
                           f"http://localhost:{nav.port}", "" if nav.is_peer else NOT_YET],
                          capture_output=True, text=True, timeout=3 * harness.PATIENCE, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("ok ") == 7


# ---- modes ----

async def test_modes(nav):
    async with nav.channel() as channel:
        stub = Stub(channel)
        for name in "nav", "lost":
            assert (await stub.ask("GetMode", name)).mode == MANUAL
            await stub.ask("SetMode", name, mode=EXPLORE)
            assert (await stub.ask("GetMode", name)).mode == EXPLORE
            for mode, text in (0, "MODE_UNSPECIFIED"), (4, "4"), (-1, "-1"):
                assert await outcome(stub.ask("SetMode", name, mode=mode)) == (
                    "UNKNOWN", f'unknown mode "{text}"')
            assert (await stub.ask("GetMode", name)).mode == EXPLORE
            await stub.ask("SetMode", name, mode=MANUAL)
        assert await outcome(stub.ask("SetMode", "lost", mode=WAYPOINT)) == (
            "UNKNOWN", "Waypoint mode is unavailable for map type None")


@pytest.mark.differs("the real server drives")
async def test_a_mode_that_is_refused_is_not_taken(nav):
    async with nav.channel() as channel:
        stub = Stub(channel)
        assert await outcome(stub.ask("SetMode", "nav", mode=WAYPOINT)) == (
            "UNIMPLEMENTED", NOT_YET)
        await outcome(stub.ask("SetMode", "lost", mode=WAYPOINT))
        for name in "nav", "lost":
            assert (await stub.ask("GetMode", name)).mode == MANUAL


# ---- where it is ----

async def test_location(server):
    async with server.channel() as channel:
        stub = Stub(channel)
        for name, heading in ("nav", 25), ("turned", 295):
            found = await stub.ask("GetLocation", name)
            assert (found.location.latitude, found.location.longitude) == (40.7, -73.98)
            assert found.compass_heading == pytest.approx(heading)
        for name, text in (("lost", "no way to get location"),
                           ("half", "CompassHeading Unimplemented"),
                           ("nowhere", "Position Unimplemented")):
            assert await outcome(stub.ask("GetLocation", name)) == ("UNKNOWN", text)


async def test_map_type(server):
    async with server.channel() as channel:
        stub = Stub(channel)
        assert (await stub.ask("GetProperties", "nav")).map_type == GPS
        assert (await stub.ask("GetProperties", "lost")).map_type == NONE


@pytest.mark.differs("the real server has the older form alone")
async def test_both_forms_of_one_method(server):
    """The newer form's client finds its own in the responses, too."""
    async with server.machine() as machine:
        client = NavigationClient.from_robot(machine, "nav")
        properties = await client.get_properties()
        assert properties.map_type == MapType.MAP_TYPE_GPS and properties.zones_supported
        assert await outcome(client.get_location("x")) == ("NOT_FOUND", 'location "x" not found')
        turned_client = NavigationClient.from_robot(machine, "turned")
        assert (await turned_client.get_position()).geo_pose.heading == pytest.approx(295)


# ---- waypoints ----

async def waypoints_of(stub, name="nav"):
    found = (await stub.ask("GetWaypoints", name)).waypoints
    return {it.id: (it.location.latitude, it.location.longitude) for it in found}


async def test_waypoints(nav):
    extra = Struct()
    extra.update({"what": ["ever"]})
    async with nav.channel() as channel:
        stub, point = Stub(channel), older_navigation.message("Waypoint")().location.__class__
        assert not await waypoints_of(stub)
        places = [(1.5, -3.0), (100.0, -300.0), (7.0, math.inf)]
        for latitude, longitude in places:
            await stub.ask("AddWaypoint", "nav",
                           location=point(latitude=latitude, longitude=longitude))
        kept = await waypoints_of(stub)
        assert list(kept.values()) == places
        for waypoint in kept:
            assert re.fullmatch("[0-9a-f]{24}", waypoint)
            assert abs(int(waypoint[:8], 16) - time.time()) < 60 + harness.PATIENCE
        first, second, third = kept
        assert first[8:18] == second[8:18]
        assert (int(first[18:], 16) + 1) % (1 << 24) == int(second[18:], 16)
        await stub.ask("RemoveWaypoint", "nav", id=second.upper())
        await stub.ask("RemoveWaypoint", "nav", id=second)
        await stub.ask("RemoveWaypoint", "nav", id="0" * 24)
        assert list(await waypoints_of(stub)) == [first, third]
        assert not await waypoints_of(stub, "lost")


async def test_ids_that_are_none(server):
    async with server.channel() as channel:
        stub = Stub(channel)
        for waypoint, text in (
                ("", LIKE_NO_ID), ("x", LIKE_NO_ID), ("0" * 23, LIKE_NO_ID), ("g" * 25, LIKE_NO_ID),
                ("0" * 12, LIKE_NO_ID), ("Z" * 24, "encoding/hex: invalid byte: U+005A 'Z'"),
                ("0" * 23 + "g", "encoding/hex: invalid byte: U+0067 'g'"),
                ("é" * 12, "encoding/hex: invalid byte: U+00C3 'Ã'"),
                ("\x01" * 24, "encoding/hex: invalid byte: U+0001"),
                ("\x7f" * 24, "encoding/hex: invalid byte: U+007F")):
            assert await outcome(stub.ask("RemoveWaypoint", "nav", id=waypoint)) == (
                "UNKNOWN", text)


@pytest.mark.differs("the real server crashes in its handler")
async def test_a_waypoint_is_somewhere(server):
    async with server.channel() as channel:
        assert await outcome(Stub(channel).ask("AddWaypoint", "nav")) == (
            "INVALID_ARGUMENT", "must provide a location")


@pytest.mark.differs("the real server keeps any number")
async def test_only_so_many_are_kept(nav):
    async with nav.channel() as channel:
        stub = Stub(channel)
        location = older_navigation.message("Waypoint")().location.__class__(latitude=1)
        for _ in range(1000):
            await stub.ask("AddWaypoint", "nav", location=location)
        assert await outcome(stub.ask("AddWaypoint", "nav", location=location)) == (
            "RESOURCE_EXHAUSTED", "no more than 1000 waypoints are kept")
        assert len(await waypoints_of(stub)) == 1000


async def test_nothing_is_under_way(server):
    async with server.channel() as channel:
        assert not (await Stub(channel).ask("GetPaths", "nav")).paths


# ---- obstacles ----

async def test_obstacles(server):
    async with server.channel() as channel:
        stub = Stub(channel)
        ball, box = (await stub.ask("GetObstacles", "nav")).obstacles
        for obstacle in ball, box:
            assert (obstacle.location.latitude, obstacle.location.longitude) == (1, 2)
            assert len(obstacle.geometries) == 1
        assert ball.geometries[0].label == "ball" and ball.geometries[0].sphere.radius_mm == 5
        assert ball.geometries[0].center.o_z == 1
        size = box.geometries[0].box.dims_mm
        assert (size.x, size.y, size.z) == (1, 2, 3)
        assert box.geometries[0].center.theta == pytest.approx(30)
        assert not (await stub.ask("GetObstacles", "lost")).obstacles
        assert await outcome(stub.ask("GetObstacles", "watching")) == (
            "UNKNOWN", 'vision model "rdk:service:vision/eyes" does not implement a 3D segmenter')


@pytest.mark.parametrize("key, what", [
    ("obstacles", "obstacle"), ("bounding_regions", "bounding regions")])
@pytest.mark.parametrize("geometry, text", [
    ({"type": "blob"}, "unsupported Geometry type: blob"),
    ({}, "unsupported Geometry type: "),
    ({"type": "sphere", "r": -1}, "Invalid dimension(s) for Geometry type *spatialmath.sphere"),
])
async def test_bodies_that_cannot_be(start, key, what, geometry, text):
    server = start({**CONFIG, "services": [
        service("n", movement_sensor="loose", **{key: obstacles(geometry)})]})
    async with server.channel() as channel:
        async def is_refused():
            _, text = await outcome(Stub(channel).ask("GetMode", "n"))
            return "reason=" in text
        await harness.eventually(is_refused)
        assert await outcome(Stub(channel).ask("GetMode", "n")) == (
            "UNKNOWN", "resource rdk:service:navigation/n not available; reason=resource build "
            f"error: {text}: {what} unable to be converted from geometry config")


@pytest.mark.differs("the real server crashes as it builds the service")
@pytest.mark.parametrize("region, text", [
    ({"geometries": [BALL]}, "obstacle geometries specified through navigation need a location"),
    ({"location": {"latitude": 1}, "geometries": BALL}, "geometries must be a list of objects"),
    ({"location": {"latitude": 1}, "geometries": [1]}, "geometries must be a list of objects"),
])
async def test_regions_that_cannot_be(start, region, text):
    server = start({**CONFIG, "services": [
        service("n", movement_sensor="loose", obstacles=[region])]})

    async def error():
        return (await harness.statuses(server))["n"].error
    await harness.eventually(error)
    assert (await error()).endswith(f'Path: "services.0" Error: {text}')


# ---- all of it ----

async def test_unknown_name(server):
    async with server.channel() as channel:
        for method in older_navigation.METHODS:
            assert await outcome(Stub(channel).ask(method, "nope")) == (
                "UNKNOWN", "no node found with api rdk:service:navigation and name nope")


async def test_reflection_tells_of_it(server):
    """Methods, where they are over REST, and what their messages have."""
    async with server.channel() as channel:
        stub = ServerReflectionStub(channel)
        reply, = await stub.ServerReflectionInfo(
            [ServerReflectionRequest(file_containing_symbol=SERVICE)])
    files = [FileDescriptorProto.FromString(file)
             for file in reply.file_descriptor_response.file_descriptor_proto]
    messages = {f".{file.package}.{it.name}": it for file in files for it in file.message_type}
    methods = {it.name: it for file in files for service in file.service
               if f"{file.package}.{service.name}" == SERVICE for it in service.method}
    wanted = {"GetMode": "mode", "SetMode": "mode", "GetWaypoints": "waypoints",
              "AddWaypoint": "waypoints", "RemoveWaypoint": "waypoints/{id}",
              "GetObstacles": "get_obstacles", "GetPaths": "get_paths"}
    for name, path in wanted.items():
        assert f"/viam/api/v1/service/navigation/{{name}}/{path}".encode() in (
            methods[name].options.SerializeToString())
        for kind, type_name in ("Request", methods[name].input_type), (
                "Response", methods[name].output_type):
            ours = older_navigation.message(name + kind).DESCRIPTOR
            assert [(it.name, it.number, it.type) for it in messages[type_name].field] == [
                (it.name, it.number, it.type) for it in ours.fields]
