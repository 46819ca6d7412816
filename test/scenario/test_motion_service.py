# SPDX-License-Identifier: Apache-2.0
"""The motion service that every machine has; test_motion.py is about motions that overlap."""
import json

import pytest
from google.protobuf.struct_pb2 import Struct
from grpclib.exceptions import GRPCError
from viam.gen.service.motion.v1.motion_grpc import MotionServiceStub
from viam.proto.common import (DoCommandRequest, GeoGeometry, GeometriesInFrame, Geometry, GeoPoint,
                               GetStatusRequest, Pose, PoseInFrame, Sphere, Transform, WorldState)
from viam.proto.robot import (GetMachineStatusRequest, ResourceNamesRequest, ResourceStatus,
                              RobotServiceStub)
from viam.proto.service.motion import (GetPlanRequest, GetPoseRequest, ListPlanStatusesRequest,
                                       MoveOnGlobeRequest, MoveOnMapRequest, MoveRequest,
                                       StopPlanRequest)
from viam.services.motion import MotionClient

from harness import eventually, outcome

CONFIG = {"components": [
    {"name": "arm", "api": "rdk:component:arm", "model": "fake",
     "attributes": {"arm-model": "ur5e"},
     "frame": {"parent": "world", "translation": {"x": 1, "y": 2, "z": 3}}},
    {"name": "base", "api": "rdk:component:base", "model": "fake",
     "frame": {"parent": "world", "translation": {"x": 100, "y": 0, "z": 0}}},
    {"name": "unframed", "api": "rdk:component:motor", "model": "fake"},
]}

FAR = PoseInFrame(reference_frame="world", pose=Pose(x=300, y=100, z=400, o_z=1))


def near(pose, *expected):
    return (pose.x, pose.y, pose.z) == pytest.approx(expected, abs=1e-9)


async def asked(server, method, **fields):
    """The outcome of a call of the service "builtin"."""
    request_type = {
        "Move": MoveRequest, "MoveOnMap": MoveOnMapRequest, "MoveOnGlobe": MoveOnGlobeRequest,
        "GetPose": GetPoseRequest, "StopPlan": StopPlanRequest, "GetPlan": GetPlanRequest,
        "ListPlanStatuses": ListPlanStatusesRequest, "DoCommand": DoCommandRequest,
        "GetStatus": GetStatusRequest}[method]
    async with server.channel() as channel:
        return await outcome(getattr(MotionServiceStub(channel), method)(
            request_type(**{"name": "builtin", **fields})))


def command(**fields):
    made = Struct()
    made.update(fields)
    return made


# ---- it is there ----

async def services_of(server):
    """{name: (state, error)} of motion services."""
    async with server.channel() as channel:
        reply = await RobotServiceStub(channel).GetMachineStatus(GetMachineStatusRequest())
    return {status.name.name: (status.state, status.error)
            for status in reply.resources
            if (status.name.namespace, status.name.subtype) == ("rdk", "motion")}


async def test_it_is_there_without_being_configured(start):
    server = start({})
    async with server.channel() as channel:
        names = (await RobotServiceStub(channel).ResourceNames(ResourceNamesRequest())).resources
        assert [(it.namespace, it.type, it.subtype, it.name) for it in names] == [
            ("rdk", "service", "motion", "builtin")]
    assert await services_of(server) == {"builtin": (ResourceStatus.STATE_READY, "")}


@pytest.mark.parametrize("entry", [
    {"name": "builtin", "api": "rdk:service:motion"},
    {"type": "motion", "attributes": {"num_threads": 2, "no such key": 1}},
    {"name": "builtin", "type": "motion", "model": "builtin"},
    {"name": "builtin", "namespace": "rdk", "type": "motion", "model": "rdk:builtin:builtin"},
])
async def test_a_config_may_configure_it(start, entry):
    assert await services_of(start({"services": [entry]})) == {"builtin": (3, "")}


async def test_another_one_stands_beside_it(start):
    services = await services_of(start({"services": [{"name": "m", "type": "motion"}]}))
    assert services == {"builtin": (3, ""), "m": (3, "")}


@pytest.mark.parametrize("attributes, text", [
    ({"num_threads": -1}, "cannot configure with -1 number of threads, number must be positive"),
    ({"log_planner_errors": True},
     "need a plan_file_path if you sent log_planner_errors to true"),
    ({"log_slow_plan_threshold_ms": 5},
     "need a plan_file_path if you sent LogSlowPlanThresholdMS to 5"),
    ({"teleop_smooth_alpha": 7},
     "teleop_smooth_alpha must be in [0, 1] (0 selects the default), got 7"),
    ({"teleop_smooth_alpha": -0.1},
     "teleop_smooth_alpha must be in [0, 1] (0 selects the default), got -0.1"),
])
async def test_attributes_that_cannot_be(start, attributes, text):
    server = start({"services": [{"type": "motion", "attributes": attributes}]})
    assert await services_of(server) == {
        "builtin": (5, f"resource config validation error: {text}")}
    assert await asked(server, "GetPose", component_name="world") == (
        "UNKNOWN", "resource rdk:service:motion/builtin not available; "
        f"reason=resource config validation error: {text}")


async def test_it_comes_back_when_its_entry_goes(start):
    server = start({"services": [{"type": "motion", "attributes": {"num_threads": -1}}]})
    whole = json.loads(server.config_path.read_text())
    server.config_path.write_text(json.dumps({**whole, "services": []}))

    async def is_ready():
        return await services_of(server) == {"builtin": (3, "")}
    await eventually(is_ready)


# ---- GetPose ----

async def test_pose(server):
    async with server.machine() as machine:
        motion = MotionClient.from_robot(machine, "builtin")
        seen = await motion.get_pose("base", "world")
        assert seen.reference_frame == "world" and near(seen.pose, 100, 0, 0)
        arm = await motion.get_pose("arm", "world")
        assert near(arm.pose, -816.2, -230.9, 65.8)
        seen = await motion.get_pose("arm", "base")
        assert seen.reference_frame == "base" and near(seen.pose, -916.2, -230.9, 65.8)


async def test_pose_is_that_of_the_robot_service(server):
    async with server.machine() as machine:
        mine = await MotionClient.from_robot(machine, "builtin").get_pose("arm", "base")
        assert mine == await machine.get_pose("arm", "base")


async def test_pose_of_a_frame_that_is_brought_along(server):
    tool = Transform(reference_frame="tool", pose_in_observer_frame=PoseInFrame(
        reference_frame="base", pose=Pose(z=10, o_z=1)))
    async with server.machine() as machine:
        seen = await MotionClient.from_robot(machine, "builtin").get_pose(
            "tool", "world", supplemental_transforms=[tool])
    assert near(seen.pose, 100, 0, 10)


@pytest.mark.parametrize("fields, text", [
    ({}, "must provide component name"),
    ({"component_name": "nope"}, 'frame with name "nope" not in frame system'),
    ({"component_name": "unframed"}, 'frame with name "unframed" not in frame system'),
    ({"component_name": "arm", "destination_frame": "zz"},
     'frame with name "zz" not in frame system'),
    ({"component_name": "tool", "supplemental_transforms": [Transform(reference_frame="tool")]},
     'conversion error at index 0: frame with name "" cannot be used'),
])
async def test_poses_that_are_nowhere(server, fields, text):
    assert await asked(server, "GetPose", **fields) == ("UNKNOWN", text)


async def test_poses_without_a_destination_are_the_worlds(server):
    status, reply = await asked(server, "GetPose", component_name="base")
    assert status == "OK" and reply.pose.reference_frame == "world"


# ---- Move ----

@pytest.mark.parametrize("fields, text", [
    ({}, "component named  not found in robot frame system"),
    ({"component_name": "nope", "destination": FAR},
     "component named nope not found in robot frame system"),
    ({"component_name": "unframed", "destination": FAR},
     "component named unframed not found in robot frame system"),
    ({"component_name": "arm"}, "could not find any waypoints to plan for in MoveRequest. "
     "Fill in Destination or goal_state"),
    ({"component_name": "arm", "destination": PoseInFrame(reference_frame="zz", pose=Pose(x=1))},
     'frame with name "zz" not in frame system'),
    ({"component_name": "arm", "destination": PoseInFrame(pose=Pose(x=1))},
     'frame with name "" not in frame system'),
    ({"world_state": WorldState(obstacles=[GeometriesInFrame(
        reference_frame="world", geometries=[Geometry()])])},
     "cannot have nil pose for geometry"),
    ({"world_state": WorldState(obstacles=[GeometriesInFrame(reference_frame="world", geometries=[
        Geometry(label="a", center=Pose(), sphere=Sphere(radius_mm=1))] * 2)])},
     "cannot specify multiple geometries with the same name: a"),
    ({"component_name": "arm", "world_state": WorldState(transforms=[Transform()])},
     'conversion error at index 0: frame with name "" cannot be used'),
])
async def test_moves_that_cannot_be(server, fields, text):
    assert await asked(server, "Move", **fields) == ("UNKNOWN", text)


@pytest.mark.differs("planning isn't built yet")
async def test_moves_are_not_planned_yet(server):
    async with server.machine() as machine:
        motion = MotionClient.from_robot(machine, "builtin")
        with pytest.raises(GRPCError) as caught:
            await motion.move("arm", FAR)
    assert (caught.value.status.name, caught.value.message) == (
        "UNIMPLEMENTED", "motion planning is not built yet")


@pytest.mark.missing("motion planning")
async def test_move(server):
    async with server.machine() as machine:
        motion = MotionClient.from_robot(machine, "builtin")
        assert await motion.move("arm", FAR)
        pose = (await motion.get_pose("arm", "world")).pose
    assert (pose.x, pose.y, pose.z) == pytest.approx((300, 100, 400), abs=0.1)


# ---- what the reference refuses, too ----

@pytest.mark.parametrize("fields, text", [
    ({}, "received nil *commonpb.Pose for destination"),
    ({"component_name": "base", "slam_service_name": "s"},
     "received nil *commonpb.Pose for destination"),
    ({"destination": Pose(x=1)}, "component name cannot be empty"),
    ({"destination": Pose(x=1), "component_name": "base"}, "SlamService name cannot be empty"),
    ({"destination": Pose(x=1), "component_name": "base", "slam_service_name": "s",
      "obstacles": [Geometry()]},
     "cannot convert obstacles into geometries: cannot have nil pose for geometry"),
    ({"destination": Pose(x=1), "component_name": "base", "slam_service_name": "s"},
     "MoveOnMap not supported by builtin"),
])
async def test_move_on_map(server, fields, text):
    assert await asked(server, "MoveOnMap", **fields) == ("UNKNOWN", text)


@pytest.mark.parametrize("fields, text", [
    ({}, "must provide a destination"),
    ({"component_name": "base", "movement_sensor_name": "s"}, "must provide a destination"),
    ({"destination": GeoPoint()}, "component name cannot be empty"),
    ({"destination": GeoPoint(), "component_name": "base"},
     "movement sensor name cannot be empty"),
    ({"destination": GeoPoint(), "component_name": "base", "movement_sensor_name": "s",
      "bounding_regions": [GeoGeometry(location=GeoPoint(), geometries=[Geometry()])]},
     "cannot have nil pose for geometry"),
    ({"destination": GeoPoint(latitude=float("nan")), "component_name": "base",
      "movement_sensor_name": "s"}, "MoveOnGlobeReqe not supported by builtin"),
])
async def test_move_on_globe(server, fields, text):
    assert await asked(server, "MoveOnGlobe", **fields) == ("UNKNOWN", text)


@pytest.mark.parametrize("fields, text", [
    ({}, "component name cannot be empty"),
    ({"component_name": "base"}, "PlanHistory not supported by builtin"),
    ({"component_name": "base", "execution_id": "xx"}, "invalid UUID length: 2"),
    ({"component_name": "base", "execution_id": "01234567-89ab-cdef-0123-456789abcdef"},
     "PlanHistory not supported by builtin"),
])
async def test_plan(server, fields, text):
    assert await asked(server, "GetPlan", **fields) == ("UNKNOWN", text)


async def test_what_builtin_does_not_support(server):
    async with server.machine() as machine:
        motion = MotionClient.from_robot(machine, "builtin")
        for call, text in [
                (motion.stop_plan("base"), "StopPlan not supported by builtin"),
                (motion.list_plan_statuses(), "ListPlanStatuses not supported by builtin"),
                (motion.get_plan("base"), "PlanHistory not supported by builtin"),
                (motion.move_on_globe("base", GeoPoint(), "s"),
                 "MoveOnGlobeReqe not supported by builtin"),
                (motion.move_on_map("base", Pose(x=1), "s"),
                 "MoveOnMap not supported by builtin")]:
            assert await outcome(call) == ("UNKNOWN", text)


# ---- DoCommand, the rest ----

@pytest.mark.parametrize("sent, answer", [
    ({}, {}), ({"no such command": 1}, {}), ({"execute": []}, {"execute": True}),
    ({"execute": None}, {"execute": True}), ({"executeCheckStart": 1}, {}),
    ({"teleop_stop": True}, {"teleop_stop": True}),
    ({"teleop_status": True}, {"teleop_status": {"running": False}}),
    ({"teleop_status": True, "teleop_stop": True}, {"teleop_stop": True}),
])
async def test_do_command(server, sent, answer):
    async with server.machine() as machine:
        assert await MotionClient.from_robot(machine, "builtin").do_command(sent) == answer


@pytest.mark.parametrize("sent, text", [
    ({"plan": 1}, "expected string but got float64"),
    ({"plan": True}, "expected string but got bool"),
    ({"plan": None}, "expected string but got <nil>"),
    ({"plan": [1]}, "expected string but got []interface {}"),
    ({"plan": {}}, "expected string but got map[string]interface {}"),
    ({"teleop_start": 1}, "expected string but got float64"),
    ({"execute": 1}, "'' source data must be an array or slice, got float64"),
    ({"execute": {}}, "'' source data must be an array or slice, got map"),
    ({"teleop_move": {}}, "teleop pipeline is not running; call teleop_start first"),
])
async def test_commands_that_cannot_be(server, sent, text):
    assert await asked(server, "DoCommand", command=command(**sent)) == ("UNKNOWN", text)


async def test_status(server):
    status, reply = await asked(server, "GetStatus")
    assert status == "OK" and reply.HasField("result") and not reply.result.fields


@pytest.mark.parametrize("method", [
    "Move", "MoveOnMap", "MoveOnGlobe", "GetPose", "StopPlan", "GetPlan", "ListPlanStatuses",
    "DoCommand", "GetStatus"])
async def test_unknown_name(server, method):
    assert await asked(server, method, name="nope") == (
        "UNKNOWN", "no node found with api rdk:service:motion and name nope")
