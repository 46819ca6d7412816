# SPDX-License-Identifier: Apache-2.0
"""The servo API over the wire, on the fake."""
import pytest
from viam.components.servo import Servo
from viam.proto.common import GetGeometriesRequest
from viam.proto.component.servo import GetPositionRequest, ServoServiceStub

from harness import outcome

CONFIG = {"components": [{"name": "s", "api": "rdk:component:servo", "model": "fake"}]}


@pytest.mark.parametrize("angle", [90, 0, 180, 360, 4294967295])
async def test_is_where_it_was_sent(server, angle):
    async with server.machine() as machine:
        servo = Servo.from_robot(machine, "s")
        await servo.move(angle, extra={"why": "test"})
        assert await servo.get_position() == angle
        assert not await servo.is_moving()
        await servo.stop()
        assert await servo.get_position() == angle


async def test_what_every_component_has(server):
    async with server.machine() as machine:
        servo = Servo.from_robot(machine, "s")
        assert await servo.get_status() == {}
        assert await outcome(servo.do_command({"a": 1})) == ("UNKNOWN", "DoCommand unimplemented")
    async with server.channel() as channel:
        stub = ServoServiceStub(channel)
        assert await outcome(stub.GetGeometries(GetGeometriesRequest(name="s"))) == (
            "UNIMPLEMENTED", "method GetGeometries not implemented")
        assert await outcome(stub.GetPosition(GetPositionRequest(name="nope"))) == (
            "UNKNOWN", "no node found with api rdk:component:servo and name nope")
