# SPDX-License-Identifier: Apache-2.0
"""The movement sensor API over the wire."""
import math

from viam.components.movement_sensor import MovementSensor
from viam.proto.common import (GeoPoint, GetGeometriesRequest, GetReadingsRequest,
                               GetStatusRequest, Orientation, Vector3)
from viam.proto.component.movementsensor import GetPositionRequest, MovementSensorServiceStub

from harness import outcome

CONFIG = {"components": [{"name": "m", "api": "rdk:component:movement_sensor", "model": "fake"}]}


async def test_where_and_how_fast(server):
    async with server.machine() as machine:
        sensor = MovementSensor.from_robot(machine, "m")
        assert await sensor.get_position() == (GeoPoint(latitude=40.7, longitude=-73.98), 50.5)
        assert await sensor.get_linear_velocity() == Vector3(y=5.4)
        assert await sensor.get_angular_velocity() == Vector3(z=1)
        assert await sensor.get_linear_acceleration() == Vector3(x=2.2, y=4.5, z=2)
        assert await sensor.get_compass_heading() == 25
        assert await sensor.get_orientation() == Orientation(o_z=1)


async def test_properties(server):
    async with server.machine() as machine:
        properties = await MovementSensor.from_robot(machine, "m").get_properties(extra={"a": 1})
    assert all(getattr(properties, field.name) for field in properties.proto.DESCRIPTOR.fields)


async def test_accuracy(server):
    async with server.machine() as machine:
        accuracy = await MovementSensor.from_robot(machine, "m").get_accuracy()
    assert accuracy.position_nmea_gga_fix == 4 and not accuracy.accuracy
    for name in ("position_hdop", "position_vdop", "compass_degrees_error"):
        assert accuracy.HasField(name) and math.isnan(getattr(accuracy, name))


async def test_readings_are_native_types(server):
    async with server.machine() as machine:
        readings = await MovementSensor.from_robot(machine, "m").get_readings()
    assert readings.pop("position") == GeoPoint(latitude=40.7, longitude=-73.98)
    assert readings.pop("linear_velocity") == Vector3(y=5.4)
    assert readings.pop("linear_acceleration") == Vector3(x=2.2, y=4.5, z=2)
    assert {"altitude", "angular_velocity", "compass", "orientation"} == set(readings)
    assert readings["altitude"] == 50.5 and readings["compass"] == 25


async def test_readings_on_the_wire(server):
    async with server.channel() as channel:
        stub = MovementSensorServiceStub(channel)
        reply = await stub.GetReadings(GetReadingsRequest(name="m"))
    types = {key: value.struct_value.fields["_type"].string_value
             for key, value in reply.readings.items() if value.HasField("struct_value")}
    assert types == {"position": "geopoint", "linear_velocity": "vector3",
                     "linear_acceleration": "vector3", "angular_velocity": "angular_velocity",
                     "orientation": "quat"}


async def test_common(server):
    async with server.machine() as machine:
        sensor = MovementSensor.from_robot(machine, "m")
        assert await sensor.do_command({"what": 1}) == {}
    async with server.channel() as channel:
        stub = MovementSensorServiceStub(channel)
        status = await stub.GetStatus(GetStatusRequest(name="m"))
        assert status.HasField("result") and not status.result.fields
        assert await outcome(stub.GetGeometries(GetGeometriesRequest(name="m"))) == (
            "UNIMPLEMENTED", "method GetGeometries not implemented")


async def test_is_no_sensor_by_its_name(server):
    async with server.channel() as channel:
        stub = MovementSensorServiceStub(channel)
        assert await outcome(stub.GetPosition(GetPositionRequest(name="nope"))) == (
            "UNKNOWN", "no node found with api rdk:component:movement_sensor and name nope")
