# SPDX-License-Identifier: Apache-2.0
"""A base on wheels, seen from its motors' side."""
import asyncio
import contextlib
import math

import pytest
from grpclib.exceptions import GRPCError
from viam.components.base import Base
from viam.components.motor import Motor
from viam.proto.common import Vector3
from viam.proto.component.base import (BaseServiceStub, GetPropertiesRequest, MoveStraightRequest,
                                       SetPowerRequest)
from viam.proto.component.motor import IsPoweredRequest, MotorServiceStub
from viam.proto.robot import RobotServiceStub, StartSessionRequest, StopAllRequest

from harness import PATIENCE, eventually, outcome, taking

NO_SPEED = "Cannot move motor at an RPM that is nearly 0"


def motor(name):
    return {"name": name, "api": "rdk:component:motor", "model": "fake"}


def wheeled(name, **attributes):
    return {"name": name, "api": "rdk:component:base", "model": "wheeled", "attributes": {
        "left": ["l"], "right": ["r"], "width_mm": 200, "wheel_circumference_mm": 100,
        **attributes}}


CONFIG = {"components": [
    motor("l"), motor("r"), motor("l2"), motor("r2"),
    {**wheeled("w"), "frame": {"parent": "world", "geometry": {"r": 30}}},
    wheeled("slippery", spin_slip_factor=1.5), wheeled("four", left=["l", "l2"], right=["r", "r2"]),
    wheeled("lame", left=["l", "l2"]), wheeled("widthless", width_mm=0),
    wheeled("mistaken", left=["w"]), wheeled("motorless", right=[])]}


async def powers(machine, names=("l", "r")):
    return [(await Motor.from_robot(machine, name).is_powered())[1] for name in names]


async def going(machine, base):
    """A MoveStraight of ten minutes that has begun."""
    task = asyncio.create_task(outcome(base.move_straight(50 * 600, 50)))

    async def begun():
        return await powers(machine) == [0.3, 0.3]
    await eventually(begun)
    return task


@pytest.mark.parametrize("distance, speed, seconds", [
    (100, 150, 2 / 3), (-50, 150, 1 / 3), (50, -150, 1 / 3), (50, 1e9, 0.3), (0, 100, 0),
    (100, 0, 0)])
async def test_move_straight(server, distance, speed, seconds):
    async with server.machine() as machine:
        base = Base.from_robot(machine, "w")
        with taking(seconds):
            await base.move_straight(distance, speed)
        assert await powers(machine) == [0, 0]


@pytest.mark.parametrize("name, angle, speed, seconds", [
    ("w", 30, 90, 1 / 3), ("w", -30, 90, 1 / 3), ("w", 30, -90, 1 / 3), ("w", 30, 0, 0),
    ("slippery", 30, 45, 2 / 3)])
async def test_spin(server, name, angle, speed, seconds):
    async with server.machine() as machine:
        with taking(seconds * 0.99):
            await Base.from_robot(machine, name).spin(angle, speed)
        assert await powers(machine) == [0, 0]


@pytest.mark.parametrize("angle, speed, left, right", [
    (900, 9, -1, 1), (-900, 9, 1, -1), (900, -9, 1, -1), (-900, -9, -1, 1)])
async def test_turns_left_by_positive_angles(server, angle, speed, left, right):
    async with server.machine() as machine:
        base = Base.from_robot(machine, "w")
        spin = asyncio.create_task(base.spin(angle, speed))

        async def turning():
            return [math.copysign(1, p) for p in await powers(machine) if p] == [left, right]
        await eventually(turning)
        await base.stop()
        await spin


@pytest.mark.parametrize("angle", [0, 0.00005, -0.00005])
async def test_spin_by_nothing(server, angle):
    async with server.machine() as machine:
        assert await outcome(Base.from_robot(machine, "w").spin(angle, 90)) == (
            "UNKNOWN", "cannot move base w for an angle that is nearly 0")


@pytest.mark.parametrize("forward, turn, left, right", [
    (1, 0, 1, 1), (-0.5, 0, -0.5, -0.5), (0, 1, -1, 1), (0, -0.5, 0.5, -0.5), (1, 1, 0, 1),
    (0.5, 0.25, 0.25, 0.75), (-1, 0.3, -0.7, -1), (-0.5, -0.5, -1, 0), (5, 3, 1, 1), (0, 0, 0, 0)])
async def test_set_power(server, forward, turn, left, right):
    """Backward keeps to the arc of forward."""
    async with server.machine() as machine:
        base = Base.from_robot(machine, "w")
        await base.set_power(Vector3(y=forward), Vector3(z=turn))
        assert await powers(machine) == pytest.approx([left, right])
        assert await base.is_moving() == bool(forward or turn)
        await base.stop()
        assert not await base.is_moving()


@pytest.mark.parametrize("forward, turn, left, right", [
    (100, 0, 0.6, 0.6), (-50, 0, -0.3, -0.3), (0, 45, -0.4712, 0.4712), (0, 0, 0, 0),
    (100, 30, 0.2858, 0.9142), (-50, 30, -0.6142, 0.0142)])
async def test_set_velocity(server, forward, turn, left, right):
    async with server.machine() as machine:
        base = Base.from_robot(machine, "w")
        await base.set_velocity(Vector3(y=forward), Vector3(z=turn))
        assert await powers(machine) == pytest.approx([left, right], abs=1e-4)
        await base.stop()


async def test_what_motors_refuse(server):
    """A velocity sideways is none that wheels could turn to."""
    async with server.machine() as machine:
        base = Base.from_robot(machine, "w")
        assert await outcome(base.set_velocity(Vector3(x=1), Vector3())) == (
            "UNKNOWN", f"{NO_SPEED}; {NO_SPEED}")
        assert await powers(machine) == [0, 0]


async def test_all_wheels_of_a_side_turn(server):
    async with server.machine() as machine:
        base, names = Base.from_robot(machine, "four"), ("l", "l2", "r", "r2")
        await base.set_power(Vector3(y=0.5), Vector3(z=0.25))
        assert await powers(machine, names) == pytest.approx([0.25, 0.25, 0.75, 0.75])
        await base.stop()
        assert await powers(machine, names) == [0] * 4


async def test_stop_beats_a_move(server):
    async with server.machine() as machine:
        base = Base.from_robot(machine, "w")
        move = await going(machine, base)
        await base.stop()
        assert (await asyncio.wait_for(move, PATIENCE))[0] == "OK"
        assert await powers(machine) == [0, 0]


async def test_the_latest_command_counts(server):
    async with server.machine() as machine:
        base = Base.from_robot(machine, "w")
        move = await going(machine, base)
        await base.set_power(Vector3(y=0.75), Vector3())
        await asyncio.wait_for(move, PATIENCE)
        assert await powers(machine) == pytest.approx([0.75, 0.75])
        await base.stop()


@pytest.mark.differs("the real server's fake motors turn on when nobody waits for them")
async def test_a_move_that_nobody_waits_for_ends(start):
    """On a machine of its own: the end of another test's session would stop the base, too."""
    server = start(CONFIG)
    async with server.machine() as machine, server.channel() as channel:
        stub = BaseServiceStub(channel)
        request = MoveStraightRequest(name="w", distance_mm=10000, mm_per_sec=50)
        # Client and server end it at the same moment; a move that was ended succeeds, one that
        # begins too late doesn't.
        with contextlib.suppress(asyncio.TimeoutError, GRPCError):
            await stub.MoveStraight(request, timeout=0.3)

        async def still():
            return await powers(machine) == [0, 0]
        await eventually(still)


async def test_stop_all(server):
    async with server.machine() as machine, server.channel() as channel:
        move = await going(machine, Base.from_robot(machine, "w"))
        await RobotServiceStub(channel).StopAll(StopAllRequest())
        await asyncio.wait_for(move, PATIENCE)
        assert await powers(machine) == [0, 0]


async def test_a_lost_session_stops_it(start):
    """What is watched by a session comes to rest when its client is gone."""
    async with start(CONFIG).channel() as channel:
        robot, base = RobotServiceStub(channel), BaseServiceStub(channel)
        motors = MotorServiceStub(channel)

        async def drives():
            """Unless a busy machine has let the session end before."""
            session = (await robot.StartSession(StartSessionRequest())).id
            await outcome(base.SetPower(SetPowerRequest(name="w", linear=Vector3(y=0.5)),
                                        metadata={"viam-sid": session}))
            return (await motors.IsPowered(IsPoweredRequest(name="l"))).is_on
        await eventually(drives)

        async def still():
            return not (await motors.IsPowered(IsPoweredRequest(name="l"))).is_on
        await eventually(still)


async def test_properties_and_body(server):
    async with server.machine() as machine:
        base = Base.from_robot(machine, "w")
        properties = await base.get_properties()
        assert (properties.width_meters, properties.turning_radius_meters,
                properties.wheel_circumference_meters) == (0.2, 0, 0.1)
        body, = await base.get_geometries()
        assert body.sphere.radius_mm == 30
        assert await outcome(base.do_command({})) == ("UNKNOWN", "DoCommand unimplemented")


@pytest.mark.parametrize("name, reason", [
    ("lame", "left and right need to have the same number of motors, not 2 vs 1"),
    ("widthless", 'Field: "width_mm"'), ("motorless", 'Field: "right"'),
    ("mistaken", "no left motor named (w): Resource missing from dependencies. Resource: "
     "rdk:component:motor/w")])
async def test_bases_that_can_not_be(server, name, reason):
    async with server.channel() as channel:
        call = BaseServiceStub(channel).GetProperties(GetPropertiesRequest(name=name))
        status, text = await outcome(call)
    assert status == "UNKNOWN" and text.endswith(reason)
