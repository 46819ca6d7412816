# SPDX-License-Identifier: Apache-2.0
"""A module that is killed again and again while clients call it."""
import asyncio
import os
import pathlib
import signal
import statistics
import time

from viam.proto.common import GetReadingsRequest
from viam.proto.component.sensor import SensorServiceStub

from harness import PATIENCE, SENSOR, eventually, outcome
from modulelab import ready

CLIENTS = 4
GROWTH_KB = 4 << 10

# What a call may meet beside an answer, as the real server's clients do.
EXPECTED = {"UNAVAILABLE": "", "UNKNOWN": "not "}
OF_THE_REAL_SERVER = {"CANCELLED": "the client connection is closing", "NOT_FOUND": ""}


class Load:
    """Clients that call all the while, and what they heard."""

    def __init__(self, server):
        self.server, self.done = server, asyncio.Event()
        self.answers, self.refusals, self.surprises = 0, 0, []
        self.asked_at = 0  # when the last call that was answered began
        self.expected = {**EXPECTED, **(OF_THE_REAL_SERVER if server.is_peer else {})}

    async def client(self):
        async with self.server.channel() as channel:
            stub = SensorServiceStub(channel)
            while not self.done.is_set():
                begun = time.monotonic()
                status, reply = await outcome(stub.GetReadings(GetReadingsRequest(name="t1")))
                if status == "OK":
                    self.answers += 1
                    self.asked_at = max(begun, self.asked_at)
                    continue
                self.refusals += 1
                if status not in self.expected or self.expected[status] not in reply:
                    self.surprises.append((status, reply))
                await asyncio.sleep(0.001)  # the module needs the processor to come back

    async def recovers(self):
        """Seconds until a call is answered that began after this one."""
        begun = time.monotonic()
        await eventually(lambda: self.asked_at > begun)
        return time.monotonic() - begun


def module_pid(server, name):
    """The process of a module of that name; None while there is none."""
    for task in pathlib.Path(f"/proc/{server.process.pid}/task").iterdir():
        for pid in (task / "children").read_text().split():
            try:
                if pathlib.Path(f"/proc/{pid}/comm").read_text().strip() == name[:15]:
                    return int(pid)
            except FileNotFoundError:
                pass
    return None


async def test_kills_under_load(start, examples, tmp_path, capsys):
    """Each call ends, in an answer or an error that is known; nothing is left behind."""
    (tmp_path / "temperature").write_text("21000\n")
    server = start({
        "modules": [{"name": "thermometer", "type": "local",
                     "executable_path": str(examples / "thermometer")}],
        "components": [SENSOR, {"name": "t1", "api": "rdk:component:sensor",
                                "model": "sinew:example:thermometer",
                                "attributes": {"path": str(tmp_path / "temperature")}}]})
    await ready(server, "t1")
    load, times, kills = Load(server), [], 10 if server.is_peer else 200
    clients = [asyncio.create_task(load.client()) for _ in range(CLIENTS)]
    await load.recovers()
    files, memory = server.open_files(), server.rss_kb()
    end = time.monotonic() + PATIENCE
    while len(times) < kills and time.monotonic() < end:
        os.kill(module_pid(server, "thermometer"), signal.SIGKILL)
        times.append(await load.recovers())
    await eventually(lambda: server.open_files() <= files)
    grown = server.rss_kb() - memory
    load.done.set()
    await asyncio.gather(*clients)
    with capsys.disabled():
        print(f"\n{len(times)} kills: {load.answers} answers, {load.refusals} refusals; back after "
              f"{statistics.median(times) * 1e3:.0f} ms, at most {max(times) * 1e3:.0f} ms; "
              f"RSS {grown:+} KiB")
    assert not load.surprises, load.surprises[:3]
    assert server.is_peer or server.program.is_sanitized or grown < GROWTH_KB
