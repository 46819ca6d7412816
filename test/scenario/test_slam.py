# SPDX-License-Identifier: Apache-2.0
"""The SLAM API over the wire, on the fake's room. The real server's fake needs recordings that don't
come with it."""
import math
import re
import struct

import pytest
from viam.proto.common import DoCommandRequest, GetStatusRequest
from viam.proto.service.slam import (GetInternalStateRequest, GetPointCloudMapRequest,
                                     GetPositionRequest, GetPropertiesRequest, MappingMode,
                                     SensorInfo, SensorType, SLAMServiceStub)
from viam.services.slam import SLAMClient

from harness import outcome

CONFIG = {"services": [{"name": "map", "api": "rdk:service:slam", "model": "fake"}]}

RECORDINGS = pytest.mark.differs("its recordings don't come with the real server")


def points(cloud):
    """The header and [(x, y, z, blue)] of a binary PCD."""
    head, body = re.fullmatch(rb"(.*?\nDATA binary\n)(.*)", cloud, re.S).groups()
    rows = struct.iter_unpack("<fffI", body)
    return head.decode(), [(x, y, z, rgb & 0xFF) for x, y, z, rgb in rows]


@RECORDINGS
async def test_position_goes_round(server):
    async with server.machine() as machine:
        slam = SLAMClient.from_robot(machine, "map")
        poses = [await slam.get_position() for _ in range(25)]
    for pose in poses:
        assert math.hypot(pose.x, pose.y) == pytest.approx(1500)
        assert 0 <= pose.theta < 360 and (pose.z, pose.o_x, pose.o_y, pose.o_z) == (0, 0, 0, 1)
    assert len({pose.theta for pose in poses}) == 24
    assert poses[0] == poses[24]


@RECORDINGS
async def test_map(server):
    async with server.machine() as machine:
        slam = SLAMClient.from_robot(machine, "map")
        whole = b"".join(await slam.get_point_cloud_map())
        edited = b"".join(await slam.get_point_cloud_map(True))
    head, found = points(whole)
    assert f"POINTS {len(found)}\n" in head and "FIELDS x y z rgb\n" in head
    assert {(abs(x) <= 3.0001, abs(y) <= 2.0001, z, blue) for x, y, z, blue in found} == {
        (True, True, 0, 100)}
    assert len(set(found)) == len(found)
    assert set(points(edited)[1]) < set(found)


@RECORDINGS
async def test_internal_state(server):
    async with server.machine() as machine:
        slam = SLAMClient.from_robot(machine, "map")
        first, second = [await slam.get_internal_state() for _ in range(2)]
    assert len(first) > 1 and all(len(piece) <= 1 << 20 for piece in first)
    assert b"".join(first) == b"".join(second) != b""


async def test_properties(server):
    async with server.machine() as machine:
        properties = await SLAMClient.from_robot(machine, "map").get_properties()
    assert not properties.cloud_slam
    assert properties.mapping_mode == MappingMode.MAPPING_MODE_LOCALIZE_ONLY
    assert properties.internal_state_file_type == ".pbstream"
    assert list(properties.sensor_info) == [
        SensorInfo(name="my-camera", type=SensorType.SENSOR_TYPE_CAMERA),
        SensorInfo(name="my-movement-sensor", type=SensorType.SENSOR_TYPE_MOVEMENT_SENSOR)]


async def test_what_the_fake_lacks(server):
    async with server.channel() as channel:
        stub = SLAMServiceStub(channel)
        assert await outcome(stub.DoCommand(DoCommandRequest(name="map"))) == (
            "UNKNOWN", "DoCommand unimplemented")
        status = await stub.GetStatus(GetStatusRequest(name="map"))
        assert status.HasField("result") and not status.result.fields


@pytest.mark.parametrize("method, request_type", [
    ("GetPosition", GetPositionRequest), ("GetPointCloudMap", GetPointCloudMapRequest),
    ("GetInternalState", GetInternalStateRequest), ("GetProperties", GetPropertiesRequest),
    ("DoCommand", DoCommandRequest), ("GetStatus", GetStatusRequest)])
@pytest.mark.parametrize("name", ["nope", ""])
async def test_unknown_name(server, method, request_type, name):
    async with server.channel() as channel:
        call = getattr(SLAMServiceStub(channel), method)
        assert await outcome(call(request_type(name=name))) == (
            "UNKNOWN", f"no node found with api rdk:service:slam and name {name}")
