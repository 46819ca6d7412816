# SPDX-License-Identifier: Apache-2.0
"""Figures of machines that are bigger than a motor and a sensor: many resources, streams of
ticks, the frame system."""
import json
import struct
import time

import calls
import measure

RESOURCES = 500
STATUS = "/viam.robot.v1.RobotService/GetMachineStatus"
RUNNING, READY = 2, 3
PATIENCE = 300
DEBOUNCE_MS = 500  # both wait so long after the last change of the file

CONNECTIONS, STREAMS, INTERRUPTS = 10, 100, 10
STREAM_TICKS = "/viam.component.board.v1.BoardService/StreamTicks"

FRAMES = {
    # the camera's origin, seen from the world
    "TransformPose": measure.nested(1, measure.text_field(1, "camera") + measure.nested(
        2, measure.double_field(1, 1))) + measure.text_field(2, "world"),
    "FrameSystemConfig": b"",
}


class Machine(measure.Server):
    """A server with a config of its own."""

    def __init__(self, program, components):
        super().__init__(program, [])
        self.components = components
        self.write()

    def write(self):
        self.config.write_text(json.dumps({
            "network": {"bind_address": f"127.0.0.1:{self.port}"}, "components": self.components}))

    def wait_until_serving(self):
        """Until all its components are ready."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                connection = calls.Connection(self.port)
            except OSError:
                time.sleep(0.0005)
                continue
            try:
                while time.monotonic() < end:
                    asked = time.monotonic()
                    if is_ready(connection.call(STATUS) or b"", len(self.components)):
                        return
                    # asking costs a busy server much: a tenth of the time at most
                    time.sleep(min(10 * (time.monotonic() - asked), 0.5))
            except ConnectionError:
                pass  # the real server serves twice while it starts
            finally:
                connection.close()
        raise RuntimeError(f"{self.program} does not get ready")


def is_ready(status, count):
    found = list(calls.fields(status))
    if (3, RUNNING) not in found:
        return False
    return sum((2, READY) in calls.fields(value) for number, value in found
               if number == 1) >= count


def fake(kind, name, **more):
    return {"name": name, "api": f"rdk:component:{kind}", "model": "fake", **more}


def many_resources(program):
    """{key: figure}: the start of all, the reload of one."""
    half = RESOURCES // 2
    machine = Machine(program, [fake("sensor", f"s{i}") for i in range(half)]
                      + [fake("motor", f"m{i}", attributes={"max_rpm": 100}) for i in range(half)])
    began = time.monotonic()
    with machine:
        found = {"start 500": (time.monotonic() - began) * 1e3}
        found["rss 500"] = machine.rss_kb() / 1024
        reloads = [reload_ms(machine, rpm) for rpm in (200, 400, 800)]
        found["reload 500"] = sorted(reloads)[1]
    return found


def reload_ms(machine, max_rpm):
    """From the write of the file to the one motor that knows, without the wait both have."""
    name = measure.text_field(1, "m7")
    motor = next(one for one in machine.components if one["name"] == "m7")
    motor["attributes"] = {"max_rpm": max_rpm}
    connection = calls.Connection(machine.port)
    machine.write()
    began = time.monotonic()
    try:
        while time.monotonic() < began + PATIENCE:
            connection.call(measure.MOTOR + "SetRPM", name + measure.double_field(2, 50))
            power = connection.call(measure.MOTOR + "IsPowered", name)
            if (2, struct.pack("<d", 50 / max_rpm)) in calls.fields(power or b""):
                return (time.monotonic() - began) * 1e3 - DEBOUNCE_MS
            time.sleep(0.0005)
    finally:
        connection.close()
    raise RuntimeError(f"{machine.program} does not reload")


def ticks(program, seconds):
    """{key: figure}: events of 1,000 streams of 10 interrupts, which tick every 700 ms."""
    board = fake("board", "board", attributes={"digital_interrupts": [
        {"name": f"i{i}", "pin": str(i + 10)} for i in range(INTERRUPTS)]})
    message = measure.text_field(1, "board") + b"".join(
        measure.text_field(2, f"i{i}") for i in range(INTERRUPTS))
    with Machine(program, [board]) as machine:
        streams = calls.Streams(machine.port, CONNECTIONS, STREAMS, STREAM_TICKS, message)
        count, end = CONNECTIONS * STREAMS, time.monotonic() + PATIENCE
        while streams.messages < count * (1 + INTERRUPTS) and time.monotonic() < end:
            streams.read(1)
        before, cpu, began = streams.messages, machine.cpu_seconds(), time.monotonic()
        while time.monotonic() < began + seconds:
            streams.read(0.1)
        events, cpu = streams.messages - before, machine.cpu_seconds() - cpu
        took = time.monotonic() - began
        found = {"ticks": events / took, "cpu tick": cpu / events * 1e6,
                 "rss ticks": machine.rss_kb() / 1024}
        streams.close()
    return found


def frames(program, seconds):
    """{key: figure}: CPU and latency with an arm of six joints and a camera on it."""
    found = {}
    components = [
        fake("arm", "arm", attributes={"arm-model": "ur5e"}, frame={"parent": "world"}),
        fake("camera", "camera", frame={"parent": "arm", "translation": {"z": 50}})]
    with Machine(program, components) as machine:
        for call, message in FRAMES.items():
            machine.calls[call] = ("/viam.robot.v1.RobotService/" + call, message)
            if machine.load_process(call, "--calls", 20).returncode:
                continue  # not there yet
            cpu, mean, p99 = measure.under_load(machine, call, 1, 1, seconds)
            found.update({f"cpu {call}": cpu, f"mean {call}": mean, f"p99 {call}": p99})
    return found


def figures(program, options):
    """One round: {row's key: figure}."""
    return {**many_resources(program), **ticks(program, options.seconds),
            **frames(program, options.seconds)}
