# SPDX-License-Identifier: Apache-2.0
"""The frame system over the wire: its parts, and poses and points seen from elsewhere."""
import json
import math
import struct

import pytest
from viam.components.arm import Arm
from viam.proto.common import Pose, PoseInFrame, Transform
from viam.proto.component.arm import JointPositions
from viam.proto.robot import (GetPoseRequest, RobotServiceStub, TransformPCDRequest,
                              TransformPoseRequest)

import harness
from harness import outcome


def part(kind, name, parent=None, attributes=None, **frame):
    """A fake component; part of the frame system when it has a parent."""
    found = {"name": name, "api": f"rdk:component:{kind}", "model": "fake",
             "attributes": attributes or {}}
    if parent is not None:
        found["frame"] = {"parent": parent, **frame}
    return found


def facing(x, y, z, theta):
    return {"type": "ov_degrees", "value": {"x": x, "y": y, "z": z, "th": theta}}


# world - arm (turned by 90) - cam; world - box - on_box (by quaternion); free has no frame
PARTS = [
    part("arm", "arm", "world", {"arm-model": "ur5e"}, translation={"x": 10, "y": 20, "z": 30},
         orientation=facing(0, 0, 1, 90)),
    part("camera", "cam", "arm", {"width": 64, "height": 48},
         translation={"x": 1, "y": 2, "z": 3}),
    part("sensor", "box", "world", translation={"x": 100},
         geometry={"type": "box", "x": 10, "y": 20, "z": 30, "translation": {"z": 5}}),
    part("motor", "on_box", "box", translation={"Z": 7},
         orientation={"type": "quaternion", "value": {"W": 1, "X": 1, "Y": 0, "Z": 0}}),
    part("sensor", "free"),
]


@pytest.fixture(scope="module")
def server(program):
    shared = harness.Server(program, {"components": PARTS})
    yield shared
    shared.stop()


@pytest.fixture
def place(server):
    """place(machine, values): the arm with its joints there."""
    async def move(machine, *values):
        await Arm.from_robot(machine, "arm").move_to_joint_positions(
            JointPositions(values=values or [0] * 6))
    assert server
    return move


def fields(pose):
    return (pose.x, pose.y, pose.z, pose.o_x, pose.o_y, pose.o_z, pose.theta)


def near(*values):
    return pytest.approx(values, abs=1e-6)


def at(frame, pose=None, **values):
    return PoseInFrame(reference_frame=frame, pose=pose or Pose(**values))


def extra_frame(name, parent, **pose):
    return Transform(reference_frame=name, pose_in_observer_frame=at(parent, **pose))


def absent(name):
    return "UNKNOWN", f'frame with name "{name}" not in frame system'


NO_NAME = ("UNKNOWN", 'conversion error at index 0: frame with name "" cannot be used')
BENT = (10, -20, 30, -40, 50, -60)


# ---- FrameSystemConfig ----

async def parts_of(machine, **options):
    """{name: part} and no part twice."""
    found = await machine.get_frame_system_config(**options)
    names = {one.frame.reference_frame: one for one in found}
    assert len(names) == len(found)
    return names


async def test_parts(server):
    """All that have a frame, with their pose in the parent; an orientation of nothing is up."""
    async with server.machine() as machine:
        parts = await parts_of(machine)
    assert {name: one.frame.pose_in_observer_frame.reference_frame
            for name, one in parts.items()} == {
                "arm": "world", "cam": "arm", "box": "world", "on_box": "box"}
    poses = {name: fields(one.frame.pose_in_observer_frame.pose) for name, one in parts.items()}
    assert poses["arm"] == near(10, 20, 30, 0, 0, 1, 90)
    assert poses["cam"] == near(1, 2, 3, 0, 0, 1, 0)
    assert poses["box"] == near(100, 0, 0, 0, 0, 1, 0)
    assert poses["on_box"] == near(0, 0, 7, 0, -1, 0, 90)


async def test_kinematics_of_parts(server):
    """The arm's model, with the bytes of the file it comes from as a list of numbers."""
    async with server.machine() as machine:
        parts = await parts_of(machine)
        file = (await Arm.from_robot(machine, "arm").get_kinematics())[1]
    model = parts["arm"].kinematics
    assert model["name"] == "UR5e"
    assert model["original_file"]["extension"] == "json"
    assert bytes(int(byte) for byte in model["original_file"]["bytes"]) == file
    assert {link["id"] for link in model["links"]} == {
        link["id"] for link in json.loads(file)["links"]}
    assert len(model["joints"]) == 6
    for name in ("cam", "box", "on_box"):
        assert not parts[name].kinematics.fields


async def test_geometry_of_a_part(server):
    async with server.machine() as machine:
        parts = await parts_of(machine)
    body = parts["box"].frame.physical_object
    assert (body.box.dims_mm.x, body.box.dims_mm.y, body.box.dims_mm.z) == (10, 20, 30)
    assert body.center.z == pytest.approx(5)
    assert body.label == "box"


async def test_parts_of_an_empty_machine(start):
    server = start({})
    async with server.machine() as machine:
        assert not await parts_of(machine)


async def test_parts_without_a_way_to_the_world(start):
    """They are told, but have no pose."""
    server = start({"components": [part("sensor", "lost", "nowhere"),
                                   part("sensor", "there", "world")]})
    async with server.machine() as machine:
        assert set(await parts_of(machine)) == {"lost", "there"}
        assert await outcome(machine.get_pose("lost")) == absent("lost")
        assert fields((await machine.get_pose("there")).pose) == near(0, 0, 0, 0, 0, 1, 0)


@pytest.mark.parametrize("name, parent", [("world", "world"), ("nil", "")])
async def test_parts_that_cannot_be(start, name, parent):
    server = start({"components": [part("sensor", name, parent), part("sensor", "there", "world")]})
    async with server.machine() as machine:
        assert set(await parts_of(machine)) == {"there"}


# ---- GetPose ----

@pytest.mark.parametrize("name, frame, values", [
    ("arm", "", (242.9, -797.2, 92.8, 1, 0, 0, 90)),
    ("arm", "world", (242.9, -797.2, 92.8, 1, 0, 0, 90)),
    ("arm", "arm_origin", (-817.2, -232.9, 62.8, 0, -1, 0, 90)),
    ("arm", "arm", (0, 0, 0, 0, 0, 1, 0)),
    ("arm_origin", "", (10, 20, 30, 0, 0, 1, 90)),
    ("cam", "arm", (1, 2, 3, 0, 0, 1, 0)),
    ("box", "", (100, 0, 0, 0, 0, 1, 0)),
    ("on_box", "", (100, 0, 7, 0, -1, 0, 90)),
    ("world", "", (0, 0, 0, 0, 0, 1, 0)),
    ("world", "box", (-100, 0, 0, 0, 0, 1, 0)),
])
async def test_pose(server, place, name, frame, values):
    """An arm's frame is its end, and moves; where it stands is its origin."""
    async with server.machine() as machine:
        await place(machine)
        pose = await machine.get_pose(name, destination_frame=frame, extra={"a": 1})
    assert pose.reference_frame == (frame or "world")
    assert fields(pose.pose) == near(*values)


async def test_pose_follows_the_joints(server, place):
    async with server.machine() as machine:
        await place(machine, *BENT)
        end = await Arm.from_robot(machine, "arm").get_end_position()
        seen = await machine.get_pose("arm", destination_frame="arm_origin")
        assert fields(seen.pose) == near(*fields(end))
        assert fields((await machine.get_pose("cam", destination_frame="arm")).pose) == near(
            1, 2, 3, 0, 0, 1, 0)


@pytest.mark.parametrize("name, frame, expected", [
    ("nope", "", absent("nope")), ("free", "", absent("free")), ("cam", "nope", absent("nope")),
    ("", "", ("UNKNOWN", "must provide component name")),
    ("a%b\n\tü", "", absent("a%b\\n\\tü")),
    ("arm:nope", "", absent("arm:nope")),
])
async def test_pose_refused(server, name, frame, expected):
    async with server.machine() as machine:
        assert await outcome(machine.get_pose(name, destination_frame=frame)) == expected


async def test_pose_of_an_inner_link(server, place):
    async with server.machine() as machine:
        await place(machine)
        pose = await machine.get_pose("arm:upper_arm_link", destination_frame="arm_origin")
        assert fields(pose.pose)[:3] == near(-425, 0, 162.5)


# ---- TransformPose ----

@pytest.mark.parametrize("source, frame, values", [
    (at("box", x=1, y=2, z=3), "world", (101, 2, 3, 0, 0, 1, 0)),
    (at("world", x=1), "box", (-99, 0, 0, 0, 0, 1, 0)),
    (at("on_box", y=1), "box", (0, 0, 8, 0, -1, 0, 90)),
    (at("box", y=1, o_x=1, theta=30), "box", (0, 1, 0, 1, 0, 0, 30)),
    (at("box", o_x=3, o_y=4), "world", (100, 0, 0, 0.6, 0.8, 0, 0)),
    (at("cam"), "arm", (1, 2, 3, 0, 0, 1, 0)),
    (at("arm_origin", x=1, theta=-90), "world", (10, 21, 30, 0, 0, 1, 0)),
])
async def test_transform_pose(server, place, source, frame, values):
    """Orientations of nothing are up, longer ones are as good."""
    async with server.machine() as machine:
        await place(machine)
        pose = await machine.transform_pose(source, frame)
    assert pose.reference_frame == frame
    assert fields(pose.pose) == near(*values)


async def test_transform_pose_there_and_back(server, place):
    async with server.machine() as machine:
        await place(machine, *BENT)
        given = at("cam", x=11, y=-7, z=3, o_x=0.6, o_y=-0.48, o_z=0.64, theta=25)
        there = await machine.transform_pose(given, "on_box")
        back = await machine.transform_pose(there, "cam")
    assert fields(back.pose) == near(*fields(given.pose))


@pytest.mark.parametrize("source, frame, expected", [
    (at("nope"), "world", absent("nope")), (at("cam"), "nope", absent("nope")),
    (at("cam"), "", absent("")), (at(""), "world", absent("")),
    (at("free"), "world", absent("free")), (at("world"), "free", absent("free")),
])
async def test_transform_pose_refused(server, source, frame, expected):
    async with server.machine() as machine:
        assert await outcome(machine.transform_pose(source, frame)) == expected


@pytest.mark.differs("the real server panics")
@pytest.mark.parametrize("request_", [
    TransformPoseRequest(), TransformPoseRequest(destination="world"),
    TransformPoseRequest(source=PoseInFrame(reference_frame="world"), destination="world"),
    TransformPoseRequest(source=at("world"), destination="world", supplemental_transforms=[
        Transform(reference_frame="e", pose_in_observer_frame=PoseInFrame(
            reference_frame="world"))]),
])
async def test_transform_pose_of_nothing(server, request_):
    async with server.channel() as channel:
        status, _ = await outcome(RobotServiceStub(channel).TransformPose(request_))
    assert status in ("OK", "UNKNOWN", "INVALID_ARGUMENT")


@pytest.mark.parametrize("bad", [math.nan, math.inf])
async def test_transform_pose_of_no_number(server, bad):
    """What comes out is no number either; the server stays."""
    async with server.machine() as machine:
        pose = await machine.transform_pose(at("box", x=bad), "world")
        assert not math.isfinite(pose.pose.x)
        assert (await machine.get_pose("box")).pose.x == 100


# ---- frames of one call ----

async def test_supplemental_transforms(server):
    """There for this call only; they may hang on each other."""
    async with server.machine() as machine:
        extra = [extra_frame("e2", "e1", y=3), extra_frame("e1", "box", x=5)]
        pose = await machine.transform_pose(at("e2", z=1), "box", additional_transforms=extra)
        assert fields(pose.pose) == near(5, 3, 1, 0, 0, 1, 0)
        pose = await machine.get_pose("e2", supplemental_transforms=extra)
        assert fields(pose.pose) == near(105, 3, 0, 0, 0, 1, 0)
        assert await outcome(machine.get_pose("e2")) == absent("e2")


@pytest.mark.parametrize("extra", [extra_frame("e", "box", x=5), Transform()])
async def test_supplemental_transforms_are_no_parts(server, extra):
    """The list of parts does not even look at them."""
    async with server.machine() as machine:
        parts = await parts_of(machine, additional_transforms=[extra])
    assert set(parts) == {"arm", "cam", "box", "on_box"}


@pytest.mark.parametrize("extra, expected", [
    ([Transform()], NO_NAME),
    ([Transform(reference_frame="e")], NO_NAME),
    ([extra_frame("e", "")], NO_NAME),
    ([extra_frame("", "world")], NO_NAME),
    ([extra_frame("e", "world"), extra_frame("", "world")],
     ("UNKNOWN", 'conversion error at index 1: frame with name "" cannot be used')),
    ([extra_frame("e", "gone")],
     ("UNKNOWN", "Cannot construct frame system. Some parts are not linked to the world frame. "
      "Parts: [e]")),
])
async def test_supplemental_transforms_refused(server, extra, expected):
    async with server.channel() as channel:
        stub = RobotServiceStub(channel)
        assert await outcome(stub.TransformPose(TransformPoseRequest(
            source=at("box"), destination="world", supplemental_transforms=extra))) == expected
        assert await outcome(stub.GetPose(GetPoseRequest(
            component_name="box", supplemental_transforms=extra))) == expected


# ---- TransformPCD ----

HEAD = b"""VERSION .7
FIELDS %s
SIZE %s
TYPE %s
COUNT %s
WIDTH %d
HEIGHT 1
VIEWPOINT 0 0 0 1 0 0 0
POINTS %d
DATA binary
"""


def cloud(*points):
    head = HEAD % (b"x y z", b"4 4 4", b"F F F", b"1 1 1", len(points), len(points))
    return head + b"".join(struct.pack("<fff", *point) for point in points)


def coloured(*points):
    head = HEAD % (b"x y z rgb", b"4 4 4 4", b"F F F I", b"1 1 1 1", len(points), len(points))
    return head + b"".join(struct.pack("<fffi", *point) for point in points)


def in_cloud(data, layout):
    return sorted(struct.iter_unpack(layout, data.partition(b"DATA binary\n")[2]))


@pytest.mark.parametrize("frame", ["world", ""])
async def test_transform_pcd(server, frame):
    """Points are in metres; the world is where they go unless told."""
    async with server.machine() as machine:
        data = await machine.transform_pcd(cloud((0, 0, 0), (1, 2, 3)), "on_box", frame)
    assert data.startswith(HEAD % (b"x y z", b"4 4 4", b"F F F", b"1 1 1", 2, 2))
    found = in_cloud(data, "<fff")
    assert found[0] == pytest.approx((0.1, 0, 0.007), abs=1e-6)
    assert found[1] == pytest.approx((1.1, -3, 2.007), abs=1e-6)


async def test_transform_pcd_keeps_colours(server):
    async with server.machine() as machine:
        data = await machine.transform_pcd(
            coloured((0, 0, 0, 0x123456), (1, 0, 0, 0xFFFFFF)), "box", "world")
    assert data.startswith(HEAD % (b"x y z rgb", b"4 4 4 4", b"F F F I", b"1 1 1 1", 2, 2))
    one, other = in_cloud(data, "<fffi")
    assert one == pytest.approx((0.1, 0, 0, 0x123456), abs=1e-6)
    assert other == pytest.approx((1.1, 0, 0, 0xFFFFFF), abs=1e-6)


async def test_transform_pcd_of_ascii(server):
    async with server.machine() as machine:
        head = HEAD % (b"x y z", b"4 4 4", b"F F F", b"1 1 1", 1, 1)
        data = await machine.transform_pcd(
            head.replace(b"DATA binary", b"DATA ascii") + b"1 2 3\n", "box", "world")
    assert in_cloud(data, "<fff")[0] == pytest.approx((1.1, 2, 3), abs=1e-6)


async def test_transform_pcd_of_no_points(server):
    async with server.machine() as machine:
        data = await machine.transform_pcd(cloud(), "box", "world")
    assert b"POINTS 0\n" in data and not in_cloud(data, "<fff")


@pytest.mark.parametrize("data, source, frame, expected", [
    (cloud((0, 0, 0)), "", "world", (
        "UNKNOWN", "srcName cannot be empty, must provide name of point cloud origin")),
    (cloud((0, 0, 0)), "nope", "world", absent("nope")),
    (cloud((0, 0, 0)), "box", "nope", absent("nope")),
    (b"", "box", "world", ("UNKNOWN", "error reading header line 0: EOF")),
    (b"rubbish\n", "box", "world", (
        "UNKNOWN", "line is supposed to start with VERSION but is rubbish")),
])
async def test_transform_pcd_refused(server, data, source, frame, expected):
    async with server.channel() as channel:
        call = RobotServiceStub(channel).TransformPCD
        assert await outcome(call(TransformPCDRequest(
            point_cloud_pcd=data, source=source, destination=frame))) == expected


@pytest.mark.parametrize("cut", [1, 11])
async def test_transform_pcd_that_is_cut_off(server, cut):
    async with server.machine() as machine:
        data = cloud((0, 0, 0), (1, 2, 3))[:-cut]
        assert (await outcome(machine.transform_pcd(data, "box", "world")))[0] == "UNKNOWN"
