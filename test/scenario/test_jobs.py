# SPDX-License-Identifier: Apache-2.0
"""Jobs: methods that the machine calls by itself."""
import asyncio
import json
import os
import signal

import pytest
from viam.components.motor import Motor
from viam.proto.robot import GetMachineStatusRequest, RobotServiceStub

import modulelab
from harness import MOTOR, SENSOR, eventually

GENERIC = {"name": "g1", "api": "rdk:component:generic", "model": "fake"}
INPUT = {"name": "i1", "api": "rdk:component:input_controller", "model": "fake"}
TWINS = [{"name": "twin", "api": "rdk:component:motor", "model": "fake"},
         {"name": "twin", "api": "rdk:component:sensor", "model": "fake"}]


def job(name, schedule="200ms", resource="s1", method="GetReadings", **more):
    return {"name": name, "schedule": schedule, "resource": resource, "method": method, **more}


def config(*jobs):
    return {"components": [MOTOR, SENSOR, GENERIC, INPUT, *TWINS], "jobs": jobs}


async def runs(server):
    """{job: (times of runs that went well, times of those that failed)}"""
    async with server.channel() as channel:
        reply = await RobotServiceStub(channel).GetMachineStatus(GetMachineStatusRequest())
    return {row.job_name: tuple([time.ToNanoseconds() / 1e9 for time in times] for times in
                                (row.recent_successful_runs, row.recent_failed_runs))
            for row in reply.job_statuses}


async def counts(server, name):
    went_well, failed = (await runs(server)).get(name, ([], []))
    return len(went_well), len(failed)


async def wait_for(server, name, well=0, failed=0):
    """Until so many runs of a job have ended."""
    async def reached():
        now = await counts(server, name)
        return now[0] >= well and now[1] >= failed
    await eventually(reached)


@pytest.mark.parametrize("schedule, kwargs", [
    ("1s", {}), ("* * * * * *", {}), ("continuous", {}), ("Continuous", {}), ("@every 1s", {}),
    ("200ms", {"resource": "i1", "method": "GetControls"}),
    ("1s", {"resource": "m1", "method": "IsMoving"}),
    ("1s", {"resource": "g1", "method": "DoCommand", "command": {"say": ["a", 1]}}),
    ("1s", {"resource": "g1", "method": "DoCommand"}),
])
async def test_it_runs(start, schedule, kwargs):
    server = start(config(job("j", schedule, **kwargs)))
    await wait_for(server, "j", well=2)
    assert (await counts(server, "j"))[1] == 0


@pytest.mark.parametrize("kwargs, cause", [
    ({"resource": "nope"}, "could not find the resource for name nope"),
    ({"resource": "rdk:component:sensor/s1"}, "could not find the resource for name rdk:comp"),
    ({"resource": "twin"}, "found duplicate entries for name twin: "),
    ({"method": "Nope"},
     'service "viam.component.sensor.v1.SensorService" does not include a method named "Nope"'),
    ({"method": "getreadings"}, 'does not include a method named "getreadings"'),
    ({"resource": "m1", "method": "GoFor"}, "Cannot move motor at an RPM that is nearly 0"),
])
async def test_it_fails(start, kwargs, cause):
    server = start(config(job("j", **kwargs), job("good")))
    await wait_for(server, "j", failed=2)
    await wait_for(server, "good", well=1)
    assert (await counts(server, "j"))[0] == 0
    assert server.log.wait_for(r"\tWARN\trdk.job_manager.j\t")
    await eventually(lambda: cause in server.log.text().replace('\\"', '"'))


@pytest.mark.parametrize("schedule, cause", [
    ("nonsense", "expected exactly 5 fields, found 1: [nonsense]"),
    ("61 * * * *", "end of range (61) above maximum (59): 61"),
    ("* * * * 7", "end of range (7) above maximum (6): 7"),
    ("1 2 3 4 5 6 7", "expected 5 to 6 fields, found 7: [1 2 3 4 5 6 7]"),
    ("*/0 * * * *", "step of range should be a positive number: */0"),
    ("@foo", "unrecognized descriptor: @foo"),
])
async def test_a_bad_expression_drops_the_job_alone(start, schedule, cause):
    server = start(config(job("bad", schedule), job("good")))
    await wait_for(server, "good", well=1)
    assert await counts(server, "bad") == (0, 0)
    line = server.log.wait_for("Failed to create a new job")
    fields = json.loads(line.split("\t")[-1])
    assert fields == {"name": "bad",
                      "error": f"gocron: CronJob: crontab parse failure\n{cause}"}


@pytest.mark.parametrize("schedule, cause", [
    ("0s", "gocron: DurationJob: time interval is 0"),
    ("-1s", "gocron: DurationJob: time interval must be greater than 0"),
    ("0 0 30 2 *", "gocron: CronJob: invalid crontab"),
])
async def test_a_schedule_that_never_comes(start, schedule, cause):
    server = start(config(job("bad", schedule), job("good")))
    await wait_for(server, "good", well=1)
    assert "bad" in await runs(server)
    line = server.log.wait_for("Failed to create a new job")
    assert json.loads(line.split("\t")[-1])["error"] == cause


async def test_an_entry_that_lacks_something(start):
    server = start(config({"name": "j", "schedule": "1s", "method": "GetReadings"}, job("good")))
    await wait_for(server, "good", well=1)
    assert "j" not in await runs(server)
    assert "missing required field" in server.log.wait_for("Job failed to validate")


async def test_the_last_ten_times(start):
    server = start(config(job("j", "50ms")))
    await wait_for(server, "j", well=10)
    before = (await runs(server))["j"][0]
    async def has_gone_on():
        return (await runs(server))["j"][0][0] > before[-1]
    await eventually(has_gone_on)
    times = (await runs(server))["j"][0]
    assert len(times) == 10 and times == sorted(times)


async def test_times_of_cron_are_whole_seconds(start):
    server = start(config(job("j", "*/2 * * * * *")))

    async def are_even():
        """But for those of which a busy machine thought for a second."""
        even = [int(time) % 2 == 0 for time in (await runs(server))["j"][0]]
        return even.count(True) >= max(2, even.count(False) + 1)
    await eventually(are_even)


async def test_its_own_log_level(start):
    server = start(config(job("loud", log_configuration={"level": "debug"}), job("quiet")))
    await wait_for(server, "loud", well=2)
    await wait_for(server, "quiet", well=2)
    line = server.log.wait_for("Job succeeded")
    fields = json.loads(line.split("\t")[-1])
    assert fields == {"name": "loud", "response": {"readings": {"a": 1, "b": 2, "c": 3}}}
    assert not server.log.wait_for("DEBUG.*quiet", timeout=0)


async def test_changes(start):
    """The same job goes on, a changed one is run as it is now, one that is gone isn't run."""
    server = start(config(job("same", "100ms"), job("changed", "1h"), job("gone", "100ms")))
    for name in ("same", "gone"):
        await wait_for(server, name, well=1)
    whole = json.loads(server.config_path.read_text())
    whole["jobs"] = [job("same", "100ms"), job("changed", "100ms"), job("new", "100ms")]
    server.config_path.write_text(json.dumps(whole))
    for name in ("changed", "new", "same"):
        await wait_for(server, name, well=2)
    assert server.log.wait_for("Removing job")
    assert server.log.wait_for("Job modified")
    gone = (await runs(server)).get("gone")
    await wait_for(server, "new", well=5)
    assert (await runs(server)).get("gone") == gone


async def test_a_job_calls_as_clients_do(start):
    """Its call supersedes a client's move, like another client's would."""
    server = start(config(job("j", "2s", "m1", "Stop")))
    async with server.machine() as machine:
        motor = Motor.from_robot(machine, "m1")
        await motor.set_power(1)
        async def stands():
            return not (await motor.is_powered())[0]
        await eventually(stands)
    await wait_for(server, "j", well=1)


LOUD = {"log_configuration": {"level": "debug"}}


async def test_modular_resource(start, tmp_path):
    probe = modulelab.Module(tmp_path)
    server = start({"modules": [probe.entry], "components": [modulelab.resource("p1")],
                    "jobs": [job("readings", resource="p1"),
                             job("command", resource="p1", method="DoCommand",
                                 command={"report": None}, **LOUD)]})
    await wait_for(server, "readings", well=2)
    await wait_for(server, "command", well=2)
    line = await asyncio.to_thread(server.log.wait_for, "job_manager.command.*Job succeeded")
    assert "response" in json.loads(line.split("\t")[-1])


@pytest.mark.differs("the real server's jobs find services that it has compiled in only")
async def test_an_api_that_only_a_module_knows(start, tmp_path, tmp_path_factory):
    stubs = tmp_path_factory.getbasetemp() / "stubs"
    modulelab.gizmo_stubs(stubs)
    module = modulelab.Module(tmp_path, "gizmo", "gizmos", {"PYTHONPATH": str(stubs)})
    server = start({
        "modules": [module.entry],
        "components": [{"name": "gizmo", "api": "acme:component:gizmo",
                        "model": "sinew:test:gizmo"}],
        "jobs": [job("one", resource="gizmo", method="DoOne"),
                 job("two", resource="gizmo", method="DoTwo", **LOUD),
                 job("nothing", resource="gizmo", method="DoThree")]})
    for name in ("one", "two"):
        await wait_for(server, name, well=2)
    await wait_for(server, "nothing", failed=2)
    line = await asyncio.to_thread(server.log.wait_for, "job_manager.two.*Job succeeded")
    assert "response" in json.loads(line.split("\t")[-1])


async def test_a_module_that_dies(start, tmp_path):
    """The job's runs fail while it is away, and go on when it is back."""
    probe = modulelab.Module(tmp_path)
    server = start({"modules": [probe.entry], "components": [modulelab.resource("p1")],
                    "jobs": [job("j", resource="p1")]})
    await wait_for(server, "j", well=1)
    pid = (await modulelab.readings(server, "p1"))["pid"]
    os.kill(int(pid), signal.SIGKILL)

    async def runs_again():
        times = (await runs(server))["j"]
        return times[1] and times[0] and times[0][-1] > times[1][-1]
    await eventually(runs_again)


async def test_a_machine_that_asks_for_credentials(start):
    """Its own jobs need none."""
    key_id, key = "11111111-2222-4333-8444-555555555555", "the secret of the tests"
    server = start({**config(job("j", **LOUD)), "auth": {"handlers": [
        {"type": "api-key", "config": {key_id: key, "keys": [key_id]}}]}}, login=(key_id, key))
    assert await asyncio.to_thread(server.log.wait_for, "job_manager.j.*Job succeeded")
    assert "Job failed" not in server.log.text()


async def test_it_ends_with_the_machine(start):
    server = start(config(job("j", "continuous"), job("k", "* * * * * *")))
    await wait_for(server, "j", well=2)
    await asyncio.to_thread(server.stop)
