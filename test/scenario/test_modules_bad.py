# SPDX-License-Identifier: Apache-2.0
"""Modules that can't be served from: the status says which and why, all else runs."""
import asyncio
import io
import json
import platform
import struct
import tarfile

import pytest
from viam.proto.component.motor import IsPoweredRequest, MotorServiceStub
from viam.proto.robot import (GetMachineStatusRequest, GetModelsFromModulesRequest, ModuleStatus,
                              RobotServiceStub)

import harness
import modulelab
from harness import SENSOR, eventually, outcome
from modulelab import command, readings, ready, resource, unhealthy

AARCH64, X86_64 = 183, 62  # as in <elf.h>
LONG = "long-" + "x" * 150
BARE = ["exit", "deaf", "garbage", "silent", "failing", "leaving", "unreflected", "strange"]
SLOW = ["deaf", "garbage", "silent"]  # of those

# What the status of each says; it names the module, too.
CAUSES = {
    "missing": "no such file or directory",
    "closed": "permission denied",
    "folder": "permission denied (it is a folder)",
    "foreign": "exec format error",
    "scriptless": "no such file or directory",
    "relative": "expected ExePath to be absolute path",
    "marked": "the cloud says no",
    "exit": "exited",
    "deaf": "timed out",
    "garbage": "",
    "silent": "timed out",
    "failing": "no licence",
    "leaving": "exited",
    "unreflected": "sinew.test.NowhereService",
    "strange": "gadget",
    "escaping": "",
    "linking": "",
    "noise": "",
    "empty": "meta.json",
}


def tarball(path, *members):
    """A .tar.gz of (name, content or link's target)."""
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.mode = 0o755
            if isinstance(content, str):
                info.type, info.linkname = tarfile.SYMTYPE, content
                archive.addfile(info)
            else:
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    return path


def elf(machine):
    """The head of a program for another machine."""
    head = b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 2, machine, 1, 0x400000,
                                                     64, 0, 0, 64, 56, 1, 0, 0, 0)
    return head + bytes(56)


def bad_modules(folder, is_peer):
    def file(name, content, mode=0o755):
        path = folder / name
        path.write_bytes(content)
        path.chmod(mode)
        return str(path)

    def local(name, path, **more):
        return {"name": name, "executable_path": str(path), "type": "local", **more}

    other = AARCH64 if platform.machine() == "x86_64" else X86_64
    manifest = json.dumps({"entrypoint": "run.sh"}).encode()
    (folder / "somewhere").mkdir()
    entries = [
        local("missing", folder / "nowhere.sh"),
        local("closed", file("closed.sh", b"#!/bin/sh\n", 0o644)),
        local("folder", folder / "somewhere"),
        local("foreign", file("foreign", elf(other))),
        local("scriptless", file("scriptless.sh", b"#!/nowhere/at/all\n")),
        local("relative", "./run.sh"),
        local("marked", file("fine.sh", b"#!/bin/sh\n"), status={"error": "the cloud says no"}),
    ]
    tarballs = [
        local("escaping", tarball(folder / "escaping.tar.gz", ("meta.json", manifest),
                                  ("../../outside.sh", b"#!/bin/sh\n"),
                                  ("run.sh", b"#!/bin/sh\n"))),
        local("linking", tarball(folder / "linking.tar.gz", ("meta.json", manifest),
                                 ("run.sh", "/bin/true"))),
        local("noise", file("noise.tar.gz", b"\x1f\x8b" + bytes(range(256)) * 8)),
        local("empty", tarball(folder / "empty.tar.gz", ("run.sh", b"#!/bin/sh\n"))),
    ]
    if not is_peer:  # the real server refuses a whole config for one bad tarball
        entries += tarballs
    return entries + [modulelab.Module(folder, "bare", name, {"BARE": name}).entry
                      for name in BARE]


async def modules_of(server):
    """{name: status}"""
    async with server.channel() as channel:
        reply = await RobotServiceStub(channel).GetMachineStatus(GetMachineStatusRequest())
    return {found.module_name: found for found in reply.modules}


@pytest.fixture(name="server", scope="module")
def fixture_server(program, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bad")
    good = modulelab.Module(folder)
    late = modulelab.Module(folder, "bare", "late", {"BARE": "unready"})
    long = modulelab.Module(folder, name=LONG, environment={"PROBE_FAMILY": "other"})
    shared = harness.Server(
        program,
        {"modules": [*bad_modules(folder, program.is_peer), good.entry, late.entry, long.entry],
         "components": [
             SENSOR, resource("p1"), resource("o1", family="other"),
             {"name": "late", "api": "rdk:component:sensor", "model": "sinew:test:bare"}]},
        # the real server builds nothing until all have started or failed
        environment={"VIAM_MODULE_STARTUP_TIMEOUT": "10s"} if program.is_peer else None,
        running=program.is_peer)
    try:
        asyncio.run(ready(shared, "s1"))
        shared.failed_first = {name for name, found in asyncio.run(modules_of(shared)).items()
                               if found.state == ModuleStatus.STATE_UNHEALTHY}
        asyncio.run(ready(shared, "p1", "o1", "late"))
        shared.folder = folder
        yield shared
    finally:
        shared.stop()


@pytest.fixture(name="impatient", scope="module")
def fixture_impatient(program, tmp_path_factory):
    """A server that gives modules up soon."""
    folder = tmp_path_factory.mktemp("late")
    shared = harness.Server(
        program,
        {"modules": [modulelab.Module(folder, "bare", name, {"BARE": name}).entry
                     for name in (*SLOW, "exit", "sound")],
         "components": [
             SENSOR, {"name": "turns", "api": "rdk:component:motor", "model": "sinew:test:bare"},
             {"name": "orphan", "api": "rdk:component:sensor", "model": "sinew:no:where"}]},
        environment={"VIAM_MODULE_STARTUP_TIMEOUT": "2s"})
    yield shared
    shared.stop()


async def test_the_others_work(server):
    assert (await readings(server, "s1"))["a"] == 1
    assert (await readings(server, "p1"))["value"] == 1
    assert (await readings(server, "late"))["value"] == 1


@pytest.mark.differs("the real server builds nothing until the slowest module has given up")
async def test_nothing_waits_for_the_slow_ones(server):
    """A built-in resource is there at once, long before they have failed."""
    assert not server.failed_first & set(SLOW)


async def test_resource_that_nobody_serves(impatient):
    """Its status names the modules that may be why."""
    await unhealthy(impatient, "orphan", "unknown resource type: API rdk:component:sensor "
                    "with model sinew:no:where not registered", "failing module", "exit", "deaf",
                    "silent")


async def test_model_of_another_api(impatient):
    await unhealthy(impatient, "turns", "unknown resource type: API rdk:component:motor with model "
                    "sinew:test:bare not registered")
    async with impatient.channel() as channel:
        status, text = await outcome(
            MotorServiceStub(channel).IsPowered(IsPoweredRequest(name="turns")))
    assert status == "UNKNOWN"
    assert text.startswith("resource rdk:component:motor/turns not available; reason=")


@pytest.mark.differs("the real server tells it in its log only")
@pytest.mark.parametrize("name", CAUSES)
async def test_status_of_a_bad_module(server, impatient, name):
    seen = []

    async def is_unhealthy():
        """It is started again and again."""
        found = (await modules_of(impatient if name in SLOW else server)).get(name)
        seen.append(found and (found.state, found.error))
        return (found is not None and found.state == ModuleStatus.STATE_UNHEALTHY and
                name in found.error and CAUSES[name] in found.error)
    try:
        await eventually(is_unhealthy)
    except AssertionError:
        raise AssertionError(f"{seen[-5:]}") from None


@pytest.mark.parametrize("name", ["exit", "silent", "garbage"])
async def test_log_of_a_bad_module(server, impatient, name):
    assert (impatient if name in SLOW else server).log.wait_for(rf"ERROR.*\b{name}\b")


async def test_what_a_bad_module_printed(server):
    assert server.log.wait_for("the serial port is gone")


async def test_long_name(server):
    """The socket's name is cut, so that its path can be bound."""
    socket, = (await command(server, "o1", "report"))["argv"]
    assert len(socket) <= 103
    assert socket.endswith(".sock")


@pytest.mark.differs("the real server refuses a whole config for one bad tarball")
def test_no_tarball_escapes(server, program):
    """What one holds is unpacked into its own folder or not at all."""
    for root in (server.folder, program.home):
        assert not list(root.rglob("outside.sh"))


async def test_two_modules_of_one_model(start, tmp_path):
    """One of them serves it, and it is said."""
    modules = [modulelab.Module(tmp_path, "bare", name, {"BARE": "sound"})
               for name in ("one", "two")]
    server = start({"modules": [module.entry for module in modules], "components": [
        SENSOR, {"name": "b1", "api": "rdk:component:sensor", "model": "sinew:test:bare"}]})
    await ready(server, "b1", "s1")
    assert (await readings(server, "b1"))["value"] == 1
    assert server.log.wait_for(r"sinew:test:bare.*\b(one|two)\b|\b(one|two)\b.*sinew:test:bare")


@pytest.mark.parametrize("name", ["a b", "-x", "x" * 201, "parent", "ä", pytest.param("", marks=[
    pytest.mark.differs("the real server refuses the whole config")])],
                         ids=["blank", "dash", "long", "parent", "umlaut", "empty"])
async def test_name_of_a_module(start, tmp_path, name):
    """One that isn't allowed is left out."""
    entry = {**modulelab.Module(tmp_path).entry, "name": name}
    server = start({"modules": [entry], "components": [SENSOR, resource("p1")]})
    await ready(server, "s1")
    await unhealthy(server, "p1")


async def test_module_named_twice(start, tmp_path):
    """The first is used."""
    probe = modulelab.Module(tmp_path)
    server = start({"modules": [probe.entry, {**probe.entry, "executable_path": "/bin/false"}],
                    "components": [resource("p1")]})
    await ready(server, "p1")


async def test_constructor_that_hangs(start, tmp_path):
    """It ends with the deadline of builds; what doesn't need that module isn't held up."""
    end = tmp_path / "end"
    probe = modulelab.Module(tmp_path)
    other = modulelab.Module(tmp_path, name="other", environment={"PROBE_FAMILY": "other"})
    server = start({"modules": [probe.entry, other.entry], "components": [
        SENSOR, resource("p1", constructor="hang", hang_until=str(end)),
        resource("o1", family="other")]}, environment={
            "VIAM_RESOURCE_CONFIGURATION_TIMEOUT": "2s"})
    try:
        await ready(server, "s1", "o1")
        await unhealthy(server, "p1")
        assert (await readings(server, "o1"))["value"] == 1
    finally:
        end.touch()


async def test_no_models_of_bad_modules(server):
    async with server.channel() as channel:
        reply = await RobotServiceStub(channel).GetModelsFromModules(GetModelsFromModulesRequest())
    bad = set(CAUSES) - ({"strange"} if server.is_peer else set())
    assert not {row.module_name for row in reply.models} & bad
