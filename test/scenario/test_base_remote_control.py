# SPDX-License-Identifier: Apache-2.0
"""A base driven by a gamepad: events in, the motors' power out."""
import json
import time

import pytest
from viam.components.base import Base
from viam.components.input import Control, Controller, Event, EventType
from viam.components.motor import Motor
from viam.proto.robot import ResourceStatus

from harness import eventually, statuses

MOVE, PRESS, RELEASE = (EventType.POSITION_CHANGE_ABSOLUTE, EventType.BUTTON_PRESS,
                        EventType.BUTTON_RELEASE)


def component(api, name, model="fake", **attributes):
    return {"name": name, "api": f"rdk:component:{api}", "model": model, "attributes": attributes}


def remote(name="rc", **attributes):
    return {"name": name, "api": "rdk:service:base_remote_control", "model": "builtin",
            "attributes": {"base": "base", "input_controller": "pad", **attributes}}


def machine_of(*services, **motor):
    return {"components": [
        component("motor", "left", **motor), component("motor", "right", **motor),
        component("base", "base", "wheeled", width_mm=100, wheel_circumference_mm=100,
                  left=["left"], right=["right"]),
        component("input_controller", "pad", "webgamepad")], "services": list(services)}


async def ready(server, name="rc"):
    async def is_ready():
        return (await statuses(server))[name].state == ResourceStatus.STATE_READY
    await eventually(is_ready)


class Drive:
    def __init__(self, machine):
        self.pad = Controller.from_robot(machine, "pad")
        self.motors = [Motor.from_robot(machine, name) for name in ("left", "right")]

    async def event(self, kind, control, value):
        await self.pad.trigger_event(Event(time.time(), kind, control, value))

    async def powers(self):
        return [(await motor.is_powered())[1] for motor in self.motors]

    async def expect(self, left, right):
        async def is_so():
            return await self.powers() == pytest.approx([left, right], abs=1e-6)
        await eventually(is_so)


MODES = {
    None: [
        (MOVE, Control.ABSOLUTE_HAT0_Y, -1, 1, 1), (MOVE, Control.ABSOLUTE_HAT0_X, 1, 1, 0),
        (MOVE, Control.ABSOLUTE_HAT0_Y, 0, 1, -1), (MOVE, Control.ABSOLUTE_HAT0_X, 0, 0, 0)],
    "joystickControl": [
        (MOVE, Control.ABSOLUTE_Y, 0.28, -0.3, -0.3), (MOVE, Control.ABSOLUTE_Y, 0.31, -0.4, -0.4),
        (MOVE, Control.ABSOLUTE_Y, 0.5, -0.5, -0.5), (MOVE, Control.ABSOLUTE_Y, 0.27, 0, 0),
        (MOVE, Control.ABSOLUTE_Y, -0.55, 0.6, 0.6), (MOVE, Control.ABSOLUTE_Y, -1, 1, 1),
        (MOVE, Control.ABSOLUTE_X, 0.5, 1, 0.5), (MOVE, Control.ABSOLUTE_Y, 0, 0.5, -0.5),
        (MOVE, Control.ABSOLUTE_X, 0.1, 0, 0)],
    "triggerSpeedControl": [
        *[(MOVE, Control.ABSOLUTE_RZ, 1, 0, 0)] * 2, (MOVE, Control.ABSOLUTE_RZ, 1, 0.15, 0.15),
        (MOVE, Control.ABSOLUTE_X, 0.6, -0.45, 0.75), (MOVE, Control.ABSOLUTE_X, 0, 0.15, 0.15),
        (MOVE, Control.ABSOLUTE_Z, 1, 0.15, 0.15), (MOVE, Control.ABSOLUTE_X, 1, -0.9, 1)],
    "buttonControl": [
        (PRESS, Control.BUTTON_NORTH, 1, 1, 1), (PRESS, Control.BUTTON_EAST, 1, 1, 0),
        (RELEASE, Control.BUTTON_NORTH, 0, 1, -1), (RELEASE, Control.BUTTON_EAST, 0, 0, 0),
        (PRESS, Control.BUTTON_SOUTH, 1, -1, -1), (RELEASE, Control.BUTTON_SOUTH, 0, 0, 0),
        (PRESS, Control.BUTTON_WEST, 1, -1, 1), (RELEASE, Control.BUTTON_WEST, 0, 0, 0)],
    "droneControl": [
        (MOVE, Control.ABSOLUTE_RY, -0.5, 0.5, 0.5), (MOVE, Control.ABSOLUTE_RY, 1, -1, -1),
        (MOVE, Control.ABSOLUTE_RY, 0, 0, 0), (MOVE, Control.ABSOLUTE_X, 0.5, 0.5, -0.5),
        (MOVE, Control.ABSOLUTE_X, 0.1, 0, 0)],
}


@pytest.mark.parametrize("mode", MODES, ids=str)
async def test_modes(start, mode):
    server = start(machine_of(remote(**({"control_mode": mode} if mode else {}))))
    await ready(server)
    async with server.machine() as machine:
        drive = Drive(machine)
        for kind, control, value, left, right in MODES[mode]:
            await drive.event(kind, control, value)
            await drive.expect(left, right)


@pytest.mark.differs("there, the base drives on as it did when the steps became small")
@pytest.mark.parametrize("control, left, right", [
    (Control.ABSOLUTE_HAT0_Y, 0.2, 0.2), (Control.ABSOLUTE_HAT0_X, 0.2, -0.2)])
async def test_slow_ways_back_end_in_rest(start, control, left, right):
    """Each step is too small to count, but the stick is in the middle in the end."""
    server = start(machine_of(remote()))
    await ready(server)
    async with server.machine() as machine:
        drive = Drive(machine)
        sign = -1 if control == Control.ABSOLUTE_HAT0_Y else 1
        await drive.event(MOVE, control, sign * 0.2)
        await drive.expect(left, right)
        for value in 0.16, 0.12, 0.08, 0.04, 0:
            await drive.event(MOVE, control, sign * value)
        await drive.expect(0, 0)


@pytest.mark.parametrize("kind", [EventType.CONNECT, EventType.DISCONNECT])
async def test_a_controller_that_comes_or_goes_stops_the_base(start, kind):
    server = start(machine_of(remote(control_mode="joystickControl")))
    await ready(server)
    async with server.machine() as machine:
        drive = Drive(machine)
        await drive.event(MOVE, Control.ABSOLUTE_Y, -1)
        await drive.expect(1, 1)
        await drive.event(kind, Control.ABSOLUTE_Y, 0)
        await drive.expect(0, 0)
        await drive.event(MOVE, Control.ABSOLUTE_Y, -0.5)
        await drive.expect(0.5, 0.5)


@pytest.mark.differs("there, what was pushed when the controller went counts when it is back")
async def test_what_was_pushed_when_the_controller_went_is_forgotten(start):
    server = start(machine_of(remote(control_mode="joystickControl")))
    await ready(server)
    async with server.machine() as machine:
        drive = Drive(machine)
        await drive.event(MOVE, Control.ABSOLUTE_Y, -1)
        await drive.expect(1, 1)
        await drive.event(EventType.DISCONNECT, Control.ABSOLUTE_Y, 0)
        await drive.expect(0, 0)
        await drive.event(EventType.CONNECT, Control.ABSOLUTE_X, 0)
        await drive.event(MOVE, Control.ABSOLUTE_X, -0.5)
        await drive.expect(-0.5, 0.5)


@pytest.mark.differs("there, the base drives on without it")
async def test_its_end_stops_the_base(start):
    server = start(machine_of(remote()))
    await ready(server)
    async with server.machine() as machine:
        drive = Drive(machine)
        await drive.event(MOVE, Control.ABSOLUTE_HAT0_Y, -1)
        await drive.expect(1, 1)
        whole = json.loads(server.config_path.read_text())
        server.config_path.write_text(json.dumps({**whole, "services": []}))
        await drive.expect(0, 0)


async def test_speeds_instead_of_power(start):
    """With both maxima the base gets speeds, here of motors that know their own."""
    config = machine_of(remote(max_linear_mm_per_sec=100, max_angular_deg_per_sec=90), max_rpm=120)
    server = start(config)
    await ready(server)
    async with server.machine() as machine:
        drive = Drive(machine)
        await drive.event(MOVE, Control.ABSOLUTE_HAT0_Y, -1)
        await drive.expect(0.5, 0.5)  # 100 mm/s are 60 revolutions a minute
        assert await Base.from_robot(machine, "base").is_moving()


@pytest.mark.parametrize("attributes, text", [
    ({"control_mode": "foo"}, 'Error validating. Path: "services.0" Error: Control mode \'foo\' is '
     "not in [joystickControl triggerSpeedControl buttonControl arrowControl droneControl]"),
    ({"input_controller": ""}, 'Error validating, missing required field. Path: "services.0" '
     'Field: "input_controller"'),
    ({"base": "", "input_controller": ""}, 'Error validating, missing required field. Path: '
     '"services.0" Field: "input_controller"'),
    ({"base": ""}, 'Error validating, missing required field. Path: "services.0" Field: "base"'),
])
async def test_configs_that_cannot_be(start, attributes, text):
    server = start({"services": [remote(**attributes)]})

    async def is_told():
        return (await statuses(server))["rc"].error.endswith(text)
    await eventually(is_told)
