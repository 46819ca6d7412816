# SPDX-License-Identifier: Apache-2.0
"""Figures of calls over WebRTC, by our own client against either server: the way in, small calls,
large ones, pictures of a megabyte (which the real server decodes and encodes before it sends them),
and what a connection holds that does nothing."""
import functools
import random
import struct
import time
import zlib

import calls
import measure
import scale

CONNECTS, IDLE = 20, 40
ECHO_BYTES = 60_000
WIDTH, HEIGHT = 1440, 1152

CAMERA = "/viam.component.camera.v1.CameraService/GetImages"
GENERIC = "/viam.component.generic.v1.GenericService/DoCommand"

# as in bench/run
ROWS = [
    ("webrtc connect", "connect over WebRTC, median", "one after another", "ms", ("ratio", 2 / 3)),
    *((f"webrtc {figure} {shape}", f"{title}, sensor GetReadings over WebRTC", text, "µs", budget)
      for shape, text in (("1x1", "1 conn x 1"), ("1x40", "1 conn x 40"))
      for figure, title, budget in (
          ("cpu", "CPU per call", ("ratio", 1 / 5)), ("mean", "mean latency", None),
          ("p99", "p99 latency", None))),
    ("webrtc echo", "DoCommand over WebRTC, 60 kB there and back", "1 conn x 4", "1/s", None),
    ("webrtc cpu echo", "CPU per call of them", "1 conn x 4", "µs", None),
    ("webrtc picture", "pictures of 1 MB over WebRTC", "1 conn x 4", "1/s", None),
    ("webrtc cpu picture", "CPU per picture", "1 conn x 4", "µs", None),
    ("webrtc conn", "memory per idle WebRTC connection", f"{IDLE} conn", "KiB", ("ratio", 1 / 5)),
]


def echo():
    """The command of a DoCommand: a map with one text."""
    text = measure.nested(3, b"x" * ECHO_BYTES)
    entry = measure.text_field(1, "text") + measure.nested(2, text)
    return measure.nested(2, measure.nested(1, entry))


def noise_png(width, height):
    """A picture that no encoder makes small."""
    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data
                + struct.pack(">I", zlib.crc32(kind + data)))
    chance = random.Random(1)
    rows = b"".join(b"\0" + chance.randbytes(3 * width) for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head)
            + chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b""))


def machine_with_picture(program, file):
    """A sensor, what echoes commands, and a camera that shows the file."""
    camera = {"name": "camera", "api": "rdk:component:camera", "model": "image_file",
              "attributes": {}}
    machine = scale.Machine(program, [scale.fake("sensor", "sensor"),
                                      scale.fake("generic", "generic"), camera])
    path = machine.home / "picture"
    path.write_bytes(file)
    camera["attributes"]["color_image_file_path"] = str(path)
    machine.write()
    machine.calls["picture"] = (CAMERA, measure.name_is("camera"))
    machine.calls["echo"] = (GENERIC, measure.name_is("generic") + echo())
    return machine


@functools.cache
def picture(program):
    """JPEG of a megabyte, by that server's encoder."""
    with machine_with_picture(program, noise_png(WIDTH, HEIGHT)) as machine:
        connection = calls.Connection(machine.port)
        answer = connection.call(CAMERA, measure.name_is("camera"))
        connection.close()
    image = next(value for number, value in calls.fields(answer) if number == 1)
    return next(value for number, value in calls.fields(image) if number == 3)


def connect(machine):
    return machine.load("GetReadings", "--webrtc", "--connections", CONNECTS,
                        "--calls", CONNECTS)["connect_ms"]


def small_calls(machine, seconds):
    found = {}
    for streams in (1, 40):
        values = measure.under_load(machine, "GetReadings", 1, streams, seconds, "--webrtc")
        for figure, value in zip(("cpu", "mean", "p99"), values):
            found[f"webrtc {figure} 1x{streams}"] = value
    return found


def large_calls(machine, seconds):
    found = {}
    for call in ("echo", "picture"):
        machine.load(call, "--webrtc", "--calls", 3)
        before = machine.cpu_seconds()
        result = machine.load(call, "--webrtc", "--streams", 4, "--seconds", seconds)
        found[f"webrtc {call}"] = result["per_second"]
        found[f"webrtc cpu {call}"] = (machine.cpu_seconds() - before) / result["calls"] * 1e6
    return found


def idle(machine, settle):
    time.sleep(settle)
    before = machine.rss_kb()
    with machine.idle_connections(IDLE, "--webrtc"):
        time.sleep(settle)
        return {"webrtc conn": (machine.rss_kb() - before) / IDLE}


def figures(program, options):
    """One round: {row's key: figure}."""
    file = picture(options.server)
    with machine_with_picture(program, file) as machine:
        connect(machine)  # warm
        found = {"webrtc connect": connect(machine), **small_calls(machine, options.seconds),
                 **large_calls(machine, options.seconds)}
    with machine_with_picture(program, file) as machine:
        connect(machine)
        found.update(idle(machine, options.settle))
    return found
