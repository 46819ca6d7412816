# SPDX-License-Identifier: Apache-2.0
"""Takes one server through all measurements: a fresh process, one figure per row."""
import contextlib
import json
import os
import pathlib
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "test"))
from ports import free_port

LOAD = ROOT / "build/release/bench/bench-load"
LEFT_SECONDS = 12  # memory that is given back to the system is so by then

# Every built-in fake that a part's config can hold without further hardware.
FAKES = [f"rdk:component:{kind}" for kind in (
    "arm", "audio_in", "audio_out", "base", "board", "button", "camera", "encoder", "gantry",
    "generic", "gripper", "input_controller", "motor", "movement_sensor", "power_sensor",
    "sensor", "servo", "switch")]


def text_field(number, text):
    data = text.encode()
    return bytes([number << 3 | 2, len(data)]) + data


def nested(number, message):
    left, length = len(message), b""
    while left > 127:
        length, left = length + bytes([left & 127 | 128]), left >> 7
    return bytes([number << 3 | 2]) + length + bytes([left]) + message


def name_is(name):
    return text_field(1, name)


def double_field(number, value):
    return bytes([number << 3 | 1]) + struct.pack("<d", value)


SENSOR = "/viam.component.sensor.v1.SensorService/"
MOTOR = "/viam.component.motor.v1.MotorService/"
CALLS = {
    "GetReadings": (SENSOR + "GetReadings", name_is("sensor")),
    "SetPower": (MOTOR + "SetPower", name_is("motor") + double_field(2, 0.5)),
    "IsPowered": (MOTOR + "IsPowered", name_is("motor")),
}


def config(apis, port):
    components = [{"name": api.split(":")[2], "api": api, "model": "fake"} for api in apis]
    return {"network": {"bind_address": f"127.0.0.1:{port}"}, "components": components}


def cpu_seconds(pid):
    """User and system time of a process, by the clock that the kernel keeps of it: that of /proc
    counts in steps of 10 ms."""
    return time.clock_gettime(~pid << 3 | 2)


def raise_file_limit():
    """A thousand connections and a few."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))


class Server:
    """A program with a config of fakes in a scratch home. A context manager: runs inside."""

    def __init__(self, program, apis):
        self.program = str(pathlib.Path(program).resolve())
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="sinew-bench-"))
        self.port = free_port()
        self.config = self.home / "machine.json"
        self.config.write_text(json.dumps(config(apis, self.port)))
        self.environment = dict(os.environ, HOME=str(self.home))
        self.process = None
        self.calls = dict(CALLS)

    def command(self):
        return [self.program, "-config", str(self.config)]

    def __enter__(self):
        with open(self.home / "log", "wb") as log:
            self.process = subprocess.Popen(
                self.command(), env=self.environment, stdout=log, stderr=log)
        try:
            self.wait_until_serving()
        except BaseException:
            self.process.kill()
            raise
        return self

    def wait_until_serving(self):
        for _ in range(3000):
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.program} ended: {(self.home / 'log').read_text()[-2000:]}")
            done = self.load_process("GetReadings", "--calls", "1")
            if done.returncode == 0:
                return
            time.sleep(0.01)
        raise RuntimeError(f"{self.program} does not serve")

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
        shutil.rmtree(self.home, ignore_errors=True)

    def load_command(self, call, *options):
        path, message = self.calls[call]
        return [str(LOAD), "--address", f"127.0.0.1:{self.port}", "--path", path,
                "--message", message.hex(), *map(str, options)]

    def load_process(self, call, *options):
        return subprocess.run(self.load_command(call, *options), capture_output=True, text=True,
                              check=False)

    def load(self, call, *options):
        """The load generator's figures; an error of any call is an error."""
        return self.figures_of(self.load_command(call, *options))

    def figures_of(self, command):
        """The same of a load generator's whole command."""
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{self.program}: {command}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout)

    def cpu_seconds(self):
        """User and system time of all threads, ended ones too."""
        return cpu_seconds(self.process.pid)

    def rss_kb(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0])

    @contextlib.contextmanager
    def idle_connections(self, count, *options):
        """Connections that made one call each and then stay."""
        process = subprocess.Popen(
            self.load_command("GetReadings", "--hold", "--connections", count, *options),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        result = json.loads(process.stdout.readline())
        if result["calls"] != count:
            raise RuntimeError(f"{self.program}: {result}")
        yield
        process.communicate("")

    def start_ms(self):
        """From exec to the first reading, by the load generator's clock."""
        command = self.load_command("GetReadings", "--start", *self.command())
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True,
                              check=True)
        return json.loads(done.stdout.strip().split("\n")[-1])["start_ms"]


def under_load(server, call, connections, streams, seconds, *options):
    """(CPU µs per call of the server, mean latency in µs, p99 in µs)."""
    before = server.cpu_seconds()
    result = server.load(call, "--connections", connections, "--streams", streams,
                         "--seconds", seconds, *options)
    cpu = (server.cpu_seconds() - before) / result["calls"] * 1e6
    return cpu, result["mean_us"], result["p99_us"]


def stripped_mb(program):
    with tempfile.NamedTemporaryFile() as copy:
        subprocess.run(["strip", "-o", copy.name, program], check=True)
        return os.path.getsize(copy.name) / 1e6


def start_figure(program, apis):
    """A server that the load generator starts and ends itself."""
    server = Server(program, apis)
    try:
        return server.start_ms()
    finally:
        shutil.rmtree(server.home, ignore_errors=True)


def figures(program, options):
    """One round: {row's key: figure}."""
    apis, seconds, found = options.apis, options.seconds, {}
    found["size"] = stripped_mb(program)
    found["start"] = start_figure(program, apis)
    with Server(program, apis) as server:
        time.sleep(options.settle)
        found["rss"] = server.rss_kb() / 1024
        server.load("GetReadings", "--connections", 4, "--streams", 10, "--seconds", 1)
        for call in CALLS:
            cpu, mean, p99 = under_load(server, call, 4, 10, seconds)
            found[f"cpu {call} 4x10"], found[f"mean {call} 4x10"] = cpu, mean
            found[f"p99 {call} 4x10"] = p99
        cpu, mean, p99 = under_load(server, "GetReadings", 1, 1, seconds)
        found["cpu 1x1"], found["mean 1x1"], found["p99 1x1"] = cpu, mean, p99
    with Server(program, apis) as server:
        server.load("GetReadings", "--connections", 4, "--streams", 10, "--calls", 100000)
        time.sleep(options.settle)
        found["rss 100k"] = server.rss_kb() / 1024
        before = server.rss_kb()
        with server.idle_connections(1000):
            time.sleep(options.settle)
            found["conn"] = (server.rss_kb() - before) / 1000
            found["rss conn"] = server.rss_kb() / 1024
        time.sleep(max(options.settle, LEFT_SECONDS))
        found["rss left"] = server.rss_kb() / 1024
    return found
