# SPDX-License-Identifier: Apache-2.0
"""What a module costs its server and its callers: the same program of libsinew under both, called
through the server, and at its own socket for what the server adds."""
import json
import pathlib
import time

import measure
import scale

MODULE = measure.ROOT / "build/release/bench/bench-module"
SENSOR = "/viam.component.sensor.v1.SensorService/GetReadings"
CAMERA = "/viam.component.camera.v1.CameraService/GetImages"
PATIENCE = 30

COMPONENTS = [{"name": f"m-{kind}", "api": f"rdk:component:{kind}", "model": "sinew:bench:module"}
              for kind in ("sensor", "camera")]

# key, call, connections, streams, what
LOADS = [
    ("hop 1x1", "sensor", 1, 1, "sensor GetReadings of a module"),
    ("hop 4x10", "sensor", 4, 10, "sensor GetReadings of a module"),
    ("picture", "camera", 1, 1, "camera GetImages of a module, 1 MiB"),
]

# as in bench/run
ROWS = [
    (f"{figure} {key}", f"{title}, {what}", f"{connections} conn x {streams}", unit, budget)
    for key, _, connections, streams, what in LOADS
    for figure, title, unit, budget in (
        ("cpu", "CPU of the server per call", "µs", ("ratio", 1 / 10)),
        ("mean", "mean latency", "µs", None),
        ("added", "of that added by the server", "µs", ("ratio", 1 / 5) if streams == 1 else None),
        ("rate", "calls per second", "1/s", None))
]


class Machine(scale.Machine):
    """A server with the module; `socket` is where the module listens."""

    def __init__(self, program):
        super().__init__(program, COMPONENTS)
        self.calls["sensor"] = (SENSOR, measure.name_is("m-sensor"))
        self.calls["camera"] = (CAMERA, measure.name_is("m-camera"))
        self.socket = None

    def write(self):
        self.config.write_text(json.dumps({
            "network": {"bind_address": f"127.0.0.1:{self.port}"},
            "modules": [{"name": "bench", "type": "local", "executable_path": str(MODULE)}],
            "components": self.components}))

    def wait_until_serving(self):
        """Resources of modules come late: until they answer."""
        super().wait_until_serving()
        end = time.monotonic() + PATIENCE
        while any(self.load_process(call, "--calls", 1).returncode for call in ("sensor", "camera")):
            if time.monotonic() > end:
                raise RuntimeError(f"{self.program}: the module's resources don't answer:\n"
                                   f"{(self.home / 'log').read_text()[-2000:]}")
            time.sleep(0.05)
        self.socket = self.find_socket()

    def find_socket(self):
        """The argument of the module that this server runs."""
        home = f"HOME={self.home}".encode()
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
                if words[0] == str(MODULE) and home in (process / "environ").read_bytes().split(b"\0"):
                    return words[1]
            except OSError:
                continue
        raise RuntimeError(f"{self.program} runs no module")

    def direct(self, call, *options):
        """As load(), of the module itself."""
        path, message = self.calls[call]
        return self.figures_of([str(measure.LOAD), "--address", f"unix:{self.socket}", "--path", path,
                                "--message", message.hex(), *map(str, options)])


def figures(program, options):
    """One round: {row's key: figure}."""
    found = {}
    with Machine(program) as machine:
        for key, call, connections, streams, _ in LOADS:
            shape = ("--connections", connections, "--streams", streams)
            machine.load(call, *shape, "--seconds", 1)
            before = machine.cpu_seconds()
            result = machine.load(call, *shape, "--seconds", options.seconds)
            cpu = machine.cpu_seconds() - before
            direct = machine.direct(call, *shape, "--seconds", options.seconds)
            found[f"cpu {key}"] = cpu / result["calls"] * 1e6
            found[f"mean {key}"] = result["mean_us"]
            found[f"added {key}"] = result["mean_us"] - direct["mean_us"]
            found[f"rate {key}"] = result["per_second"]
    return found
