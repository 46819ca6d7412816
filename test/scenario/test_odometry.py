# SPDX-License-Identifier: Apache-2.0
"""Odometry of a base on wheels. The fake motors' encoders jump when a move ends; moves are of one
wheel, so that it doesn't matter when the odometry looks."""
import math

import pytest
from viam.components.motor import Motor
from viam.components.movement_sensor import MovementSensor
from viam.proto.common import GetReadingsRequest, Orientation
from viam.proto.component.movementsensor import (
    GetCompassHeadingRequest, GetLinearAccelerationRequest, GetPositionRequest,
    MovementSensorServiceStub)

from harness import eventually, outcome


def odometry(name, **attributes):
    return {"name": name, "api": "rdk:component:movement_sensor", "model": "wheeled-odometry",
            "attributes": attributes}


def motor(name, encoder):
    return [{"name": encoder, "api": "rdk:component:encoder", "model": "fake"},
            {"name": name, "api": "rdk:component:motor", "model": "fake", "attributes": {
                "encoder": encoder, "ticks_per_rotation": 100, "max_rpm": 1000}}]


WHEELS = {"left_motors": ["left"], "right_motors": ["right"]}
BASE = {"name": "base", "api": "rdk:component:base", "model": "wheeled", "attributes": {
    "left": ["left"], "right": ["right"], "width_mm": 500, "wheel_circumference_mm": 1000}}

CONFIG = {"components": [
    *motor("left", "left-encoder"), *motor("right", "right-encoder"), BASE,
    odometry("odometry", base="base", time_interval_msecs=100, **WHEELS),
    {"name": "blind", "api": "rdk:component:motor", "model": "fake"},
    {"name": "no-wheels", "api": "rdk:component:base", "model": "fake"},
    odometry("none"),
    odometry("base-only", base="base"),
    odometry("left-only", base="base", left_motors=["left"]),
    odometry("uneven", base="base", left_motors=["left", "left"], right_motors=["right"]),
    odometry("four", base="base", left_motors=["left"] * 2, right_motors=["right"] * 2),
    odometry("on-blind", base="base", left_motors=["blind"], right_motors=["right"]),
    odometry("on-fake", base="no-wheels", left_motors=["blind"], right_motors=["right"]),
    odometry("mixed-up", base="left", **WHEELS),
]}


async def turn(machine, wheel, revolutions):
    await Motor.from_robot(machine, wheel).go_for(1000, revolutions)


async def reset(sensor, **more):
    answer = await sensor.do_command({"reset": True, "use_compass": False, **more})
    assert answer["reset"] == "resetting position and setting shift to true"


async def place(sensor):
    """X and Y in metres and the angle in radians."""
    readings = await sensor.get_readings()
    angle = math.radians((await sensor.get_orientation()).theta)
    return readings["position_meters_X"], readings["position_meters_Y"], angle


async def test_where_it_goes(server):
    async with server.machine() as machine:
        sensor = MovementSensor.from_robot(machine, "odometry")
        await reset(sensor)
        x = y = angle = 0
        for wheel, revolutions in (("left", .25), ("right", .5), ("right", -.1), ("left", 1)):
            await turn(machine, wheel, revolutions)
            angle += revolutions / .5 * (1 if wheel == "right" else -1)
            x -= revolutions / 2 * math.sin(angle)
            y += revolutions / 2 * math.cos(angle)

            async def there():
                now = await place(sensor)
                return max(abs(now[0] - x), abs(now[1] - y),
                           abs(now[2] - angle % (2 * math.pi))) < 1e-6
            await eventually(there)
        point, altitude = await sensor.get_position()
        assert altitude == 0
        metre = math.degrees(1 / 6371e3)
        assert point.latitude == pytest.approx(y * metre, rel=1e-6)
        assert point.longitude == pytest.approx(x * metre, rel=1e-6)
        relative, _ = await sensor.get_position(extra={"return_relative_pos_m": True})
        assert (relative.latitude, relative.longitude) == (pytest.approx(y), pytest.approx(x))


async def test_how_fast(server):
    async with server.machine() as machine:
        sensor = MovementSensor.from_robot(machine, "odometry")
        await reset(sensor)

        async def moving():
            """Seen for one interval only, which a busy machine makes longer."""
            await turn(machine, "right", .1)
            readings = await sensor.get_readings()
            linear, angular = readings["linear_velocity"].y, readings["angular_velocity"].z
            return (linear > 0.01 and
                    angular == pytest.approx(linear * math.degrees(4), rel=1e-6))
        await eventually(moving)

        async def still():
            return (await sensor.get_linear_velocity()).y == 0
        await eventually(still)


async def test_compass_if_wanted(server):
    async with server.machine() as machine, server.channel() as channel:
        sensor = MovementSensor.from_robot(machine, "odometry")
        stub = MovementSensorServiceStub(channel)
        await reset(sensor)
        assert await outcome(stub.GetCompassHeading(GetCompassHeadingRequest(
            name="odometry"))) == ("UNKNOWN", "CompassHeading Unimplemented")
        assert not (await sensor.get_properties()).compass_heading_supported
        assert "compass" not in await sensor.get_readings()
        assert await sensor.do_command({"use_compass": True}) == {
            "use_compass": "using orientation as compass heading set to true"}
        assert (await sensor.get_properties()).compass_heading_supported
        assert await sensor.get_compass_heading() == 360
        assert await sensor.get_orientation() == Orientation(o_z=1)
        await turn(machine, "right", .25)

        async def turned():
            return abs(await sensor.get_compass_heading() - (360 - math.degrees(.5))) < 1e-6
        await eventually(turned)
        await reset(sensor)


async def test_shifts(server):
    async with server.machine() as machine:
        sensor = MovementSensor.from_robot(machine, "odometry")
        await reset(sensor)
        assert await sensor.do_command({"setLat": 10, "setLong": 20}) == {
            "setLat": "lat shifted to 10.00000000", "setLong": "lng shifted to 20.00000000"}
        point, _ = await sensor.get_position()
        assert (point.latitude, point.longitude) == (pytest.approx(10), pytest.approx(20))
        assert await sensor.do_command({"moveX": 1.5, "moveY": -2}) == {
            "moveX": "x position moved to 1.50000000",
            "moveY": "y position shifted to -2.00000000"}
        assert (await place(sensor))[:2] == (1.5, -2)
        for command in ({"setLat": 1}, {"setLong": 1}, {"setLat": "1", "setLong": 1}):
            assert await sensor.do_command(command) == {
                "bad shift": "need both lat and long shifts"}
        for command in ({}, {"reset": 1}, {"use_compass": "x"}, {"moveX": "1"}, {"what": 1}):
            assert await sensor.do_command(command) == {}
        await reset(sensor)
        assert await place(sensor) == (0, 0, 0)


async def test_readings(server):
    async with server.channel() as channel:
        stub = MovementSensorServiceStub(channel)
        readings = (await stub.GetReadings(GetReadingsRequest(name="odometry"))).readings
        assert {"altitude", "angular_velocity", "linear_velocity", "orientation", "position",
                "position_meters_X", "position_meters_Y"} == set(readings)
        orientation = readings["orientation"].struct_value.fields
        assert orientation["_type"].string_value == "orientation_vector_radians"
        assert await outcome(stub.GetLinearAcceleration(GetLinearAccelerationRequest(
            name="odometry"))) == ("UNKNOWN", "linear acceleration unimplemented")


MISSING = "resource config validation error: Error validating, missing required field. " \
    'Path: "components.{}" Field: "{}"'


@pytest.mark.parametrize("name, reason", [
    ("none", MISSING.format(8, "base")),
    ("base-only", MISSING.format(9, "left motors")),
    ("left-only", MISSING.format(10, "right motors")),
    ("uneven", "resource config validation error: mismatch number of left and right motors"),
    ("four", "resource config validation error: wheeled odometry only supports one left and "
     "right motor each"),
    ("on-blind", "resource build error: motor named blind has wrong support for property "
     "motor.Properties{PositionReporting:false}"),
    ("on-fake", "resource build error: base width or wheel circumference are 0, movement sensor "
     "cannot be created"),
    ("mixed-up", "resource build error: Resource missing from dependencies. Resource: "
     "rdk:component:base/left"),
])
async def test_what_can_not_be_built(server, name, reason):
    async with server.channel() as channel:
        stub = MovementSensorServiceStub(channel)
        assert await outcome(stub.GetPosition(GetPositionRequest(name=name))) == (
            "UNKNOWN", f"resource rdk:component:movement_sensor/{name} not available; "
            f"reason={reason}")


@pytest.mark.differs("the real server never finishes building it")
async def test_negative_interval(start):
    server = start({"components": [*CONFIG["components"][:5],
                                   odometry("o", base="base", time_interval_msecs=-1, **WHEELS)]})
    async with server.channel() as channel:
        text = (await outcome(MovementSensorServiceStub(channel).GetPosition(
            GetPositionRequest(name="o"))))[1]
    assert text.endswith("time_interval_msecs is -1; it must not be negative")


@pytest.mark.differs("the real server crashes in its handler")
async def test_relative_is_yes_or_no(server):
    async with server.machine() as machine:
        with pytest.raises(Exception, match="return_relative_pos_m must be true or false"):
            await MovementSensor.from_robot(machine, "odometry").get_position(
                extra={"return_relative_pos_m": 3})
