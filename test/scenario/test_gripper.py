# SPDX-License-Identifier: Apache-2.0
"""The gripper API over the wire."""
import json
import math

import pytest
from viam.components.gripper import Gripper
from viam.proto.common import Pose, PoseInFrame
from viam.proto.component.gripper import (GetCurrentInputsRequest, GoToInputsRequest,
                                          GripperServiceStub)

from harness import statuses

CONFIG = {"components": [
    {"name": "g", "api": "rdk:component:gripper", "model": "fake", "frame": {
        "parent": "world", "geometry": {"type": "box", "x": 1, "y": 2, "z": 3}}}]}

FINGER = {
    "name": "fingers", "kinematic_param_type": "SVA",
    "links": [{"id": "base", "parent": "world", "translation": {"x": 0, "y": 0, "z": 5}},
              {"id": "finger", "parent": "slide", "translation": {"x": 0, "y": 0, "z": 50},
               "geometry": {"type": "box", "x": 10, "y": 20, "z": 30}}],
    "joints": [{"id": "slide", "parent": "base", "type": "prismatic",
                "axis": {"x": 1, "y": 0, "z": 0}, "min": 0, "max": 80}]}


async def test_opens_and_never_grabs(server):
    async with server.machine() as machine:
        gripper = Gripper.from_robot(machine, "g")
        await gripper.open()
        assert await gripper.grab() is False
        holding = await gripper.is_holding_something()
        assert holding.is_holding_something is False
        await gripper.stop()
        assert await gripper.is_moving() is False


async def test_body_of_its_frame(server):
    async with server.machine() as machine:
        geometry, = await Gripper.from_robot(machine, "g").get_geometries()
    assert (geometry.box.dims_mm.x, geometry.box.dims_mm.y, geometry.box.dims_mm.z) == (1, 2, 3)
    assert geometry.label == ""


async def test_no_kinematics_without_a_file(server):
    async with server.machine() as machine:
        assert (await Gripper.from_robot(machine, "g").get_kinematics())[:2] == (0, b"")


async def test_kinematics_of_a_file(start, tmp_path):
    path = tmp_path / "fingers.json"
    path.write_text(json.dumps(FINGER))
    server = start({"components": [{"name": "g", "api": "rdk:component:gripper", "model": "fake",
                                    "attributes": {"model-path": str(path)}}]})
    async with server.machine() as machine, server.channel() as channel:
        gripper, stub = Gripper.from_robot(machine, "g"), GripperServiceStub(channel)
        assert (await gripper.get_kinematics())[:2] == (1, path.read_bytes())
        await stub.GoToInputs(GoToInputsRequest(name="g", values=[20, 5]))
        reply = await stub.GetCurrentInputs(GetCurrentInputsRequest(name="g"))
        assert list(reply.values) == [20]
        geometry, = await gripper.get_geometries()
        assert (geometry.label, geometry.center.x, geometry.center.z) == ("g:finger", 20, 5)


async def test_file_that_is_not_there(start):
    server = start({"components": [{"name": "g", "api": "rdk:component:gripper", "model": "fake",
                                    "attributes": {"model-path": "/nonexistent/x.json"}}]})
    assert (await statuses(server))["g"].error == (
        "resource config validation error: failed to read json file: "
        "open /nonexistent/x.json: no such file or directory")


async def test_joints_that_turn(start, tmp_path):
    """Inputs are radians, in the frame system, too."""
    claw = {"name": "claw", "kinematic_param_type": "SVA",
            "links": [{"id": "base", "parent": "world", "translation": {"x": 0, "y": 0, "z": 0}},
                      {"id": "tip", "parent": "hinge", "translation": {"x": 100, "y": 0, "z": 0}}],
            "joints": [{"id": "hinge", "parent": "base", "type": "revolute",
                        "axis": {"x": 0, "y": 0, "z": 1}, "min": -90, "max": 90}]}
    path = tmp_path / "claw.json"
    path.write_text(json.dumps(claw))
    config = {"components": [{
        "name": "claw", "api": "rdk:component:gripper", "model": "fake",
        "attributes": {"model-path": str(path)}, "frame": {"parent": "world"}}]}
    async with start(config).machine() as machine:
        gripper = Gripper.from_robot(machine, "claw")
        await gripper.go_to_inputs([math.pi / 6])
        assert await gripper.get_current_inputs() == [math.pi / 6]
        tip = await machine.transform_pose(
            PoseInFrame(reference_frame="claw", pose=Pose(o_z=1)), "world")
        assert (tip.pose.x, tip.pose.y) == pytest.approx((math.sqrt(3) / 2 * 100, 50))
