# SPDX-License-Identifier: Apache-2.0
"""The input controller API over the wire."""
import asyncio
import contextlib
import math

import pytest
from grpclib.exceptions import GRPCError
from viam.components.input import Control, Controller, Event, EventType
from viam.proto.common import GetGeometriesRequest, GetStatusRequest
from viam.proto.component.inputcontroller import (
    Event as WireEvent, GetControlsRequest, GetEventsRequest, InputControllerServiceStub,
    StreamEventsRequest, TriggerEventRequest)

from harness import PATIENCE, eventually, outcome


def controller(name, model, **attributes):
    return {"name": name, "api": "rdk:component:input_controller", "model": model,
            "attributes": attributes}


CONFIG = {"components": [
    controller("fake", "fake", callback_delay_sec=0.05),
    controller("given", "fake", event_value=0, callback_delay_sec=0.05),
    controller("WebGamepad", "webgamepad"),
]}


async def test_controls(server):
    async with server.machine() as machine:
        assert await Controller.from_robot(machine, "fake").get_controls() == [
            Control.ABSOLUTE_X, Control.BUTTON_START]
        controls = await Controller.from_robot(machine, "WebGamepad").get_controls(extra={"a": 1})
    assert len(controls) == len(set(controls)) == 19
    assert {Control.ABSOLUTE_X, Control.ABSOLUTE_HAT0_Y, Control.BUTTON_SOUTH,
            Control.BUTTON_MENU} < set(controls)


async def test_fake_events_are_by_chance(server):
    async with server.machine() as machine:
        events = [await Controller.from_robot(machine, "fake").get_events() for _ in range(5)]
        given = await Controller.from_robot(machine, "given").get_events()
    values = [event[Control.ABSOLUTE_X].value for event in events]
    assert all(0 <= value < 1 for value in values) and len(set(values)) == 5
    assert given[Control.ABSOLUTE_X].value == 0
    assert given[Control.ABSOLUTE_X].event == EventType.POSITION_CHANGE_ABSOLUTE


async def test_triggered_events_are_the_last(server):
    async with server.machine() as machine:
        web = Controller.from_robot(machine, "WebGamepad")
        for value in (0.5, -0.25):
            await web.trigger_event(Event(12.5, EventType.POSITION_CHANGE_ABSOLUTE,
                                          Control.ABSOLUTE_Y, value))
        event = (await web.get_events())[Control.ABSOLUTE_Y]
    assert (event.time, event.value) == (12.5, -0.25)


async def test_triggering_where_it_can_not_be(server):
    async with server.machine() as machine:
        fake = Controller.from_robot(machine, "fake")
        with pytest.raises(GRPCError, match="unsupported"):
            await fake.trigger_event(Event(1, EventType.BUTTON_PRESS, Control.BUTTON_START, 1))


async def test_callbacks_of_the_sdk(server):
    seen = []
    async with server.machine() as machine:
        web = Controller.from_robot(machine, "WebGamepad")
        web.register_control_callback(Control.BUTTON_NORTH, [EventType.BUTTON_CHANGE],
                                      lambda event: seen.append((event.event, event.value)))

        async def pressed():
            await web.trigger_event(Event(1, EventType.BUTTON_HOLD, Control.BUTTON_NORTH, 2))
            await web.trigger_event(Event(2, EventType.BUTTON_PRESS, Control.BUTTON_NORTH, 1))
            return seen
        await eventually(pressed)
        await web.trigger_event(Event(3, EventType.BUTTON_RELEASE, Control.BUTTON_NORTH, 0))

        async def released():
            return seen[-1] == (EventType.BUTTON_RELEASE, 0)
        await eventually(released)
    assert EventType.BUTTON_HOLD not in {event for event, _ in seen}


class Stream:
    """A stream of events, heard in the background."""

    def __init__(self, stub, name, *triggers):
        self.heard = []
        self.request = StreamEventsRequest(controller=name, events=[
            StreamEventsRequest.Events(control=control, events=events, cancelled_events=cancelled)
            for control, events, cancelled in triggers])
        self.task = asyncio.create_task(self._hear(stub))

    async def _hear(self, stub):
        async with stub.StreamEvents.open() as stream:
            await stream.send_message(self.request, end=True)
            async for reply in stream:
                self.heard.append((reply.event.event, reply.event.control, reply.event.value))

    async def close(self):
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task


async def press(stub, event, control="ButtonSouth", value=1.0):
    await stub.TriggerEvent(TriggerEventRequest(
        controller="WebGamepad", event=WireEvent(event=event, control=control, value=value)))


async def hear(server, triggers, events):
    """What a stream of these triggers hears of these events, once it is known to be there. Its
    marks are left out."""
    async with server.channel() as channel:
        stub = InputControllerServiceStub(channel)
        stream = Stream(stub, "WebGamepad", *triggers, ("Mark", ["Begin", "End"], []))

        async def begun():
            await press(stub, "Begin", "Mark")
            return stream.heard
        await eventually(begun)
        for event in events:
            await press(stub, *event)
        await press(stub, "End", "Mark")

        async def ended():
            return ("End", "Mark", 1.0) in stream.heard
        await eventually(ended)
        await stream.close()
    return [event for event, control, _ in stream.heard if control != "Mark"]


EVENTS = [("ButtonPress",), ("ButtonRelease",), ("ButtonHold",), ("Odd",),
          ("ButtonPress", "ButtonEast")]


@pytest.mark.parametrize("wanted, cancelled, heard", [
    (["ButtonPress"], [], ["ButtonPress"]),
    (["ButtonChange"], [], ["ButtonPress", "ButtonRelease"]),
    (["AllEvents"], [], ["ButtonPress", "ButtonRelease", "ButtonHold", "Odd"]),
    (["ButtonPress", "ButtonChange"], [], ["ButtonPress", "ButtonRelease"]),
    (["ButtonHold", "AllEvents"], [],
     ["ButtonPress", "ButtonRelease", "ButtonHold", "ButtonHold", "Odd"]),
    (["ButtonChange"], ["ButtonPress"], ["ButtonRelease"]),
    (["ButtonChange"], ["ButtonRelease"], ["ButtonPress"]),
    (["ButtonPress", "ButtonRelease"], ["ButtonChange"], []),
    (["AllEvents"], ["ButtonPress"], ["ButtonPress", "ButtonRelease", "ButtonHold", "Odd"]),
    (["Odd"], [], ["Odd"]),
    ([], [], []),
])
async def test_what_a_stream_hears(start, wanted, cancelled, heard):
    server = start(CONFIG)
    assert await hear(server, [("ButtonSouth", wanted, cancelled)], EVENTS) == heard


async def test_fake_streams_what_it_is_asked_for(server):
    async with server.channel() as channel:
        stub = InputControllerServiceStub(channel)
        stream = Stream(stub, "given", ("AbsoluteX", ["PositionChangeAbs"], []),
                        ("ButtonStart", ["AllEvents"], []))

        async def heard():
            return len(stream.heard) >= 4
        await eventually(heard)
        await stream.close()
    assert stream.heard[:2] == [("PositionChangeAbs", "AbsoluteX", 0),
                                ("AllEvents", "ButtonStart", 0)]


@pytest.mark.differs("the real server tells only the stream that came last")
async def test_every_client_hears(server):
    async with server.channel() as channel:
        stub = InputControllerServiceStub(channel)
        streams = [Stream(stub, "WebGamepad", ("Shared", ["ButtonPress"], [])) for _ in range(3)]

        async def all_heard():
            await press(stub, "ButtonPress", "Shared")
            return all(stream.heard for stream in streams)
        await eventually(all_heard)
        for stream in streams:
            await stream.close()


@pytest.mark.differs("the real server keeps whatever it is sent, and crashes in its handler at none")
async def test_events_have_bounds(start):
    server = start(CONFIG)
    async with server.channel() as channel:
        stub = InputControllerServiceStub(channel)
        assert await outcome(stub.TriggerEvent(TriggerEventRequest(controller="WebGamepad"))) == (
            "UNKNOWN", "event cannot be nil")
        code, text = await outcome(press(stub, "x" * 101))
        assert (code, text) == ("INVALID_ARGUMENT",
                                "names of controls and events have 100 bytes at most")
        answers = []
        while not answers or answers[-1][0] == "OK":
            answers.append(await outcome(press(stub, "E", f"made up {len(answers)}")))
            assert len(answers) < 1000
        assert answers[-1] == ("RESOURCE_EXHAUSTED", "no room for another control")
        await press(stub, "E", "made up 0")


TRIGGERS_MAX, NAME_MAX = 1000, 100
TOO_MANY = ("RESOURCE_EXHAUSTED", f"a stream can have {TRIGGERS_MAX} triggers at most")
TOO_LONG = ("INVALID_ARGUMENT", f"names of controls and events have {NAME_MAX} bytes at most")


@pytest.mark.differs("the real server reads as many triggers as a message has")
@pytest.mark.parametrize("rows, refusal", [
    ([("A", ["E"] * (TRIGGERS_MAX + 1), [])], TOO_MANY),
    ([("A", [], ["E"] * (TRIGGERS_MAX + 1))], TOO_MANY),
    ([("A", ["E"] * 501, []), ("B", [], ["E"] * 500)], TOO_MANY),
    ([("A" * (NAME_MAX + 1), ["E"], [])], TOO_LONG),
    ([("A", ["E" * (NAME_MAX + 1)], [])], TOO_LONG),
    ([("A", [], ["E" * (NAME_MAX + 1)])], TOO_LONG),
])
async def test_triggers_have_bounds(server, rows, refusal):
    request = StreamEventsRequest(controller="WebGamepad", events=[
        StreamEventsRequest.Events(control=control, events=events, cancelled_events=cancelled)
        for control, events, cancelled in rows])
    async with server.channel() as channel:
        stub = InputControllerServiceStub(channel)
        assert await outcome(stub.StreamEvents(request, timeout=PATIENCE)) == refusal


async def test_the_most_triggers(start):
    names = ["ButtonPress"] * (TRIGGERS_MAX - 3)  # and the marks
    assert await hear(start(CONFIG), [("ButtonSouth", names, ["E" * NAME_MAX])], EVENTS) == [
        "ButtonPress"]


async def test_odd_values_come_back(server):
    async with server.channel() as channel:
        stub = InputControllerServiceStub(channel)
        await press(stub, "ButtonPress", "Odd", math.nan)
        events = (await stub.GetEvents(GetEventsRequest(controller="WebGamepad"))).events
        odd = next(event for event in events if event.control == "Odd")
        assert math.isnan(odd.value) and odd.HasField("time") and odd.time.seconds == 0


async def test_common(server):
    async with server.channel() as channel:
        stub = InputControllerServiceStub(channel)
        status = await stub.GetStatus(GetStatusRequest(name="fake"))
        assert status.HasField("result") and not status.result.fields
        assert await outcome(stub.GetGeometries(GetGeometriesRequest(name="fake"))) == (
            "UNIMPLEMENTED", "method GetGeometries not implemented")
        assert await outcome(stub.GetControls(GetControlsRequest(controller="nope"))) == (
            "UNKNOWN", "no node found with api rdk:component:input_controller and name nope")
    async with server.machine() as machine:
        with pytest.raises(GRPCError, match="DoCommand unimplemented"):
            await Controller.from_robot(machine, "fake").do_command({"a": 1})
