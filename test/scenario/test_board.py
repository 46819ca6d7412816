# SPDX-License-Identifier: Apache-2.0
"""The board API over the wire: pins, analogs, interrupts and the stream of ticks."""
import asyncio
import math
import time

import pytest
from google.protobuf.duration_pb2 import Duration
from grpclib.exceptions import GRPCError, StreamTerminatedError
from h2.settings import SettingCodes
from viam.components.board import Board
from viam.proto.common import DoCommandRequest, GetGeometriesRequest, GetStatusRequest
from viam.proto.component.board import (BoardServiceStub, GetDigitalInterruptValueRequest,
                                        GetGPIORequest, PowerMode, PWMFrequencyRequest, PWMRequest,
                                        ReadAnalogReaderRequest, SetGPIORequest,
                                        SetPowerModeRequest, SetPWMFrequencyRequest, SetPWMRequest,
                                        StreamTicksRequest, StreamTicksResponse,
                                        WriteAnalogRequest)
from viam.proto.robot import CancelOperationRequest, GetOperationsRequest, RobotServiceStub

import raw
from harness import PATIENCE, eventually, outcome, taking

# One name of an analog or a pin per test: boards remember.
BOARD = {"name": "b1", "api": "rdk:component:board", "model": "fake", "attributes": {
    "analogs": [{"name": "echo", "pin": "1"}, {"name": "unread", "pin": "1"},
                {"name": "count", "pin": "2"}, {"name": "written", "pin": "3"},
                {"name": "around", "pin": "4"}],
    "digital_interrupts": [{"name": "i0", "pin": "0"}, {"name": "i5", "pin": "5"}]}}
SENSOR = {"name": "s1", "api": "rdk:component:sensor", "model": "fake"}

STREAM_TICKS = "/viam.component.board.v1.BoardService/StreamTicks"
TICK_SECONDS = 0.7
EMPTY = StreamTicksResponse()


CONFIG = {"components": [BOARD, SENSOR]}


def no_analog(name):
    return "UNKNOWN", f"can't find AnalogReader ({name})"


def no_interrupt(name):
    return "UNKNOWN", f"cant find DigitalInterrupt ({name})"


# ---- pins ----

async def test_gpio(server):
    """Any pin name there is; low until set."""
    async with server.machine() as machine:
        board = Board.from_robot(machine, "b1")
        for name in ("gpio", "", "ä %00\n"):
            pin = await board.gpio_pin_by_name(name)
            assert await pin.get() is False
            await pin.set(True, extra={"why": ["test", None]})
            assert await pin.get() is True
            await pin.set(False)
            assert await pin.get() is False


async def test_pins_are_their_own(server):
    async with server.machine() as machine:
        board = Board.from_robot(machine, "b1")
        one, other = [await board.gpio_pin_by_name(name) for name in ("own1", "own2")]
        await one.set(True)
        await one.set_pwm(0.5)
        assert (await other.get(), await other.get_pwm()) == (False, 0)


@pytest.mark.parametrize("duty", [0.25, 1, 0, 7, -3, 1e300, math.inf, -math.inf])
async def test_pwm_takes_any_duty(server, duty):
    async with server.machine() as machine:
        pin = await Board.from_robot(machine, "b1").gpio_pin_by_name(f"duty{duty}")
        assert await pin.get_pwm() == 0
        await pin.set_pwm(duty)
        assert await pin.get_pwm() == duty


async def test_pwm_takes_nan(server):
    async with server.machine() as machine:
        pin = await Board.from_robot(machine, "b1").gpio_pin_by_name("nan")
        await pin.set_pwm(math.nan)
        assert math.isnan(await pin.get_pwm())


@pytest.mark.parametrize("hz", [1000, 0, 1, 2**32, 2**63])
async def test_pwm_frequency(server, hz):
    async with server.machine() as machine:
        pin = await Board.from_robot(machine, "b1").gpio_pin_by_name(f"hz{hz}")
        assert await pin.get_pwm_frequency() == 0
        await pin.set_pwm_frequency(hz)
        assert await pin.get_pwm_frequency() == hz


@pytest.mark.parametrize("high", [True, False])
async def test_setting_a_pin_ends_its_pwm(server, high):
    async with server.machine() as machine:
        pin = await Board.from_robot(machine, "b1").gpio_pin_by_name(f"ends{high}")
        await pin.set_pwm(0.5)
        await pin.set_pwm_frequency(1000)
        await pin.set(high)
        assert (await pin.get_pwm(), await pin.get_pwm_frequency()) == (0, 0)
        assert await pin.get() is high


async def test_pwm_leaves_the_level(server):
    async with server.machine() as machine:
        pin = await Board.from_robot(machine, "b1").gpio_pin_by_name("level")
        await pin.set(True)
        await pin.set_pwm(0.5)
        await pin.set_pwm_frequency(100)
        assert await pin.get() is True


# ---- analogs ----

async def test_analog_of_pin_1_reads_what_was_written(server):
    async with server.machine() as machine:
        analog = await Board.from_robot(machine, "b1").analog_by_name("echo")
        for value in (12, 0, -5, 2**31 - 1, -2**31):
            await analog.write(value)
            read = await analog.read(extra={"a": 1})
            assert (read.value, read.min_range, read.max_range, read.step_size) == (
                value, 0, 1000, 1)
        unread = await Board.from_robot(machine, "b1").analog_by_name("unread")
        assert (await unread.read()).value == 0


async def test_other_analogs_count_their_reads(server):
    async with server.machine() as machine:
        analog = await Board.from_robot(machine, "b1").analog_by_name("count")
        for value in (1, 2, 3):
            read = await analog.read()
            assert (read.value, read.min_range, read.max_range, read.step_size) == (
                value, 0, 1000, 1)


async def test_writing_does_not_change_the_count(server):
    async with server.machine() as machine:
        analog = await Board.from_robot(machine, "b1").analog_by_name("written")
        await analog.write(500)
        assert (await analog.read()).value == 1


async def test_the_count_starts_again_after_1000(server):
    async with server.channel() as channel:
        stub = BoardServiceStub(channel)
        request = ReadAnalogReaderRequest(board_name="b1", analog_reader_name="around")
        values = [(await stub.ReadAnalogReader(request)).value for _ in range(1003)]
    assert values == [*range(1, 1001), 0, 1, 2]


@pytest.mark.parametrize("name", ["nope", "", "1", "i0", "ü\n%"])
async def test_unknown_analog(server, name):
    """Analogs go by their names, not by their pins."""
    async with server.channel() as channel:
        stub = BoardServiceStub(channel)
        assert await outcome(stub.ReadAnalogReader(ReadAnalogReaderRequest(
            board_name="b1", analog_reader_name=name))) == no_analog(name)
        assert await outcome(stub.WriteAnalog(WriteAnalogRequest(
            name="b1", pin=name, value=1))) == no_analog(name)


# ---- interrupts ----

async def test_interrupt_of_pin_0_counts_its_reads(start):
    server = start({"components": [BOARD]})
    async with server.machine() as machine:
        interrupt = await Board.from_robot(machine, "b1").digital_interrupt_by_name("i0")
        assert [await interrupt.value(extra={"a": 1}) for _ in range(3)] == [1, 2, 3]


async def test_other_interrupts_never_rise(server):
    async with server.machine() as machine:
        interrupt = await Board.from_robot(machine, "b1").digital_interrupt_by_name("i5")
        assert [await interrupt.value() for _ in range(3)] == [0, 0, 0]


@pytest.mark.parametrize("name", ["nope", "", "0", "echo", "ü\n%"])
async def test_unknown_interrupt(server, name):
    async with server.channel() as channel:
        value = BoardServiceStub(channel).GetDigitalInterruptValue
        assert await outcome(value(GetDigitalInterruptValueRequest(
            board_name="b1", digital_interrupt_name=name))) == no_interrupt(name)


# ---- ticks ----

async def watch(stream, count):
    """The next ticks of an open stream."""
    return [await asyncio.wait_for(stream.__anext__(), PATIENCE) for _ in range(count)]


async def streaming(stub):
    """Ids of the streams of ticks that the server says are running."""
    reply = await stub.GetOperations(GetOperationsRequest())
    return [operation.id for operation in reply.operations if operation.method == STREAM_TICKS]


async def test_ticks(server):
    """An empty tick at once, then one of each interrupt every 700 ms."""
    async with server.machine() as machine:
        board = Board.from_robot(machine, "b1")
        interrupts = [await board.digital_interrupt_by_name(name) for name in ("i0", "i5")]
        with taking(2 * TICK_SECONDS - 0.05):
            stream = await board.stream_ticks(interrupts, extra={"a": 1})
            assert await watch(stream, 1) == [EMPTY]
            ticks = await watch(stream, 4)
    for pair in (ticks[:2], ticks[2:]):
        assert sorted(tick.pin_name for tick in pair) == ["i0", "i5"]
    assert 0 < ticks[0].time <= ticks[2].time


@pytest.mark.differs("the real fake tells seconds; the protocol says nanoseconds")
async def test_tick_time(server):
    async with server.machine() as machine:
        board = Board.from_robot(machine, "b1")
        stream = await board.stream_ticks([await board.digital_interrupt_by_name("i0")])
        began = time.time_ns()
        tick = (await watch(stream, 2))[1]
        assert began - 1e9 < tick.time < time.time_ns() + 1e9


async def test_ticks_are_high_and_low(server):
    """At random: fifty of an interrupt that is named fifty times are not all the same."""
    async with server.channel() as channel:
        async with BoardServiceStub(channel).StreamTicks.open() as stream:
            await stream.send_message(
                StreamTicksRequest(name="b1", pin_names=["i0"] * 50), end=True)
            assert await stream.recv_message() == EMPTY
            levels = [(await stream.recv_message()).high for _ in range(100)]
            await stream.cancel()
    assert set(levels) == {True, False}


async def test_an_interrupt_named_twice_ticks_twice(server):
    async with server.machine() as machine:
        board = Board.from_robot(machine, "b1")
        interrupt = await board.digital_interrupt_by_name("i5")
        stream = await board.stream_ticks([interrupt, interrupt])
        ticks = await watch(stream, 3)
    assert [tick.pin_name for tick in ticks] == ["", "i5", "i5"]


async def test_ticks_of_nothing(server):
    """Registered, but silent."""
    async with server.machine() as machine:
        board = Board.from_robot(machine, "b1")
        other = await board.stream_ticks([await board.digital_interrupt_by_name("i0")])
        silent = await board.stream_ticks([])
        assert await watch(silent, 1) == [EMPTY]
        waiting = asyncio.ensure_future(silent.__anext__())
        assert len(await watch(other, 3)) == 3
        assert not waiting.done()
        waiting.cancel()


@pytest.mark.parametrize("board, pins, expected", [
    ("b1", ["nope"], no_interrupt("nope")),
    ("b1", ["i0", "nope"], no_interrupt("nope")),
    ("b1", [""], no_interrupt("")),
    ("b1", ["0"], no_interrupt("0")),
    ("nope", ["i0"], ("UNKNOWN", "no node found with api rdk:component:board and name nope")),
    ("s1", [], ("UNKNOWN", "no node found with api rdk:component:board and name s1")),
])
async def test_ticks_refused(server, board, pins, expected):
    """Without an empty tick."""
    async with server.channel() as channel:
        with pytest.raises(GRPCError) as caught:
            async with BoardServiceStub(channel).StreamTicks.open() as stream:
                await stream.send_message(
                    StreamTicksRequest(name=board, pin_names=pins), end=True)
                assert await stream.recv_message() is None
                await stream.recv_trailing_metadata()
        assert (caught.value.status.name, caught.value.message) == expected


async def test_a_client_that_cancels_ends_its_ticks(start):
    server = start({"components": [BOARD]})
    async with server.channel() as channel:
        robot = RobotServiceStub(channel)
        async with BoardServiceStub(channel).StreamTicks.open() as stream:
            await stream.send_message(StreamTicksRequest(name="b1", pin_names=["i0"]), end=True)
            assert await stream.recv_message() == EMPTY
            assert len(await streaming(robot)) == 1
            await stream.cancel()

        async def ended():
            return not await streaming(robot)
        await eventually(ended)


async def test_a_client_that_goes_ends_its_ticks(start):
    server = start({"components": [BOARD]})
    async with server.channel() as channel:
        robot = RobotServiceStub(channel)
        async with server.channel() as other:
            async with BoardServiceStub(other).StreamTicks.open() as stream:
                await stream.send_message(
                    StreamTicksRequest(name="b1", pin_names=["i0"]), end=True)
                assert await stream.recv_message() == EMPTY
                assert len(await streaming(robot)) == 1
                other.close()

        async def ended():
            return not await streaming(robot)
        await eventually(ended)


async def test_cancelling_the_operation_ends_ticks(start):
    server = start({"components": [BOARD]})
    async with server.channel() as channel:
        robot = RobotServiceStub(channel)
        with pytest.raises(GRPCError) as caught:
            async with BoardServiceStub(channel).StreamTicks.open() as stream:
                await stream.send_message(
                    StreamTicksRequest(name="b1", pin_names=["i0"]), end=True)
                assert await stream.recv_message() == EMPTY
                for name in await streaming(robot):
                    await robot.CancelOperation(CancelOperationRequest(id=name))
                while await asyncio.wait_for(stream.recv_message(), PATIENCE):
                    pass
                await stream.recv_trailing_metadata()
        assert caught.value.status.name == "CANCELLED"


async def test_a_server_that_ends_ends_ticks(start):
    server = start({"components": [BOARD]})
    async with server.channel() as channel:
        with pytest.raises((StreamTerminatedError, GRPCError)):
            async with BoardServiceStub(channel).StreamTicks.open() as stream:
                await stream.send_message(
                    StreamTicksRequest(name="b1", pin_names=["i0"]), end=True)
                assert await stream.recv_message() == EMPTY
                await asyncio.to_thread(server.stop)
                while await asyncio.wait_for(stream.recv_message(), PATIENCE):
                    pass
                await stream.recv_trailing_metadata()


def messages(body):
    """The gRPC messages in what a stream got."""
    found = []
    while body:
        length = int.from_bytes(body[1:5], "big")
        found.append(StreamTicksResponse.FromString(body[5:5 + length]))
        body = body[5 + length:]
    return found


async def test_a_slow_client_delays_only_itself(server):
    """A window of nothing: its ticks wait, the others' don't; what it gets then is in order."""
    request = StreamTicksRequest(name="b1", pin_names=["i0"] * 200).SerializeToString()
    with server.connect() as sock:
        slow = raw.Connection(sock)
        slow.h2.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: 0})
        slow.flush()
        stream = slow.open(STREAM_TICKS)
        slow.send(stream, raw.message(request))
        async with server.machine() as machine:
            board = Board.from_robot(machine, "b1")
            ticks = await board.stream_ticks([await board.digital_interrupt_by_name("i5")])
            assert len(await watch(ticks, 3)) == 3
        answer = slow.answers[stream]
        assert not answer.body
        slow.h2.increment_flow_control_window(60000, stream)
        slow.flush()
        while len(answer.body) < 5 + 200 * 8:
            slow.receive()
        assert messages(answer.body[:5]) == [EMPTY]
        slow.h2.reset_stream(stream, error_code=8)
        slow.flush()


async def test_many_streams(start):
    """Two hundred at once all get their ticks."""
    server = start({"components": [BOARD]})

    async def two_ticks(stub):
        async with stub.StreamTicks.open() as stream:
            await stream.send_message(StreamTicksRequest(name="b1", pin_names=["i0"]), end=True)
            names = [(await stream.recv_message()).pin_name for _ in range(3)]
            await stream.cancel()
            return names
    async with server.channel() as channel:
        stub = BoardServiceStub(channel)
        for names in await asyncio.gather(*(two_ticks(stub) for _ in range(200))):
            assert names == ["", "i0", "i0"]


# ---- the rest ----

@pytest.mark.parametrize("mode, duration", [
    (PowerMode.POWER_MODE_NORMAL, None),
    (PowerMode.POWER_MODE_OFFLINE_DEEP, Duration(seconds=1)),
    (PowerMode.POWER_MODE_UNSPECIFIED, None),
    (99, Duration(seconds=-1)),
])
async def test_the_fake_has_no_power_modes(server, mode, duration):
    async with server.channel() as channel:
        call = BoardServiceStub(channel).SetPowerMode
        assert await outcome(call(SetPowerModeRequest(
            name="b1", power_mode=mode, duration=duration))) == ("UNIMPLEMENTED", "Unimplemented")


async def test_what_the_fake_lacks(server):
    async with server.channel() as channel:
        stub = BoardServiceStub(channel)
        assert await outcome(stub.DoCommand(DoCommandRequest(name="b1"))) == (
            "UNKNOWN", "DoCommand unimplemented")
        for name in ("b1", "nope"):
            assert await outcome(stub.GetGeometries(GetGeometriesRequest(name=name))) == (
                "UNIMPLEMENTED", "method GetGeometries not implemented")
        status = await stub.GetStatus(GetStatusRequest(name="b1"))
        assert status.HasField("result") and not status.result.fields


@pytest.mark.parametrize("method, request_type, field", [
    ("SetGPIO", SetGPIORequest, "name"), ("GetGPIO", GetGPIORequest, "name"),
    ("PWM", PWMRequest, "name"), ("SetPWM", SetPWMRequest, "name"),
    ("PWMFrequency", PWMFrequencyRequest, "name"),
    ("SetPWMFrequency", SetPWMFrequencyRequest, "name"),
    ("ReadAnalogReader", ReadAnalogReaderRequest, "board_name"),
    ("WriteAnalog", WriteAnalogRequest, "name"),
    ("GetDigitalInterruptValue", GetDigitalInterruptValueRequest, "board_name"),
    ("SetPowerMode", SetPowerModeRequest, "name"), ("DoCommand", DoCommandRequest, "name"),
    ("GetStatus", GetStatusRequest, "name")])
@pytest.mark.parametrize("name", ["nope", "s1", "", "a%b\n\tü"])
async def test_unknown_name(server, method, request_type, field, name):
    async with server.channel() as channel:
        call = getattr(BoardServiceStub(channel), method)
        assert await outcome(call(request_type(**{field: name}))) == (
            "UNKNOWN", f"no node found with api rdk:component:board and name {name}")


@pytest.mark.parametrize("attributes, reason", [
    ({"fail_new": True}, "whoops"),
    ({"analogs": [{"pin": "1"}]}, 'missing required field. Path: "components.0.analogs.0" '
     'Field: "name"'),
    ({"digital_interrupts": [{"name": "i"}]}, 'missing required field. Path: '
     '"components.0.digital_interrupts.0" Field: "pin"'),
])
async def test_a_board_that_cannot_be(start, attributes, reason):
    server = start({"components": [{**BOARD, "attributes": attributes}, SENSOR]})
    async with server.channel() as channel:
        status, text = await outcome(
            BoardServiceStub(channel).GetGPIO(GetGPIORequest(name="b1", pin="1")))
    assert status == "UNKNOWN" and reason in text
