# SPDX-License-Identifier: Apache-2.0
"""Input controllers on a board's pins and those made of others."""
import asyncio
import contextlib

import pytest
from viam.components.board import Board
from viam.components.input import Control, Controller, Event, EventType
from viam.proto.component.inputcontroller import (
    Event as WireEvent, GetControlsRequest, GetEventsRequest, InputControllerServiceStub,
    StreamEventsRequest, TriggerEventRequest)

from harness import eventually, outcome


def controller(name, model, depends_on=(), **attributes):
    return {"name": name, "api": "rdk:component:input_controller", "model": model,
            "depends_on": list(depends_on), "attributes": attributes}


AXES = {
    "plain": {}, "both": {"bidirectional": True},
    "dead": {"bidirectional": True, "deadzone": 100}, "low": {"deadzone": 100, "invert": True},
    "turned": {"bidirectional": True, "invert": True, "min": -500, "max": 500},
    "coarse": {"min_change": 100},
}

BOARD = {"name": "board", "api": "rdk:component:board", "model": "fake", "attributes": {
    "analogs": [{"name": name, "pin": "1"} for name in AXES],
    "digital_interrupts": [{"name": name, "pin": name} for name in ("5", "6", "7")]}}

CONFIG = {"components": [
    BOARD,
    controller("sticks", "gpio", board="board", axes={
        name: {"control": name, "min": 0, "max": 1000, "poll_hz": 100, **axis}
        for name, axis in AXES.items()}),
    controller("keys", "gpio", board="board", buttons={
        "5": {"control": "ButtonSouth", "debounce_msec": -1},
        "6": {"control": "ButtonEast"},
        "7": {"control": "ButtonWest", "debounce_msec": 60000}}),
    controller("nothing", "gpio", board="board"),
    controller("boardless", "gpio", axes={"plain": {"control": "X", "min": 0, "max": 1}}),
    controller("no-range", "gpio", board="board", axes={"plain": {"control": "X", "min": 5}}),
    controller("no-pin", "gpio", board="board", buttons={"zz": {"control": "X"}}),
    controller("no-analog", "gpio", board="board",
               axes={"zz": {"control": "X", "min": 0, "max": 5}}),
    controller("web", "webgamepad"),
    controller("web2", "webgamepad"),
    controller("mux", "mux", ["web", "web2"], sources=["web", "web2"]),
    controller("loose", "mux", sources=["web"]),
]}


async def test_axes(server):
    async with server.machine() as machine, server.channel() as channel:
        board = Board.from_robot(machine, "board")
        stub = InputControllerServiceStub(channel)

        async def set_all(value):
            for name in AXES:
                await (await board.analog_by_name(name)).write(value)

        async def read():
            reply = await stub.GetEvents(GetEventsRequest(controller="sticks"))
            return {event.control: event.value for event in reply.events}
        for value, wanted in (
                (1000, {"plain": 1, "both": 1, "dead": 1, "low": -1, "turned": -1, "coarse": 1}),
                (5000, {"plain": 1, "both": 1, "turned": -1}),
                (450, {"plain": .45, "both": -.1, "dead": 0, "low": -.45, "turned": -.9,
                       "coarse": .45}),
                (400, {"both": -.2, "dead": -.2, "coarse": .45}),
                (350, {"plain": .35, "dead": -.3, "coarse": .35}),
                (50, {"plain": .05, "both": -.9, "low": 0, "turned": -.1, "coarse": .05}),
                (-200, {"plain": 0, "both": -1, "low": 0, "turned": .4})):
            await set_all(value)

            async def there():
                values = await read()
                return all(abs(values[name] - number) < 1e-9 for name, number in wanted.items())
            await eventually(there)


async def test_controls_are_connected_first(start):
    server = start(CONFIG)
    async with server.machine() as machine:
        keys = Controller.from_robot(machine, "keys")
        assert set(await keys.get_controls()) == {Control.BUTTON_SOUTH, Control.BUTTON_EAST,
                                                  Control.BUTTON_WEST}
        assert (await keys.get_events())[Control.BUTTON_WEST].event == EventType.CONNECT


async def test_buttons(server):
    """The fake board's interrupts tick by chance."""
    async with server.machine() as machine:
        keys = Controller.from_robot(machine, "keys")

        async def ticked():
            events = await keys.get_events()
            return all(events[control].event in (EventType.BUTTON_PRESS, EventType.BUTTON_RELEASE)
                       for control in (Control.BUTTON_SOUTH, Control.BUTTON_EAST))
        await eventually(ticked)
        events = await keys.get_events()
    for control in (Control.BUTTON_SOUTH, Control.BUTTON_EAST):
        assert events[control].value == (events[control].event == EventType.BUTTON_PRESS)
    assert events[Control.BUTTON_WEST].event == EventType.CONNECT  # never quiet for a minute


@pytest.mark.parametrize("name, reason", [
    ("nothing", 'resource config validation error: Error validating. Path: "components.3" Error: '
     "buttons and axes cannot be both empty"),
    ("boardless", "resource config validation error: Error validating, missing required field. "
     'Path: "components.4" Field: "board"'),
    ("no-range", "resource build error: min (5) must be less than max (0)"),
    ("no-pin", "resource build error: cant find DigitalInterrupt (zz)"),
    ("no-analog", "resource build error: can't find AnalogReader (zz)"),
    ("loose", "resource build error: Resource missing from dependencies. Resource: "
     "rdk:component:input_controller/web"),
])
async def test_what_can_not_be_built(server, name, reason):
    async with server.channel() as channel:
        stub = InputControllerServiceStub(channel)
        assert await outcome(stub.GetControls(GetControlsRequest(controller=name))) == (
            "UNKNOWN", f"resource rdk:component:input_controller/{name} not available; "
            f"reason={reason}")


async def test_what_only_a_person_can_do(server):
    async with server.channel() as channel:
        stub = InputControllerServiceStub(channel)
        for name in ("sticks", "mux"):
            assert await outcome(stub.TriggerEvent(TriggerEventRequest(
                controller=name, event=WireEvent(control="X")))) == (
                "UNKNOWN", f"input controller is not of type Triggerable ({name})")


async def test_mux_has_the_latest_of_all(start):
    async with start(CONFIG).machine() as machine:
        web, web2, mux = (Controller.from_robot(machine, name) for name in ("web", "web2", "mux"))
        assert set(await mux.get_controls()) == set(await web.get_controls())

        async def move(source, time, value, control=Control.ABSOLUTE_X):
            await source.trigger_event(
                Event(time, EventType.POSITION_CHANGE_ABSOLUTE, control, value))
        await move(web, 100, .1)
        await move(web2, 50, .2)
        await move(web2, 1, .3, Control.ABSOLUTE_Y)
        events = await mux.get_events()
        assert {control: event.value for control, event in events.items()} == {
            Control.ABSOLUTE_X: .1, Control.ABSOLUTE_Y: .3}
        await move(web2, 200, .4)
        assert (await mux.get_events())[Control.ABSOLUTE_X].value == .4


async def test_mux_streams_all(server):
    heard = []

    async def hear(stub):
        async with stub.StreamEvents.open() as stream:
            await stream.send_message(StreamEventsRequest(controller="mux", events=[
                StreamEventsRequest.Events(control="Both", events=["ButtonPress"])]), end=True)
            async for reply in stream:
                heard.append(reply.event.value)
    async with server.channel() as channel:
        stub = InputControllerServiceStub(channel)
        task = asyncio.create_task(hear(stub))

        async def both():
            for value, name in enumerate(("web", "web2")):
                await stub.TriggerEvent(TriggerEventRequest(controller=name, event=WireEvent(
                    control="Both", event="ButtonPress", value=value)))
            return {0, 1} <= set(heard)
        await eventually(both)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
