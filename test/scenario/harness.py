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
import ssl
import subprocess
import sys
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

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from ports import free_port

SANITIZER = re.compile(r"(Address|Leak|Thread|UndefinedBehavior)Sanitizer|runtime error:")

# Long enough for a server under a sanitizer on a busy machine; nothing waits it out that works.
PATIENCE = 40

MOTOR = {"name": "m1", "api": "rdk:component:motor", "model": "fake"}
SENSOR = {"name": "s1", "api": "rdk:component:sensor", "model": "fake"}
FAKES = {"components": [MOTOR, SENSOR]}
TOOLS = pathlib.Path(__file__).resolve().parents[2] / "tools"


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
        # Such programs keep what they have freed: how much they hold says nothing.
        self.is_sanitized = not self.is_peer and bool(
            re.search(rb"__[at]san_init", pathlib.Path(path).read_bytes()))

    def spawn(self, arguments, more=None):
        """`more` are variables beside those of the tests."""
        environment = {**os.environ, "HOME": str(self.home), **(more or {})}
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


class Papers:
    """A certificate authority and a server's certificate, as files."""

    def __init__(self, folder):
        self.folder = folder
        self.authority = folder / "authority.pem"
        self.certificate, self.key = folder / "leaf.pem", folder / "leaf.key"
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                      "-nodes", "-days", "2", "-subj", "/CN=authority of the tests",
                      "-keyout", folder / "authority.key", "-out", self.authority)
        self.issue()

    def issue(self, names="DNS:localhost,IP:127.0.0.1", common_name="machine"):
        """A new key and certificate in the place of those there are."""
        (self.folder / "names").write_text(f"subjectAltName={names}")
        request, key, certificate = (self.folder / name for name in ("csr", "new.key", "new.pem"))
        self._openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                      "-subj", f"/CN={common_name}", "-keyout", key, "-out", request)
        self._openssl("x509", "-req", "-in", request, "-CA", self.authority,
                      "-CAkey", self.folder / "authority.key", "-CAcreateserial", "-days", "2",
                      "-extfile", self.folder / "names", "-out", certificate)
        key.rename(self.key)
        certificate.rename(self.certificate)

    def _openssl(self, *arguments):
        done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True,
                              check=False)
        assert done.returncode == 0, done.stderr

    def network(self):
        """What a config's network section says of them."""
        return {"tls_cert_file": str(self.certificate), "tls_key_file": str(self.key)}

    def context(self, *protocols):
        """A client's, with these for ALPN."""
        context = ssl.create_default_context(cafile=str(self.authority))
        context.set_alpn_protocols(list(protocols))
        return context


@contextlib.contextmanager
def taking(seconds):
    """Around what takes so long by the server's clock, and on a busy machine longer."""
    began = time.monotonic()
    yield
    took = time.monotonic() - began
    assert seconds - 0.005 <= took < seconds + PATIENCE, f"{took} s, not {seconds}"


class Server:
    """A running server. `stop` says whether it ended as it should. With `papers` it serves TLS,
    `login` (entity, key) is what it wants of clients, `environment` are variables of its own. It
    need only serve where it isn't to be `running`."""

    def __init__(self, program, config, papers=None, login=None, environment=None, running=True):
        self.program, self.is_peer = program, program.is_peer
        self.papers, self.login = papers, login
        while not self._serves(config, environment):
            # Somebody else may have taken the port since it was found free.
            if "address already in use" not in self.log.text():
                raise AssertionError(f"does not serve:\n{self.log.text()}")
        try:
            if running:
                self._wait_until_running()
        except BaseException:
            self.process.kill()
            raise

    def _serves(self, config, environment):
        """Starts it at a port that is free."""
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        network = {"bind_address": self.address, **config.get("network", {})}
        if self.papers:
            network.update(self.papers.network())
        self.config_path = self.program.home / f"machine-{self.port}.json"
        self.config_path.write_text(json.dumps({**config, "network": network}))
        self.process = self.program.spawn(["-config", self.config_path], environment)
        self.log = Log(self.process.stdout)
        serves = bool(self.log.wait_for(r"\bserving\b"))
        if not serves:
            self.process.kill()
            self.process.wait()
        return serves

    def _wait_until_running(self):
        """Serving begins before the resources are there."""
        end = time.monotonic() + PATIENCE
        with self.connect() as sock:
            connection = raw.Connection(sock)
            token = raw.authenticate(connection, *self.login) if self.login else None
            change = {"authorization": f"Bearer {token}"} if token else {}
            while time.monotonic() < end:
                answer = connection.call(b"", "/viam.robot.v1.RobotService/GetMachineStatus",
                                         change)
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
    async def machine(self, host="127.0.0.1", sessions=False, **options):
        """The SDK's client; a direct connection unless other dial options are given. Its sessions
        hold up whoever closes it for a second, and stop what other tests move."""
        options = options or {"insecure": True, "disable_webrtc": True}
        client = await RobotClient.at_address(f"{host}:{self.port}", RobotClient.Options(
            dial_options=DialOptions(**options), disable_sessions=not sessions))
        try:
            yield client
        finally:
            await client.close()

    def connect(self):
        """A bare connection; over TLS where that is served."""
        sock = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        if self.papers:
            sock = self.papers.context("h2").wrap_socket(sock, server_hostname="localhost")
        return sock

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
