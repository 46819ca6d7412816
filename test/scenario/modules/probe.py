# SPDX-License-Identifier: Apache-2.0
"""A module on the official SDK that tells what is asked of it and misbehaves when told to.

Models `sinew:test:probe` (sensor, generic service), `sinew:test:motor` and `sinew:test:camera`;
PROBE_FAMILY names another family than `test`, since no two modules may serve the same model.
Attributes of all: `required` and `optional` names that ValidateConfig hands back, `invalid` a text
that it fails with, `constructor` what to do there: `raise`, `exit`, or `hang`, which ends when the
file that `hang_until` names is there. What the parent asks is written to the file that PROBE_TRACE
names, one JSON array a line."""
import asyncio
import json
import logging
import os
import signal
import subprocess
import sys
import time

from grpclib import GRPCError, Status
from viam.components.camera import Camera
from viam.media.video import CameraMimeType, NamedImage
from viam.components.motor import Motor
from viam.components.sensor import Sensor
from viam.errors import NotSupportedError
from viam.logging import getLogger
from viam.module.module import Module
from viam.proto.common import ResponseMetadata, Vector3
from viam.resource.registry import Registry, ResourceCreatorRegistration
from viam.resource.types import Model, ModelFamily
from viam.services.generic import Generic
from viam.utils import struct_to_dict

BUILT = {}  # resource's name: how often it was constructed in this process


def trace(*what):
    path = os.environ.get("PROBE_TRACE")
    if path:
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps(what) + "\n")


class Traced(Module):
    """The SDK's module, with a note of each request."""

    async def ready(self, request):
        trace("ready", request.parent_address, request.raw_parent_address)
        return await super().ready(request)

    async def validate_config(self, request):
        trace("validate", request.config.name)
        return await super().validate_config(request)

    async def add_resource(self, request, *, deadline=None):
        if deadline is not None:  # the SDK reconfigures by adding again
            trace("add", request.config.name, sorted(request.dependencies))
        listed = []
        if self.parent is not None:
            await self.parent.refresh()
            listed = sorted(name.name for name in self.parent.resource_names)
        trace("listed", request.config.name, listed)
        await super().add_resource(request, deadline=deadline)

    async def reconfigure_resource(self, request):
        trace("reconfigure", request.config.name, sorted(request.dependencies))
        await super().reconfigure_resource(request)

    async def remove_resource(self, request):
        trace("remove", request.name)
        await super().remove_resource(request)


class Probe:
    """What all models share."""

    MODEL = "probe"

    @classmethod
    def validate_config(cls, config):
        attributes = struct_to_dict(config.attributes)
        if "invalid" in attributes:
            raise ValueError(attributes["invalid"])
        return attributes.get("required", []), attributes.get("optional", [])

    @classmethod
    def new(cls, config, dependencies):
        self = cls(config.name)
        self.attributes = struct_to_dict(config.attributes)
        self.dependencies = {name.name: resource for name, resource in dependencies.items()}
        self.power = 0.0
        self.misbehave(self.attributes.get("constructor"))
        BUILT[self.name] = BUILT.get(self.name, 0) + 1
        return self

    def misbehave(self, how):
        if how == "raise":
            raise ValueError("no such hardware")
        if how == "exit":
            os._exit(3)
        while how == "hang" and not os.path.exists(self.attributes["hang_until"]):
            time.sleep(0.02)

    async def close(self):
        trace("close", self.name)

    async def get_readings(self, *, extra=None, timeout=None, **kwargs):
        return {"value": self.attributes.get("value", 1), "built": BUILT[self.name],
                "pid": os.getpid(), "dependencies": sorted(self.dependencies)}

    async def do_command(self, command, *, timeout=None, **kwargs):
        """{"name of a method of Commands": its argument}"""
        (name, argument), = command.items()
        return {name: await getattr(Commands(self), name)(argument)}


class Commands:
    def __init__(self, probe):
        self.probe = probe

    async def report(self, _):
        return {"argv": sys.argv[1:], "environment": dict(os.environ), "cwd": os.getcwd(),
                "pid": os.getpid(), "group": os.getpgid(0), "built": BUILT}

    async def echo(self, argument):
        return argument

    async def wait(self, seconds):
        trace("waits", self.probe.name)
        try:
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            trace("cancelled", self.probe.name)
            raise

    async def fail(self, text):
        raise GRPCError(Status.ALREADY_EXISTS, text)

    async def exit(self, code):
        os._exit(int(code))

    async def log(self, argument):
        logger = self.probe.logger if argument.get("own") else getLogger("sinew.probe")
        for i in range(int(argument.get("count", 1))):
            logger.log(getattr(logging, argument.get("level", "INFO")),
                       f"{argument['text']} {i}")

    async def prints(self, argument):
        stream = getattr(sys, argument.get("stream", "stdout"))
        for i in range(int(argument.get("count", 1))):
            print(f"{argument['text']} {i}", file=stream)

    async def ask(self, name):
        """The readings of a dependency."""
        return dict(await self.probe.dependencies[name].get_readings())

    async def tell(self, argument):
        """A dependency's answer to a command."""
        return dict(await self.probe.dependencies[argument["name"]].do_command(argument["command"]))

    async def drive(self, argument):
        """Sets a base that it depends on going straight."""
        await self.probe.dependencies[argument["name"]].set_power(
            Vector3(y=argument["power"]), Vector3())

    async def is_driving(self, name):
        return await self.probe.dependencies[name].is_moving()


class ProbeSensor(Probe, Sensor):
    pass


class ProbeService(Probe, Generic):
    pass


class ProbeMotor(Probe, Motor):
    MODEL = "motor"

    async def set_power(self, power, *, extra=None, timeout=None, **kwargs):
        trace("set_power", self.name, power)
        self.power = power

    async def go_for(self, rpm, revolutions, *, extra=None, timeout=None, **kwargs):
        raise ValueError(f"{self.name} turns no shaft")

    async def stop(self, *, extra=None, timeout=None, **kwargs):
        trace("stop", self.name)
        self.power = 0.0

    async def is_powered(self, *, extra=None, timeout=None, **kwargs):
        return self.power != 0, self.power

    async def is_moving(self):
        return self.power != 0

    async def get_properties(self, *, extra=None, timeout=None, **kwargs):
        return Motor.Properties(position_reporting=False)

    async def get_position(self, *, extra=None, timeout=None, **kwargs):
        raise NotSupportedError("no position")

    go_to = rewind = set_rpm = reset_zero_position = go_for


class ProbeCamera(Probe, Camera):
    """Shows `size` bytes, whatever they are."""

    MODEL = "camera"

    async def get_images(self, *, filter_source_names=None, extra=None, timeout=None, **kwargs):
        data = bytes(range(256)) * (int(self.attributes.get("size", 1024)) // 256)
        return [NamedImage("still", data, CameraMimeType.PNG)], ResponseMetadata()

    async def get_point_cloud(self, *, extra=None, timeout=None, **kwargs):
        raise NotSupportedError("no points")

    async def get_properties(self, *, timeout=None, **kwargs):
        return Camera.Properties(supports_pcd=False)


FAMILY = ModelFamily("sinew", os.environ.get("PROBE_FAMILY", "test"))
for made in (ProbeSensor, ProbeService, ProbeMotor, ProbeCamera):
    Registry.register_resource_creator(
        made.API, Model(FAMILY, made.MODEL),
        ResourceCreatorRegistration(made.new, made.validate_config))


def be_stubborn():
    """Neither this process nor the one that it starts ends when told."""
    script = "trap '' TERM; while :; do sleep 1; done"
    child = subprocess.Popen(["/bin/sh", "-c", script], start_new_session=False)
    trace("child", child.pid)
    signal.signal(signal.SIGTERM, lambda *_: trace("SIGTERM"))


async def main():
    trace("start", os.getpid(), sys.argv[1:])
    module = Traced.from_args()
    if os.environ.get("PROBE_STUBBORN"):
        asyncio.get_running_loop().add_signal_handler = lambda *_: None
        be_stubborn()
    await module.start()
    trace("end")


if __name__ == "__main__":
    asyncio.run(main())
