# SPDX-License-Identifier: Apache-2.0
"""A module's life: config changes, crashes, restarts, removal, the end of the server."""
import asyncio
import os
import pathlib
import re
import signal

import pytest
from viam.proto.component.motor import IsPoweredRequest, MotorServiceStub, SetPowerRequest
from viam.proto.robot import (GetMachineStatusRequest, GetModelsFromModulesRequest, ModuleStatus,
                              ResourceNamesRequest, RestartModuleRequest, RobotServiceStub,
                              StartSessionRequest)

import modulelab
from harness import SENSOR, eventually, outcome
from modulelab import command, readings, ready, resource, unhealthy, write


def gone(pid):
    """Whether a process has ended, or is a zombie that nobody waits for."""
    try:
        stat = pathlib.Path(f"/proc/{int(pid)}/stat").read_text()
    except FileNotFoundError:
        return True
    return stat.rpartition(")")[2].split()[0] == "Z"


@pytest.fixture(name="probe")
def fixture_probe(tmp_path):
    return modulelab.Module(tmp_path)


def config(probe, *components, **more):
    return {"modules": [probe.entry], "components": [SENSOR, *components], **more}


async def pid_of(server, name="p1"):
    return int((await readings(server, name))["pid"])


def names(probe, *whats):
    return [line[:2] for line in probe.trace(*whats)]


async def module_status(server, name="probe"):
    async with server.channel() as channel:
        reply = await RobotServiceStub(channel).GetMachineStatus(GetMachineStatusRequest())
    found, = [module for module in reply.modules if module.module_name == name]
    return ModuleStatus.State.Name(found.state).removeprefix("STATE_"), found


# ---- config changes ----

async def test_reconfigure(start, probe):
    """New attributes are handed to the module, whose process stays; another model is made anew."""
    server = start(config(probe, resource("p1", value=1), resource("p2")))
    await ready(server, "p1", "p2")
    pid = await pid_of(server)
    write(server, config(probe, resource("p1", value=2), resource("p2")))
    await eventually(lambda: value_is(server, "p1", 2))
    assert await pid_of(server) == pid
    assert names(probe, "add", "reconfigure", "remove").count(("add", "p1")) == 1
    assert names(probe, "reconfigure") == [("reconfigure", "p1")]
    write(server, config(probe, {**resource("p1"), "model": "fake"}, resource("p2")))
    await eventually(lambda: probe.trace("remove"))
    assert names(probe, "remove") == [("remove", "rdk:component:sensor/p1")]
    assert (await readings(server, "p2"))["built"] == 1


async def value_is(server, name, value):
    status, found = await outcome(readings(server, name))
    return status == "OK" and found.get("value") == value


async def test_invalid_config(start, probe):
    """What ValidateConfig says stands in the status; a good config ends it."""
    server = start(config(probe, resource("p1", invalid="the pin is taken"), resource("p2")))
    await ready(server, "p2", "s1")
    await unhealthy(server, "p1", "modular resource config validation error: ", "the pin is taken")
    assert ("add", "p1") not in names(probe, "add")
    status, text = await outcome(readings(server, "p1"))
    assert status == "UNKNOWN"
    assert text.startswith("resource rdk:component:sensor/p1 not available; reason=")
    write(server, config(probe, resource("p1"), resource("p2")))
    await ready(server, "p1")


async def test_constructor_that_raises(start, probe):
    server = start(config(probe, resource("p1", constructor="raise"), resource("p2")))
    await ready(server, "p2", "s1")
    await unhealthy(server, "p1", "resource build error: ", "ValueError - no such hardware")


async def test_required_dependency_comes_later(start, probe):
    server = start(config(probe, resource("p1", required=["late"])))
    await unhealthy(server, "p1", "late")
    write(server, config(probe, resource("p1", required=["late"]), {**SENSOR, "name": "late"}))
    await ready(server, "p1")
    assert await command(server, "p1", "ask", "late") == {"a": 1, "b": 2, "c": 3}


async def test_optional_dependency_comes_and_goes(start, probe):
    """Each time the module is handed the new list."""
    alone = config(probe, resource("p1", optional=["late", "s1"]))
    server = start(alone)
    await ready(server, "p1")
    assert (await readings(server, "p1"))["dependencies"] == ["s1"]
    write(server, config(probe, resource("p1", optional=["late", "s1"]),
                         {**SENSOR, "name": "late"}))
    await eventually(lambda: depends_on(server, "p1", ["late", "s1"]))
    line = probe.trace("reconfigure")[-1]
    assert line == ("reconfigure", "p1",
                    ["rdk:component:sensor/late", "rdk:component:sensor/s1"])
    write(server, alone)
    await eventually(lambda: depends_on(server, "p1", ["s1"]))


async def depends_on(server, name, expected):
    status, found = await outcome(readings(server, name))
    return status == "OK" and found["dependencies"] == expected


async def test_changed_module(start, probe):
    """Another environment: the process is ended, in order, and another one started."""
    server = start(config(probe, resource("p1")))
    await ready(server, "p1")
    pid = await pid_of(server)
    probe.entry["env"] = {"COLOUR": "blue"}
    write(server, config(probe, resource("p1")))
    await eventually(lambda: value_is_of_another(server, pid))
    assert gone(pid)
    report = await command(server, "p1", "report")
    assert report["environment"]["COLOUR"] == "blue"
    assert names(probe, "start", "add", "remove", "close", "end") == [
        ("start", pid), ("add", "p1"), ("remove", "rdk:component:sensor/p1"), ("close", "p1"),
        ("end",), ("start", await pid_of(server)), ("add", "p1")]


async def value_is_of_another(server, pid):
    status, found = await outcome(readings(server, "p1"))
    return status == "OK" and found["pid"] != pid


async def test_removal(start, probe, program):
    """Of a module: its resources fail with a reason, its process and data go, all else stays."""
    server = start(config(probe, resource("p1")))
    await ready(server, "p1")
    report = await command(server, "p1", "report")
    data = pathlib.Path(report["environment"]["VIAM_MODULE_DATA"])
    (data / "kept").write_text("x")
    socket = pathlib.Path(report["argv"][0])
    assert socket.exists()
    write(server, {"components": [SENSOR, resource("p1")]})
    await unhealthy(server, "p1", "unknown resource type: API rdk:component:sensor with model "
                    "sinew:test:probe not registered")
    await eventually(lambda: gone(report["pid"]) and not socket.exists() and not data.exists())
    assert names(probe, "remove", "close", "end") == [
        ("remove", "rdk:component:sensor/p1"), ("close", "p1"), ("end",)]
    async with server.channel() as channel:
        stub = RobotServiceStub(channel)
        assert not (await stub.GetModelsFromModules(GetModelsFromModulesRequest())).models
        listed = (await stub.ResourceNames(ResourceNamesRequest())).resources
    assert "p1" not in [name.name for name in listed]
    write(server, config(probe, resource("p1")))
    await ready(server, "p1")


async def test_resource_removed(start, probe):
    server = start(config(probe, resource("p1"), resource("p2")))
    await ready(server, "p1", "p2")
    write(server, config(probe, resource("p2")))
    await eventually(lambda: probe.trace("close"))
    assert names(probe, "remove", "close") == [("remove", "rdk:component:sensor/p1"),
                                               ("close", "p1")]

    async def is_gone():
        return await outcome(readings(server, "p1")) == (
            "UNKNOWN", "no node found with api rdk:component:sensor and name p1")
    await eventually(is_gone)


# ---- crashes ----

async def test_crash(start, probe):
    """A call in flight ends, the module is started again, all that it served is rebuilt."""
    server = start(config(probe, resource("p1", required=["s1"]), resource("p2", required=["p1"])))
    await ready(server, "p1", "p2")
    pid = await pid_of(server)
    waiting = asyncio.create_task(outcome(command(server, "p1", "wait", 60)))
    await eventually(lambda: probe.trace("waits"))
    os.kill(pid, signal.SIGKILL)
    status, text = await waiting
    assert status == "UNAVAILABLE", text
    await eventually(lambda: value_is_of_another(server, pid))
    await ready(server, "p1", "p2")
    await eventually(lambda: is_asked(server, "p2", "p1"))
    assert (await readings(server, "s1"))["a"] == 1


async def is_asked(server, name, dependency):
    status, found = await outcome(command(server, name, "ask", dependency))
    return status == "OK" and found["value"] == 1


async def test_crash_on_command(start, probe):
    """The call that does it ends, too."""
    server = start(config(probe, resource("p1")))
    await ready(server, "p1")
    status, _ = await outcome(command(server, "p1", "exit", 7))
    assert status == "UNAVAILABLE"
    assert server.log.wait_for(r"exit.*7|7.*exit")
    await eventually(lambda: value_is(server, "p1", 1))


@pytest.mark.differs("while a module is down its resources look healthy at the real server")
async def test_state_while_down(start, probe):
    """It can't start again for now: the status says so, and that it is tried."""
    server = start(config(probe, resource("p1")))
    await ready(server, "p1")
    assert (await module_status(server))[0] == "READY"
    probe.path.rename(probe.path.with_suffix(".away"))
    os.kill(await pid_of(server), signal.SIGKILL)
    await unhealthy(server, "p1", "probe")
    status, _ = await outcome(readings(server, "p1"))
    assert status in ("UNAVAILABLE", "UNKNOWN")

    async def has_failed():
        return (await module_status(server))[1].consecutive_failures >= 2
    await eventually(has_failed)
    found = (await module_status(server))[1]
    assert found.error
    probe.path.with_suffix(".away").rename(probe.path)
    await ready(server, "p1")
    name, found = await module_status(server)
    assert (name, found.consecutive_failures, found.error) == ("READY", 0, "")


async def test_crash_in_constructor(start, probe):
    """It spoils what it builds; what another module serves isn't touched."""
    other = modulelab.Module(probe.path.parent.parent, name="other",
                             environment={"PROBE_FAMILY": "other"})
    server = start({"modules": [probe.entry, other.entry], "components": [
        SENSOR, resource("p1", constructor="exit"), resource("o1", family="other")]})
    await ready(server, "s1", "o1")
    await unhealthy(server, "p1")
    pid = await pid_of(server, "o1")
    write(server, {"modules": [probe.entry, other.entry], "components": [
        SENSOR, resource("p1"), resource("o1", family="other")]})
    await ready(server, "p1")
    await eventually(lambda: value_is(server, "p1", 1))
    assert await pid_of(server, "o1") == pid


@pytest.mark.differs("the real server never notices")
async def test_module_that_hangs(start, probe):
    """It answers nothing any more: it is ended and started again."""
    server = start(config(probe, resource("p1")), environment={"SINEW_MODULE_HANG_TIMEOUT": "2s"})
    await ready(server, "p1")
    pid = await pid_of(server)
    os.kill(pid, signal.SIGSTOP)
    status, _ = await outcome(command(server, "p1", "echo", 1))
    assert status == "UNAVAILABLE"
    await eventually(lambda: value_is_of_another(server, pid))
    assert gone(pid)


# ---- RestartModule ----

async def restart(server, **which):
    async with server.channel() as channel:
        return await outcome(RobotServiceStub(channel).RestartModule(RestartModuleRequest(**which)))


async def test_restart_module(start, probe):
    server = start(config(probe, resource("p1", value=3)))
    await ready(server, "p1")
    pid = await pid_of(server)
    assert (await restart(server, module_name="probe"))[0] == "OK"
    await eventually(lambda: value_is_of_another(server, pid))
    assert gone(pid)
    assert names(probe, "remove", "close", "end") == [
        ("remove", "rdk:component:sensor/p1"), ("close", "p1"), ("end",)]
    assert (await readings(server, "p1"))["value"] == 3
    assert await restart(server, module_name="nobody") == (
        "NOT_FOUND", "module not found with id=, name=nobody. make sure it is configured and "
        "running on your machine")
    assert (await restart(server, module_id="acme:nobody"))[0] == "NOT_FOUND"


# ---- clients that vanish ----

async def test_session_that_ends(start, probe):
    """Whoever set a modular motor going and is heard of no more: it is stopped."""
    server = start(config(probe, resource("m1", "component:motor", "motor"),
                          network={"sessions": {"heartbeat_window": "100ms"}}))
    await ready(server, "m1")
    async with server.channel() as channel:
        motor = MotorServiceStub(channel)

        async def drives():
            """Unless a busy machine has let the session end before."""
            session = await RobotServiceStub(channel).StartSession(StartSessionRequest())
            return (await outcome(motor.SetPower(
                SetPowerRequest(name="m1", power_pct=0.5),
                metadata={"viam-sid": session.id}))) != ("INVALID_ARGUMENT", "SESSION_EXPIRED")
        await eventually(drives)
        await eventually(lambda: probe.trace("stop"))
        assert not (await motor.IsPowered(IsPoweredRequest(name="m1"))).is_on
    assert probe.trace("set_power", "stop") == [("set_power", "m1", 0.5), ("stop", "m1")]


# ---- sockets ----

async def test_modules_over_tcp(start, probe):
    """All of them, when the server's environment says so."""
    server = start(config(probe, resource("p1", required=["s1"])),
                   environment={"VIAM_TCP_SOCKETS": "yes"})
    await ready(server, "p1")
    address, mode = (await command(server, "p1", "report"))["argv"]
    assert re.fullmatch(r"127\.0\.0\.1:\d+", address) and mode == "--tcp-mode"
    assert await command(server, "p1", "ask", "s1") == {"a": 1, "b": 2, "c": 3}


@pytest.mark.differs("the real server doesn't start then")
async def test_folder_of_sockets_too_deep(start, probe, tmp_path):
    """No socket would fit into it: another folder is taken."""
    deep = tmp_path / ("x" * 100)
    deep.mkdir()
    server = start(config(probe, resource("p1")), environment={"TMPDIR": str(deep)})
    await ready(server, "p1")
    socket, = (await command(server, "p1", "report"))["argv"]
    assert len(socket) <= 103 and not list(deep.iterdir())


# ---- the end ----

async def test_order_of_the_end(start, probe):
    """Resources are removed, dependents first, then the process is told to end; no socket stays."""
    server = start(config(probe, resource("p1"), resource("p2", required=["p1"]),
                          resource("p3", required=["p2"])))
    await ready(server, "p1", "p2", "p3")
    report = await command(server, "p1", "report")
    server.stop()
    assert gone(report["pid"])
    assert names(probe, "remove", "end") == [
        ("remove", f"rdk:component:sensor/p{i}") for i in (3, 2, 1)] + [("end",)]
    folder = pathlib.Path(report["argv"][0]).parent
    assert not folder.exists() or not list(folder.iterdir())


async def test_module_that_does_not_end(start, probe):
    """Nor does its child; both are killed after ten seconds, and the server ends as it should."""
    probe.entry["env"] = {"PROBE_STUBBORN": "1"}
    server = start(config(probe, resource("p1")))
    await ready(server, "p1")
    pids = [await pid_of(server), probe.trace("child")[0][1]]
    server.stop()
    assert probe.trace("SIGTERM")
    await eventually(lambda: all(gone(pid) for pid in pids))


@pytest.mark.differs("modules outlive a killed server by seconds there")
async def test_server_is_killed(start, probe):
    """kill -9: no process of a module remains."""
    probe.entry["env"] = {"PROBE_STUBBORN": "1"}
    server = start(config(probe, resource("p1")))
    await ready(server, "p1")
    pids = [await pid_of(server), probe.trace("child")[0][1]]
    server.process.kill()
    server.process.wait()
    await eventually(lambda: all(gone(pid) for pid in pids))
    server.stop = lambda: None
    assert re.search("probe", server.log.text())
