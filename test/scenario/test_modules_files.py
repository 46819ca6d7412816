# SPDX-License-Identifier: Apache-2.0
"""Modules that come as files: tarballs with a manifest and a first run, programs that change."""
import io
import json
import os
import pathlib
import sys
import tarfile

import pytest
from viam.proto.robot import (GetMachineStatusRequest, ModuleStatus, RestartModuleRequest,
                              RobotServiceStub)

import modulelab
from harness import SENSOR, eventually, outcome
from modulelab import command, readings, ready, resource


class Tarball:
    """A module as .tar.gz, whose first run writes a line per run."""

    def __init__(self, folder, name, first_run="echo ran >> \"$FIRST_RUN_TRACE\""):
        self.path, self.ran = folder / f"{name}.tar.gz", folder / "ran"
        self.first_run = first_run
        self.entry = {"name": name, "type": "local", "executable_path": str(self.path),
                      "env": {"FIRST_RUN_TRACE": str(self.ran)}}
        self.pack("one")

    def pack(self, version):
        files = {
            "meta.json": json.dumps({"entrypoint": "bin/run.sh", "first_run": "setup.sh"}),
            "setup.sh": f"#!/bin/sh\n{self.first_run}\n",
            "bin/run.sh": f"#!/bin/sh\nTARRED={version} exec {sys.executable} "
                          f"{modulelab.HERE}/probe.py \"$@\"\n"}
        scratch = self.path.with_suffix(".new")
        with tarfile.open(scratch, "w:gz") as archive:
            for name, text in files.items():
                info = tarfile.TarInfo(name)
                info.mode, info.size = 0o755, len(text)
                archive.addfile(info, io.BytesIO(text.encode()))
        scratch.replace(self.path)


async def test_tarball(start, program, tmp_path):
    """It is unpacked, set up once, started by its manifest, and unpacked anew on RestartModule."""
    tarball = Tarball(tmp_path, "tarred")
    server = start({"modules": [tarball.entry], "components": [resource("p1")]})
    await ready(server, "p1")
    report = await command(server, "p1", "report")
    root = pathlib.Path(report["environment"]["VIAM_MODULE_ROOT"])
    assert root == program.home / ".viam/packages-local/data/module/synthetic-tarred-0_0_0"
    assert report["cwd"] == str(root)
    assert report["environment"]["TARRED"] == "one"
    assert tarball.ran.read_text() == "ran\n"
    assert root.with_name(root.name + ".first_run_succeeded").exists()

    tarball.pack("two")
    later = tarball.path.stat().st_mtime + 10
    os.utime(tarball.path, (later, later))
    async with server.channel() as channel:
        assert (await outcome(RobotServiceStub(channel).RestartModule(
            RestartModuleRequest(module_name="tarred"))))[0] == "OK"

    async def is_new():
        status, found = await outcome(command(server, "p1", "report"))
        return status == "OK" and found["environment"]["TARRED"] == "two"
    await eventually(is_new)
    report = await command(server, "p1", "report")
    assert report["environment"]["VIAM_MODULE_ROOT"] == str(
        root.with_name("synthetic-tarred-0_0_1"))
    # The real server leaves the new folder without it.
    assert tarball.ran.read_text() == ("ran\n" if server.is_peer else "ran\nran\n")


@pytest.mark.differs("the real server refuses the whole config then")
async def test_first_run_that_fails(start, tmp_path):
    tarball = Tarball(tmp_path, "unfit", "echo no room >&2; exit 3")
    server = start({"modules": [tarball.entry], "components": [SENSOR, resource("p1")]})
    await ready(server, "s1")

    async def is_unhealthy():
        async with server.channel() as channel:
            reply = await RobotServiceStub(channel).GetMachineStatus(GetMachineStatusRequest())
        return any(module.state == ModuleStatus.STATE_UNHEALTHY and "first run" in module.error
                   for module in reply.modules)
    await eventually(is_unhealthy)
    assert server.log.wait_for("no room")


@pytest.mark.differs("the real server doesn't look at the file again")
async def test_a_program_that_changes(start, tmp_path):
    """Whoever builds it anew sees it run."""
    probe = modulelab.Module(tmp_path)
    server = start({"modules": [probe.entry], "components": [resource("p1")]})
    await ready(server, "p1")
    pid = (await readings(server, "p1"))["pid"]
    scratch = probe.path.with_suffix(".new")
    scratch.write_text(probe.path.read_text().replace("exec env", "exec env BUILT=again"))
    scratch.chmod(0o755)
    scratch.replace(probe.path)

    async def is_new():
        status, found = await outcome(command(server, "p1", "report"))
        return status == "OK" and found["environment"].get("BUILT") == "again"
    await eventually(is_new)
    assert (await readings(server, "p1"))["pid"] != pid
