# SPDX-License-Identifier: Apache-2.0
"""The gantry API over the wire."""
import json
import math
import pathlib

import pytest
from viam.components.gantry import Gantry
from viam.proto.component.gantry import (GantryServiceStub, GetPositionRequest,
                                         MoveToPositionRequest)

from harness import outcome

ARMS = pathlib.Path(__file__).resolve().parents[2] / "src/driver/arm/models"

CONFIG = {"components": [
    {"name": "g", "api": "rdk:component:gantry", "model": "fake", "frame": {"parent": "world"}},
    {"name": "tool", "api": "rdk:component:gripper", "model": "fake",
     "frame": {"parent": "g", "translation": {"x": 0, "y": 0, "z": 7}}}]}


async def test_moves_along_its_axis(server):
    async with server.machine() as machine:
        gantry = Gantry.from_robot(machine, "g")
        assert await gantry.get_lengths() == [100]
        for position in (0, 100, 33.5):
            await gantry.move_to_position([position], [10])
            assert await gantry.get_position() == [position]
        assert await gantry.home() is True
        await gantry.stop()
        assert await gantry.is_moving() is False


@pytest.mark.parametrize("position, shown", [
    (1000, "1000"), (-0.5, "-0.5"), (100.25, "100.25"),
    (100.000001, "100.000001"), (math.inf, "+Inf")])
async def test_position_out_of_range(server, position, shown):
    async with server.channel() as channel:
        request = MoveToPositionRequest(name="g", positions_mm=[position])
        assert await outcome(GantryServiceStub(channel).MoveToPosition(request)) == (
            "UNKNOWN", f"position {shown} out of range [0, 100]")


async def test_more_positions_than_axes(server):
    """The real server's handler crashes here."""
    async with server.channel() as channel:
        request = MoveToPositionRequest(name="g", positions_mm=[1, 2])
        code, text = await outcome(GantryServiceStub(channel).MoveToPosition(request))
        assert code != "OK"


async def test_shape(server):
    async with server.machine() as machine:
        gantry = Gantry.from_robot(machine, "g")
        await gantry.move_to_position([20], [])
        geometry, = await gantry.get_geometries()
        assert geometry.label == "g:carriage"
        assert (geometry.center.x, geometry.center.z) == (-30, 5)
        file_format, data = (await gantry.get_kinematics())[:2]
        assert file_format == 1
        assert json.loads(data)["joints"][0]["type"] == "prismatic"


async def test_carries_what_hangs_on_it(server):
    async with server.machine() as machine:
        for position in (10, 90):
            await Gantry.from_robot(machine, "g").move_to_position([position], [])
            pose = (await machine.get_pose("tool", "world")).pose
            assert (pose.x, pose.z) == (position - 50, 7)


@pytest.mark.parametrize("path, reason", [
    (str(ARMS / "ur5e.json"), "gantry model must have exactly one degree of freedom, got 6"),
    ("/nowhere.json", "failed to read json file: open /nowhere.json: no such file or directory"),
    ("model.txt", "only files with .json and .urdf file extensions are supported")])
async def test_models_that_are_none(start, path, reason):
    config = {"components": [{"name": "g", "api": "rdk:component:gantry", "model": "fake",
                              "attributes": {"model_path": path}}]}
    async with start(config).channel() as channel:
        status, text = await outcome(
            GantryServiceStub(channel).GetPosition(GetPositionRequest(name="g")))
    assert status == "UNKNOWN" and text.endswith(reason)
