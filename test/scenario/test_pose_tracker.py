# SPDX-License-Identifier: Apache-2.0
"""The pose tracker API over the wire; the real server has no model of it."""
import pytest
from viam.components.pose_tracker import PoseTracker

pytestmark = pytest.mark.differs("the real server has no pose tracker built in")

CONFIG = {"components": [{"name": "t", "api": "rdk:component:pose_tracker", "model": "fake"}]}


async def test_poses(server):
    async with server.machine() as machine:
        tracker = PoseTracker.from_robot(machine, "t")
        poses = await tracker.get_poses([])
        assert sorted(poses) == ["body_1", "body_2"]
        assert poses["body_1"].reference_frame == "t"
        assert poses["body_1"].pose.x == 100


async def test_poses_of_some(server):
    async with server.machine() as machine:
        tracker = PoseTracker.from_robot(machine, "t")
        assert sorted(await tracker.get_poses(["body_2", "nobody"])) == ["body_2"]
        assert await tracker.get_poses(["nobody"]) == {}
