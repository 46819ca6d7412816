# SPDX-License-Identifier: Apache-2.0
"""What a client costs that asks each of 20 components 20 times a second, as a page that shows a
machine does."""
import time

import calls
import measure
import scale

RATE, COUNT = 20, 20

# kind: package and service, method, more than the name
POLLED = {
    "arm": ("arm.v1.Arm", "GetEndPosition", b""),
    "audio_in": ("audioin.v1.AudioIn", "GetProperties", b""),
    "audio_out": ("audioout.v1.AudioOut", "GetProperties", b""),
    "base": ("base.v1.Base", "IsMoving", b""),
    "board": ("board.v1.Board", "GetGPIO", measure.text_field(2, "1")),
    "button": ("button.v1.Button", "GetStatus", b""),
    "camera": ("camera.v1.Camera", "GetProperties", b""),
    "encoder": ("encoder.v1.Encoder", "GetPosition", b""),
    "gantry": ("gantry.v1.Gantry", "GetPosition", b""),
    "generic": ("generic.v1.Generic", "GetStatus", b""),
    "gripper": ("gripper.v1.Gripper", "IsMoving", b""),
    "motor": ("motor.v1.Motor", "IsPowered", b""),
    "movement_sensor": ("movementsensor.v1.MovementSensor", "GetReadings", b""),
    "power_sensor": ("powersensor.v1.PowerSensor", "GetReadings", b""),
    "sensor": ("sensor.v1.Sensor", "GetReadings", b""),
    "servo": ("servo.v1.Servo", "GetPosition", b""),
    "switch": ("switch.v1.Switch", "GetPosition", b""),
}
SHAPE = f"{COUNT} components, {RATE} Hz, 1 conn"

ROWS = [
    ("cpu poll", "CPU of the server, a client that polls", SHAPE, "% of a core", None),
    ("mean poll", "all of them asked and answered, mean", SHAPE, "ms", None),
    ("rss poll", "RSS", SHAPE, "MiB", None),
]


def components():
    """One of each kind, and motors and sensors until there are enough."""
    found = [scale.fake(kind, kind, attributes={"arm-model": "ur5e"} if kind == "arm" else {})
             for kind in POLLED]
    for i in range(COUNT - len(found)):
        kind = ("motor", "sensor")[i % 2]
        found.append(scale.fake(kind, f"{kind}{i}", attributes={}))
    return found


def requests(entries):
    """[(path, message)]"""
    found = []
    for entry in entries:
        service, method, more = POLLED[entry["api"].split(":")[2]]
        found.append((f"/viam.component.{service}Service/{method}",
                      measure.name_is(entry["name"]) + more))
    return found


def ask_all(connection, questions):
    """All at once, then all answers."""
    waiting = {connection.send(path, message) for path, message in questions}
    answered = set()
    while waiting:
        for kind, flags, stream, _ in connection.frames():
            if kind == calls.DATA:
                answered.add(stream)
            if kind == calls.RST_STREAM or (kind in (calls.DATA, calls.HEADERS)
                                            and flags & calls.END_STREAM):
                waiting.discard(stream)
    if len(answered) != len(questions):
        raise RuntimeError("a component does not answer")


def figures(program, options):
    """One round: {row's key: figure}."""
    entries = components()
    questions = requests(entries)
    with scale.Machine(program, entries) as machine:
        connection, took = calls.Connection(machine.port), 0.0
        for _ in range(RATE):
            ask_all(connection, questions)
        rounds = max(options.seconds, 2) * RATE
        began, cpu = time.monotonic(), machine.cpu_seconds()
        for i in range(rounds):
            time.sleep(max(0, began + i / RATE - time.monotonic()))
            asked = time.monotonic()
            ask_all(connection, questions)
            took += time.monotonic() - asked
        cpu = (machine.cpu_seconds() - cpu) / (time.monotonic() - began)
        connection.close()
        return {"cpu poll": cpu * 100, "mean poll": took / rounds * 1e3,
                "rss poll": machine.rss_kb() / 1024}
