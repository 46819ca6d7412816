# SPDX-License-Identifier: Apache-2.0
"""Calls that overlap on one motor: who waits, who ends whom, what is left."""
import asyncio
import contextlib

import pytest
from grpclib.exceptions import GRPCError
from viam.proto.component.motor import (GoForRequest, GoToRequest, IsMovingRequest,
                                        IsPoweredRequest, MotorServiceStub,
                                        ResetZeroPositionRequest, SetPowerRequest, SetRPMRequest,
                                        StopRequest)
from viam.proto.robot import (CancelOperationRequest, GetOperationsRequest, RobotServiceStub,
                              StopAllRequest)

from harness import PATIENCE, eventually, outcome, taking


class Fixture:
    def __init__(self, channel):
        self.motor, self.robot = MotorServiceStub(channel), RobotServiceStub(channel)

    async def power(self):
        return (await self.motor.IsPowered(IsPoweredRequest(name="m1"))).power_pct

    async def operations(self):
        return (await self.robot.GetOperations(GetOperationsRequest())).operations

    async def turning(self):
        """A GoFor of ten minutes that has begun."""
        request = GoForRequest(name="m1", rpm=60, revolutions=600)
        task = asyncio.create_task(outcome(self.motor.GoFor(request)))
        await eventually(lambda: self._has_power(0.6))
        return task

    async def _has_power(self, power):
        return await self.power() == power


@contextlib.asynccontextmanager
async def fixture(server):
    async with server.channel() as channel:
        yield Fixture(channel)


async def ends(task):
    """The call's status; it must be over long before its ten minutes are."""
    return (await asyncio.wait_for(task, PATIENCE))[0]


async def test_reads_do_not_wait(server):
    async with fixture(server) as f:
        going = await f.turning()
        assert (await f.motor.IsMoving(IsMovingRequest(name="m1"))).is_moving
        assert await f.power() == 0.6
        await f.motor.Stop(StopRequest(name="m1"))
        assert await ends(going) == "OK"


async def test_stop_beats_go_for(server):
    async with fixture(server) as f:
        going = await f.turning()
        await asyncio.wait_for(f.motor.Stop(StopRequest(name="m1")), PATIENCE)
        assert await f.power() == 0
        assert await ends(going) == "OK"
        assert await f.power() == 0


async def test_stop_of_another_client(server):
    async with fixture(server) as f, fixture(server) as other:
        going = await f.turning()
        await other.motor.Stop(StopRequest(name="m1"))
        assert await ends(going) == "OK"


async def test_stop_all(server):
    async with fixture(server) as f:
        going = await f.turning()
        await f.robot.StopAll(StopAllRequest())
        assert await ends(going) == "OK"
        assert await f.power() == 0


@pytest.mark.parametrize("method, request_, power", [
    ("SetPower", SetPowerRequest(name="m1", power_pct=0.4), 0.4),
    ("SetRPM", SetRPMRequest(name="m1", rpm=20), 0.2),
    ("GoFor", GoForRequest(name="m1", rpm=60, revolutions=0.1), 0),
])
async def test_a_new_motion_ends_the_running_one(server, method, request_, power):
    """The superseded call succeeds."""
    async with fixture(server) as f:
        going = await f.turning()
        await getattr(f.motor, method)(request_)
        assert await ends(going) == "OK"
        assert await f.power() == power


@pytest.mark.parametrize("method, request_", [
    ("GoFor", GoForRequest(name="m1", rpm=0, revolutions=1)),
    ("SetRPM", SetRPMRequest(name="m1")),
    ("GoTo", GoToRequest(name="m1", rpm=60, position_revolutions=1)),
])
async def test_a_refused_motion_ends_the_running_one_too(server, method, request_):
    async with fixture(server) as f:
        going = await f.turning()
        assert (await outcome(getattr(f.motor, method)(request_)))[0] == "UNKNOWN"
        assert await ends(going) == "OK"
        await f.motor.Stop(StopRequest(name="m1"))


@pytest.mark.differs("its GoFors that arrive together sometimes leave two running")
async def test_many_motions_the_last_wins(server):
    async with fixture(server) as f:
        request = GoForRequest(name="m1", rpm=60, revolutions=600)
        tasks = [asyncio.create_task(outcome(f.motor.GoFor(request))) for _ in range(50)]
        await eventually(lambda: one_left(tasks))
        await f.motor.Stop(StopRequest(name="m1"))
        assert {await ends(task) for task in tasks} == {"OK"}
        assert await f.power() == 0


async def one_left(tasks):
    return sum(not task.done() for task in tasks) == 1


async def test_reset_does_not_end_a_motion_it_cannot_reset(server):
    """Without an encoder there is nothing to reset, so the motor turns on."""
    async with fixture(server) as f:
        going = await f.turning()
        status, _ = await asyncio.wait_for(
            outcome(f.motor.ResetZeroPosition(ResetZeroPositionRequest(name="m1"))), PATIENCE)
        assert status == "UNKNOWN" and not going.done()
        await f.motor.Stop(StopRequest(name="m1"))
        assert await ends(going) == "OK"


async def test_cancel_operation(server):
    """A cancelled GoFor succeeds, as one that was stopped does."""
    async with fixture(server) as f:
        going = await f.turning()
        [operation] = await f.operations()
        assert operation.method == "/viam.component.motor.v1.MotorService/GoFor"
        await f.robot.CancelOperation(CancelOperationRequest(id=operation.id))
        assert await ends(going) == "OK"
        assert not await f.operations()
        await f.motor.Stop(StopRequest(name="m1"))


async def test_a_client_that_leaves_ends_its_motion(server):
    async with fixture(server) as f:
        async with fixture(server) as leaving:
            going = await leaving.turning()
            assert len(await f.operations()) == 1
        going.cancel()
        await eventually(lambda: none_runs(f))
        await f.motor.Stop(StopRequest(name="m1"))


async def none_runs(f):
    return not await f.operations()


async def test_a_cancelled_call_ends_its_motion(server):
    async with fixture(server) as f:
        going = await f.turning()
        going.cancel()
        await eventually(lambda: none_runs(f))
        await f.motor.Stop(StopRequest(name="m1"))


async def test_a_deadline_ends_its_motion(server):
    async with fixture(server) as f:
        # Client and server end it at the same moment; a GoFor that was ended succeeds, one that
        # begins too late doesn't.
        with taking(0.3), contextlib.suppress(asyncio.TimeoutError, GRPCError):
            await f.motor.GoFor(GoForRequest(name="m1", rpm=60, revolutions=600), timeout=0.3)
        await eventually(lambda: none_runs(f))
        await f.motor.Stop(StopRequest(name="m1"))
