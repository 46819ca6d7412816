# SPDX-License-Identifier: Apache-2.0
"""The motor API over the wire, one call at a time; test_motion.py has what overlaps."""
import math

import pytest
from viam.components.motor import Motor
from viam.proto.common import DoCommandRequest, GetGeometriesRequest, GetStatusRequest
from viam.proto.component.motor import (GetPositionRequest, GetPropertiesRequest, GoForRequest,
                                        GoToRequest, IsMovingRequest, IsPoweredRequest,
                                        MotorServiceStub, ResetZeroPositionRequest,
                                        SetPowerRequest, SetRPMRequest, StopRequest)

from harness import outcome, taking

TOO_SLOW = ("UNKNOWN", "Cannot move motor at an RPM that is nearly 0")
NO_TURNS = ("UNKNOWN", "Cannot move motor for 0 revolutions")
NO_ENCODER = ("UNKNOWN", "encoder is not defined")


async def powered(stub):
    """(is_on, power, is_moving)"""
    power = await stub.IsPowered(IsPoweredRequest(name="m1"))
    moving = await stub.IsMoving(IsMovingRequest(name="m1"))
    return power.is_on, power.power_pct, moving.is_moving


@pytest.mark.parametrize("power", [0.5, 1, -0.3, 5, -7, 0.005, -0.005, math.inf, -math.inf])
async def test_set_power(server, power):
    """The fake takes any power, clamps nothing and calls itself on from 0.005."""
    async with server.machine() as machine:
        motor = Motor.from_robot(machine, "m1")
        await motor.set_power(power, extra={"why": "test"})
        assert await motor.is_powered() == (True, power)
        assert await motor.is_moving()


@pytest.mark.parametrize("power", [0, 0.004, -0.004])
async def test_set_power_too_small(server, power):
    async with server.channel() as channel:
        stub = MotorServiceStub(channel)
        await stub.SetPower(SetPowerRequest(name="m1", power_pct=power))
        assert await powered(stub) == (False, power, False)


async def test_set_power_nan(server):
    async with server.channel() as channel:
        stub = MotorServiceStub(channel)
        await stub.SetPower(SetPowerRequest(name="m1", power_pct=math.nan))
        on, power, moving = await powered(stub)
        assert (on, moving) == (False, False) and math.isnan(power)


async def test_stop(server):
    async with server.machine() as machine:
        motor = Motor.from_robot(machine, "m1")
        await motor.set_power(0.5)
        await motor.stop()
        assert await motor.is_powered() == (False, 0)
        assert not await motor.is_moving()
        await motor.stop()


@pytest.mark.parametrize("rpm, power", [(50, 0.5), (-50, -0.5), (100, 1), (150, 1.5), (1, 0.01)])
async def test_set_rpm(server, rpm, power):
    """Power is the share of max_rpm, 100 unless configured; above it only a warning is logged."""
    async with server.machine() as machine:
        motor = Motor.from_robot(machine, "m1")
        await motor.set_rpm(rpm)
        assert await motor.is_powered() == (True, power)


async def test_set_rpm_refuses_zero_only(server):
    async with server.channel() as channel:
        stub = MotorServiceStub(channel)
        assert await outcome(stub.SetRPM(SetRPMRequest(name="m1"))) == TOO_SLOW
        await stub.SetRPM(SetRPMRequest(name="m1", rpm=1e-12))
        assert await powered(stub) == (False, 1e-14, False)


@pytest.mark.parametrize("rpm, revolutions, seconds", [
    (60, 0.2, 0.2), (-60, 0.2, 0.2), (60, -0.2, 0.2), (-60, -0.2, 0.2),
    (600, 0.5, 0.3),  # never faster than max_rpm
    (60, 1e-9, 0),
])
async def test_go_for(server, rpm, revolutions, seconds):
    """Completes when the turns are done, with the motor off."""
    async with server.channel() as channel:
        stub = MotorServiceStub(channel)
        with taking(seconds):
            await stub.GoFor(GoForRequest(name="m1", rpm=rpm, revolutions=revolutions))
        assert await powered(stub) == (False, 0, False)


async def test_go_for_refusals(server):
    async with server.channel() as channel:
        stub = MotorServiceStub(channel)
        assert await outcome(stub.GoFor(GoForRequest(name="m1", revolutions=1))) == TOO_SLOW
        assert await outcome(stub.GoFor(GoForRequest(name="m1"))) == TOO_SLOW
        assert await outcome(stub.GoFor(GoForRequest(name="m1", rpm=60))) == NO_TURNS


@pytest.mark.parametrize("rpm, revolutions", [(math.nan, 1), (60, math.nan)])
async def test_go_for_nan_ends_at_once(server, rpm, revolutions):
    async with server.channel() as channel:
        stub = MotorServiceStub(channel)
        with taking(0):
            await stub.GoFor(GoForRequest(name="m1", rpm=rpm, revolutions=revolutions))
        assert (await powered(stub))[2] is False


async def test_without_an_encoder(server):
    """No position to report, to go to or to reset; the encoder is asked for before the speed."""
    async with server.channel() as channel:
        stub = MotorServiceStub(channel)
        properties = await stub.GetProperties(GetPropertiesRequest(name="m1"))
        assert properties.position_reporting is False
        for call in (stub.GetPosition(GetPositionRequest(name="m1")),
                     stub.GoTo(GoToRequest(name="m1", rpm=60, position_revolutions=1)),
                     stub.GoTo(GoToRequest(name="m1")),
                     stub.ResetZeroPosition(ResetZeroPositionRequest(name="m1", offset=1))):
            assert await outcome(call) == NO_ENCODER


async def test_what_the_fake_lacks(server):
    async with server.channel() as channel:
        stub = MotorServiceStub(channel)
        assert await outcome(stub.DoCommand(DoCommandRequest(name="m1"))) == (
            "UNKNOWN", "DoCommand unimplemented")
        # not even looked up
        for name in ("m1", "nope"):
            assert await outcome(stub.GetGeometries(GetGeometriesRequest(name=name))) == (
                "UNIMPLEMENTED", "method GetGeometries not implemented")
        status = await stub.GetStatus(GetStatusRequest(name="m1"))
        assert status.HasField("result") and not status.result.fields


@pytest.mark.parametrize("method, request_type", [
    ("SetPower", SetPowerRequest), ("GoFor", GoForRequest), ("GoTo", GoToRequest),
    ("SetRPM", SetRPMRequest), ("ResetZeroPosition", ResetZeroPositionRequest),
    ("GetPosition", GetPositionRequest), ("GetProperties", GetPropertiesRequest),
    ("Stop", StopRequest), ("IsPowered", IsPoweredRequest), ("IsMoving", IsMovingRequest),
    ("DoCommand", DoCommandRequest), ("GetStatus", GetStatusRequest)])
@pytest.mark.parametrize("name", ["nope", "s1", "", "a%b\n\tü", "remote:m1"])
async def test_unknown_name(server, method, request_type, name):
    """Every method looks its resource up by API and name; the text survives percent-encoding."""
    async with server.channel() as channel:
        call = getattr(MotorServiceStub(channel), method)
        assert await outcome(call(request_type(name=name))) == (
            "UNKNOWN", f"no node found with api rdk:component:motor and name {name}")
