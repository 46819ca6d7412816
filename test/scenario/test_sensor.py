# SPDX-License-Identifier: Apache-2.0
"""The sensor API over the wire."""
from viam.components.sensor import Sensor
from viam.proto.common import (DoCommandRequest, GetGeometriesRequest, GetReadingsRequest,
                               GetStatusRequest)
from viam.proto.component.sensor import SensorServiceStub

from harness import outcome


async def test_readings(server):
    async with server.machine() as machine:
        readings = await Sensor.from_robot(machine, "s1").get_readings()
    assert readings == {"a": 1, "b": 2, "c": 3}


async def test_readings_take_extra(server):
    async with server.machine() as machine:
        extra = {"deep": {"list": [1, None, "x", True, {}]}}
        readings = await Sensor.from_robot(machine, "s1").get_readings(extra=extra)
    assert readings == {"a": 1, "b": 2, "c": 3}


async def test_what_the_fake_lacks(server):
    async with server.channel() as channel:
        stub = SensorServiceStub(channel)
        assert await outcome(stub.DoCommand(DoCommandRequest(name="s1"))) == (
            "UNKNOWN", "DoCommand unimplemented")
        assert await outcome(stub.GetGeometries(GetGeometriesRequest(name="s1"))) == (
            "UNIMPLEMENTED", "method GetGeometries not implemented")
        status = await stub.GetStatus(GetStatusRequest(name="s1"))
        assert status.HasField("result") and not status.result.fields


async def test_unknown_name(server):
    async with server.channel() as channel:
        stub = SensorServiceStub(channel)
        for name in ("nope", "m1", "", "s1 ", "S1", "remote:s1"):
            assert await outcome(stub.GetReadings(GetReadingsRequest(name=name))) == (
                "UNKNOWN", f"no node found with api rdk:component:sensor and name {name}")
