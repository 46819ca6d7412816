# SPDX-License-Identifier: Apache-2.0
"""The encoder API over the wire, on the fake and the fake motor that turns it."""
import asyncio

import pytest
from viam.components.encoder import Encoder
from viam.components.motor import Motor
from viam.proto.component.encoder import (EncoderServiceStub, GetPositionRequest,
                                          GetPropertiesRequest, ResetPositionRequest)

from harness import outcome, taking

TICKS, DEGREES = 1, 2


def motor(name, **attributes):
    return {"name": name, "api": "rdk:component:motor", "model": "fake", "attributes": attributes}


CONFIG = {"components": [
    {"name": "e", "api": "rdk:component:encoder", "model": "fake"},
    motor("m", encoder="e", ticks_per_rotation=100), motor("mistaken", encoder="m"),
    motor("tickless", encoder="e"), motor("wrong", encoder="m", ticks_per_rotation=100)]}


async def test_properties(server):
    async with server.machine() as machine:
        properties = await Encoder.from_robot(machine, "e").get_properties()
        assert properties.ticks_count_supported and not properties.angle_degrees_supported


async def test_units(server):
    async with server.machine() as machine:
        encoder = Encoder.from_robot(machine, "e")
        await encoder.reset_position()
        assert await encoder.get_position() == (0, TICKS)
        assert await encoder.get_position(TICKS, extra={"why": "test"}) == (0, TICKS)
        assert await outcome(encoder.get_position(DEGREES)) == (
            "UNKNOWN", 'encoder does not support "degrees"; use a different PositionType')


async def test_the_motor_turns_it(server):
    async with server.machine() as machine:
        encoder, turner = Encoder.from_robot(machine, "e"), Motor.from_robot(machine, "m")
        await encoder.reset_position()
        assert (await turner.get_properties()).position_reporting
        await turner.go_for(100, 0.25)
        assert await encoder.get_position() == (25, TICKS)
        assert await turner.get_position() == 0.25
        await turner.go_for(-100, 0.5)
        assert await turner.get_position() == -0.25
        await encoder.reset_position()
        assert await turner.get_position() == 0


async def test_go_to(server):
    """Takes the time of the way from where it is, whatever sign the speed has."""
    async with server.machine() as machine:
        turner = Motor.from_robot(machine, "m")
        await Encoder.from_robot(machine, "e").reset_position()
        for rpm, position, seconds in ((100, 0.5, 0.3), (-60, 0.25, 0.25), (-60, 0.5, 0.25)):
            with taking(seconds):
                await turner.go_to(rpm, position)
            assert await turner.get_position() == position
            assert await turner.is_powered() == (False, 0)
        assert await outcome(turner.go_to(100, 0.5)) == (
            "UNKNOWN", "Cannot move motor for 0 revolutions")
        assert await outcome(turner.go_to(0, 1)) == (
            "UNKNOWN", "Cannot move motor at an RPM that is nearly 0")


async def test_a_stop_leaves_it_where_the_move_began(server):
    async with server.machine() as machine:
        turner = Motor.from_robot(machine, "m")
        await Encoder.from_robot(machine, "e").reset_position()
        going = asyncio.create_task(turner.go_to(1, 100))
        while not await turner.is_moving():
            pass
        await turner.stop()
        await going
        assert await turner.get_position() == 0


async def test_zero_is_set_in_ticks(server):
    async with server.machine() as machine:
        turner = Motor.from_robot(machine, "m")
        await turner.reset_zero_position(5)
        assert await turner.get_position() == -0.05


@pytest.mark.parametrize("name, reason", [
    ("mistaken", 'need nonzero TicksPerRotation for encoded motor'),
    ("tickless", 'need nonzero TicksPerRotation for encoded motor'),
    ("wrong", "Resource missing from dependencies. Resource: rdk:component:encoder/m")])
async def test_motors_that_can_not_be(server, name, reason):
    async with server.machine() as machine:
        found = [status.error for status in (await machine.get_machine_status()).resources
                 if status.name.name == name]
    assert reason in found[0]


async def test_unknown_name(server):
    """Two methods have a text of their own."""
    async with server.channel() as channel:
        stub = EncoderServiceStub(channel)
        assert await outcome(stub.GetPosition(GetPositionRequest(name="nope"))) == (
            "UNKNOWN", "no node found with api rdk:component:encoder and name nope")
        for call in (stub.ResetPosition(ResetPositionRequest(name="nope")),
                     stub.GetProperties(GetPropertiesRequest(name="nope"))):
            assert await outcome(call) == ("UNKNOWN", "no encoder (nope) found")


async def test_what_every_component_has(server):
    async with server.machine() as machine:
        encoder = Encoder.from_robot(machine, "e")
        assert await encoder.get_status() == {}
        assert await outcome(encoder.do_command({})) == ("UNKNOWN", "DoCommand unimplemented")
