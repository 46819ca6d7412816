# SPDX-License-Identifier: Apache-2.0
"""A service manager that speaks systemd's protocols."""
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys

import pytest

import harness
import raw

pytestmark = pytest.mark.differs("the reference leaves this to its agent")


@contextlib.contextmanager
def managed(program, command, environment=None, fds=()):
    """The program as such a manager starts it, and what it is told."""
    path = program.home / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told, contextlib.ExitStack() as stack:
        told.bind(str(path))
        stack.callback(path.unlink)
        told.settimeout(harness.PATIENCE)
        process = subprocess.Popen(
            command, env={**os.environ, "HOME": str(program.home), "NOTIFY_SOCKET": str(path),
                          **(environment or {})}, pass_fds=fds, cwd=program.home,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        try:
            yield process, told
            process.send_signal(signal.SIGTERM)
            told_next(told, "STOPPING=1")
            assert process.wait(harness.PATIENCE) == 0
        finally:
            process.kill()
            process.wait()


# Runs a program with descriptors as 3, 4, ... and the variables that tell of them.
HAND_OVER = """
import fcntl, os, sys
fds = [fcntl.fcntl(int(fd), fcntl.F_DUPFD, 20) for fd in sys.argv[1].split(",")]
for i, fd in enumerate(fds):
    os.dup2(fd, 3 + i)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(fds)))
os.execv(sys.argv[2], sys.argv[2:])
"""


def config(program, address):
    path = program.home / "managed.json"
    path.write_text(json.dumps({"network": {"bind_address": address}, **harness.FAKES}))
    return path


def told_next(told, word):
    """The next of what it tells that isn't a sign of life."""
    while True:
        said = told.recv(1000).decode()
        if said != "WATCHDOG=1":
            assert said == word
            return


def is_served(address):
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family) as sock:
        sock.settimeout(harness.PATIENCE)
        sock.connect(address)
        answer = raw.Connection(sock).call(b"", "/viam.robot.v1.RobotService/GetVersion")
        return answer.status() == (200, 0)


def test_ready_and_stopping(program):
    port = harness.free_port()
    command = [program.path, "-config", config(program, f"127.0.0.1:{port}")]
    with managed(program, command) as (_, told):
        told_next(told, "READY=1")
        assert is_served(("127.0.0.1", port))


def test_watchdog(program):
    command = [program.path, "-config", config(program, f"127.0.0.1:{harness.free_port()}")]
    with managed(program, command, {"WATCHDOG_USEC": "100000"}) as (_, told):
        said = [told.recv(1000) for _ in range(5)]
        assert said.count(b"WATCHDOG=1") == 4


@pytest.mark.parametrize("hosts", [["127.0.0.1"], ["127.0.0.1", "::1"]], ids=["one", "two"])
def test_handed_sockets(program, hosts):
    """They listen before the program runs, and the config's address is not taken."""
    with contextlib.ExitStack() as stack:
        socks = []
        for host in hosts:
            sock = stack.enter_context(
                socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET))
            sock.bind((host, 0))
            sock.listen()
            socks.append(sock)
        fds = [sock.fileno() for sock in socks]
        port = harness.free_port()
        command = [sys.executable, "-c", HAND_OVER, ",".join(map(str, fds)), program.path,
                   "-config", config(program, f"127.0.0.1:{port}")]
        with managed(program, command, fds=fds) as (_, told):
            for sock in socks:
                assert is_served(sock.getsockname()[:2])
            told_next(told, "READY=1")
            with pytest.raises(ConnectionRefusedError):
                is_served(("127.0.0.1", port))


@pytest.mark.parametrize("address, hosts", [
    ("localhost:{}", ["127.0.0.1"]), (":{}", ["127.0.0.1", "::1"]), ("[::1]:{}", ["::1"]),
    ("0.0.0.0:{}", ["127.0.0.1"])])
def test_addresses(program, address, hosts):
    """IPv4 and IPv6."""
    port = harness.free_port()
    command = [program.path, "-config", config(program, address.format(port))]
    with managed(program, command) as (_, told):
        told_next(told, "READY=1")
        for host in hosts:
            assert is_served((host, port))
