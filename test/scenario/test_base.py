# SPDX-License-Identifier: Apache-2.0
"""The base API over the wire, on the fake."""
import base64
import math
import struct

import pytest
from viam.components.base import Base
from viam.proto.common import GetGeometriesRequest, Vector3
from viam.proto.component.base import BaseServiceStub, MoveStraightRequest, SetPowerRequest

from harness import outcome

BOX = {"type": "box", "x": 10, "y": 20, "z": 30, "translation": {"x": 1, "y": 2, "z": 3}}
CONFIG = {"components": [
    {"name": "bare", "api": "rdk:component:base", "model": "fake"},
    {"name": "framed", "api": "rdk:component:base", "model": "fake",
     "frame": {"parent": "world", "translation": {"x": 100}, "geometry": BOX}}]}


async def test_moves(server):
    async with server.machine() as machine:
        base = Base.from_robot(machine, "bare")
        await base.move_straight(1000, -50, extra={"why": "test"})
        await base.spin(90, 45)
        await base.set_power(Vector3(y=1), Vector3(z=-1))
        await base.set_velocity(Vector3(y=100), Vector3(z=10))
        assert not await base.is_moving()
        await base.stop()


async def test_anything_goes(server):
    """The fake looks at nothing."""
    async with server.channel() as channel:
        stub = BaseServiceStub(channel)
        await stub.MoveStraight(MoveStraightRequest(name="bare", mm_per_sec=math.nan))
        await stub.SetPower(SetPowerRequest(name="bare"))


async def test_properties(server):
    async with server.machine() as machine:
        properties = await Base.from_robot(machine, "bare").get_properties()
        assert (properties.width_meters, properties.turning_radius_meters,
                properties.wheel_circumference_meters) == (0.6, 0, 0)


async def test_geometries_are_those_of_the_frame(server):
    async with server.machine() as machine:
        assert await Base.from_robot(machine, "bare").get_geometries() == []
        body, = await Base.from_robot(machine, "framed").get_geometries()
        assert (body.center.x, body.center.y, body.center.z, body.center.o_z) == (1, 2, 3, 1)
        size = body.box.dims_mm
        assert (size.x, size.y, size.z) == (10, 20, 30)


async def test_what_every_component_has(server):
    async with server.machine() as machine:
        base = Base.from_robot(machine, "bare")
        assert await base.get_status() == {}
        assert await outcome(base.do_command({"a": 1})) == ("UNKNOWN", "DoCommand unimplemented")


@pytest.mark.parametrize("method, request_type", [
    ("MoveStraight", MoveStraightRequest), ("SetPower", SetPowerRequest),
    ("GetGeometries", GetGeometriesRequest)])
async def test_unknown_name(server, method, request_type):
    async with server.channel() as channel:
        call = getattr(BaseServiceStub(channel), method)
        assert await outcome(call(request_type(name="nope"))) == (
            "UNKNOWN", "no node found with api rdk:component:base and name nope")


async def test_a_large_body(start):
    """A mesh in the frame, larger than what calls may use as a rule."""
    count = 40000
    mesh = bytes(80) + struct.pack("<I", count) + b"".join(
        struct.pack("<12fH", 0, 0, 1, i, 0, 0, i + 1, 0, 0, i, 1, 0, 0) for i in range(count))
    server = start({"components": [{
        "name": "b", "api": "rdk:component:base", "model": "fake",
        "frame": {"parent": "world", "geometry": {
            "type": "mesh", "mesh_content_type": "stl",
            "mesh_data": base64.b64encode(mesh).decode()}}}]})
    async with server.machine() as machine:
        body, = await Base.from_robot(machine, "b").get_geometries()
    assert len(body.mesh.mesh) > count * 12
