# SPDX-License-Identifier: Apache-2.0
"""The arm API over the wire: where its end is, where it can go, what it is made of."""
import json
import math
import struct

import pytest
from viam.components.arm import Arm
from viam.proto.common import (DoCommandRequest, Get3DModelsRequest, GetGeometriesRequest,
                               GetKinematicsRequest, GetStatusRequest, KinematicsFileFormat, Pose)
from viam.proto.component.arm import (ArmServiceStub, GetEndPositionRequest,
                                      GetJointPositionsRequest, GetManualModeRequest,
                                      GetPropertiesRequest, IsMovingRequest, JointPositions,
                                      MoveOptions, MoveThroughJointPositionsRequest,
                                      MoveThroughJointPositionsStreamedRequest,
                                      MoveToJointPositionsRequest, MoveToPositionRequest,
                                      SetManualModeRequest, StopRequest)

from harness import outcome

SENSOR = {"name": "s1", "api": "rdk:component:sensor", "model": "fake"}
MODELS = {"dofbot": 5, "lite6": 6, "ur20": 6, "ur5e": 6, "ur7e": 6, "xarm6": 6, "xarm7": 7}
PLAIN = {"name": "plain", "api": "rdk:component:arm", "model": "fake"}


def arm(model):
    return {"name": model, "api": "rdk:component:arm", "model": "fake",
            "attributes": {"arm-model": model}}


# An arm of each model and the plain one.
CONFIG = {"components": [PLAIN, SENSOR, *map(arm, MODELS)]}


def joints(*values):
    return JointPositions(values=values)


def fields(pose):
    return (pose.x, pose.y, pose.z, pose.o_x, pose.o_y, pose.o_z, pose.theta)


def near(*values):
    """A pose's numbers; real arms repeat to 0.01 mm at best."""
    return pytest.approx(values, abs=1e-6)


async def reset(machine, name):
    """The arm with all its joints at zero."""
    found = Arm.from_robot(machine, name)
    await found.move_to_joint_positions(joints(*[0] * MODELS.get(name, 1)))
    return found


# ---- where it is ----

@pytest.mark.parametrize("name, values", [
    ("plain", (500, 0, 300, 0, 0, 1, 0)),
    ("ur5e", (-817.2, -232.9, 62.8, 0, -1, 0, 90)),
])
async def test_end_position_at_zero(server, name, values):
    async with server.machine() as machine:
        found = await reset(machine, name)
        assert fields(await found.get_end_position(extra={"a": 1})) == near(*values)


async def test_end_position(server):
    async with server.machine() as machine:
        found = await reset(machine, "ur5e")
        await found.move_to_joint_positions(joints(10, -20, 30, -40, 50, -60))
        assert fields(await found.get_end_position()) == near(
            -853.576076895461, -350.874142817071, 191.560026142456,
            -0.541716302564260, -0.748222844697849, 0.383022221559489, 9.639425124886887)
        assert list((await found.get_joint_positions()).values) == pytest.approx(
            [10, -20, 30, -40, 50, -60])


async def test_the_plain_arm_turns_about_its_end(server):
    async with server.machine() as machine:
        found = await reset(machine, "plain")
        await found.move_to_joint_positions(joints(10))
        assert fields(await found.get_end_position()) == near(500, 0, 300, 0, 0, 1, 10)


@pytest.mark.parametrize("name, count", MODELS.items())
async def test_every_model(server, name, count):
    async with server.machine() as machine:
        found = await reset(machine, name)
        positions = [3 if i % 2 else 0 for i in range(count)]
        try:
            await found.move_to_joint_positions(joints(*positions))
        finally:
            assert len((await found.get_joint_positions()).values) == count
        assert all(map(math.isfinite, fields(await found.get_end_position())))


# ---- where it can go ----

def out_of_range(joint, low, high, value):
    return "UNKNOWN", (f"joint {joint} needs to be within range [{low}, {high}] and cannot be "
                       f"moved to {value}")


def other_count(count, given):
    return "UNKNOWN", f"array length does not match frame DoF, expected {count} but got {given}"


@pytest.mark.parametrize("name, positions, expected", [
    ("ur5e", [1, 2], other_count(6, 2)),
    ("ur5e", [], other_count(6, 0)),
    ("ur5e", [0] * 7, other_count(6, 7)),
    ("plain", [1, 2], other_count(1, 2)),
    ("ur5e", [1000, 0, 0, 0, 0, 0], out_of_range(0, -360, 360, "999.9999999999999")),
    ("ur5e", [0, 0, 181, 0, 0, 0], out_of_range(2, -180, 180, "181")),
    ("ur5e", [0, 0, 0, 0, 0, -500], out_of_range(5, -360, 360, "-499.99999999999994")),
    ("ur5e", [0, 0, 0, math.inf, 0, 0], out_of_range(3, -360, 360, "+Inf")),
    ("ur5e", [-math.inf, 0, 0, 0, 0, 0], out_of_range(0, -360, 360, "-Inf")),
])
async def test_joint_moves_refused(server, name, positions, expected):
    """And nothing moves."""
    async with server.machine() as machine:
        found = await reset(machine, name)
        assert await outcome(found.move_to_joint_positions(joints(*positions))) == expected
        assert not any((await found.get_joint_positions()).values)


async def test_joints_of_nothing(server):
    async with server.channel() as channel:
        stub = ArmServiceStub(channel)
        assert await outcome(stub.MoveToJointPositions(MoveToJointPositionsRequest(
            name="ur5e"))) == ("UNKNOWN", "jointPositions cannot be nil")


async def test_limits_are_inclusive(server):
    async with server.machine() as machine:
        found = await reset(machine, "ur5e")
        await found.move_to_joint_positions(joints(360, -360, 180, 0, 0, 0))
        assert list((await found.get_joint_positions()).values) == pytest.approx(
            [360, -360, 180, 0, 0, 0])


async def test_nan_passes_for_a_position(server):
    async with server.machine() as machine:
        found = await reset(machine, "ur20")
        await found.move_to_joint_positions(joints(math.nan, 0, 0, 0, 0, 0))
        assert math.isnan((await found.get_joint_positions()).values[0])
        await reset(machine, "ur20")


@pytest.mark.parametrize("options", [
    None, MoveOptions(), MoveOptions(max_vel_degs_per_sec=10, max_acc_degs_per_sec2=1),
    MoveOptions(max_vel_degs_per_sec=-1),
])
async def test_move_through_joint_positions(server, options):
    """It ends at the last; options change nothing of an arm that is there at once."""
    async with server.machine() as machine:
        found = await reset(machine, "ur5e")
        await found.move_through_joint_positions(
            [joints(*[5] * 6), joints(*[7] * 6)], options=options, extra={"a": 1})
        assert list((await found.get_joint_positions()).values) == pytest.approx([7] * 6)


async def test_move_through_nothing(server):
    async with server.machine() as machine:
        found = await reset(machine, "ur5e")
        await found.move_through_joint_positions([])
        assert not any((await found.get_joint_positions()).values)


async def test_a_way_ends_where_it_is_refused(server):
    """The arm stays at the last position it could take."""
    async with server.machine() as machine:
        found = await reset(machine, "ur5e")
        assert await outcome(found.move_through_joint_positions(
            [joints(*[5] * 6), joints(*[1000] * 6), joints(*[7] * 6)])) == out_of_range(
                0, -360, 360, "999.9999999999999")
        assert list((await found.get_joint_positions()).values) == pytest.approx([5] * 6)


@pytest.mark.parametrize("positions", [
    [10, -20, 30, -40, 50, -60], [-45, -80, 100, -70, -90, 15], [90, -60, -75, -45, 90, 0]])
async def test_move_to_position(server, positions):
    """From afar it finds joints that put its end where it was, not always the same ones."""
    async with server.machine() as machine:
        found = await reset(machine, "ur5e")
        await found.move_to_joint_positions(joints(*positions))
        goal = await found.get_end_position()
        await found.move_to_joint_positions(joints(*[value + 5 for value in positions]))
        await found.move_to_position(goal, extra={})
        there = fields(await found.get_end_position())
    assert there[:3] == pytest.approx(fields(goal)[:3], abs=0.1)
    assert there[3:6] == pytest.approx(fields(goal)[3:6], abs=0.01)


@pytest.mark.parametrize("name", ["ur5e", "plain"])
async def test_too_far(server, name):
    async with server.machine() as machine:
        found = await reset(machine, name)
        status, text = await outcome(found.move_to_position(Pose(x=1e6)))
        assert status == "UNKNOWN"
        assert text.startswith("asked for a pose too far max: ")
        assert text.endswith(", asked for: 1000000.00")
        assert not any((await found.get_joint_positions()).values)


@pytest.mark.differs("the real server panics")
async def test_a_pose_of_nothing(server):
    async with server.channel() as channel:
        stub = ArmServiceStub(channel)
        assert await outcome(stub.MoveToPosition(MoveToPositionRequest(name="ur5e"))) == (
            "UNKNOWN", "pose cannot be nil")


async def test_stop(server):
    """Nothing moves by the time anyone asks; stopping is always possible."""
    async with server.machine() as machine:
        found = Arm.from_robot(machine, "ur5e")
        assert not await found.is_moving()
        await found.stop(extra={"a": None})
        await found.stop()
        assert not await found.is_moving()


# ---- what it is made of ----

@pytest.mark.parametrize("name, count", MODELS.items())
async def test_kinematics(server, name, count):
    """JSON of the links and joints, whose names are the same everywhere."""
    async with server.machine() as machine:
        kind, data = (await Arm.from_robot(machine, name).get_kinematics(extra={"a": 1}))[:2]
    assert kind == KinematicsFileFormat.KINEMATICS_FILE_FORMAT_SVA
    model = json.loads(data)
    moving = model["dhParams" if model.get("kinematic_param_type") == "DH" else "joints"]
    assert len(moving) == count
    assert all(joint["min"] < joint["max"] for joint in moving)


async def test_kinematics_of_the_plain_arm(server):
    async with server.channel() as channel:
        reply = await ArmServiceStub(channel).GetKinematics(GetKinematicsRequest(name="plain"))
    model = json.loads(reply.kinematics_data)
    assert model["name"] == "fake_arm"
    assert [link["id"] for link in model["links"]] == ["base_link"]
    assert [joint["id"] for joint in model["joints"]] == ["shoulder_pan_joint"]
    assert not reply.meshes_by_urdf_filepath


async def test_geometries(server):
    """One body of each link that has one, named by arm and link, where the joints put it."""
    async with server.machine() as machine:
        found = await reset(machine, "ur5e")
        bodies = {body.label: body for body in await found.get_geometries(extra={"a": 1})}
        assert list(bodies) == [f"ur5e:{link}_link" for link in (
            "base", "shoulder", "upper_arm", "forearm", "wrist_1", "wrist_2", "ee")]
        base, forearm = bodies["ur5e:base_link"], bodies["ur5e:forearm_link"]
        assert (base.capsule.radius_mm, base.capsule.length_mm) == (60, 260)
        assert fields(base.center) == near(0, 0, 130, 0, 0, 1, 0)
        assert fields(forearm.center)[:6] == near(-621.1, 0, 162.5, -1, 0, 0)
        await found.move_to_joint_positions(joints(90, 0, 0, 0, 0, 0))
        bodies = {body.label: body for body in await found.get_geometries()}
        assert fields(bodies["ur5e:base_link"].center)[:3] == near(0, 0, 130)
        assert fields(bodies["ur5e:forearm_link"].center)[:3] == near(0, -621.1, 162.5)


async def test_the_plain_arm_has_no_geometries(server):
    async with server.machine() as machine:
        assert not await Arm.from_robot(machine, "plain").get_geometries()


PLY = b"""ply
format ascii 1.0
element vertex 3
property float x
property float y
property float z
element face 1
property list uchar int vertex_indices
end_header
0 0 0
0.1 0 0
0 0.1 0
3 0 1 2
"""
STL = bytes(80) + struct.pack("<I12fH", 1, 0, 0, 1, 0, 0, 0, 0.1, 0, 0, 0, 0.1, 0, 0)
URDF = """<robot name="meshed">
<link name="base"><collision><origin xyz="0 0 0.05" rpy="0 0 0"/><geometry>
<mesh filename="meshes/a.stl"/></geometry></collision></link>
<link name="upper"><collision><origin xyz="0 0 0" rpy="0 0 0"/><geometry>
<mesh filename="package://thing/meshes/b.ply"/></geometry></collision></link>
<joint name="turn" type="revolute"><parent link="base"/><child link="upper"/>
<origin xyz="0 0 0.1" rpy="0 0 0"/><axis xyz="0 0 1"/>
<limit lower="-1" upper="1" effort="1" velocity="1"/></joint>
</robot>"""


async def test_meshes_of_a_urdf_file(start, program):
    """They come with the file, by the paths it has for them, as they are on the disk."""
    folder = program.home / "meshes"
    folder.mkdir(exist_ok=True)
    (folder / "a.stl").write_bytes(STL)
    (folder / "b.ply").write_bytes(PLY)
    path = program.home / "meshed.urdf"
    path.write_text(URDF)
    server = start({"components": [{**PLAIN, "attributes": {"model-path": str(path)}}]})
    async with server.channel() as channel:
        stub = ArmServiceStub(channel)
        reply = await stub.GetKinematics(GetKinematicsRequest(name="plain"))
        assert reply.format == KinematicsFileFormat.KINEMATICS_FILE_FORMAT_URDF
        assert reply.kinematics_data == URDF.encode()
        assert {key: (mesh.content_type, mesh.mesh)
                for key, mesh in reply.meshes_by_urdf_filepath.items()} == {
                    "meshes/a.stl": ("stl", STL), "meshes/b.ply": ("ply", PLY)}
        bodies = (await stub.GetGeometries(GetGeometriesRequest(name="plain"))).geometries
    assert [body.label for body in bodies] == ["plain:base", "plain:upper"]
    assert [body.center.z for body in bodies] == [50, 100]
    assert all(body.mesh.content_type == "ply" for body in bodies)
    if not server.is_peer:  # there the first is the STL file under another name
        assert all(body.mesh.mesh.startswith(b"ply") for body in bodies)


@pytest.mark.parametrize("name", ["lite6", "ur20", "ur5e", "xarm6"])
async def test_3d_models(server, name):
    async with server.machine() as machine:
        models = await Arm.from_robot(machine, name).get_3d_models(extra={"a": 1})
    assert models
    for mesh in models.values():
        assert mesh.content_type == "model/gltf-binary"
        assert mesh.mesh.startswith(b"glTF")


@pytest.mark.parametrize("name", ["dofbot", "plain", "ur7e", "xarm7"])
async def test_no_3d_models(server, name):
    async with server.channel() as channel:
        reply = await ArmServiceStub(channel).Get3DModels(Get3DModelsRequest(name=name))
    assert not reply.models


# ---- the rest ----

async def test_what_the_fake_lacks(server):
    async with server.channel() as channel:
        stub = ArmServiceStub(channel)
        assert await outcome(stub.DoCommand(DoCommandRequest(name="ur5e"))) == (
            "UNKNOWN", "DoCommand unimplemented")
        status = await stub.GetStatus(GetStatusRequest(name="ur5e"))
        assert status.HasField("result") and not status.result.fields


@pytest.mark.parametrize("method, request_", [
    ("GetManualMode", GetManualModeRequest(name="ur5e")),
    ("SetManualMode", SetManualModeRequest(name="ur5e")),
    ("GetProperties", GetPropertiesRequest(name="ur5e")),
])
async def test_unimplemented(server, method, request_):
    async with server.channel() as channel:
        status, text = await outcome(getattr(ArmServiceStub(channel), method)(request_))
    assert status == "UNIMPLEMENTED", text


async def test_streamed_way_is_unimplemented(server):
    async with server.channel() as channel:
        call = ArmServiceStub(channel).MoveThroughJointPositionsStreamed
        status, text = await outcome(call([MoveThroughJointPositionsStreamedRequest(
            name="ur5e", init=MoveThroughJointPositionsStreamedRequest.Init())]))
    assert status == "UNIMPLEMENTED", text


@pytest.mark.parametrize("method, request_type", [
    ("GetEndPosition", GetEndPositionRequest), ("MoveToPosition", MoveToPositionRequest),
    ("GetJointPositions", GetJointPositionsRequest),
    ("MoveToJointPositions", MoveToJointPositionsRequest),
    ("MoveThroughJointPositions", MoveThroughJointPositionsRequest), ("Stop", StopRequest),
    ("IsMoving", IsMovingRequest), ("DoCommand", DoCommandRequest),
    ("GetStatus", GetStatusRequest), ("GetKinematics", GetKinematicsRequest),
    ("GetGeometries", GetGeometriesRequest), ("Get3DModels", Get3DModelsRequest)])
@pytest.mark.parametrize("name", ["nope", "s1", "", "a%b\n\tü"])
async def test_unknown_name(server, method, request_type, name):
    async with server.channel() as channel:
        call = getattr(ArmServiceStub(channel), method)
        assert await outcome(call(request_type(name=name))) == (
            "UNKNOWN", f"no node found with api rdk:component:arm and name {name}")


@pytest.mark.parametrize("attributes, reason", [
    ({"arm-model": "nope"}, "nope"),
    ({"arm-model": "ur5e", "model-path": "x.json"},
     "can only populate either ArmModel or ModelPath - not both"),
    ({"model-path": "/nowhere/x.json"}, "/nowhere/x.json"),
])
async def test_an_arm_that_cannot_be(start, attributes, reason):
    server = start({"components": [{**PLAIN, "attributes": attributes}]})
    async with server.channel() as channel:
        status, text = await outcome(
            ArmServiceStub(channel).IsMoving(IsMovingRequest(name="plain")))
    assert status == "UNKNOWN" and reason in text
    assert text.startswith("resource rdk:component:arm/plain not available; reason=")
