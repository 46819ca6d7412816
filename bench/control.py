# SPDX-License-Identifier: Apache-2.0
"""What control loops cost, and how evenly they run: gpio motors with control parameters on a fake
board, at 100 Hz. The fake board's encoder hardly ticks, so that each turn of a loop adds a little
to the duty: its changes, as a client sees them that asks without a pause, are the turns."""
import statistics
import struct
import time

import calls
import measure
import scale

MOTORS, PERIOD_MS = 10, 10
SERVICE = "/viam.component.motor.v1.MotorService/"
PWM = "/viam.component.board.v1.BoardService/PWM"
SHAPE = f"{MOTORS} motors, 100 Hz"

ROWS = [
    ("cpu control", "CPU of the server, control loops", SHAPE, "% of a core", None),
    ("turns control", "turns a second of one of them", SHAPE, "1/s", None),
    ("jitter control", "time between two writes of the duty, standard deviation", SHAPE, "ms",
     None),
    ("late control", "time between two writes of the duty, p99", SHAPE, "ms", None),
]


def components():
    board = scale.fake("board", "b", attributes={
        "digital_interrupts": [{"name": "i1", "pin": "3"}, {"name": "i2", "pin": "4"}]})
    encoder = {"name": "e", "api": "rdk:component:encoder", "model": "incremental",
               "attributes": {"board": "b", "pins": {"a": "i1", "b": "i2"}}}
    return [board, encoder] + [
        {"name": f"m{i}", "api": "rdk:component:motor", "model": "gpio",
         "attributes": {"board": "b", "encoder": "e", "ticks_per_rotation": 100, "max_rpm": 100,
                        "pins": {"dir": f"d{i}", "pwm": f"p{i}"},
                        "control_parameters": {"p": 0.01, "i": 0.1, "d": 0}}}
        for i in range(MOTORS)]


def command(connection, method, more=b""):
    for i in range(MOTORS):
        if connection.call(SERVICE + method, measure.name_is(f"m{i}") + more) is None:
            raise RuntimeError(f"{method} failed")


def writes(connection, seconds):
    """When the first motor's duty changed, each as the middle between two answers."""
    question = measure.name_is("b") + measure.text_field(2, "p0")
    end, asked, last, found = time.monotonic() + seconds, time.monotonic(), None, []
    while asked < end:
        answer = connection.call(PWM, question)
        if answer is None:
            raise RuntimeError("PWM failed")
        duty = struct.unpack("<d", answer[1:9])[0] if answer else 0.0  # the wire leaves out zero
        now = time.monotonic()
        if last is not None and duty != last:
            found.append((asked + now) / 2)
        last, asked = duty, now
    return found


def figures(program, options):
    """One round: {row's key: figure}."""
    with scale.Machine(program, components()) as machine:
        connection = calls.Connection(machine.port)
        command(connection, "SetRPM", measure.double_field(2, 50))
        time.sleep(1)
        began, cpu = time.monotonic(), machine.cpu_seconds()
        time.sleep(max(options.seconds, 2))
        cpu = (machine.cpu_seconds() - cpu) / (time.monotonic() - began)
        times = writes(connection, max(options.seconds, 2))
        gaps = sorted((b - a) * 1e3 for a, b in zip(times, times[1:]))
        command(connection, "Stop")
        connection.close()
        return {"cpu control": cpu * 100, "turns control": 1e3 / statistics.fmean(gaps),
                "jitter control": statistics.pstdev(gaps),
                "late control": gaps[int(len(gaps) * 0.99)]}
