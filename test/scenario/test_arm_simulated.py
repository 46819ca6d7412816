# SPDX-License-Identifier: Apache-2.0
"""Arms that take their time, and arms that wrap another: the models `simulated`, `wrapper_arm`."""
import asyncio
import datetime
import json
import math
import time

import pytest
from grpclib import GRPCError
from viam.components.arm import Arm
from viam.proto.common import Get3DModelsRequest, Pose
from viam.proto.component.arm import (ArmServiceStub, GetPropertiesRequest, IsMovingRequest,
                                      JointPositions, MoveOptions,
                                      MoveThroughJointPositionsStreamedRequest,
                                      MoveToJointPositionsRequest, MoveToPositionRequest)

import harness
from harness import eventually, outcome, taking

SENSOR = {"name": "s1", "api": "rdk:component:sensor", "model": "fake"}

# Two joints, one of which turns no farther than 30 degrees.
TWO_JOINTS = {
    "name": "two", "kinematic_param_type": "SVA",
    "links": [{"id": "base", "parent": "world", "translation": {"x": 0, "y": 0, "z": 100},
               "geometry": {"type": "box", "x": 10, "y": 10, "z": 10}},
              {"id": "upper", "parent": "first", "translation": {"x": 200, "y": 0, "z": 0}},
              {"id": "lower", "parent": "second", "translation": {"x": 100, "y": 0, "z": 0}}],
    "joints": [{"id": "first", "parent": "base", "type": "revolute",
                "axis": {"x": 0, "y": 0, "z": 1}, "min": -90, "max": 90},
               {"id": "second", "parent": "upper", "type": "revolute",
                "axis": {"x": 0, "y": 0, "z": 1}, "min": -30, "max": 30}]}

# One joint that turns without end.
ENDLESS = """<robot name="endless"><link name="base"/><link name="tip"/>
<joint name="turn" type="continuous"><parent link="base"/><child link="tip"/>
<origin xyz="0 0 0.1"/><axis xyz="0 0 1"/></joint></robot>"""


def arm(name, model, **attributes):
    return {"name": name, "api": "rdk:component:arm", "model": model,
            "attributes": {key.replace("_", "-"): value for key, value in attributes.items()}}


@pytest.fixture(scope="module")
def server(program):
    two, wide = program.home / "two.json", program.home / "wide.json"
    two.write_text(json.dumps(TWO_JOINTS))
    wider = json.loads(json.dumps(TWO_JOINTS))
    for joint in wider["joints"]:
        joint["min"], joint["max"] = -180, 180
    wide.write_text(json.dumps(wider))
    endless = program.home / "endless.urdf"
    endless.write_text(ENDLESS)
    shared = harness.Server(program, {"components": [
        arm("quick", "simulated", arm_model="ur5e", simulate_time=True),
        arm("slow", "simulated", model_path=str(two), simulate_time=True, speed=0.1),
        arm("frozen", "simulated", arm_model="lite6"),
        arm("endless", "simulated", model_path=str(endless), simulate_time=True, speed=1000),
        arm("wide", "fake", model_path=str(wide)),
        arm("wrapped", "wrapper_arm", arm_name="wide", model_path=str(two)),
        arm("shown", "wrapper_arm", arm_name="quick", model_path=str(two)),
    ]})
    yield shared
    shared.stop()


def joints(*values):
    return JointPositions(values=values)


async def values_of(found):
    return list((await found.get_joint_positions()).values)


async def cancelled(move):
    """A move that was ended, with the text that clients know."""
    assert await outcome(move) == ("CANCELLED", "context canceled")


# ---- simulated ----

async def test_a_move_takes_time(server):
    """All joints arrive at once; the one with the farthest to go has the arm's speed, 1 rad/s."""
    async with server.machine() as machine:
        found = Arm.from_robot(machine, "quick")
        await found.move_to_joint_positions(joints(0, 0, 0, 0, 0, 0))
        assert not await found.is_moving()
        start = time.monotonic()
        move = asyncio.ensure_future(found.move_to_joint_positions(
            joints(math.degrees(0.4), math.degrees(-0.2), 0, 0, 0, 0)))
        while not move.done():
            first, second, *others = await values_of(found)
            assert 0 <= first <= math.degrees(0.4) + 1e-9 and not any(others)
            assert second == pytest.approx(-first / 2)
        await move
        assert time.monotonic() - start >= 0.38
        assert not await found.is_moving()
        assert await values_of(found) == pytest.approx(
            [math.degrees(0.4), math.degrees(-0.2), 0, 0, 0, 0])


async def test_a_way_is_gone_leg_by_leg(server):
    async with server.machine() as machine:
        found = Arm.from_robot(machine, "quick")
        await found.move_to_joint_positions(joints(0, 0, 0, 0, 0, 0))
        start, farthest = time.monotonic(), 0
        move = asyncio.ensure_future(found.move_through_joint_positions(
            [joints(60, 0, 0, 0, 0, 0), joints(60, 0, 0, 0, 0, 0), joints(0, 4, 0, 0, 0, 0)],
            options=MoveOptions(max_vel_degs_per_sec=1), extra={"a": 1}))
        while not move.done():
            farthest = max(farthest, (await values_of(found))[0])
        await move
        assert time.monotonic() - start >= math.radians(120) - 0.02
        assert farthest > 4
        assert await values_of(found) == pytest.approx([0, 4, 0, 0, 0, 0])
        await found.move_through_joint_positions([])


async def test_a_way_ends_where_it_is_refused(server):
    async with server.machine() as machine:
        found = Arm.from_robot(machine, "quick")
        await found.move_to_joint_positions(joints(0, 0, 0, 0, 0, 0))
        assert await outcome(found.move_through_joint_positions(
            [joints(3, 0, 0, 0, 0, 0), joints(0, 0, 200, 0, 0, 0), joints(1, 0, 0, 0, 0, 0)])) == (
                "UNKNOWN",
                "joint 2 needs to be within range [-180, 180] and cannot be moved to 200")
        assert (await values_of(found))[0] == pytest.approx(3)
        assert await outcome(found.move_through_joint_positions(
            [joints(1, 0, 0, 0, 0, 0), joints(0, 0)])) == (
                "UNKNOWN", "array length does not match frame DoF, expected 6 but got 2")
        assert (await values_of(found))[0] == pytest.approx(3)


async def test_stop(server):
    async with server.machine() as machine:
        found = Arm.from_robot(machine, "slow")
        await found.move_to_joint_positions(joints(0, 0))
        move = asyncio.ensure_future(found.move_to_joint_positions(joints(60, 10)))
        await eventually(found.is_moving)
        await found.stop(extra={"a": 1})
        await cancelled(move)
        assert not await found.is_moving()
        there = await values_of(found)
        assert 0 <= there[0] < 60
        assert await values_of(found) == there
        await found.move_to_joint_positions(joints(*there))
        await found.stop()


async def test_a_new_move_takes_over(server):
    async with server.machine() as machine:
        found = Arm.from_robot(machine, "slow")
        move = asyncio.ensure_future(found.move_to_joint_positions(joints(60, 10)))
        await eventually(found.is_moving)
        there = await values_of(found)
        await found.move_to_joint_positions(joints(*there))
        await cancelled(move)
        assert await values_of(found) == pytest.approx(there)


@pytest.mark.differs("there the arm moves on")
async def test_it_stands_when_its_caller_gives_up(server):
    async with server.machine() as machine:
        found = Arm.from_robot(machine, "slow")
        with pytest.raises((asyncio.TimeoutError, GRPCError)):  # either end may be first
            await found.move_to_joint_positions(joints(60, 10), timeout=0.1)

        async def stands():
            return not await found.is_moving()
        await eventually(stands)
        assert (await values_of(found))[0] < 50


async def test_the_end_moves_along(server):
    async with server.machine() as machine:
        found = Arm.from_robot(machine, "slow")
        move = asyncio.ensure_future(found.move_to_joint_positions(joints(-80, 0)))
        await eventually(found.is_moving)
        first, second = await found.get_end_position(), await found.get_end_position()

        async def has_moved():
            end = await found.get_end_position()
            return math.hypot(end.x - first.x, end.y - first.y) > 0.1
        await eventually(has_moved)
        assert first.z == second.z == pytest.approx(100)
        assert len(await found.get_geometries()) == 1
        await found.stop()
        await cancelled(move)


async def test_move_to_position(server):
    async with server.machine() as machine:
        found = Arm.from_robot(machine, "quick")
        await found.move_to_joint_positions(joints(10, -20, 30, -40, 50, -60))
        goal = await found.get_end_position()
        await found.move_to_joint_positions(joints(5, -20, 30, -40, 50, -60))
        with taking(math.radians(4.9)):
            await found.move_to_position(goal)
        assert await values_of(found) == pytest.approx([10, -20, 30, -40, 50, -60], abs=0.01)
        status, text = await outcome(found.move_to_position(Pose(x=1e6)))
        assert status == "UNKNOWN"
        assert text.startswith("asked for a pose too far max: ")
        assert text.endswith(", asked for: 1000000.00")


# ---- streamed ways ----

def point(ms, *positions, velocities=None):
    return Arm.TrajectoryPoint(
        time=datetime.timedelta(milliseconds=ms), positions=list(positions),
        constraints=velocities and Arm.KinematicConstraints(velocities=velocities))


async def stream(found, *batches, pause=0.0, ends=True):
    """How many updates came; batches are sent as they stand, `pause` seconds apart. A way that
    isn't gone to its end mustn't end by itself: the SDK may find its stream closed then, and says
    that in the place of the reason."""
    async def send():
        for batch in batches:
            yield batch
            await asyncio.sleep(pause)
        if not ends:
            await asyncio.Event().wait()
    return [update async for update in found.move_through_joint_positions_streamed(send())]


@pytest.mark.differs("the real server doesn't have the method yet")
async def test_a_streamed_way(server):
    """It takes the time that its points say, and ends with the last of them."""
    async with server.machine() as machine:
        found = Arm.from_robot(machine, "slow")
        await found.move_to_joint_positions(joints(0, 0))
        with taking(0.3):
            assert len(await stream(found, [point(0, 0, 0), point(100, 10, 5)], [],
                                    [point(200, 0, 10), point(300, 3, 4)])) >= 2
        assert await values_of(found) == pytest.approx([3, 4])
        assert not await found.is_moving()


@pytest.mark.differs("the real server doesn't have the method yet")
async def test_a_streamed_way_waits_for_points_that_are_late(server):
    async with server.machine() as machine:
        found = Arm.from_robot(machine, "slow")
        await found.move_to_joint_positions(joints(0, 0))
        await stream(found, [point(0, 0, 0), point(10, 2, 1)], [point(20, 4, 2)], pause=0.1)
        assert await values_of(found) == pytest.approx([4, 2])


@pytest.mark.differs("the real server doesn't have the method yet")
@pytest.mark.parametrize("batches, expected", [
    ([[point(5, 0, 0)]], ("INVALID_ARGUMENT", "first trajectory point must have time zero")),
    ([[point(0, 0, 0)], [point(0, 1, 1)]],
     ("INVALID_ARGUMENT", "trajectory point times must strictly increase")),
    ([[point(0)]], ("INVALID_ARGUMENT", "trajectory point must carry at least one position")),
    ([[point(0, 0, 0, velocities=[1, 0])]],
     ("INVALID_ARGUMENT", "first trajectory point must start from rest (all velocities zero)")),
    ([[point(0, 0, 0, velocities=[0])]], ("INVALID_ARGUMENT", "trajectory point must carry one "
     "velocity per position when constraints are present")),
    ([[point(0, 0, 0), point(9, 1)]],
     ("UNKNOWN", "array length does not match frame DoF, expected 2 but got 1")),
    ([[point(0, 0, 0), point(9, 0, 40)]], ("UNKNOWN", "joint 1 needs to be within range "
     "[-29.999999999999996, 29.999999999999996] and cannot be moved to 40")),
    ([[point(0, 0, 0), point(9, math.nan, 0)]], ("UNKNOWN", "joint 0 cannot be moved to NaN")),
    ([[point(i, 0, 0) for i in range(10100)]],
     ("RESOURCE_EXHAUSTED", "10000 points wait already to be gone to")),
])
async def test_streamed_ways_refused(server, batches, expected):
    async with server.machine() as machine:
        found = Arm.from_robot(machine, "slow")
        await found.stop()
        assert await outcome(stream(found, *batches, pause=0.05, ends=False)) == expected
        assert not await found.is_moving()


@pytest.mark.differs("the real server doesn't have the method yet")
async def test_a_streamed_way_begins_with_its_name(server):
    request = MoveThroughJointPositionsStreamedRequest
    async with server.channel() as channel:
        method = ArmServiceStub(channel).MoveThroughJointPositionsStreamed
        assert await outcome(method([request(name="slow")])) == (
            "INVALID_ARGUMENT", "first message must be init")
        assert await outcome(method([request(name="slow", init=request.Init())] * 2)) == (
            "INVALID_ARGUMENT", "init may only appear as the first message")
        assert await outcome(method([request(name="nope", init=request.Init())])) == (
            "UNKNOWN", "no node found with api rdk:component:arm and name nope")


@pytest.mark.differs("the real server doesn't have the method yet")
async def test_stop_ends_a_streamed_way(server):
    async with server.machine() as machine:
        found = Arm.from_robot(machine, "slow")
        await found.stop()
        move = asyncio.ensure_future(stream(
            found, [point(0, 0, 0), point(60000, 80, 0)], ends=False))
        await eventually(found.is_moving)
        await found.stop()
        await cancelled(move)
        assert not await found.is_moving()


@pytest.mark.differs("the real server doesn't have the method yet")
async def test_properties(server):
    async with server.channel() as channel:
        properties = await ArmServiceStub(channel).GetProperties(
            GetPropertiesRequest(name="quick"))
    assert properties.support_cartesian_commands and not properties.support_manual_mode


# ---- what it won't do ----

async def test_without_time_moves_do_not_end(server):
    async with server.machine() as machine:
        found = Arm.from_robot(machine, "frozen")
        move = asyncio.ensure_future(found.move_to_joint_positions(joints(1, 0, 0, 0, 0, 0)))
        await eventually(found.is_moving)
        assert not any(await values_of(found))
        await found.stop()
        await cancelled(move)
        assert not await found.is_moving() and not any(await values_of(found))


@pytest.mark.differs("there a joint is NaN from then on")
async def test_nan_is_no_joint_position(server):
    async with server.channel() as channel:
        request = MoveToJointPositionsRequest(
            name="quick", positions=joints(0, math.nan, 0, 0, 0, 0))
        assert await outcome(ArmServiceStub(channel).MoveToJointPositions(request)) == (
            "UNKNOWN", "joint 1 cannot be moved to NaN")


@pytest.mark.differs("there a joint is NaN from then on")
@pytest.mark.parametrize("value, text", [(math.inf, "+Inf"), (-math.inf, "-Inf")])
async def test_a_joint_without_limits_has_finite_positions(server, value, text):
    async with server.machine() as machine:
        found = Arm.from_robot(machine, "endless")
        await found.move_to_joint_positions(joints(720))
        assert await outcome(found.move_to_joint_positions(joints(value))) == (
            "UNKNOWN", f"joint 0 cannot be moved to {text}")
        assert await values_of(found) == pytest.approx([720])


@pytest.mark.parametrize("value", [math.nan, math.inf])
async def test_poses_that_are_none(server, value):
    async with server.channel() as channel:
        for pose in [Pose(x=value, o_z=1), Pose(x=100, y=100, z=300, o_z=value)]:
            status, text = await outcome(ArmServiceStub(channel).MoveToPosition(
                MoveToPositionRequest(name="quick", to=pose)))
            assert (status, text) == ("UNKNOWN", "zero IK solutions produced, goal positions "
                                      "appears to be physically unreachable")


async def test_3d_models(server):
    async with server.channel() as channel:
        stub = ArmServiceStub(channel)
        models = (await stub.Get3DModels(Get3DModelsRequest(name="quick"))).models
        assert sorted(models) == sorted(
            f"{link}_link" for link in (
                "base", "shoulder", "upper_arm", "forearm", "wrist_1", "wrist_2", "ee"))
        assert not (await stub.Get3DModels(Get3DModelsRequest(name="slow"))).models
        assert (await stub.Get3DModels(Get3DModelsRequest(name="shown"))).models == models


@pytest.mark.parametrize("attributes, reason", [
    ({}, "resource build error: a model must be defined for a simulated arm"),
    ({"arm_model": "nope"}, "resource config validation error: fake arm cannot be created, "
     "unsupported arm-model: nope"),
    ({"arm_model": "ur5e", "model_path": "x.json"}, "resource config validation error: can only "
     "populate either ArmModel or ModelPath - not both"),
    ({"model_path": "/nowhere/x.json"}, "resource config validation error: failed to read json "
     "file: open /nowhere/x.json: no such file or directory"),
])
async def test_a_simulated_arm_that_cannot_be(start, attributes, reason):
    await expect_reason(start, [arm("bad", "simulated", **attributes)], reason)


async def expect_reason(start, components, reason):
    server = start({"components": components})
    async with server.channel() as channel:
        assert await outcome(ArmServiceStub(channel).IsMoving(IsMovingRequest(name="bad"))) == (
            "UNKNOWN", f"resource rdk:component:arm/bad not available; reason={reason}")


# ---- wrapper_arm ----

async def test_a_wrapped_arm_has_other_kinematics(server):
    async with server.machine() as machine:
        wrapped, wide = Arm.from_robot(machine, "wrapped"), Arm.from_robot(machine, "wide")
        await wrapped.move_to_joint_positions(joints(0, 0))
        end = await wrapped.get_end_position()
        assert (end.x, end.y, end.z) == pytest.approx((300, 0, 100))
        await wrapped.move_to_joint_positions(joints(90, 10), extra={"a": 1})
        assert await values_of(wide) == pytest.approx([90, 10])
        assert await values_of(wrapped) == pytest.approx([90, 10])
        assert not await wrapped.is_moving()
        await wrapped.stop()
        assert json.loads((await wrapped.get_kinematics())[1])["name"] == "two"
        assert [body.label for body in await wrapped.get_geometries()] == ["wrapped:base"]


async def test_a_wrapped_arm_has_its_own_limits(server):
    async with server.machine() as machine:
        wrapped, wide = Arm.from_robot(machine, "wrapped"), Arm.from_robot(machine, "wide")
        await wrapped.move_to_joint_positions(joints(0, 0))
        refused = ("UNKNOWN",
                   "joint 1 needs to be within range [-29.999999999999996, 29.999999999999996] "
                   "and cannot be moved to 40")
        assert await outcome(wrapped.move_to_joint_positions(joints(0, 40))) == refused
        assert await outcome(wrapped.move_to_joint_positions(joints(1))) == (
            "UNKNOWN", "array length does not match frame DoF, expected 2 but got 1")
        assert await values_of(wrapped) == [0, 0]
        assert await outcome(wrapped.move_through_joint_positions(
            [joints(5, 0), joints(6, 5), joints(0, 40), joints(1, 1)],
            options=MoveOptions(max_vel_degs_per_sec=5))) == refused
        assert await values_of(wide) == pytest.approx([6, 5])
        await wide.move_to_joint_positions(joints(0, 60))
        assert await values_of(wrapped) == pytest.approx([0, 60])
        assert await outcome(wrapped.get_end_position()) == (
            "UNKNOWN", "Frame: wrapped.second (joint 1): input out of bounds, input 1.04720 needs "
            "to be within range [0.52360 -0.52360]")
        await wrapped.move_to_joint_positions(joints(0, 50 if server.is_peer else 30))
        await wide.move_to_joint_positions(joints(0, 0))


async def test_a_wrapped_arm_reaches_poses(server):
    async with server.machine() as machine:
        wrapped = Arm.from_robot(machine, "wrapped")
        await wrapped.move_through_joint_positions([joints(10, 5), joints(40, 20)])
        goal = await wrapped.get_end_position()
        await wrapped.move_to_joint_positions(joints(30, 10))
        await wrapped.move_to_position(goal)
        assert await values_of(wrapped) == pytest.approx([40, 20], abs=0.01)


async def test_joints_of_another_number(server):
    """`quick` has six of them, its wrapper's kinematics two."""
    async with server.machine() as machine:
        shown = Arm.from_robot(machine, "shown")
        expected = ("UNKNOWN", "array length does not match frame DoF, expected 2 but got 6")
        assert await outcome(shown.get_joint_positions()) == expected
        assert await outcome(shown.get_end_position()) == expected
        assert await outcome(shown.move_to_position(Pose(x=100, o_z=1))) == expected
        assert await outcome(shown.get_geometries()) == expected
        assert not await shown.is_moving()
        assert await outcome(shown.do_command({"a": 1})) == ("UNKNOWN", "DoCommand unimplemented")


@pytest.mark.parametrize("attributes, reason", [
    ({}, 'resource config validation error: Error validating, missing required field. '
     'Path: "components.1" Field: "arm-name"'),
    ({"arm_name": "s1"}, "resource config validation error: only files with .json and .urdf file "
     "extensions are supported"),
    ({"arm_name": "s1", "model_path": "/nowhere/x.json"}, "resource config validation error: "
     "failed to read json file: open /nowhere/x.json: no such file or directory"),
    ({"arm_name": "nope", "model_path": "KIN"}, "resource build error: resource has unresolved "
     "dependencies not found in machine config or connected remotes: [nope]"),
    ({"arm_name": "s1", "model_path": "KIN"}, "resource build error: Resource missing from "
     "dependencies. Resource: rdk:component:arm/s1"),
])
async def test_a_wrapper_that_cannot_be(start, program, attributes, reason):
    path = program.home / "kin.json"
    path.write_text(json.dumps(TWO_JOINTS))
    attributes = {key: value.replace("KIN", str(path)) for key, value in attributes.items()}
    await expect_reason(start, [SENSOR, arm("bad", "wrapper_arm", **attributes)], reason)
