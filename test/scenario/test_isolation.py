# SPDX-License-Identifier: Apache-2.0
"""Modules under isolation, asked from inside; what a kernel can't do is skipped, and says so."""
import os
import pathlib
import socket
import sys

import pytest
from viam.components.sensor import Sensor

from harness import eventually, statuses

pytestmark = pytest.mark.differs("modules are not isolated there")

MODULE = """
import asyncio
import os
import pathlib
import socket

from viam.components.sensor import Sensor
from viam.module.module import Module
from viam.resource.easy_resource import EasyResource


def attempt(action):
    try:
        action()
        return "done"
    except (OSError, MemoryError) as error:
        return type(error).__name__


class Probe(Sensor, EasyResource):
    MODEL = "acme:test:probe"

    async def get_readings(self, *, extra=None, timeout=None, **kwargs):
        return {"uid": os.getuid(), "data": os.environ["VIAM_MODULE_DATA"],
                "tmp": os.environ.get("TMPDIR", "")}

    async def do_command(self, command, *, timeout=None, **kwargs):
        return {what: attempt(lambda: getattr(self, what)(value))
                for what, value in command.items()}

    def write(self, path):
        pathlib.Path(path).write_text("x")

    def read(self, path):
        pathlib.Path(path).read_bytes()

    def connect(self, port):
        socket.create_connection(("127.0.0.1", int(port))).close()

    def allocate(self, megabytes):
        bytearray(int(megabytes) << 20)


asyncio.run(Module.run_from_registry())
"""


@pytest.fixture
def probe(start, tmp_path):
    """probe(isolation): a server whose sensor `p` is a module's, under it."""
    folder = tmp_path / "module"
    folder.mkdir()
    (folder / "probe.py").write_text(MODULE)
    run = folder / "run.sh"
    # The shell stays: what it starts is isolated like itself, and ends with it.
    run.write_text(f'#!/bin/sh\n{sys.executable} {folder}/probe.py "$@"\n')
    run.chmod(0o755)

    def start_one(isolation):
        return start({
            "components": [{"name": "p", "api": "rdk:component:sensor",
                            "model": "acme:test:probe"}],
            "modules": [{"name": "prober", "type": "local", "executable_path": str(run),
                         "isolation": isolation}]})
    return start_one


async def is_ready(server):
    status = (await statuses(server)).get("p")
    return status and status.state == status.STATE_READY


def need_without(server, text):
    if text in server.log.text():
        pytest.skip(f"this system warns: {text}")


async def test_files_are_read_only(probe, tmp_path):
    server = probe({"read_only": True})
    await eventually(lambda: is_ready(server))
    need_without(server, "read_only is not enforced")
    async with server.machine() as machine:
        sensor = Sensor.from_robot(machine, "p")
        told = await sensor.get_readings()
        assert told["tmp"] == f"{told['data']}/tmp"
        assert await sensor.do_command({"write": f"{told['data']}/x"}) == {"write": "done"}
        assert await sensor.do_command({"write": f"{told['tmp']}/x"}) == {"write": "done"}
        assert await sensor.do_command({"write": "/dev/null"}) == {"write": "done"}
        assert await sensor.do_command({"write": f"{tmp_path}/x"}) == {"write": "PermissionError"}
        assert await sensor.do_command({"read": "/etc/passwd"}) == {"read": "done"}
    assert not (tmp_path / "x").exists()


async def test_there_is_no_network(probe):
    """But for the sockets between the server and the module."""
    server = probe({"network": False})
    await eventually(lambda: is_ready(server))
    need_without(server, "network: false is not enforced")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        async with server.machine() as machine:
            sensor = Sensor.from_robot(machine, "p")
            answer = await sensor.do_command({"connect": listener.getsockname()[1]})
    assert answer["connect"] in ("ConnectionRefusedError", "PermissionError")


async def test_memory_has_a_limit(probe):
    """By a cgroup the whole module is killed and comes back; else the allocation fails."""
    server = probe({"memory_mb": 600})
    await eventually(lambda: is_ready(server))
    async with server.machine() as machine:
        sensor = Sensor.from_robot(machine, "p")
        assert await sensor.do_command({"allocate": 50}) == {"allocate": "done"}
        try:
            assert await sensor.do_command({"allocate": 700}) == {"allocate": "MemoryError"}
        except Exception:  # pylint: disable=broad-except
            assert server.log.wait_for("killed by signal 9")
    await eventually(lambda: is_ready(server))


def open_to_all(path):
    """Lets other users through to it."""
    for folder in (path, *path.parents):
        if pathlib.Path("/tmp") in folder.parents:
            folder.chmod(folder.stat().st_mode | 0o711)


@pytest.mark.skipif(os.getuid() != 0, reason="it takes root to become another user")
def test_it_is_another_user(start, program, tmp_path):
    """A script will do: the SDK may lie where no other user gets."""
    open_to_all(program.home)
    open_to_all(tmp_path)
    secret, run = tmp_path / "secret", tmp_path / "run.sh"
    secret.write_text("x")
    secret.chmod(0o600)
    run.write_text(f"""#!/bin/sh
echo "user: $(id -un)"
echo x > "$VIAM_MODULE_DATA/x" && echo "data: written"
cat {secret} 2>/dev/null || echo "secret: kept"
""")
    run.chmod(0o755)
    server = start({"modules": [{"name": "scripted", "type": "local", "executable_path": str(run),
                                 "isolation": {"user": "nobody"}}]})
    for line in "user: nobody", "data: written", "secret: kept":
        assert server.log.wait_for(rf"^\\_ {line}$")


async def test_what_is_not_understood_is_named(probe):
    """And the machine runs on."""
    server = probe({"netwrok": False})
    assert server.log.wait_for('isolation.*there is no "netwrok"; there are user, memory_mb')
    status = (await statuses(server))["p"]
    assert status.state == status.STATE_UNHEALTHY
