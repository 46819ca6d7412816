# SPDX-License-Identifier: Apache-2.0
"""A module that is killed again and again while clients call it."""
import asyncio
import os
import signal
import statistics
import time

import pytest
from viam.proto.common import GetReadingsRequest
from viam.proto.component.sensor import SensorServiceStub

import modulelab
from harness import SENSOR, eventually, outcome
from modulelab import ready, resource

pytestmark = pytest.mark.missing("modules")

KILLS = 20
CLIENTS = 4
GROWTH_KB = 4 << 10

# What a call may meet beside an answer, as the facts about the real server list it.
EXPECTED = {"UNAVAILABLE": "", "NOT_FOUND": "No sensor with name", "UNKNOWN": "not ",
            "CANCELLED": "the client connection is closing"}


async def call_until(server, done, found):
    """Calls all the while; notes what it heard that it shouldn't, and when it was answered."""
    async with server.channel() as channel:
        stub = SensorServiceStub(channel)
        while not done.is_set():
            status, reply = await outcome(stub.GetReadings(GetReadingsRequest(name="p1")))
            if status == "OK":
                found["answered"] = (time.monotonic(), reply.readings["pid"].number_value)
                found["answers"] += 1
            else:
                found["refused"] += 1
                if status not in EXPECTED or EXPECTED[status] not in reply:
                    found["surprises"].append((status, reply))
            await asyncio.sleep(0)


async def kill(server, found):
    """Kills the module; seconds until another process of it answers."""
    pid = found["answered"][1]
    begun = time.monotonic()
    os.kill(int(pid), signal.SIGKILL)
    await eventually(lambda: found["answered"][1] != pid)
    return found["answered"][0] - begun


async def test_kills_under_load(start, tmp_path, capsys):
    probe = modulelab.Module(tmp_path)
    server = start({"modules": [probe.entry], "components": [SENSOR, resource("p1")]})
    await ready(server, "p1")
    found = {"answered": (0, 0), "answers": 0, "refused": 0, "surprises": []}
    done, times = asyncio.Event(), []
    clients = [asyncio.create_task(call_until(server, done, found)) for _ in range(CLIENTS)]
    await eventually(lambda: found["answers"] > 100)
    files, memory = server.open_files(), server.rss_kb()
    for _ in range(KILLS):
        times.append(await kill(server, found))
    await eventually(lambda: server.open_files() <= files)
    grown = server.rss_kb() - memory
    done.set()
    await asyncio.gather(*clients)
    with capsys.disabled():
        print(f"\n{KILLS} kills: {found['answers']} answers, {found['refused']} refusals; back "
              f"after {statistics.median(times) * 1e3:.0f} ms, at most {max(times) * 1e3:.0f} ms; "
              f"RSS {grown:+} KiB")
    assert not found["surprises"], found["surprises"][:3]
    assert server.is_peer or grown < GROWTH_KB
