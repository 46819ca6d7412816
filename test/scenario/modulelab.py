# SPDX-License-Identifier: Apache-2.0
"""The test modules of modules/, as entries of a config, and what they wrote down."""
import asyncio
import importlib
import json
import lzma
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile

import pytest
from grpclib.exceptions import GRPCError
from viam.proto.common import DoCommandRequest, GetReadingsRequest
from viam.proto.component.sensor import SensorServiceStub
from viam.proto.robot import ResourceStatus
from viam.utils import dict_to_struct, struct_to_dict, value_to_primitive

import harness

HERE = pathlib.Path(__file__).resolve().parent / "modules"
GO_MODULE = harness.TOOLS.parent.parent / "shared/peers/go-complexmodule.xz"
NAME = "probe"


def executable(folder, script, environment=None):
    """A program in `folder` that runs the script of modules/ with the Python of the tests."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"run-{script}"
    words = " ".join(shlex.quote(f"{key}={value}") for key, value in (environment or {}).items())
    path.write_text(f"#!/bin/sh\nexec env {words} {sys.executable} {HERE / script}.py \"$@\"\n")
    path.chmod(0o755)
    return path


class Module:
    """One module of a config, with a folder of its own for its program and its trace."""

    def __init__(self, folder, script="probe", name=NAME, environment=None, **more):
        self.name, self.trace_path = name, folder / f"{name}.trace"
        self.path = executable(folder / name, script, {"PROBE_TRACE": self.trace_path})
        self.entry = {"name": name, "executable_path": str(self.path), "type": "local",
                      "env": environment or {}, **more}

    def trace(self, *whats):
        """What it wrote down, or only entries that begin with one of `whats`."""
        text = self.trace_path.read_text() if self.trace_path.exists() else ""
        lines = [tuple(json.loads(line)) for line in text.splitlines()]
        return [line for line in lines if not whats or line[0] in whats]


def resource(name, api="component:sensor", model="probe", family="test", **attributes):
    """An entry of `components` or `services`, served by modules/probe.py."""
    return {"name": name, "api": f"rdk:{api}", "model": f"sinew:{family}:{model}",
            "attributes": attributes}


async def readings(server, name, timeout=None):
    async with server.channel() as channel:
        reply = await SensorServiceStub(channel).GetReadings(
            GetReadingsRequest(name=name), timeout=timeout)
    return {key: value_to_primitive(value) for key, value in reply.readings.items()}


async def command(server, name, method, argument=None, stub=SensorServiceStub, timeout=None):
    """The answer of a probe to a command, see Commands in modules/probe.py."""
    async with server.channel() as channel:
        reply = await stub(channel).DoCommand(DoCommandRequest(
            name=name, command=dict_to_struct({method: argument})), timeout=timeout)
    return struct_to_dict(reply.result)[method]


async def overdue(module, call):
    """Lets `call(seconds)` run out of time in the module; the first seconds may be too few to get
    there. Client and server end it at the same moment."""
    before = len(module.trace("waits"))
    for seconds in (0.2, 1, 5, 25):
        with pytest.raises((asyncio.TimeoutError, GRPCError)):
            await call(seconds)
        if len(module.trace("waits")) > before:
            return
    raise AssertionError("the module hears of no call")


async def state(server, name):
    """(state of a resource without the prefix, its error)"""
    status = (await harness.statuses(server)).get(name)
    if status is None:
        return "ABSENT", ""
    return ResourceStatus.State.Name(status.state).removeprefix("STATE_"), status.error


async def ready(server, *names, timeout=harness.PATIENCE):
    """Waits until all of them are."""
    async def are_ready():
        found = await harness.statuses(server)
        return all(name in found and found[name].state == ResourceStatus.STATE_READY
                   for name in names)
    try:
        await harness.eventually(are_ready, timeout)
    except AssertionError:
        states = {name: await state(server, name) for name in names}
        late = {name: found for name, found in states.items() if found[0] != "READY"}
        raise AssertionError(f"not ready: {late}\n{server.log.text()}") from None


async def unhealthy(server, name, *texts, timeout=harness.PATIENCE):
    """Waits until it is, with all of the texts in its error; returns that."""
    async def is_so():
        found, error = await state(server, name)
        return found == "UNHEALTHY" and all(text in error for text in texts)
    try:
        await harness.eventually(is_so, timeout)
    except AssertionError:
        raise AssertionError(f"{await state(server, name)}, not {texts}\n{server.log.text()}"
                             ) from None
    return (await state(server, name))[1]


def write(server, config):
    """Gives a running server another config."""
    whole = {"network": {"bind_address": server.address}, **config}
    scratch = server.config_path.with_suffix(".new")
    scratch.write_text(json.dumps(whole))
    scratch.replace(server.config_path)


def gizmo_stubs(folder):
    """(gizmo_pb2, gizmo_grpc, summation_pb2, summation_grpc), made in `folder` from the schemas."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = os.pathsep.join([str(pathlib.Path(sys.executable).parent), os.environ["PATH"]])
    subprocess.run(
        ["protoc", f"-I{HERE}", f"--python_out={folder}", f"--grpclib_python_out={folder}",
         "gizmo.proto", "summation.proto"],
        env={**os.environ, "PATH": paths}, check=True)
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    return [importlib.import_module(f"{name}_{kind}") for name in ("gizmo", "summation")
            for kind in ("pb2", "grpc")]


def go_module():
    """The program of the upstream example module in Go, unpacked once for all runs."""
    if not GO_MODULE.exists():
        pytest.skip("no go-complexmodule.xz")
    cache = pathlib.Path(os.environ.get("SINEW_CACHE") or pathlib.Path(
        os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "sinew")
    path = cache / f"go-complexmodule-{GO_MODULE.stat().st_size}"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=cache, delete=False) as scratch:
            with lzma.open(GO_MODULE) as packed:
                shutil.copyfileobj(packed, scratch)
        os.chmod(scratch.name, 0o755)
        os.replace(scratch.name, path)
    return path
