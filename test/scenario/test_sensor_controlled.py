# SPDX-License-Identifier: Apache-2.0
"""A base that watches another one with a sensor that always says the same."""
import asyncio

import pytest
from viam.components.base import Base
from viam.components.motor import Motor
from viam.proto.common import Vector3
from viam.proto.component.base import BaseServiceStub, GetPropertiesRequest

from harness import PATIENCE, eventually, outcome, taking

# What the fake sensor says: m/s forward, degrees/s to the left.
FORWARD, LEFT = 5.4, 1
GAIN = 0.01


def watched(name, **attributes):
    return {"name": name, "api": "rdk:component:base", "model": "sensor-controlled",
            "attributes": {"base": "w", "movement_sensor": ["ms"], **attributes}}


def sensor(name, **attributes):
    return {"name": name, "api": "rdk:component:movement_sensor",
            "model": "merged" if attributes else "fake", "attributes": attributes}


def gains(p, i=0.0):
    return [{"type": kind, "p": p, "i": i, "d": 0}
            for kind in ("linear_velocity", "angular_velocity")]


BODY = {"parent": "world", "geometry": {"r": 30}}
CONFIG = {"components": [
    *({"name": name, "api": "rdk:component:motor", "model": "fake"} for name in "lr"),
    {"name": "w", "api": "rdk:component:base", "model": "wheeled", "frame": BODY, "attributes": {
        "left": ["l"], "right": ["r"], "width_mm": 200, "wheel_circumference_mm": 100}},
    sensor("ms"), sensor("speedless", orientation=["ms"]), sensor("blind", position=["ms"]),
    sensor("speed", linear_velocity=["ms"], angular_velocity=["ms"]),
    watched("open"), watched("loop", control_parameters=gains(GAIN)),
    watched("growing", control_parameters=gains(GAIN, GAIN)),
    watched("added", movement_sensor=["speed"], control_parameters=gains(GAIN)),
    watched("unaware", movement_sensor=["speedless"], control_parameters=gains(GAIN)),
    watched("second", movement_sensor=["blind", "speed"]),
    watched("sightless", movement_sensor=["blind"]), watched("sensorless", movement_sensor=[]),
    watched("baseless", base=""), watched("bare", base="", movement_sensor=[]), watched("mistaken", base="l"),
    watched("deaf", movement_sensor=["l"]),
    watched("odd", control_parameters=[{"type": "speed", "p": 1, "i": 0, "d": 0}])]}


async def powers(machine):
    return [(await Motor.from_robot(machine, name).is_powered())[1] for name in "lr"]


def power_of(forward, left):
    """What the controllers make of wanted speeds in m/s and degrees/s."""
    linear, angular = (GAIN * error / 255 for error in (forward - FORWARD, left - LEFT))
    return [pytest.approx(linear - angular), pytest.approx(linear + angular)]


async def reach(machine, wanted):
    async def reached():
        return await powers(machine) == wanted
    await eventually(reached)


@pytest.mark.parametrize("name", ["open", "unaware"])
async def test_without_a_loop_all_is_handed_on(server, name):
    async with server.machine() as machine:
        base = Base.from_robot(machine, name)
        with taking(0.4):
            await base.move_straight(50, 150)
            await base.spin(10, 90)
        await base.set_velocity(Vector3(y=50), Vector3())
        assert await powers(machine) == pytest.approx([0.3, 0.3])
        assert await base.is_moving()
        await base.set_power(Vector3(y=0.5), Vector3())
        assert await powers(machine) == pytest.approx([0.5, 0.5])
        await base.stop()
        assert not await base.is_moving()
        assert await outcome(base.spin(0, 10)) == (
            "UNKNOWN", "cannot move base w for an angle that is nearly 0")


@pytest.mark.parametrize("forward, left", [(100, 0), (10000, 0), (0, 10), (-500, -20)])
async def test_power_follows_the_error(server, forward, left):
    async with server.machine() as machine:
        base = Base.from_robot(machine, "loop")
        await base.set_velocity(Vector3(y=forward), Vector3(z=left))
        await reach(machine, power_of(forward / 1000, left))
        await base.stop()
        assert await powers(machine) == [0, 0]


async def test_errors_add_up(server):
    """After half a second there is half as much again of the error."""
    async with server.machine() as machine:
        base = Base.from_robot(machine, "growing")
        await base.set_velocity(Vector3(y=1000), Vector3())

        async def grown():
            left, right = await powers(machine)
            linear = (left + right) / 2 * 255 / (1 - FORWARD)
            angular = (right - left) / 2 * 255 / -LEFT
            return min(linear, angular) >= 1.5 * GAIN
        await eventually(grown)
        await base.stop()


@pytest.mark.parametrize("move, forward, left", [
    (lambda base: base.spin(90, 45), 0, 45), (lambda base: base.spin(-90, 45), 0, -45),
    (lambda base: base.move_straight(500, 100), 0.1, 0),
    (lambda base: base.move_straight(500, -100), -0.1, 0)])
async def test_a_stop_ends_a_way(server, move, forward, left):
    async with server.machine() as machine:
        base = Base.from_robot(machine, "loop")
        way = asyncio.create_task(outcome(move(base)))
        await reach(machine, power_of(forward, left))
        await base.stop()
        assert (await asyncio.wait_for(way, PATIENCE))[0] == "OK"
        assert await powers(machine) == [0, 0]


async def test_ways_by_adding_up_the_speed(server):
    async with server.machine() as machine:
        base = Base.from_robot(machine, "added")
        for move, least in ((base.spin(2, 45), 0.9), (base.move_straight(1000, 100), 0.1)):
            with taking(least):
                await move
            assert await powers(machine) == [0, 0]


def untuned():
    return {"components": [*CONFIG["components"][:4], watched("u", control_parameters=gains(0))]}


async def test_gains_that_are_looked_for(start):
    async with start(untuned()).machine() as machine:
        base = Base.from_robot(machine, "u")
        for call in (base.set_velocity(Vector3(y=1), Vector3()), base.spin(1, 1),
                     base.move_straight(1, 1)):
            assert await outcome(call) == ("UNKNOWN", "tuning for u is in progress")
        assert await base.do_command({"get_tuned_pid": True}) == {"get_tuned_pid": ""}


@pytest.mark.differs("the real server goes on tuning")
async def test_a_stop_ends_the_tuning(start):
    async with start(untuned()).machine() as machine:
        base = Base.from_robot(machine, "u")

        async def driving():
            return await powers(machine) != [0, 0]
        await eventually(driving)
        await base.stop()
        assert await powers(machine) == [0, 0]
        assert await outcome(base.spin(1, 1)) == ("UNKNOWN", "tuning for u was stopped")
        await base.set_power(Vector3(y=0.5), Vector3())
        assert await powers(machine) == pytest.approx([0.5, 0.5])


async def test_nothing_to_turn(server):
    async with server.machine() as machine:
        await Base.from_robot(machine, "loop").spin(0, 10)
        assert await powers(machine) == [0, 0]


async def test_properties_and_body_are_the_other_ones(server):
    async with server.machine() as machine:
        base = Base.from_robot(machine, "open")
        assert (await base.get_properties()).width_meters == 0.2
        body, = await base.get_geometries()
        assert body.sphere.radius_mm == 30
        assert await base.do_command({"get_tuned_pid": True}) == {"get_tuned_pid": ""}
        assert (await Base.from_robot(machine, "second").get_properties()).width_meters == 0.2


@pytest.mark.parametrize("name, reason", [
    ("sightless", "no appropriate sensor for orientation or velocity feedback"),
    ("sensorless", "need at least one movement sensor for base"),
    ("bare", "need at least one movement sensor for base"), ("baseless", 'Field: "base"'),
    ("mistaken", "no base named (l): Resource missing from dependencies. Resource: "
     "rdk:component:base/l"),
    ("deaf", "no movement sensor named (l): Resource missing from dependencies. Resource: "
     "rdk:component:movement_sensor/l"),
    ("odd", "control_parameters type must be 'linear_velocity' or 'angular_velocity'")])
async def test_bases_that_can_not_be(server, name, reason):
    async with server.channel() as channel:
        call = BaseServiceStub(channel).GetProperties(GetPropertiesRequest(name=name))
        status, text = await outcome(call)
    assert status == "UNKNOWN" and text.endswith(reason)
