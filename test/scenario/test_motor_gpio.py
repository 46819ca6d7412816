# SPDX-License-Identifier: Apache-2.0
"""Motors and encoders on the pins of a fake board: what they set, and what they refuse."""
import asyncio
import math

import pytest
from viam.components.board import Board
from viam.components.encoder import Encoder
from viam.components.motor import Motor
from viam.proto.component.encoder import EncoderServiceStub
from viam.proto.component.encoder import GetPositionRequest as GetTicksRequest
from viam.proto.component.motor import (GoForRequest, GoToRequest, MotorServiceStub,
                                        ResetZeroPositionRequest, SetPowerRequest, SetRPMRequest)

import harness
from harness import eventually, outcome, statuses, taking

TOO_SLOW = ("UNKNOWN", "Cannot move motor at an RPM that is nearly 0")
NO_TURNS = ("UNKNOWN", "Cannot move motor for 0 revolutions")
BOARD = {"name": "b", "api": "rdk:component:board", "model": "fake",
         "attributes": {"digital_interrupts": [{"name": "i1", "pin": "3"},
                                               {"name": "i2", "pin": "4"}]}}


def motor(name, model, **attributes):
    return {"name": name, "api": "rdk:component:motor", "model": model,
            "attributes": {"board": "b", **attributes}}


def encoder(name, model, **attributes):
    return {"name": name, "api": "rdk:component:encoder", "model": model,
            "attributes": {"board": "b", **attributes}}


def pins(prefix, *names):
    return {name: f"{prefix}-{name}" for name in names}


WITH_ENCODER = {"encoder": "quad", "ticks_per_rotation": 100, "max_rpm": 100}
CONFIG = {"components": [
    BOARD,
    motor("abp", "gpio", pins=pins("abp", "a", "b", "pwm"), max_rpm=100),
    motor("ab", "gpio", pins=pins("ab", "a", "b"), max_rpm=100),
    motor("dp", "gpio", pins=pins("dp", "dir", "pwm", "en_high", "en_low"), max_rpm=100,
          pwm_freq=1234),
    motor("flip", "gpio", pins=pins("flip", "a", "b", "pwm"), max_rpm=100, dir_flip=True,
          min_power_pct=0.3, max_power_pct=0.6),
    motor("ramp", "gpio", pins=pins("ramp", "a", "b", "pwm"), **WITH_ENCODER),
    motor("pid", "gpio", pins=pins("pid", "a", "b", "pwm"), **WITH_ENCODER,
          control_parameters={"p": 0.1, "i": 0.2, "d": 0}),
    motor("step", "gpiostepper", pins=pins("step", "step", "dir", "en_high", "en_low"),
          ticks_per_rotation=200, max_rpm=100),
    motor("delay", "gpiostepper", pins=pins("delay", "step", "dir"), ticks_per_rotation=200,
          microsteps=2, stepper_delay_usec=1000),
    motor("bare", "gpiostepper", pins=pins("bare", "step", "dir"), ticks_per_rotation=200),
    encoder("quad", "incremental", pins={"a": "i1", "b": "i2"}),
    encoder("one", "single", pins={"i": "i1"}),
]}
DRIVERS = ["abp", "ab", "dp", "flip", "ramp", "pid", "step", "delay", "bare"]


async def levels(machine, prefix, *names):
    """(high, duty, frequency) of each pin."""
    board = Board.from_robot(machine, "b")
    seen = []
    for name in names:
        pin = await board.gpio_pin_by_name(f"{prefix}-{name}")
        seen.append((await pin.get(), pytest.approx(await pin.get_pwm()),
                     await pin.get_pwm_frequency()))
    return seen


HIGH, LOW = (True, 0, 0), (False, 0, 0)


def pwm(duty, frequency=800):
    return (False, duty, frequency)


@pytest.mark.parametrize("name, names, power, expected", [
    ("abp", ["a", "b", "pwm"], 0.5, [HIGH, LOW, pwm(0.5)]),
    ("abp", ["a", "b", "pwm"], -0.3, [LOW, HIGH, pwm(0.3)]),
    ("abp", ["a", "b", "pwm"], 5, [HIGH, LOW, pwm(1)]),
    ("abp", ["a", "b", "pwm"], -math.inf, [LOW, HIGH, pwm(1)]),
    ("abp", ["a", "b", "pwm"], 0.011, [HIGH, LOW, pwm(0.011)]),
    ("abp", ["a", "b", "pwm"], 0.01, [LOW, LOW, LOW]),
    ("ab", ["a", "b"], 0.5, [HIGH, pwm(0.5)]),
    ("ab", ["a", "b"], -0.3, [pwm(0.7), HIGH]),
    ("dp", ["dir", "pwm", "en_high", "en_low"], 0.5, [HIGH, pwm(0.5, 1234), HIGH, LOW]),
    ("dp", ["dir", "pwm", "en_high", "en_low"], -0.5, [LOW, pwm(0.5, 1234), HIGH, LOW]),
    ("dp", ["pwm", "en_high", "en_low"], 0, [LOW, LOW, HIGH]),
    ("flip", ["a", "b", "pwm"], 0.5, [LOW, HIGH, pwm(0.5)]),
    ("flip", ["a", "b", "pwm"], 0.02, [LOW, HIGH, pwm(0.3)]),
    ("flip", ["a", "b", "pwm"], -1, [HIGH, LOW, pwm(0.6)]),
    ("ramp", ["a", "b", "pwm"], 0.5, [HIGH, LOW, pwm(0.5)]),
    ("pid", ["a", "b", "pwm"], -0.5, [LOW, HIGH, pwm(0.5)]),
])
async def test_power_on_pins(server, name, names, power, expected):
    async with server.machine() as machine:
        subject = Motor.from_robot(machine, name)
        await subject.set_power(power)
        assert await levels(machine, name, *names) == expected
        assert (await subject.is_powered())[0] == (abs(power) > 0.01)
        await subject.stop()
        assert await levels(machine, name, names[-1] if name != "dp" else "pwm") == [LOW]
        assert await subject.is_powered() == (False, 0)
        assert not await subject.is_moving()


@pytest.mark.differs("the real server drives with a duty that is no number")
@pytest.mark.parametrize("name", DRIVERS[:-1])
async def test_nan_is_off(server, name):
    async with server.channel() as channel, server.machine() as machine:
        stub, subject = MotorServiceStub(channel), Motor.from_robot(machine, name)
        await subject.set_power(0.5)
        await stub.SetPower(SetPowerRequest(name=name, power_pct=math.nan))
        assert await subject.is_powered() == (False, 0)
        for call in (stub.SetRPM(SetRPMRequest(name=name, rpm=math.nan)),
                     stub.GoFor(GoForRequest(name=name, rpm=math.nan, revolutions=1)),
                     stub.GoFor(GoForRequest(name=name, rpm=10, revolutions=math.nan))):
            assert (await outcome(call))[0] == "OK"
            assert await subject.is_powered() == (False, 0)


@pytest.mark.parametrize("name", ["abp", "ab", "dp"])
@pytest.mark.parametrize("rpm, revolutions", [(100, 0.5), (-1000, 0.5), (50, -0.25)])
async def test_go_for_by_time(server, name, rpm, revolutions):
    async with server.machine() as machine:
        subject = Motor.from_robot(machine, name)
        with taking(0.3):
            await subject.go_for(rpm, revolutions)
        assert await subject.is_powered() == (False, 0)


@pytest.mark.parametrize("name", ["abp", "ramp", "pid", "step", "delay"])
async def test_refusals(server, name):
    async with server.channel() as channel:
        stub = MotorServiceStub(channel)
        go = GoForRequest
        assert await outcome(stub.GoFor(go(name=name, rpm=0, revolutions=1))) == TOO_SLOW
        assert await outcome(stub.GoFor(go(name=name, rpm=0.09, revolutions=1))) == TOO_SLOW
        assert await outcome(stub.GoFor(go(name=name, rpm=10, revolutions=0))) == NO_TURNS
        if name in ("abp", "ramp", "pid"):
            assert await outcome(stub.SetRPM(SetRPMRequest(name=name, rpm=0.05))) == TOO_SLOW
        if name != "abp":
            assert await outcome(stub.GoTo(
                GoToRequest(name=name, rpm=0, position_revolutions=9))) == TOO_SLOW


async def test_without_encoder(server):
    async with server.channel() as channel, server.machine() as machine:
        stub, subject = MotorServiceStub(channel), Motor.from_robot(machine, "abp")
        assert not (await subject.get_properties()).position_reporting
        assert await subject.get_position() == 0
        assert await outcome(stub.GoTo(GoToRequest(name="abp", rpm=10))) == (
            "UNKNOWN", "motor with name abp does not support GoTo")
        assert await outcome(stub.ResetZeroPosition(ResetZeroPositionRequest(name="abp"))) == (
            "UNKNOWN", "motor with name abp does not support ResetZeroPosition")


@pytest.mark.parametrize("name, answer", [
    ("abp", "OK"), ("ab", "OK"), ("ramp", "OK"), ("pid", "OK"), ("step", "UNKNOWN"),
    ("delay", "UNKNOWN")])
@pytest.mark.parametrize("how", ["stop", "power"])
async def test_a_move_can_be_ended(server, name, answer, how):
    """Stop and whatever comes later beat a GoFor, which then ends; so upstream's models say."""
    async with server.channel() as channel, server.machine() as machine:
        stub, subject = MotorServiceStub(channel), Motor.from_robot(machine, name)
        going = asyncio.ensure_future(outcome(
            stub.GoFor(GoForRequest(name=name, rpm=20, revolutions=100))))
        await eventually(subject.is_moving)
        await (subject.stop() if how == "stop" else subject.set_power(0))
        code, text = await asyncio.wait_for(going, harness.PATIENCE)
        assert code == answer
        if code != "OK":
            assert text == "trackPosition: context cancelled"
        assert await subject.is_powered() == (False, 0)


async def test_ramp(server):
    """Power follows in steps of 0.05 every 50 ms as long as the encoder doesn't see enough."""
    async with server.machine() as machine:
        subject = Motor.from_robot(machine, "ramp")
        await subject.set_rpm(-50)
        seen = []

        async def full():
            seen.append((await subject.is_powered())[1])
            return seen[-1] == -1
        await eventually(full)
        assert seen[0] <= -0.2 and seen == sorted(seen, reverse=True)
        for power in seen:
            assert power * 20 == pytest.approx(round(power * 20))
        assert await levels(machine, "ramp", "a", "b", "pwm") == [LOW, HIGH, pwm(1)]
        await subject.stop()
        await subject.reset_zero_position(0.2)
        assert await subject.get_position() == pytest.approx(-0.2, abs=0.05)


async def test_pid(server):
    """The gains mean what they mean upstream: 1/255 of the power per tick a second."""
    async with server.machine() as machine:
        subject = Motor.from_robot(machine, "pid")

        async def strong():
            return (await subject.is_powered())[1] > 0.1
        with taking(0.2):
            await subject.set_rpm(50)
            await eventually(strong)
        await subject.stop()
        assert await subject.is_powered() == (False, 0)
        assert await subject.do_command({"get_tuned_pid": True}) == {"get_tuned_pid": ""}


async def test_stepper(server):
    async with server.machine() as machine:
        subject = Motor.from_robot(machine, "step")
        assert (await subject.get_properties()).position_reporting
        await subject.reset_zero_position(1)
        assert await subject.get_position() == -1
        with taking(0.25):
            await subject.go_for(100, 0.5)
        assert await subject.get_position() == -0.5
        await subject.go_for(-1000, 0.5)
        assert await subject.get_position() == -1
        await subject.go_to(-100, 0)
        assert await subject.get_position() == 0
        await subject.go_to(0, 0.05)  # near enough
        await subject.set_rpm(50)
        assert await subject.is_powered() == (True, 1)
        assert await levels(machine, "step", "step", "dir", "en_high", "en_low") == [
            pwm(0.5, 167), HIGH, HIGH, LOW]
        await subject.set_power(-0.3)
        assert await levels(machine, "step", "step", "dir") == [pwm(0.5, 100), LOW]
        await subject.set_rpm(0)
        assert await levels(machine, "step", "step", "en_high", "en_low") == [
            pwm(0, 100), LOW, HIGH]
        assert await subject.is_powered() == (False, 0)


async def test_stepper_speeds(server):
    async with server.channel() as channel, server.machine() as machine:
        delay = Motor.from_robot(machine, "delay")
        for power, frequency in ((0.5, 500), (5, 5000)):
            await delay.set_power(power)
            assert await levels(machine, "delay", "step") == [pwm(0.5, frequency)]
        await delay.set_rpm(-500)
        assert await levels(machine, "delay", "step") == [pwm(0.5, 1000)]
        await delay.stop()
        assert await outcome(MotorServiceStub(channel).SetPower(
            SetPowerRequest(name="bare", power_pct=0.5))) == (
                "UNKNOWN", "if you want to set the power, set 'stepper_delay_usec' in the motor "
                           "config at the minimum time delay between pulses for your stepper "
                           "motor (bare)")


async def test_encoders(server):
    async with server.channel() as channel, server.machine() as machine:
        stub = EncoderServiceStub(channel)
        for name in ("quad", "one"):
            subject = Encoder.from_robot(machine, name)
            properties = await subject.get_properties()
            assert properties.ticks_count_supported and not properties.angle_degrees_supported
            assert await outcome(stub.GetPosition(GetTicksRequest(name=name, position_type=2))) == (
                "UNKNOWN", 'encoder does not support "degrees"; use a different PositionType')

            async def is_reset():
                """Soon afterwards it ticks again."""
                await subject.reset_position()
                return abs((await subject.get_position())[0]) <= 1
            await eventually(is_reset)
        assert await Encoder.from_robot(machine, "one").do_command({"x": 1}) == {}

        async def ticked():
            return (await Encoder.from_robot(machine, "one").get_position())[0] >= 2
        await eventually(ticked)


def missing(field):
    return ("resource config validation error: Error validating, missing required field. Path: "
            f'"components.1" Field: "{field}"')


def invalid(text):
    return f'resource config validation error: Error validating. Path: "components.1" Error: {text}'


@pytest.mark.parametrize("component, error", [
    (motor("x", "gpio", pins={"a": "a"}, max_rpm=1),
     invalid("motor pin config has specified pin A but not pin B")),
    (motor("x", "gpio", pins={"b": "a"}, max_rpm=1),
     invalid("motor pin config has specified pin B but not pin A")),
    (motor("x", "gpio", pins={"dir": "a"}, max_rpm=1),
     invalid("motor pin config has direction pin but needs PWM pin")),
    (motor("x", "gpio", pins={"pwm": "a"}, max_rpm=1), invalid(
        "motor pin config has PWM pin but needs either a direction pin, or A and B pins")),
    (motor("x", "gpio", max_rpm=1), invalid(
        "motor pin config devoid of pin definitions (A, B, Direction, PWM are all missing)")),
    (motor("x", "gpio", board="", pins=pins("x", "a", "b"), max_rpm=1), missing("board")),
    (motor("x", "gpio", pins=pins("x", "a", "b"), max_rpm=-5), missing("max_rpm")),
    (motor("x", "gpio", pins=pins("x", "a", "b"), max_rpm=1, max_power_pct=0.01),
     "resource build error: max_power_pct must be between 0.06 and 1.0"),
    (motor("x", "gpio", pins=pins("x", "a", "b"), encoder="e"),
     invalid("ticks_per_rotation should be positive or zero")),
    (motor("x", "gpiostepper", pins={"step": "s"}, ticks_per_rotation=1), missing("dir")),
    (motor("x", "gpiostepper", pins={"dir": "s"}, ticks_per_rotation=1), missing("step")),
    (motor("x", "gpiostepper", pins=pins("x", "step", "dir")), missing("ticks_per_rotation")),
    (motor("x", "gpiostepper", pins=pins("x", "step", "dir"), ticks_per_rotation=1, max_rpm=-1),
     invalid("max_rpm must be >= 0")),
    (motor("x", "gpiostepper", pins=pins("x", "step", "dir"), ticks_per_rotation=1, microsteps=-1),
     invalid("microsteps must be >= 0 (0 defaults to 1)")),
    (encoder("x", "incremental"),
     "resource config validation error: expected nonempty string for a"),
    (encoder("x", "incremental", pins={"a": "i1"}),
     "resource config validation error: expected nonempty string for b"),
    (encoder("x", "incremental", board="", pins={"a": "i1", "b": "i2"}),
     "resource config validation error: expected nonempty board"),
    (encoder("x", "incremental", pins={"a": "i1", "b": "zz"}),
     "resource build error: cannot find pin (zz) for incremental Encoder; "
     "cant find DigitalInterrupt (zz)"),
    (encoder("x", "single"), missing("i")),
    (encoder("x", "single", pins={"i": "zz"}),
     "resource build error: cannot find pin (zz) for Encoder; cant find DigitalInterrupt (zz)"),
])
async def test_wrong_attributes(start, component, error):
    server = start({"components": [BOARD, component]})
    assert (await statuses(server))["x"].error == error
