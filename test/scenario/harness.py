# SPDX-License-Identifier: Apache-2.0
"""A server process with a config, and the ways to reach it."""
import asyncio
import contextlib
import inspect
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import threading
import time

import pytest
from grpclib.client import Channel
from grpclib.exceptions import GRPCError
from viam.proto.robot import (GetMachineStatusRequest, GetMachineStatusResponse,
                              GetOperationsRequest, RobotServiceStub)
from viam.robot.client import RobotClient
from viam.rpc.dial import DialOptions

import raw

SANITIZER = re.compile(r"(Address|Leak|Thread|UndefinedBehavior)Sanitizer|runtime error:")

# Long enough for a server under a sanitizer on a busy machine; nothing waits it out that works.
PATIENCE = 20

MOTOR = {"name": "m1", "api": "rdk:component:motor", "model": "fake"}
SENSOR = {"name": "s1", "api": "rdk:component:sensor", "model": "fake"}
FAKES = {"components": [MOTOR, SENSOR]}
TOOLS = pathlib.Path(__file__).resolve().parents[2] / "tools"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Log:
    """What a process prints, gathered by a thread; readers wait for lines."""

    def __init__(self, stream):
        self.lines = []
        self.changed = threading.Condition()
        self.ended = False
        self.thread = threading.Thread(target=self._gather, args=(stream,), daemon=True)
        self.thread.start()

    def _gather(self, stream):
        for line in stream:
            with self.changed:
                self.lines.append(line.decode(errors="replace").rstrip("\n"))
                self.changed.notify_all()
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def wait_for(self, pattern, timeout=PATIENCE):
        """The first line that matches, or None when the process ends or time is up."""
        def match():
            return next((line for line in self.lines if re.search(pattern, line)), None)
        with self.changed:
            self.changed.wait_for(lambda: match() or self.ended, timeout)
            return match()

    def text(self):
        with self.changed:
            return "\n".join(self.lines)


class Program:
    """The server program under test: runs to its end, or as a Server."""

    def __init__(self, path, home):
        self.path, self.home = str(path), home
        self.is_peer = pathlib.Path(path).name == "viam-server"

    def spawn(self, arguments):
        environment = {**os.environ, "HOME": str(self.home)}
        environment.pop("VIAM_HOME", None)
        return subprocess.Popen([self.path, *map(str, arguments)], env=environment, cwd=self.home,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT)

    def run(self, *arguments):
        """(exit code, output) of a run that ends by itself."""
        process = self.spawn(arguments)
        try:
            output = process.communicate(timeout=PATIENCE)[0].decode(errors="replace")
        except subprocess.TimeoutExpired:
            process.kill()
            output = process.communicate()[0].decode(errors="replace")
            raise AssertionError(f"does not end:\n{output}") from None
        assert not SANITIZER.search(output), output
        return process.returncode, output


class Server:
    """A running server. `stop` says whether it ended as it should."""

    def __init__(self, program, config):
        self.program, self.is_peer = program, program.is_peer
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        whole = {"network": {"bind_address": self.address}, **config}
        self.config_path = program.home / f"machine-{self.port}.json"
        self.config_path.write_text(json.dumps(whole))
        self.process = program.spawn(["-config", self.config_path])
        self.log = Log(self.process.stdout)
        if not self.log.wait_for(r"\bserving\b"):
            self.process.kill()
            raise AssertionError(f"does not serve:\n{self.log.text()}")
        try:
            self._wait_until_running()
        except BaseException:
            self.process.kill()
            raise

    def _wait_until_running(self):
        """Serving begins before the resources are there."""
        end = time.monotonic() + PATIENCE
        with self.connect() as sock:
            connection = raw.Connection(sock)
            while time.monotonic() < end:
                answer = connection.call(b"", "/viam.robot.v1.RobotService/GetMachineStatus")
                status = GetMachineStatusResponse.FromString(answer.body[5:])
                if status.state == GetMachineStatusResponse.STATE_RUNNING:
                    return
                time.sleep(0.005)
        raise AssertionError(f"is not running:\n{self.log.text()}")

    @contextlib.asynccontextmanager
    async def channel(self, config=None):
        """A plain gRPC connection; `config` is grpclib's Configuration."""
        channel = Channel("127.0.0.1", self.port, config=config)
        try:
            yield channel
        finally:
            channel.close()

    @contextlib.asynccontextmanager
    async def machine(self, host="127.0.0.1", **options):
        """The SDK's client; a direct connection unless other dial options are given."""
        options = options or {"insecure": True, "disable_webrtc": True}
        client = await RobotClient.at_address(
            f"{host}:{self.port}", RobotClient.Options(dial_options=DialOptions(**options)))
        try:
            yield client
        finally:
            await client.close()

    def connect(self):
        """A bare TCP connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def rss_kb(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1))

    def open_files(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def is_running(self):
        return self.process.poll() is None

    def wait(self):
        """Exit code of a server that was told to end."""
        try:
            code = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"does not end:\n{self.log.text()}") from None
        self.log.thread.join(PATIENCE)
        return code

    def stop(self):
        """Ends it if it runs; it must end with exit code 0 and without a sanitizer's report."""
        if self.is_running():
            self.process.send_signal(signal.SIGTERM)
        code, text = self.wait(), self.log.text()
        assert not SANITIZER.search(text), text
        assert code == 0, f"exit code {code}:\n{text}"


async def outcome(call):
    """("OK", reply), or (status, text) of a call that fails."""
    try:
        return "OK", await call
    except GRPCError as error:
        return error.status.name, error.message


async def eventually(check, timeout=PATIENCE):
    """Waits until `check()`, or what it returns to be awaited, is true."""
    end = time.monotonic() + timeout
    while True:
        found = check()
        if await found if inspect.isawaitable(found) else found:
            return
        assert time.monotonic() < end, "never came true"
        await asyncio.sleep(0.005)


async def statuses(server):
    """{resource's name: its status}"""
    async with server.channel() as channel:
        reply = await RobotServiceStub(channel).GetMachineStatus(GetMachineStatusRequest())
    return {status.name.name: status for status in reply.resources}


async def idle(server, method):
    """Waits until no call of that method runs."""
    async with server.channel() as channel:
        stub = RobotServiceStub(channel)

        async def ended():
            reply = await stub.GetOperations(GetOperationsRequest())
            return not any(row.method.endswith(f"/{method}") for row in reply.operations)
        await eventually(ended)


def tool_folder(name):
    """The folder that tools/<name> makes and names; the test is skipped where it can't be had."""
    done = subprocess.run([TOOLS / name], capture_output=True, text=True, check=False)
    if done.returncode == 77:
        pytest.skip(done.stderr.strip().splitlines()[-1].removeprefix("skipped: "))
    assert done.returncode == 0, done.stderr
    return pathlib.Path(done.stdout.strip())
