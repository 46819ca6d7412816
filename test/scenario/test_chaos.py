# SPDX-License-Identifier: Apache-2.0
"""Config edits in real time, with clients that call all the while and come and go."""
import asyncio
import json
import random

from viam.proto.component.motor import MotorServiceStub, SetPowerRequest
from viam.proto.robot import ResourceNamesRequest, RobotServiceStub

from harness import MOTOR, eventually, outcome

NAMES = [f"m{i}" for i in range(8)]
EDITS = 50

# What a call may meet while its motor is removed, rebuilt or not there.
EXPECTED = ("no node found", "not available", "is closed", "context canceled")


def edit(chance):
    """Motors that come, go, change and lean on each other."""
    names = [name for name in NAMES if chance.random() < 0.7]
    return {"components": [
        {**MOTOR, "name": name, "attributes": {"max_rpm": chance.choice([50, 100])},
         "depends_on": chance.sample(names, 1) if chance.random() < 0.2 else []}
        for name in names]}


async def call_until(server, done, chance):
    """A client that calls, leaves and comes back; returns what it heard that it shouldn't."""
    surprises = []
    while not done.is_set():
        async with server.channel() as channel:
            motors = MotorServiceStub(channel)
            for _ in range(20):
                status, reply = await outcome(
                    motors.SetPower(SetPowerRequest(name=chance.choice(NAMES), power_pct=0.1)))
                if status != "OK" and not any(text in reply for text in EXPECTED):
                    surprises.append((status, reply))
                await asyncio.sleep(0)
    return surprises


def write(server, config):
    server.config_path.write_text(
        json.dumps({"network": {"bind_address": server.address}, **config}))


async def ready(server):
    async with server.channel() as channel:
        reply = await RobotServiceStub(channel).ResourceNames(ResourceNamesRequest())
    return {name.name for name in reply.resources if name.subtype == "motor"}


async def test_edits_under_load(start):
    server, chance, done = start({}), random.Random(4711), asyncio.Event()
    clients = [asyncio.create_task(call_until(server, done, random.Random(i))) for i in range(4)]
    for _ in range(EDITS):
        write(server, edit(chance))
        await asyncio.sleep(chance.choice([0.05, 0.55, 0.6]))  # some are overtaken by the next
    write(server, {"components": [{**MOTOR, "name": name} for name in NAMES]})
    await eventually(lambda: all_ready(server))
    done.set()
    for surprises in await asyncio.gather(*clients):
        assert not surprises


async def all_ready(server):
    return await ready(server) == set(NAMES)


async def test_a_thousand_clients(server):
    """They come, call and go; what they used goes with them."""
    async def one(i):
        async with server.channel() as channel:
            return await outcome(RobotServiceStub(channel).ResourceNames(ResourceNamesRequest()))

    async def settled():
        return server.open_files() <= before
    await one(0)
    before = server.open_files()
    for batch in range(20):
        for status, _ in await asyncio.gather(*(one(i) for i in range(50))):
            assert status == "OK"
    await eventually(settled)
