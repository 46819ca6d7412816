# SPDX-License-Identifier: Apache-2.0
"""The navigation API over the wire. The real server speaks an older form of it, so most of this is
not for it; attributes are judged alike."""
import asyncio

import pytest
from viam.proto.common import DoCommandRequest, GeoPoint, GeoPose, GetStatusRequest, Pose
from viam.gen.service.navigation.v1 import navigation_pb2
from viam.gen.service.navigation.v1.navigation_grpc import NavigationServiceStub
from viam.services.navigation import (MapType, NavigationClient, Plan, Position, Waypoint)

from harness import eventually, outcome, statuses

BASE = {"name": "base", "api": "rdk:component:base", "model": "fake"}
SENSOR = {"name": "sensor", "api": "rdk:component:movement_sensor", "model": "fake"}
GPS = {"base": "base", "movement_sensor": "sensor", "store": {"type": "memory"}}
CONFIG = {
    "components": [BASE, SENSOR],
    "services": [
        {"name": "nav", "api": "rdk:service:navigation", "attributes": GPS},
        {"name": "lost", "type": "navigation", "model": "builtin",
         "attributes": {"base": "base", "map_type": "None", "store": {"type": "memory"}}},
    ],
}

NEWER = pytest.mark.differs("the real server speaks an older form of the API")
NOT_YET = ("UNIMPLEMENTED", "motion planning is not built yet")

ON_MAP = Position(pose=Pose(x=1, y=2, o_z=1))
ON_GLOBE = Position(geo_pose=GeoPose(location=GeoPoint(latitude=40, longitude=-73), heading=90))


@pytest.fixture
def nav(start):
    """A server of its own: what is kept is forgotten."""
    return start(CONFIG)


# ---- places, routes, zones ----

@NEWER
async def test_locations(nav):
    async with nav.machine() as machine:
        client = NavigationClient.from_robot(machine, "nav")
        assert not await client.list_locations()
        added = await client.add_location("dock", ON_MAP)
        assert (added.name, added.position) == ("dock", ON_MAP)
        assert await client.get_location("dock") == added
        await client.add_location("a%b\n\tü", ON_GLOBE)
        moved = await client.update_location("dock", position=ON_GLOBE)
        assert (moved.name, moved.position) == ("dock", ON_GLOBE)
        renamed = await client.update_location("dock", new_name="quay")
        assert (renamed.name, renamed.position) == ("quay", ON_GLOBE)
        assert [it.name for it in await client.list_locations()] == ["quay", "a%b\n\tü"]
        await client.delete_location("quay")
        assert [it.name for it in await client.list_locations()] == ["a%b\n\tü"]
        for call in (client.get_location("quay"), client.delete_location("quay"),
                     client.update_location("quay", new_name="x")):
            assert await outcome(call) == ("NOT_FOUND", 'location "quay" not found')


@NEWER
async def test_a_location_without_a_position_is_here(nav):
    async with nav.machine() as machine:
        client = NavigationClient.from_robot(machine, "nav")
        here = await client.get_position()
        assert (await client.add_location("here")).position == here
        lost = NavigationClient.from_robot(machine, "lost")
        assert await outcome(lost.add_location("here")) == ("UNKNOWN", "no way to get location")


@NEWER
async def test_names_are_taken_once(nav):
    async with nav.machine() as machine:
        client = NavigationClient.from_robot(machine, "nav")
        for name in "a", "b":
            await client.add_location(name, ON_MAP)
        taken = ("ALREADY_EXISTS", 'location "a" already exists')
        assert await outcome(client.add_location("a", ON_MAP)) == taken
        assert await outcome(client.update_location("b", new_name="a")) == taken
        assert (await client.update_location("a", new_name="a")).name == "a"
        assert await outcome(client.add_location("", ON_MAP)) == (
            "INVALID_ARGUMENT", "location name cannot be empty")
        assert await outcome(client.update_location("a", new_name="")) == (
            "INVALID_ARGUMENT", "location name cannot be empty")


@NEWER
@pytest.mark.parametrize("position", [
    Position(), Position(pose=Pose(x=float("nan"))), Position(pose=Pose(theta=float("inf"))),
    Position(geo_pose=GeoPose()), Position(geo_pose=GeoPose(location=GeoPoint(latitude=91))),
    Position(geo_pose=GeoPose(location=GeoPoint(longitude=float("nan")))),
])
async def test_positions_that_are_nowhere(server, position):
    async with server.machine() as machine:
        client = NavigationClient.from_robot(machine, "nav")
        for call in (client.add_location("x", position), client.navigate_to_point(position),
                     client.plan_to_point(position), client.go_to_point(position),
                     client.add_route("r", [Waypoint(position=position)])):
            assert (await outcome(call))[0] == "INVALID_ARGUMENT"


@NEWER
async def test_only_so_much_is_kept(nav):
    async with nav.machine() as machine:
        client = NavigationClient.from_robot(machine, "nav")
        assert (await outcome(client.add_location("x" * (1 << 16), ON_MAP)))[0] == (
            "INVALID_ARGUMENT")
        for begin in range(0, 1000, 50):
            await asyncio.gather(*(client.add_location(f"l{i}", ON_MAP)
                                   for i in range(begin, begin + 50)))
        assert await outcome(client.add_location("one more", ON_MAP)) == (
            "RESOURCE_EXHAUSTED", "no more than 1000 locations are kept")
        assert len(await client.list_locations()) == 1000


@NEWER
async def test_routes(nav):
    async with nav.machine() as machine:
        client = NavigationClient.from_robot(machine, "nav")
        points = [Waypoint(location="dock"), Waypoint(position=ON_MAP)]
        added = await client.add_route("round", points)
        assert (added.name, list(added.waypoints)) == ("round", points)
        assert await client.get_route("round") == added
        assert list((await client.update_route("round", "tour")).waypoints) == points
        assert not (await client.update_route("tour", waypoints=[])).waypoints
        assert [it.name for it in await client.list_routes()] == ["tour"]
        assert await outcome(client.add_route("r", [Waypoint()])) == (
            "INVALID_ARGUMENT", "a waypoint must be a location or a position")
        await client.delete_route("tour")
        assert await outcome(client.get_route("tour")) == ("NOT_FOUND", 'route "tour" not found')


@NEWER
async def test_zones(nav):
    async with nav.machine() as machine:
        client = NavigationClient.from_robot(machine, "nav")
        shape = {"type": "circle", "radius": 2.5, "center": [1, 2]}
        pond = await client.add_zone("pond", "keepout", shape)
        assert (pond.name, pond.type, pond.geometry["radius"]) == ("pond", "keepout", 2.5)
        await client.add_zone("school", "speed_limit", shape, max_speed=0.5)
        assert await client.get_zone("pond") == pond
        assert [it.name for it in await client.list_zones()] == ["pond", "school"]
        assert [it.name for it in await client.list_zones("speed_limit")] == ["school"]
        assert await outcome(client.update_zone("pond", type="speed_limit")) == (
            "INVALID_ARGUMENT", 'a zone of type "speed_limit" needs a max_speed above 0')
        slow = await client.update_zone("pond", type="speed_limit", max_speed=0.1, new_name="ford",
                                        geometry={"type": "box"})
        assert (slow.name, slow.max_speed, slow.geometry["type"]) == ("ford", 0.1, "box")
        assert await outcome(client.add_zone("z", "swamp", shape)) == (
            "INVALID_ARGUMENT", 'zone type must be "keepout" or "speed_limit"')
        await client.delete_zone("ford")
        assert await outcome(client.delete_zone("ford")) == ("NOT_FOUND", 'zone "ford" not found')


# ---- where it is ----

@NEWER
async def test_position_and_status(server):
    async with server.machine() as machine:
        client = NavigationClient.from_robot(machine, "nav")
        position = await client.get_position()
        at = position.geo_pose.location
        assert abs(at.latitude) <= 90 and abs(at.longitude) <= 180
        status = await client.get_navigation_status()
        assert status.localized and status.position == position
        assert status.updated_at.seconds > 1700000000 and not status.HasField("goal")
        lost = NavigationClient.from_robot(machine, "lost")
        assert await outcome(lost.get_position()) == ("UNKNOWN", "no way to get location")
        status = await lost.get_navigation_status()
        assert not status.localized and not status.HasField("position")


@NEWER
async def test_properties(server):
    async with server.machine() as machine:
        properties = await NavigationClient.from_robot(machine, "nav").get_properties()
        assert properties.map_type == MapType.MAP_TYPE_GPS
        assert properties.zones_supported and properties.routes_supported
        assert not properties.planning_supported and not properties.costmap_supported
        properties = await NavigationClient.from_robot(machine, "lost").get_properties()
        assert properties.map_type == MapType.MAP_TYPE_UNSPECIFIED


@NEWER
async def test_costmap(server):
    async with server.machine() as machine:
        costmap = await NavigationClient.from_robot(machine, "nav").get_costmap("global")
    assert not costmap.available and costmap.layer == "global"


# ---- driving ----

@NEWER
async def test_driving_is_not_built_yet(nav):
    async with nav.machine() as machine:
        client = NavigationClient.from_robot(machine, "nav")
        await client.add_location("dock", ON_GLOBE)
        await client.add_route("round", [Waypoint(location="dock")])
        for call in (client.navigate_to_location("dock"), client.plan_to_location("dock"),
                     client.go_to_location("dock"), client.navigate_to_point(ON_GLOBE),
                     client.plan_to_point(ON_GLOBE), client.go_to_point(ON_GLOBE),
                     client.navigate_route("round"), client.execute_plan(Plan()),
                     client.navigate_route(waypoints=[Waypoint(position=ON_GLOBE)])):
            assert await outcome(call) == NOT_YET
        for call in (client.suspend("because"), client.resume(), client.cancel()):
            assert await outcome(call) == ("FAILED_PRECONDITION", "no goal is active")


@NEWER
async def test_goals_that_are_not_there(server):
    async with server.machine() as machine:
        client = NavigationClient.from_robot(machine, "nav")
        for call in (client.navigate_to_location("x"), client.plan_to_location("x"),
                     client.go_to_location("x")):
            assert await outcome(call) == ("NOT_FOUND", 'location "x" not found')
        assert await outcome(client.navigate_route("x")) == ("NOT_FOUND", 'route "x" not found')
        assert await outcome(client.navigate_route()) == (
            "INVALID_ARGUMENT", "must provide a route or waypoints")


# ---- its life ----

@pytest.mark.parametrize("attributes, text", [
    ({}, 'Error validating, missing required field. Path: "services.0" Field: "base"'),
    ({"base": "base"},
     'Error validating, missing required field. Path: "services.0" Field: "movement_sensor"'),
    ({**GPS, "map_type": "gps"}, "invalid map_type 'gps' given"),
    ({**GPS, "store": {"type": "x"}}, 'unknown store type "x"'),
    *(({**GPS, key: -1}, f"{key} must be non-negative if set") for key in (
        "degs_per_sec", "meters_per_sec", "position_polling_frequency_hz",
        "obstacle_polling_frequency_hz", "plan_deviation_m", "replan_cost_factor")),
    *(({**GPS, "obstacle_detectors": [detector]},
       'Error validating. Path: "services.0" Error: an obstacle detector is missing either a camera '
       'or vision service') for detector in ({"camera": "c"}, {"vision_service": "v"})),
    *(({**GPS, key: [{"location": {"latitude": 1, "longitude": 2}, "geometries": [
        {"type": "sphere", "r": 5, "translation": {"x": 1}}]}]},
       f"{what} geometries specified through navigation are not allowed to have a translation")
      for key, what in (("obstacles", "obstacle"), ("bounding_regions", "bounding region"))),
])
async def test_attributes_that_cannot_be(start, attributes, text):
    server = start({"components": [BASE, SENSOR], "services": [
        {"name": "n", "api": "rdk:service:navigation", "attributes": attributes}]})

    async def error():
        return (await statuses(server))["n"].error
    await eventually(error)
    assert await error() == f"resource config validation error: {text}"


async def test_a_base_must_be_one(start):
    server = start({"components": [BASE, SENSOR], "services": [
        {"name": "n", "type": "navigation", "attributes": {**GPS, "base": "sensor"}}]})
    async with server.channel() as channel:
        assert await outcome(NavigationServiceStub(channel).GetStatus(
            GetStatusRequest(name="n"))) == (
                "UNKNOWN", "resource rdk:service:navigation/n not available; reason=resource build "
                "error: Resource missing from dependencies. Resource: rdk:component:base/sensor")


async def test_what_it_lacks(server):
    async with server.channel() as channel:
        stub = NavigationServiceStub(channel)
        assert await outcome(stub.DoCommand(DoCommandRequest(name="nav"))) == (
            "UNKNOWN", "DoCommand unimplemented")
        status = await stub.GetStatus(GetStatusRequest(name="nav"))
        assert status.HasField("result") and not status.result.fields


@NEWER
async def test_unknown_name(server):
    async with server.channel() as channel:
        stub = NavigationServiceStub(channel)
        methods = [name for name in vars(stub) if name[0].isupper()]
        assert len(methods) == 32
        for method in methods:
            request_type = {"DoCommand": DoCommandRequest, "GetStatus": GetStatusRequest}.get(
                method) or getattr(navigation_pb2, f"{method}Request")
            assert await outcome(getattr(stub, method)(request_type(name="nope"))) == (
                "UNKNOWN", "no node found with api rdk:service:navigation and name nope")
