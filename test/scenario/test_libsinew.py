# SPDX-License-Identifier: Apache-2.0
"""The example modules, made with libsinew, under ours and under the real server."""
import importlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest
from viam.components.motor import Motor
from viam.components.sensor import Sensor

from harness import MOTOR, PATIENCE, Server, eventually, outcome, statuses

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROTOS = ROOT / "examples/module"


@pytest.fixture(scope="session")
def tally_api(tmp_path_factory):
    """(messages, stubs) that protoc makes of tally.proto."""
    folder = tmp_path_factory.mktemp("protos")
    path = f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(["protoc", f"-I{PROTOS}", f"--python_out={folder}",
                           f"--grpclib_python_out={folder}", "tally.proto"],
                          env={**os.environ, "PATH": path}, capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stderr
    sys.path.insert(0, str(folder))
    try:
        return importlib.import_module("tally_pb2"), importlib.import_module("tally_grpc")
    finally:
        sys.path.remove(str(folder))


def module(examples, name, **more):
    return {"name": name, "type": "local", "executable_path": str(examples / name), **more}


def thermometer(name, path, **attributes):
    return {"name": name, "api": "rdk:component:sensor", "model": "sinew:example:thermometer",
            "attributes": {"path": str(path), **attributes}}


def geared(name, **attributes):
    return {"name": name, "api": "rdk:component:motor", "model": "sinew:example:geared",
            "attributes": {"motor": "m1", **attributes}}


def tally(name, **attributes):
    return {"name": name, "api": "example:component:tally", "model": "sinew:example:tally",
            "attributes": attributes}


def change(server, components):
    """Writes another list of components into the server's config."""
    config = json.loads(server.config_path.read_text())
    config["components"] = components
    fresh = server.config_path.with_suffix(".new")
    fresh.write_text(json.dumps(config))
    fresh.rename(server.config_path)


async def error_of(server, name):
    found = (await statuses(server)).get(name)
    return found.error if found else ""


@pytest.fixture
def temperature(tmp_path):
    path = tmp_path / "temperature"
    path.write_text("21500\n")
    return path


async def test_sensor(start, examples, temperature):
    server = start({"modules": [module(examples, "thermometer")],
                    "components": [thermometer("t1", temperature, offset=1.5)]})
    async with server.machine() as machine:
        sensor = Sensor.from_robot(machine, "t1")
        assert await sensor.get_readings() == {"celsius": 23}
        temperature.write_text("-40000")
        assert await sensor.get_readings() == {"celsius": -38.5}
        temperature.write_text("warm")
        status, text = await outcome(sensor.get_readings())
        assert status == "UNKNOWN" and f'no temperature in "{temperature}"' in text
        status, text = await outcome(sensor.do_command({"x": 1}))
        assert status in ("UNKNOWN", "UNIMPLEMENTED") and "unimplemented" in text.lower()
    assert server.log.wait_for(rf'INFO\tthermometer\.rdk:component:sensor/t1\t.*thermometer\.c:\d+'
                               rf'\treading "{temperature}"')


async def test_what_is_wrong_with_a_config(start, examples, temperature):
    server = start({"modules": [module(examples, "thermometer"), module(examples, "geared")],
                    "components": [MOTOR, thermometer("t1", ""), geared("g1", ratio=0),
                                   geared("g2", motor="nope"), geared("g3", ratio="fast")]})

    async def says(name, text):
        await eventually(lambda: contains(name, text))

    async def contains(name, text):
        return text in await error_of(server, name)
    await says("t1", 'missing required field. Path: "t1" Field: "path"')
    await says("g1", 'Error validating. Path: "g1" Error: no gear has a ratio of 0')
    await says("g3", "'ratio' expected type 'float64', got unconvertible type 'string'")
    await says("g2", "nope")


async def test_motor_over_another_motor(start, examples, temperature):
    """The one motor is built in, the guard belongs to another module."""
    server = start({"modules": [module(examples, "thermometer"), module(examples, "geared")],
                    "components": [MOTOR, thermometer("t1", temperature),
                                   geared("g1", ratio=-2, guard="t1", limit=50)]})
    async with server.machine() as machine:
        inner, outer = Motor.from_robot(machine, "m1"), Motor.from_robot(machine, "g1")
        await outer.set_power(0.5)
        assert await inner.is_powered() == (True, -0.5)
        assert await outer.is_powered() == (True, -0.5)
        assert await outer.is_moving()
        await outer.stop()
        assert not await inner.is_moving()
        assert not (await outer.get_properties()).position_reporting
        status, text = await outcome(outer.get_position())
        assert status == "UNKNOWN" and "encoder is not defined" in text

        temperature.write_text("51000")
        status, text = await outcome(outer.set_power(0.5))
        assert "51 degrees are more than 50" in text
        assert await outer.do_command({"limit": 60}) == {"limit": 60, "ratio": -2}
        await outer.go_for(6000, 1)
        assert not await inner.is_moving()
        await outer.set_rpm(10)
        assert (await inner.is_powered())[1] == pytest.approx(-0.2)


async def test_reconfigured_in_place(start, examples):
    server = start({"modules": [module(examples, "geared")],
                    "components": [MOTOR, geared("g1", ratio=2)]})
    async with server.machine() as machine:
        outer = Motor.from_robot(machine, "g1")
        await outer.set_power(0.25)
        change(server, [MOTOR, geared("g1", ratio=4)])

        async def has_changed():
            status, reply = await outcome(outer.do_command({}))
            return status == "OK" and reply["ratio"] == 4
        await eventually(has_changed)
        assert await outer.is_powered() == (True, 0.25), "it was closed for that"


async def test_reconfigured_by_building_it_anew(start, examples, temperature):
    server = start({"modules": [module(examples, "thermometer")],
                    "components": [thermometer("t1", temperature)]})
    async with server.machine() as machine:
        sensor = Sensor.from_robot(machine, "t1")
        assert await sensor.get_readings() == {"celsius": 21.5}
        change(server, [thermometer("t1", temperature, offset=0.5)])

        async def has_changed():
            status, reply = await outcome(sensor.get_readings())
            return status == "OK" and reply == {"celsius": 22}
        await eventually(has_changed)


async def test_optional_dependency_comes_and_goes(start, examples, temperature):
    temperature.write_text("99000")
    modules = [module(examples, "thermometer"), module(examples, "geared")]
    guarded = geared("g1", guard="t1")
    server = start({"modules": modules, "components": [MOTOR, guarded]})
    assert server.log.wait_for(r'WARN\tgeared\..*running without its guard "t1"')

    async with server.machine() as machine:
        outer = Motor.from_robot(machine, "g1")
        await outer.set_power(0.1)
        change(server, [MOTOR, guarded, thermometer("t1", temperature)])

        async def refuses():
            text = (await outcome(outer.set_power(0.1)))[1]
            return "99 degrees are more than 60" in (text or "")

        async def moves():
            return (await outcome(outer.set_power(0.1)))[0] == "OK"
        await eventually(refuses)
        change(server, [MOTOR, guarded])
        await eventually(moves)


async def test_level_of_records(start, examples, temperature):
    quiet = {**thermometer("t1", temperature), "log_configuration": {"level": "warn"}}
    server = start({"modules": [module(examples, "thermometer", log_level="debug")],
                    "components": [quiet, thermometer("t2", temperature)]})
    assert server.log.wait_for(r"sensor/t2\t.*reading")
    async with server.machine() as machine:
        await Sensor.from_robot(machine, "t1").get_readings()
    assert not any("sensor/t1" in line and "reading" in line for line in server.log.lines)


async def test_own_api(start, examples, tally_api):
    messages, stubs = tally_api
    server = start({"modules": [module(examples, "tally")], "components": [tally("c1", start=10)]})

    def added(*amounts):
        return [messages.AddRequest(name="c1", amount=amount) for amount in amounts]
    async with server.channel() as channel:
        stub = stubs.TallyServiceStub(channel)
        assert (await stub.Add(added(5)[0])).total == 15
        assert (await stub.AddAll(added(1, 2, 3))).total == 21
        replies = await stub.CountUp(messages.CountUpRequest(name="c1", count=3))
        assert [reply.value for reply in replies] == [22, 23, 24]
        assert [reply.total for reply in await stub.Follow(added(1, 1, -23))] == [22, 23, 0]
        status, text = await outcome(stub.Add(messages.AddRequest(name="nope")))
        assert status == "UNKNOWN" and "nope" in text


async def test_over_tcp(start, examples, temperature):
    server = start({"modules": [module(examples, "thermometer", tcp_mode=True)],
                    "components": [thermometer("t1", temperature)]})
    async with server.machine() as machine:
        assert await Sensor.from_robot(machine, "t1").get_readings() == {"celsius": 21.5}


async def test_removed_and_back(start, examples, temperature):
    server = start({"modules": [module(examples, "thermometer")],
                    "components": [thermometer("t1", temperature)]})
    change(server, [])

    async def is_gone():
        return "t1" not in await statuses(server)
    await eventually(is_gone)
    change(server, [thermometer("t1", temperature, offset=1)])
    async with server.machine() as machine:
        async def is_back():
            await machine.refresh()
            if "t1" not in [name.name for name in machine.resource_names]:
                return False
            status, reply = await outcome(Sensor.from_robot(machine, "t1").get_readings())
            return status == "OK" and reply == {"celsius": 22.5}
        await eventually(is_back)


def running(path):
    """Processes of that program."""
    found = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(folder / "exe") == str(path):
                found.append(int(folder.name))
        except OSError:
            pass
    return found


def test_started_by_hand(examples, tmp_path):
    """Without a machine it says what it is; with a socket it serves there until it is told to end."""
    program = examples / "thermometer"
    done = subprocess.run([program], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "this is a module" in done.stdout

    path = tmp_path / "module.sock"
    with subprocess.Popen([program, path], stdout=subprocess.PIPE) as process:
        end = time.monotonic() + PATIENCE
        while not (path.exists() and path.stat().st_mode & 0o777 == 0o776):
            assert time.monotonic() < end and process.poll() is None
            time.sleep(0.005)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    assert not path.exists()


async def test_ends_with_its_machine(start, examples, temperature):
    server = start({"modules": [module(examples, "thermometer")],
                    "components": [thermometer("t1", temperature)]})
    assert len(running(examples / "thermometer")) == 1
    server.stop()
    assert not running(examples / "thermometer")


async def test_ends_without_its_machine(examples, program, temperature):
    """Killed, a machine can't tell its modules to end."""
    server = Server(program, {"modules": [module(examples, "thermometer")],
                              "components": [thermometer("t1", temperature)]})
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()
    await eventually(lambda: not running(examples / "thermometer"))


