# SPDX-License-Identifier: Apache-2.0
"""A servo on a pin, seen from the board's side."""
import math

import pytest
from viam.components.board import Board
from viam.components.servo import Servo
from viam.proto.component.servo import GetPositionRequest, ServoServiceStub

from harness import outcome


def servo(name, **attributes):
    return {"name": name, "api": "rdk:component:servo", "model": "gpio",
            "attributes": {"board": "b", "pin": name, **attributes}}


CONFIG = {"components": [
    {"name": "b", "api": "rdk:component:board", "model": "fake"},
    servo("plain"), servo("narrow", min_angle_deg=10, max_angle_deg=170, starting_position_deg=90,
                          frequency_hz=50), servo("fast", frequency_hz=450),
    servo("odd", min_width_us=1000, max_width_us=2000, max_angle_deg=270, frequency_hz=333),
    servo("part", starting_position_deg=33.9),
    servo("few", min_width_us=499), servo("many", max_width_us=2501),
    servo("below", min_angle_deg=-1), servo("outside", starting_position_deg=181),
    servo("zero", starting_position_deg=0, min_angle_deg=10),
    servo("slow", frequency_hz=49), servo("pinless", pin=""), servo("boardless", board=""),
    servo("mistaken", board="plain"), servo("flat", max_angle_deg=0)]}


async def duty(machine, name):
    pin = await Board.from_robot(machine, "b").gpio_pin_by_name(name)
    return await pin.get_pwm()


def steps(width_us, hz):
    """What a resolution of 16 bits makes of the duty."""
    return math.floor(width_us * hz / 1e6 * 65535 + 0.5) / 65535


@pytest.mark.parametrize("name, hz, angle, width", [
    ("plain", 300, 0, 500), ("narrow", 50, 90, 1500), ("fast", 392, 0, 500),
    ("odd", 333, 0, 1000), ("part", 300, 33, 500 + 33 * 2000 / 180)])
async def test_starts(start, name, hz, angle, width):
    """At its first angle, with the frequency asked for as far as it leaves room for the pulses."""
    async with start(CONFIG).machine() as machine:
        pin = await Board.from_robot(machine, "b").gpio_pin_by_name(name)
        assert await pin.get_pwm_frequency() == hz
        assert await pin.get_pwm() == pytest.approx(steps(width, hz), abs=1e-12)
        assert await Servo.from_robot(machine, name).get_position() == angle


@pytest.mark.parametrize("name, hz, asked, angle, width", [
    ("plain", 300, 45, 45, 1000), ("plain", 300, 180, 180, 2500), ("plain", 300, 1000, 180, 2500),
    ("plain", 300, 91, 91, 500 + 91 * 2000 / 180), ("narrow", 50, 0, 10, 500),
    ("narrow", 50, 4294967295, 170, 2500), ("fast", 392, 90, 90, 1500),
    ("odd", 333, 135, 135, 1500)])
async def test_pulses_are_the_angle(server, name, hz, asked, angle, width):
    async with server.machine() as machine:
        moved = Servo.from_robot(machine, name)
        await moved.move(asked)
        assert await duty(machine, name) == pytest.approx(steps(width, hz), abs=1e-12)
        assert await moved.get_position() == angle
        assert not await moved.is_moving()


async def test_stop_ends_the_pulses(server):
    async with server.machine() as machine:
        moved = Servo.from_robot(machine, "plain")
        await moved.move(60)
        await moved.stop()
        assert await duty(machine, "plain") == 0
        assert await moved.get_position() == 60


@pytest.mark.differs("asking the real server's servo where it is starts the pulses again")
async def test_asking_moves_nothing(server):
    async with server.machine() as machine:
        moved = Servo.from_robot(machine, "plain")
        await moved.move(60)
        await moved.stop()
        await moved.get_position()
        assert await duty(machine, "plain") == 0


@pytest.mark.differs("the real server says an address for the frequency")
async def test_frequency_out_of_range(server):
    async with server.channel() as channel:
        call = ServoServiceStub(channel).GetPosition(GetPositionRequest(name="slow"))
        assert (await outcome(call))[1].endswith(
            "PWM frequencies should not be above 450Hz or below 50Hz, have 49Hz")


@pytest.mark.parametrize("name, reason", [
    ("few", "min_width_us cannot be lower than 500"),
    ("many", "max_width_us cannot be higher than 2500"),
    ("below", "min_angle_deg cannot be lower than 0"),
    ("outside", "starting_position_deg should be between minimum (0.0) and maximum (180.0) "
     "positions"),
    ("zero", "starting_position_deg should be between minimum (10.0) and maximum (180.0) "
     "positions"),
    ("pinless", 'Field: "pin"'), ("boardless", 'Field: "board"'),
    ("mistaken", "board doesn't exist: Resource missing from dependencies. Resource: "
     "rdk:component:board/plain"),
    ("flat", "failed to guess the pwm resolution: giving up searching for the resolution tried "
     "to match NaN but got NaN")])
async def test_servos_that_can_not_be(server, name, reason):
    async with server.channel() as channel:
        call = ServoServiceStub(channel).GetPosition(GetPositionRequest(name=name))
        status, text = await outcome(call)
    assert status == "UNKNOWN" and text.endswith(reason)
