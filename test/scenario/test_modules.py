# SPDX-License-Identifier: Apache-2.0
"""Modules on the official Python SDK: how they are started, what reaches them, what they reach."""
import asyncio
import os
import pathlib
import re
import stat

import pytest
from viam.components.base import Base
from viam.components.camera import Camera
from viam.components.motor import Motor
from viam.proto.common import LogEntry
from viam.proto.robot import (GetMachineStatusRequest, GetModelsFromModulesRequest, LogRequest,
                              RobotServiceStub)
from viam.proto.service.generic import GenericServiceStub
from viam.utils import dict_to_struct

import harness
import modulelab
from harness import SENSOR, eventually, outcome
from modulelab import command, readings, resource

PICTURE = 1 << 20
CHAIN = 6  # resources that use one another, of two modules in turns

BASE = {"name": "base", "api": "rdk:component:base", "model": "wheeled", "attributes": {
    "left": ["left"], "right": ["right"], "width_mm": 200, "wheel_circumference_mm": 100}}


def chain():
    """c0 uses c1, which is of the other module, and so on; the last one uses the built-in s1."""
    return [resource(f"c{i}", family=("test", "other")[i % 2],
                     required=[f"c{i + 1}" if i + 1 < CHAIN else "s1"]) for i in range(CHAIN)]


@pytest.fixture(name="lab", scope="module")
def fixture_lab(tmp_path_factory):
    """{name: module}"""
    folder = tmp_path_factory.mktemp("modules")
    other = modulelab.Module(folder, name="other", environment={"PROBE_FAMILY": "other"},
                             tcp_mode=True, log_level="info")
    del other.entry["type"]
    return {"probe": modulelab.Module(folder, environment={"GIVEN": "by the config"}),
            "other": other}


@pytest.fixture(name="server", scope="module")
def fixture_server(program, lab):
    shared = harness.Server(program, {
        "modules": [module.entry for module in lab.values()],
        "components": [
            SENSOR, BASE, resource("p1", required=["s1"]),
            {**resource("o1", family="other"), "log_configuration": {"level": "debug"}},
            resource("left", "component:motor", "motor"),
            resource("right", "component:motor", "motor"),
            resource("cam", "component:camera", "camera", size=PICTURE),
            resource("pilot", family="other", required=["base"]), *chain()],
        "services": [resource("serves", "service:generic")]})
    try:
        asyncio.run(modulelab.ready(shared, "p1", "o1", "base", "cam", "pilot", "c0", "serves"))
        yield shared
    finally:
        shared.stop()


# ---- start ----

async def test_arguments(server, lab):
    report = await command(server, "p1", "report")
    socket, = report["argv"]
    assert re.fullmatch(r"/.*/viam-module-\w+/probe-[a-zA-Z]{5}\.sock", socket)
    # All users' modules put their sockets there; that none takes another's away is ours.
    assert stat.S_IMODE(os.stat(pathlib.Path(socket).parent).st_mode) & 0o777 == 0o777
    parent = pathlib.Path(socket).parent / "parent.sock"
    assert stat.S_IMODE(parent.stat().st_mode) == 0o776
    assert lab["probe"].trace("ready")[0] == ("ready", str(parent), str(parent))


async def test_environment(server, program, lab):
    report = await command(server, "p1", "report")
    environment, home = report["environment"], f"{program.home}/.viam"
    assert environment["HOME"] == str(program.home)
    assert environment["VIAM_HOME"] == home
    assert environment["VIAM_MODULE_NAME"] == "probe"
    assert environment["VIAM_MODULE_DATA"] == f"{home}/module-data/local/probe"
    assert environment["VIAM_MODULE_ROOT"] == str(lab["probe"].path.parent)
    assert environment["VIAM_MODULE_ADDRESS"] == report["argv"][0]
    assert environment["GIVEN"] == "by the config"
    assert "VIAM_MODULE_ID" not in environment
    assert stat.S_IMODE(os.stat(environment["VIAM_MODULE_DATA"]).st_mode) == 0o750


async def test_folder_and_group(server, lab):
    report = await command(server, "p1", "report")
    assert report["cwd"] == str(lab["probe"].path.parent)
    assert report["group"] == report["pid"]


async def test_tcp_mode(server, lab):
    """And a log level, and no type."""
    report = await command(server, "o1", "report")
    address, level, mode = report["argv"]
    assert re.fullmatch(r"127\.0\.0\.1:\d+", address)
    assert (level, mode) == ("--log-level=info", "--tcp-mode")
    assert report["environment"]["VIAM_MODULE_ADDRESS"] == address
    assert "VIAM_MODULE_ROOT" not in report["environment"]
    assert report["cwd"] == str(lab["other"].path.parent)
    parent = lab["other"].trace("ready")[0]
    assert re.fullmatch(r"127\.0\.0\.1:\d+", parent[1])
    assert parent[1] == parent[2]


async def test_models(server):
    async with server.channel() as channel:
        reply = await RobotServiceStub(channel).GetModelsFromModules(GetModelsFromModulesRequest())
    found = {(row.module_name, row.api, row.model, row.from_local_module) for row in reply.models}
    assert found == {
        (module, f"rdk:{api}", f"sinew:{family}:{model}", local)
        for module, family, local in (("probe", "test", True), ("other", "other", False))
        for api, model in (("component:sensor", "probe"), ("component:motor", "motor"),
                           ("component:camera", "camera"), ("service:generic", "probe"))}


@pytest.mark.differs("the real server fills no module states")
async def test_module_status(server):
    async with server.channel() as channel:
        reply = await RobotServiceStub(channel).GetMachineStatus(GetMachineStatusRequest())
    assert {module.module_name for module in reply.modules} == {"probe", "other"}
    for module in reply.modules:
        assert type(module).State.Name(module.state) == "STATE_READY"
        assert module.last_updated.seconds > 1.7e9
        assert not module.error and module.consecutive_failures == 0


# ---- calls ----

async def test_sensor(server):
    assert (await readings(server, "p1"))["dependencies"] == ["s1"]


async def test_motor(server):
    async with server.machine() as machine:
        motor = Motor.from_robot(machine, "left")
        await motor.set_power(0.25)
        assert await motor.is_powered() == (True, 0.25)
        assert not (await motor.get_properties()).position_reporting
        await motor.stop()
        assert not await motor.is_moving()


async def test_picture(server):
    async with server.machine() as machine:
        images, _ = await Camera.from_robot(machine, "cam").get_images()
    assert [len(image.data) for image in images] == [PICTURE]
    assert images[0].data[:256] == bytes(range(256))


async def test_generic_service(server):
    argument = {"a": [1, True, {"b": "c"}]}
    assert await command(server, "serves", "echo", argument, GenericServiceStub) == argument


@pytest.mark.differs("a base and the motors it drives cancel each other's stop there")
async def test_stop_all(server):
    async with server.machine() as machine:
        motor = Motor.from_robot(machine, "left")
        await motor.set_power(0.25)
        await machine.stop_all()
        assert not await motor.is_moving()


async def test_error_of_a_module(server):
    assert await outcome(command(server, "p1", "fail", "no more: 50 % é")) == (
        "ALREADY_EXISTS", "no more: 50 % é")
    status, text = await outcome(command(server, "p1", "nonsense"))
    assert status == "UNKNOWN"
    assert text.startswith("AttributeError - 'Commands' object has no attribute 'nonsense'")


async def test_a_call_is_cancelled(server, lab):
    """The client's end reaches the module."""
    before = len(lab["probe"].trace("cancelled"))
    call = asyncio.create_task(command(server, "p1", "wait", 60))
    await eventually(lambda: len(lab["probe"].trace("waits")) > before)
    call.cancel()
    await eventually(lambda: len(lab["probe"].trace("cancelled")) > before)


async def test_a_call_has_a_deadline(server, lab):
    before = len(lab["probe"].trace("cancelled"))
    await modulelab.overdue(lab["probe"], lambda seconds: command(
        server, "p1", "wait", 600, timeout=seconds))
    await eventually(lambda: len(lab["probe"].trace("cancelled")) > before)


async def test_a_slow_call_holds_up_no_other(server, lab):
    before = len(lab["probe"].trace("cancelled"))
    slow = asyncio.create_task(command(server, "p1", "wait", 60))
    assert (await readings(server, "o1"))["value"] == 1
    await eventually(lambda: len(lab["probe"].trace("waits")) > before)
    assert (await readings(server, "p1"))["value"] == 1
    slow.cancel()
    await eventually(lambda: len(lab["probe"].trace("cancelled")) > before)


# ---- dependencies ----

async def test_dependency(server):
    assert await command(server, "p1", "ask", "s1") == {"a": 1, "b": 2, "c": 3}


async def test_what_is_listed_in_add(server, lab):
    """What a resource depends on is there when it is added, itself not yet."""
    listed = next(line[2] for line in lab["probe"].trace("listed") if line[1] == "p1")
    assert "s1" in listed
    assert "p1" not in listed
    added = next(line[2] for line in lab["probe"].trace("add") if line[1] == "p1")
    assert added == ["rdk:component:sensor/s1"]


async def test_builtin_of_modular_of_builtin(server):
    """pilot (module, TCP) drives base (built-in), which drives two motors (module)."""
    await command(server, "pilot", "drive", {"name": "base", "power": 0.5})
    async with server.machine() as machine:
        for name in ("left", "right"):
            assert (await Motor.from_robot(machine, name).is_powered())[1] == pytest.approx(0.5)
        assert await command(server, "pilot", "is_driving", "base")
        await Base.from_robot(machine, "base").stop()
        assert not await command(server, "pilot", "is_driving", "base")


async def test_deep_and_wide(server):
    """Many calls that each go through six modular resources of two modules."""
    ask = {"ask": "s1"}
    for i in reversed(range(1, CHAIN)):
        ask = {"tell": {"name": f"c{i}", "command": ask}}
    (method, argument), = ask.items()
    answers = await asyncio.gather(*(command(server, "c0", method, argument) for _ in range(20)))
    for answer in answers:
        for _ in range(CHAIN - 2):
            answer = answer["tell"]
        assert answer == {"ask": {"a": 1, "b": 2, "c": 3}}


# ---- logs ----

@pytest.mark.parametrize("level, expected", [("INFO", "INFO"), ("WARNING", "WARN"),
                                             ("ERROR", "ERROR")])
async def test_log_by_rpc(server, level, expected):
    text = f"said at {level}"
    await command(server, "o1", "log", {"text": text, "level": level})
    line = server.log.wait_for(f"{text} 0")
    assert line and expected in line
    assert "sinew/probe" in line
    assert re.search(r"probe\.py:\d+", line)


def log_request(level, message, count=1):
    """What modules in Go send."""
    entry = LogEntry(level=level, logger_name="mod.thing", message=message, caller=dict_to_struct(
        {"Defined": True, "File": "/src/thing.go", "Function": "f", "Line": 7}))
    entry.time.GetCurrentTime()
    entry.fields.append(dict_to_struct({"Key": "pin", "Type": 15, "Integer": 0, "String": "p7"}))
    return LogRequest(logs=[entry] * count)


@pytest.mark.parametrize("level, expected", [("debug", "DEBUG"), ("Info", "INFO"),
                                             ("warn", "WARN"), ("eRRor", "ERROR")])
async def test_log_entry(server, level, expected):
    """No level is held back."""
    async with server.channel() as channel:
        await RobotServiceStub(channel).Log(log_request(level, f"entry at {level}"))
    line = server.log.wait_for(f"entry at {level}")
    assert line
    for part in (expected, "mod.thing", "thing.go:7", '"pin":"p7"'):
        assert part in line


@pytest.mark.parametrize("request_, text", [
    (log_request("trace", "x"), 'LogRequest received with invalid level "trace"'),
    (log_request("info", "x", 2),
     "LogRequest received with multiple logs; batching not yet supported"),
    (LogRequest(), "LogRequest received with no associated logs"),
], ids=["level", "two", "none"])
async def test_bad_log_entry(server, request_, text):
    async with server.channel() as channel:
        assert await outcome(RobotServiceStub(channel).Log(request_)) == ("UNKNOWN", text)


async def test_log_of_a_resource(server):
    await command(server, "p1", "log", {"text": "of its own", "own": True})
    assert "rdk:component:sensor/p1" in server.log.wait_for("of its own 0")


async def test_level_of_a_resource(server):
    """The config's, for what it logs itself; the module's own logger isn't changed by it."""
    await command(server, "o1", "log", {"text": "in detail", "own": True, "level": "DEBUG"})
    line = server.log.wait_for("in detail 0")
    assert line and "DEBUG" in line and "rdk:component:sensor/o1" in line
    await command(server, "o1", "log", {"text": "not asked for", "level": "DEBUG"})
    await command(server, "o1", "log", {"text": "what comes after"})
    assert server.log.wait_for("what comes after 0")
    assert "not asked for 0" not in server.log.text()


async def test_level_nobody_knows(server):
    """It is refused, the next one isn't."""
    await command(server, "p1", "log", {"text": "critical", "level": "CRITICAL"})
    await command(server, "p1", "log", {"text": "afterwards"})
    assert server.log.wait_for("afterwards 0")
    assert not re.search(r"probe\.py.*critical 0", server.log.text())


async def test_many_logs(server):
    await command(server, "p1", "log", {"text": "rapid", "count": 500})
    await eventually(lambda: len(set(re.findall(r"rapid \d+", server.log.text()))) == 500)


@pytest.mark.parametrize("stream, logger, level", [("stdout", "StdOut", "INFO"),
                                                   ("stderr", "StdErr", "ERROR")])
async def test_output(server, stream, logger, level):
    """Lines of output are logged, too."""
    await command(server, "p1", "prints", {"text": f"to {stream}", "stream": stream, "count": 500})
    await eventually(
        lambda: len(set(re.findall(rf"to {stream} \d+", server.log.text()))) == 500)
    text = server.log.text()
    lines = re.findall(rf"^.*{level}.*rdk\.modmanager\.probe\.{logger}.*\n\\_ to {stream} \d+$",
                       text, re.MULTILINE)
    assert lines


async def test_a_line_without_end(server):
    """Half a megabyte of it; what comes next is logged."""
    await command(server, "p1", "prints", {"text": "x" * (500 << 10), "count": 1})
    await command(server, "p1", "prints", {"text": "after the long one"})
    assert server.log.wait_for("after the long one 0")
