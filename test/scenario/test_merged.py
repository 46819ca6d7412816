# SPDX-License-Identifier: Apache-2.0
"""Movement sensors made of others."""
from viam.components.movement_sensor import MovementSensor
from viam.proto.common import GeoPoint, GetReadingsRequest, Vector3
from viam.proto.component.movementsensor import (
    GetAccuracyRequest, GetAngularVelocityRequest, GetCompassHeadingRequest,
    GetLinearAccelerationRequest, GetLinearVelocityRequest, GetOrientationRequest,
    GetPositionRequest, MovementSensorServiceStub)

from harness import outcome


def merged(name, **attributes):
    return {"name": name, "api": "rdk:component:movement_sensor", "model": "merged",
            "attributes": attributes}


CONFIG = {"components": [
    {"name": "whole", "api": "rdk:component:movement_sensor", "model": "fake"},
    merged("none"),
    merged("place", position=["whole"]),
    merged("second", position=["none", "place", "whole"]),
    merged("rest", compass_heading=["whole"], orientation=["whole"], linear_velocity=["whole"],
           angular_velocity=["whole"], linear_acceleration=["whole"]),
    merged("deaf", orientation=["none", "place"], linear_velocity=["whole"]),
    merged("lost", orientation=["nobody", "whole"]),
]}


async def test_the_first_that_can_tell(server):
    async with server.machine() as machine:
        for name in ("place", "second"):
            sensor = MovementSensor.from_robot(machine, name)
            position = GeoPoint(latitude=40.7, longitude=-73.98)
            assert await sensor.get_position() == (position, 50.5)
            assert await sensor.get_readings() == {"position": position, "altitude": 50.5}
            properties = await sensor.get_properties()
            assert properties.position_supported and not properties.orientation_supported
            assert (await sensor.get_accuracy()).position_nmea_gga_fix == 4


async def test_all_the_rest(server):
    async with server.machine() as machine:
        sensor = MovementSensor.from_robot(machine, "rest")
        assert await sensor.get_compass_heading() == 25
        assert (await sensor.get_orientation()).o_z == 1
        assert await sensor.get_linear_velocity() == Vector3(y=5.4)
        assert await sensor.get_angular_velocity() == Vector3(z=1)
        assert await sensor.get_linear_acceleration() == Vector3(x=2.2, y=4.5, z=2)
        assert (await sensor.get_accuracy()).position_nmea_gga_fix == -1
    async with server.channel() as channel:
        reply = await MovementSensorServiceStub(channel).GetReadings(
            GetReadingsRequest(name="rest"))
    assert set(reply.readings) == {"compass", "orientation", "linear_velocity",
                                   "angular_velocity", "linear_acceleration"}
    orientation = reply.readings["orientation"].struct_value.fields
    assert orientation["_type"].string_value == "quat"


async def test_what_no_list_is_for(server):
    async with server.channel() as channel:
        stub = MovementSensorServiceStub(channel)
        for method, request, text in (
                (stub.GetPosition, GetPositionRequest, "Position Unimplemented"),
                (stub.GetLinearVelocity, GetLinearVelocityRequest, "LinearVelocity Unimplemented"),
                (stub.GetAngularVelocity, GetAngularVelocityRequest,
                 "AngularVelocity Unimplemented"),
                (stub.GetLinearAcceleration, GetLinearAccelerationRequest,
                 "linear acceleration unimplemented"),
                (stub.GetCompassHeading, GetCompassHeadingRequest,
                 "CompassHeading Unimplemented"),
                (stub.GetOrientation, GetOrientationRequest, "Orientation Unimplemented")):
            assert await outcome(method(request(name="none"))) == ("UNKNOWN", text)
        assert not (await stub.GetReadings(GetReadingsRequest(name="none"))).readings
        accuracy = await stub.GetAccuracy(GetAccuracyRequest(name="none"))
        assert accuracy.position_nmea_gga_fix == -1


async def test_lists_that_can_not_be_used(server):
    async with server.channel() as channel:
        stub = MovementSensorServiceStub(channel)
        start = "resource rdk:component:movement_sensor/{} not available; reason=" \
            "resource build error: "
        assert await outcome(stub.GetPosition(GetPositionRequest(name="deaf"))) == (
            "UNKNOWN", start.format("deaf") +
            'orientation not supported by any sensor in list []string{"none", "place"}')
        assert await outcome(stub.GetPosition(GetPositionRequest(name="lost"))) == (
            "UNKNOWN", start.format("lost") + "resource has unresolved dependencies not found in "
            "machine config or connected remotes: [nobody]")
